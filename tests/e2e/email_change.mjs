// A person changes their e-mail address: links in both mailboxes, opened by a scanner and pressed by the person, in a
// browser; what the former address is told and where it is still found; the operator's command.
import fs from 'node:fs';
import { Browser, Server, Visitor, check, equal, finish, follow, root, run, signIn, text, until } from './lib.mjs';
import { Postbox, authorityMake } from './postbox.mjs';

const PASSWORD = 'correct horse';
const box = new Postbox({ password: PASSWORD });
const keys = fs.mkdtempSync('/tmp/domicile-email.');
process.once('exit', () => fs.rmSync(keys, { recursive: true, force: true }));
const authority = authorityMake(keys, 'mail');
const port = await box.open(authority);
const server = await Server.make(process.argv[2], (config) => `${config}
[region local]
uri = test:///default
[mail]
mail = smtp
url = smtp://localhost:${port}
user = domicile
from = Domicile <noreply@example.org>
ca_file = tls/mail-ca.pem
`);
server.put('secrets/smtp-password', `${PASSWORD}\n`);
server.put('tls/mail-ca.pem', authority.ca);
await server.start();

const OLD = 'robert.former@example.org', NEW = 'robert.present@example.org';
const mailTo = (address, subject) => until(() => box.mails.find(({ to, parsed }) => to[0] === address && parsed.subject.includes(subject)));
const linkIn = (mail) => mail.parsed.text.match(/https:\/\/\S+\/account\/email\/link\?token=\S+/)[0];
const person = () => server.sql("SELECT identity || ' ' || email FROM person WHERE id = 2");
const admin = (...words) => run(`${root}/cgi/admin.sh`, [server.dir, ...words]).catch((e) => e);

const operator = new Visitor(server), elsewhere = new Visitor(server);
await operator.signIn(server.signinLink('operator@localhost'));
const browser = await Browser.launch(server);
const page = await browser.page();
await signIn(page, server.signinLink(OLD));
await elsewhere.signIn(server.signinLink(OLD));

// ---- an old sign-in leads through a new one, and what was typed is still there ----
server.sql('UPDATE session SET created_at = unixepoch() - 700 WHERE person_id = 2');
await page.goto(`${server.url}/account`);
await follow(page, 'a[href="/account/email"]');
await page.type('#email', NEW);
await follow(page, 'form[action="/account/email"] button');
check('a fresh sign-in is required', page.url().includes('/signin?'), page.url());
await signIn(page, server.signinLink(OLD));
await page.goto(`${server.url}/account/email`);
await page.evaluate((address) => { document.querySelector('#email').value = address; }, NEW);
await follow(page, 'form[action="/account/email"] button');
equal('the account page says what is waited for', (await text(page, '#email-change b')), NEW);
equal('nothing has changed', person(), `local:${OLD} ${OLD}`);

// ---- a link to each ----
const confirm = linkIn(await mailTo(NEW, 'Confirm your new email address'));
const approve = linkIn(await mailTo(OLD, 'Confirm the change of your email address'));
check('the mail to the new address does not name the other', !box.mails.some(({ to, raw }) => to[0] === NEW && raw.includes('former')));
equal('no secret is in the database', server.sql(`SELECT group_concat(kind) FROM mail WHERE url IS NOT NULL AND kind LIKE 'email%'`), '');
const scanner = new Visitor(server);
for (const link of [confirm, approve]) equal('opened by a scanner', (await scanner.ask('GET', link.slice(server.url.length))).status, 200);
equal('that uses nothing up', server.sql('SELECT new_confirmed_at IS NULL AND old_confirmed_at IS NULL FROM email_change'), '1');

// ---- in another browser that is not signed in, and then in this one ----
const phone = new Visitor(server);
const press = (visitor, link, answer) => visitor.send(link.slice(server.url.length), '/account/email/link',
  [['token', new URL(link).searchParams.get('token')], ['answer', answer]]);
check('the new address is confirmed', (await press(phone, confirm, 'confirm')).text.includes('once the link to your current address'));
equal('which changes nothing yet', person(), `local:${OLD} ${OLD}`);
await page.goto(approve);
await follow(page, 'button[value="confirm"]');
equal('with the other it is done', await text(page, 'h1'), 'Your email was changed');
equal('the person signs in with the new address', person(), `local:${NEW} ${NEW}`);
await page.goto(`${server.url}/account`);
check('this browser stays signed in', (await text(page, 'dl.facts')).includes(NEW));
equal('others are signed out', (await elsewhere.ask('GET', '/account')).status, 303);
equal('a link is used once', (await press(phone, confirm, 'confirm').catch(() => 'no form')), 'no form');

// ---- both are told, and nothing else remembers the former address ----
await mailTo(NEW, 'Your email was changed');
await mailTo(OLD, 'Your email was changed');
await until(() => server.sql("SELECT count(*) FROM mail WHERE kind = 'email_former'") === '0');
const dump = server.sql('.dump');
// The name, which was made of it, is the person's to change.
check('the database has it nowhere', !dump.includes(OLD), dump.split('\n').filter((line) => line.includes(OLD)).join('\n'));
check('nor has the log either of them', !/robert\.(former|present)/.test(server.log()));
equal('the activity has it without addresses', server.sql("SELECT group_concat(action) FROM (SELECT action FROM activity WHERE action LIKE 'email%' ORDER BY seq)"), 'email_request,email_change');
check('and its page says so', (await (await page.goto(`${server.url}/activity`)).text()).includes('Email address changed'));

// ---- refused from the former address ----
await page.goto(`${server.url}/account/email`);
await page.type('#email', 'thief@example.org');
await follow(page, 'form[action="/account/email"] button');
const refuse = linkIn(await mailTo(NEW, 'Confirm the change'));
const late = linkIn(await mailTo('thief@example.org', 'Confirm your new'));
check('refused', (await press(new Visitor(server), refuse, 'refuse')).text.includes('Your email stays as it is'));
equal('the other link is void', (await new Visitor(server).ask('GET', late.slice(server.url.length))).status, 404);

// ---- somebody else's address ----
box.calm();
await page.goto(`${server.url}/account/email`);
await page.type('#email', 'operator@localhost');
await follow(page, 'form[action="/account/email"] button');
equal('the page says the same', await text(page, '#email-change b'), 'operator@localhost');
const taken = await mailTo('operator@localhost', 'was entered for another account');
check('its owner learns that nothing is needed', !taken.parsed.text.includes('token='), taken.parsed.text);
await follow(page, 'form[action="/account/email/cancel"] button');
equal('cancelled', server.sql('SELECT count(*) FROM email_change'), '0');

// ---- by the operator ----
check('the command', (await admin('account-email', NEW, 'robert.third@example.org')).stdout.includes('signs in as robert.third@example.org'));
equal('changes it at once', person(), 'local:robert.third@example.org robert.third@example.org');
await mailTo(NEW, 'Your email was changed');
await mailTo('robert.third@example.org', 'Your email was changed');
equal('signed out everywhere', server.sql('SELECT count(*) FROM session WHERE person_id = 2'), '0');
equal('in both histories', server.sql("SELECT group_concat(team_id > 0) FROM (SELECT team_id FROM activity WHERE action = 'email_change' AND actor = 'operator' ORDER BY team_id)"), '0,1');
check('not to the address of the operator', (await admin('account-email', 'robert.third@example.org', 'operator@localhost')).stderr.includes('whoever signs in with it is the operator'));
equal('nothing was refused by the browser', [...browser.violations, ...browser.errors, ...browser.foreign].join(), '');
await browser.end();
check('the chains hold', (await admin('promises', '--now')).stdout.includes('audit-chain'));
await server.end();
await box.close();
finish();
