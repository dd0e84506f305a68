// Somebody without an account asks for one on the sign-in page; the admin is told by mail, invites and declines; the
// invited person accepts the invite from the mail, and nobody else gets in.
import fs from 'node:fs';
import { Browser, Server, check, equal, finish, follow, signIn, text, until } from './lib.mjs';
import { Postbox, authorityMake } from './postbox.mjs';

const PASSWORD = 'correct horse';
const box = new Postbox({ password: PASSWORD });
const keys = fs.mkdtempSync('/tmp/domicile-access.');
process.once('exit', () => fs.rmSync(keys, { recursive: true, force: true }));
const authority = authorityMake(keys, 'mail');
const port = await box.open(authority);
const server = await Server.make(process.argv[2], (config) => `${config.replace(/^# access_requests.*/m, 'access_requests = on')}
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

const ADA = 'ada@example.org', BEN = 'ben@example.org';
const mailTo = (address, subject) => until(() => box.mails.find(({ to, parsed }) => to[0] === address && parsed.subject.includes(subject)));
const browser = await Browser.launch(server);

// ---- two people ask, one of them without JavaScript ----
async function askFor(page, email, why) {
  await page.goto(`${server.url}/signin`);
  await follow(page, 'a[href="/signin/request"]');
  await page.type('#email', email);
  await page.type('#note', why);
  await follow(page, 'form[action="/signin/request"] button');
  return text(page, 'h1');
}
const ada = await browser.page({ width: 360 });
equal('asked', await askFor(ada, ADA, 'I <b>maintain</b> the docs'), 'Request sent');
const ben = await browser.page({ javascript: false });
equal('asked without scripts', await askFor(ben, BEN, 'Click https://evil.example'), 'Request sent');
const told = await mailTo('operator@localhost', 'requests access');
check('the admin is told who, and why', box.mails.some(({ parsed }) => /ada@ ?example\. ?org/.test(parsed.text) && parsed.text.includes('<b>maintain</b>')), told.parsed.text);
await until(() => box.mails.filter(({ parsed }) => parsed.subject.includes('requests access')).length === 2);
check('with nothing of theirs as a link', !box.mails.some(({ parsed }) => /href="[^"]*evil/.test(parsed.html) || parsed.text.includes('evil.example')));
equal('asking again', await askFor(ada, ADA, 'again'), 'Request sent');
equal('changes nothing', server.sql('SELECT count(*) FROM access_request'), '2');

// ---- no link for those who wait ----
async function linkAsk(page, email) {
  await page.goto(`${server.url}/signin`);
  await page.type('#email', email);
  await follow(page, 'form[action="/signin/mail"] button');
}
await linkAsk(ada, ADA);
equal('no link yet', server.sql("SELECT count(*) FROM mail WHERE kind = 'signin_link'"), '0');

// ---- answered ----
const admin = await browser.page();
await signIn(admin, server.signinLink('operator@localhost'));
await admin.goto(`${server.url}/operator`);
await follow(admin, 'a[href="/operator/access"]');
check('both are listed, as they wrote', (await text(admin, 'table')).includes('I <b>maintain</b> the docs'), await text(admin, 'table'));
const answer = (email, act) => admin.evaluate((who, what) => {
  const row = [...document.querySelectorAll('tbody tr')].find((tr) => tr.textContent.includes(who));
  row.querySelector(`form[action$="/${what}"] button`).id = 'answer';
}, email, act);
await answer(ADA, 'invite');
await follow(admin, '#answer');
check('invited, which ends the request', !(await text(admin, 'tbody')).includes(ADA), await text(admin, 'tbody'));
await answer(BEN, 'decline');
await follow(admin, '#answer');
equal('declined is deleted', server.sql('SELECT count(*) FROM access_request'), '0');
await admin.goto(`${server.url}/operator/people`);
check('the invite is listed, and can be revoked', (await text(admin, '#invites')).includes(ADA), await text(admin, '#invites'));

// ---- the invited person gets in, the other does not ----
await linkAsk(ada, ADA);
equal('an invite is no account yet', server.sql("SELECT count(*) FROM mail WHERE kind = 'signin_link'"), '0');
const invite = await mailTo(ADA, 'invites you to');
const link = invite.parsed.text.match(/https:\S+\/signin\/invite\?token=\S+/)[0];
await ada.goto(link);
await follow(ada, 'form[action="/signin/invite"] button');
equal('accepted, and in', new URL(ada.url()).pathname, '/vms');
equal('with an account', server.sql(`SELECT count(*) FROM person WHERE email = '${ADA}'`), '1');
await ben.goto(link);
check('the invite works once', (await text(ben, 'main')).includes('can’t be used'), await text(ben, 'main'));
await admin.goto(`${server.url}/operator/people`);
check('and is no longer listed', !(await admin.$('#invites')));
await linkAsk(ben, BEN);
equal('who was declined gets no link', server.sql(`SELECT count(*) FROM mail WHERE to_email = '${BEN}'`), '0');
equal('what the admin did is recorded', server.sql("SELECT group_concat(action) FROM (SELECT action FROM activity WHERE team_id = 0 AND action IN ('account_invite', 'access_decline') ORDER BY seq)"), 'account_invite,access_decline');

equal('nothing from other hosts', browser.foreign.join(), '');
equal('no violation of the policy of contents', browser.violations.join(), '');
equal('no errors in the browser', browser.errors.join(), '');
check('no address in the log', !server.log().includes(ADA));
await browser.end();
await server.end();
await box.close();
finish();
