// What people are told by mail and turn off: a switch in a browser, mails about keys and downloads, a weekly summary that
// comes once although the worker is killed, and its link, by which a mail program turns it off without signing in.
//
//     node tests/e2e/notices.mjs build
import fs from 'node:fs';
import { Browser, Server, Visitor, ask, check, equal, finish, follow, signIn, text, until } from './lib.mjs';
import { Postbox, authorityMake } from './postbox.mjs';
import { KEY, SECRET, StripeDouble } from './stripe_double.mjs';

const box = new Postbox({ password: 'correct horse' });
const keys = fs.mkdtempSync('/tmp/domicile-notices.');
process.once('exit', () => fs.rmSync(keys, { recursive: true, force: true }));
const known = authorityMake(keys, 'known');
const port = await box.open(known);
const stripe = await StripeDouble.start({ deliver: () => {} });
const server = await Server.make(process.argv[2], (conf) => `${conf}
[region local]
uri = test:///default
[mail]
mail = smtp
url = smtp://localhost:${port}
user = domicile
from = Domicile <noreply@example.org>
ca_file = tls/mail-ca.pem
[billing]
billing = stripe
base_cents = 2000
[stripe]
url = ${stripe.url}
`);
server.put('secrets/stripe-api-key', KEY);
server.put('secrets/stripe-webhook', SECRET);
server.put('secrets/smtp-password', 'correct horse\n');
server.put('tls/mail-ca.pem', known.ca);
await server.start();

const visitor = new Visitor(server);
await visitor.signIn(server.link);
await new Visitor(server).signIn(server.signinLink('bob@example.org'));
const header = (mail, name) => mail.parsed.headers.find(({ key }) => key === name)?.value;
const arrives = (subject) => until(() => box.mails.find(({ parsed }) => parsed.subject.includes(subject)), 50);
const kinds = () => server.sql('SELECT kind FROM mail ORDER BY created_at, kind').split('\n').filter(Boolean);
async function workerKill() {
  const [pid] = await until(() => { const pids = server.pidsOf('worker'); return pids.length && pids; }, 20);
  process.kill(pid, 'SIGKILL');
  await until(() => server.pidsOf('worker').some((now) => now !== pid), 20);
}

// ---- keys and downloads ----
{
  const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl';
  equal('a key is added', (await visitor.send('/keys', '/keys', [['key', key], ['name', 'evil.example'], ['project', 'birch']])).status, 303);
  const added = await arrives('SSH key added on Domicile');
  check('its owner is told, and its name is no link', added.to.join() === 'operator@localhost' && added.parsed.text.includes('evil. example'), added.parsed.text);
  const id = server.sql("SELECT id FROM ssh_key WHERE project = 'birch'");
  equal('and deleted', (await visitor.send(`/keys/delete?key=${id}`, '/keys/delete', [['key', id]])).status, 303);
  check('told too', (await arrives('SSH key deleted on Domicile')).parsed.html.includes('evil. example'));
  await visitor.send('/account', '/account/copy', []);
  const path = await until(async () => /\/account\/copy\/[a-z2-7]{16}/.exec((await visitor.ask('GET', '/account')).text)?.[0]);
  equal('a copy is downloaded', (await visitor.send('/account', path, [])).status, 200);
  check('told with which browser', (await arrives('Copy of your data downloaded')).parsed.text.includes('downloaded the copy of your data, with '), box.mails.at(-1).parsed.text);
  equal('again in the same hour', (await visitor.send('/account', path, [])).status, 200);
  equal('told once', kinds().filter((kind) => kind === 'copy_downloaded').length, 1);
}

// ---- the spending limit: each of its two once, whatever becomes of the worker ----
{
  box.calm();
  server.sql(`UPDATE team SET cap_cents = 10 WHERE personal_of = 1;
    INSERT INTO ledger_day SELECT id, unixepoch('now', 'start of month'), 0, 9 * 3600000, 0 FROM team WHERE personal_of = 1`);
  await workerKill(); // its schedule begins with the next one
  const near = (await arrives('80% of the spending limit used')).parsed.text;
  check('what is used, of what, until when', near.includes('has used €0.09 of its spending limit of €0.10 this month.')
    && /until 1 \w+ \d{4}\. Running VMs keep running/.test(near), near);
  server.sql('UPDATE ledger_day SET parts = 10 * 3600000');
  await workerKill();
  const full = (await arrives('Spending limit reached')).parsed.text;
  check('reached', full.includes('has used €0.10 this month and reached its spending limit of €0.10.') && full.includes(`${server.url}/costs`), full);
  equal('in the activity', server.sql("SELECT group_concat(what, ', ') FROM (SELECT what FROM activity WHERE action LIKE 'spend%' ORDER BY seq)"),
    '80% of the spending limit used, Spending limit reached');
  check('on the team\'s page', (await visitor.ask('GET', '/team')).text.includes('€0.10 of €0.10 this month (100%) <a href="/costs#limit">Change</a>'));
  server.sql("UPDATE team SET spend_told = 80 WHERE personal_of = 1"); // as if that had been lost
  await workerKill();
  await until(() => server.sql("SELECT count(*) FROM activity WHERE action = 'spend_full'") === '2', 50);
  equal('by mail once', kinds().filter((kind) => kind === 'spend_full').length, 1);
  server.sql('UPDATE team SET cap_cents = NULL; DELETE FROM ledger_day');
}

// ---- the switches, in a browser, by keyboard ----
const browser = await Browser.launch(server);
{
  const page = await browser.page();
  await signIn(page, server.signinLink('operator@localhost'));
  await page.goto(`${server.url}/account`);
  await follow(page, 'a[href="/account/notifications"]');
  equal('what is on', await page.$$eval('input[type=checkbox]', (boxes) => boxes.filter((b) => b.checked).map((b) => b.name).join()), 'budget,idle');
  await page.focus('input[name=idle]');
  await page.keyboard.press('Space');
  await page.focus('input[name=weekly]');
  await page.keyboard.press('Space');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  equal('saved', await text(page, '.toast'), 'Email notifications saved.');
  equal('what is on now', await page.$$eval('input[type=checkbox]', (boxes) => boxes.filter((b) => b.checked).map((b) => b.name).join()), 'budget,weekly');
  equal('in the database', server.sql('SELECT kind FROM mail_off; SELECT count(*) FROM weekly_summary;'), 'idle\n1');
  const plain = await browser.page({ javascript: false, width: 360 });
  await signIn(plain, server.signinLink('operator@localhost'));
  await plain.goto(`${server.url}/account/notifications`);
  await plain.click('input[name=idle]');
  await follow(plain, 'main form button[type=submit]');
  equal('without JavaScript too', server.sql('SELECT count(*) FROM mail_off'), '0');
}

// ---- the summary ----
const BOBS = "INSERT INTO weekly_summary SELECT id, 'b', 1, 1 FROM person WHERE email = 'bob@example.org'";
const secret = server.sql('SELECT token FROM weekly_summary');
{
  box.calm();
  server.sql("UPDATE weekly_summary SET done_at = 1; UPDATE team SET name = 'pine.example' WHERE personal_of = 1");
  let release;
  box.message = () => new Promise((resolve) => { release = resolve; });
  await workerKill(); // its schedule begins with the next one
  const first = await arrives('Your week on Domicile');
  await workerKill(); // while it is sent
  release();
  box.message = undefined;
  await until(() => server.sql("SELECT state FROM mail WHERE kind = 'weekly_summary'") === 'sent', 50);
  equal('queued once', kinds().filter((kind) => kind === 'weekly_summary').length, 1);
  check('sent again with the same Message-ID', box.mails.length === 2 && new Set(box.mails.map(({ parsed }) => parsed.messageId)).size === 1);
  // The next worker's look at what is due finds somebody else's.
  server.sql(BOBS);
  await workerKill();
  await until(() => box.mails.some(({ to }) => to.join() === 'bob@example.org'), 50);
  equal('and not by the next worker', server.sql("SELECT group_concat(to_email) FROM (SELECT to_email FROM mail WHERE kind = 'weekly_summary' ORDER BY to_email)"), 'bob@example.org,operator@localhost');
  server.sql("DELETE FROM mail WHERE to_email = 'bob@example.org'; DELETE FROM weekly_summary WHERE token = 'b'");
  equal('nor a second one of the first', kinds().filter((kind) => kind === 'weekly_summary').length, 1);
  const body = first.parsed.text;
  check('it says what the team has', /pine\. example\nVMs: 0, with 0 created and 0 destroyed\nRunning: 0\.0 h, cost €0\.00\nSnapshots: 0\n/.test(body.replaceAll('\r', '')), body);
  check('nothing of it is stored', !server.sql("SELECT * FROM mail WHERE kind = 'weekly_summary'").includes(secret));
  equal('the headers of RFC 8058', `${header(first, 'list-unsubscribe')} ${header(first, 'list-unsubscribe-post')}`,
    `<${server.url}/unsubscribe/${secret}> List-Unsubscribe=One-Click`);
  check('and the link in both parts', body.includes(`${server.url}/unsubscribe/${secret}`) && first.parsed.html.includes(`href="${server.url}/unsubscribe/${secret}"`));
}

// ---- unsubscribing, as a mail program and as a person ----
{
  const oneClick = (token) => ask(server, 'POST', `/unsubscribe/${token}`, { body: 'List-Unsubscribe=One-Click',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
  const plain = ({ status, text: words }) => `${status} ${words.replace(/<code>[0-9a-f]+<\/code>/, '')}`;
  const stranger = await oneClick('x'.repeat(43));
  equal('a scanner that follows the link', (await ask(server, 'GET', `/unsubscribe/${secret}`)).status, 200);
  equal('changes nothing', server.sql('SELECT count(*) FROM weekly_summary'), '1');
  const mine = await oneClick(secret);
  equal('one click, without a session', mine.status, 200);
  equal('turns it off', server.sql('SELECT count(*) FROM weekly_summary'), '0');
  equal('with the same answer as to any other', plain(mine), plain(stranger));
  check('and names nobody', !/operator@|pine/.test(mine.text), mine.text);
  check('the log has no secret', !server.log().includes(secret));
  equal('the history has it', server.sql("SELECT detail FROM activity WHERE action = 'notices' ORDER BY seq DESC LIMIT 1"), 'Weekly summary off, by the link in it');

  const page = await browser.page();
  await visitor.send('/account/notifications', '/account/notifications', [['weekly', 'yes']]);
  await page.goto(`${server.url}/unsubscribe/${server.sql('SELECT token FROM weekly_summary')}`);
  equal('the page of the link', await text(page, 'h1'), 'Turn off the weekly summary?');
  await follow(page, 'main button[type=submit]');
  equal('its button', await text(page, 'h1'), 'Weekly summary off');
  equal('does the same', server.sql('SELECT count(*) FROM weekly_summary'), '0');
  box.calm();
  server.sql("DELETE FROM mail WHERE kind = 'weekly_summary'");
  server.sql(BOBS);
  await workerKill();
  await until(() => box.mails.length, 50);
  equal('no other summary but bob\'s', box.mails.map(({ to }) => to.join()).join(), 'bob@example.org');
}

equal('the browser reported nothing', [...browser.foreign, ...browser.violations, ...browser.errors].join(), '');
await browser.end();
await box.close();
await server.end();
stripe.end();
finish();
