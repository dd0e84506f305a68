// Mail from the queue to the mailbox, in the running product and against a real SMTP server: what
// arrives, TLS and passwords, every kind of refusal, broken connections, kills, and a sign-in by mail.
//
//     node tests/e2e/mail.mjs build
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { Server, Visitor, check, equal, finish, root, run, sleep, until } from './lib.mjs';
import { Postbox, authorityMake } from './postbox.mjs';

const PASSWORD = 'correct horse';
const box = new Postbox({ password: PASSWORD });
const keys = fs.mkdtempSync('/tmp/domicile-mail.');
process.once('exit', () => fs.rmSync(keys, { recursive: true, force: true }));
const known = authorityMake(keys, 'known');
const stranger = authorityMake(keys, 'stranger');
const port = await box.open(known);

const server = await Server.make(process.argv[2], (text) => `${text}
[region local]
uri = test:///default
[mail]
mail = smtp
url = smtp://localhost:${port}
user = domicile
from = Domicile – “Tëst”, Zürich <noreply@example.org>
ca_file = tls/mail-ca.pem
`);
server.put('secrets/smtp-password', `${PASSWORD}\n`);
server.put('tls/mail-ca.pem', known.ca);
await server.start();

// ---- the queue ----

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
let count = 0;
// As worker_wakeup_send() does, which Node has no sockets for. A worker that is just starting looks by itself.
const wake = () => execFileSync('perl', ['-MSocket', '-e', 'socket(S, AF_UNIX, SOCK_DGRAM, 0); send(S, "w", 0, pack_sockaddr_un($ARGV[0]))',
  `${server.dir}/worker/worker.sock`]);
// As mail_queue() writes it; the id of the row.
function queue(kind, values = {}) {
  const id = [...`mail${String(++count).padStart(12, '0')}`].map((c) => (/\d/.test(c) ? ALPHABET[c] : c)).join('');
  const row = { id, kind, to_email: 'you@example.org', once: `${kind}/${id}`, state: 'queued', attempts: 0, due_at: 1,
    created_at: Math.floor(Date.now() / 1000), ...values };
  const text = Object.values(row).map((v) => (typeof v === 'string' ? `'${v.replaceAll("'", "''")}'` : v));
  server.sql(`INSERT INTO mail (${Object.keys(row)}) VALUES (${text});`);
  wake();
  return id;
}

function row(id) {
  const [found] = JSON.parse(server.sql(`.mode json\nSELECT * FROM mail WHERE id = '${id}';`) || '[]');
  return found;
}
const becomes = async (id, state) => (await until(() => row(id).state === state && row(id), 50)) || row(id);
// Waits until one more attempt has failed and is written down.
const fails = async (id, attempts = 1) => (await until(() => row(id).attempts >= attempts && !row(id).taken_at
  && row(id), 50)) || row(id);
// What a page does is in the queue before it answers: when the queue is empty, nothing more will come.
const allSent = () => until(() => server.sql("SELECT count(*) FROM mail WHERE state = 'queued';") === '0', 50);
const dueNow = (id) => {
  server.sql(`UPDATE mail SET due_at = 1 WHERE id = '${id}';`);
  wake();
};
const header = (mail, name) => mail.parsed.headers.find(({ key }) => key === name)?.value;
// What domicile-admin prints, however it ends; the mail server lives in this process and must go on.
const admin = (...words) => run(`${root}/cgi/admin.sh`, [server.dir, ...words]).catch((e) => e)
  .then(({ stdout }) => stdout);

// Ends the worker as a power cut would; multiwatch starts it again, with the configuration as it is then.
async function workerKill() {
  const [pid] = await until(() => { const pids = server.pidsOf('worker'); return pids.length && pids; }, 20);
  process.kill(pid, 'SIGKILL');
  await until(() => server.pidsOf('worker').some((now) => now !== pid), 20);
}

// ---- what arrives ----
{
  const url = 'https://localhost/billing?a=1&b=2';
  const until_at = 1795176000; // 20 Nov 2026, 12:00 UTC
  const kinds = {
    payment_failed: [{ amount: '€12.00', url, until_at }, 'Your payment to Domicile failed',
      ['€12.00', '20 Nov 2026, 12:00 UTC', 'disks are kept']],
    suspended: [{ amount: '€12.00', url, until_at }, 'Your VMs on Domicile have been stopped',
      ['€12.00', '20 Nov 2026, 12:00 UTC', 'destroyed with their disks']],
    vm_destroyed: [{ vm_name: 'quiet-maple', url, happened_at: until_at }, 'quiet-maple on Domicile was destroyed',
      ['quiet-maple', '20 Nov 2026, 12:00 UTC', 'receipt']],
    new_signin: [{ browser: 'Firefox on Linux', url, happened_at: until_at }, 'New sign-in to Domicile',
      ['Firefox on Linux', '20 Nov 2026, 12:00 UTC', 'no action is needed']],
  };
  for (const [kind, [values, subject, words]] of Object.entries(kinds)) {
    box.calm();
    const id = queue(kind, values);
    const end = await becomes(id, 'sent');
    equal(`${kind} is sent`, end.state, 'sent');
    check(`${kind}: what it was about is cleared`, [end.amount, end.vm_name, end.browser, end.url, end.happened_at,
      end.until_at, end.reason].every((value) => value === null), end);
    equal(`${kind}: arrives once`, box.mails.length, 1);
    const [mail] = box.mails;
    const { parsed } = mail;
    equal(`${kind}: subject`, parsed.subject, subject);
    equal(`${kind}: recipient`, mail.to.join(), 'you@example.org');
    equal(`${kind}: sender`, mail.from, 'noreply@example.org');
    equal(`${kind}: From with its name`, `${parsed.from.name} ${parsed.from.address}`,
      'Domicile – “Tëst”, Zürich noreply@example.org');
    equal(`${kind}: To`, parsed.to.map(({ address }) => address).join(), 'you@example.org');
    equal(`${kind}: Message-ID`, parsed.messageId, `<${id}@example.org>`);
    equal(`${kind}: Auto-Submitted`, header(mail, 'auto-submitted'), 'auto-generated');
    check(`${kind}: Date`, Date.parse(parsed.date) / 1000 === end.created_at, parsed.date);
    check(`${kind}: text and HTML, in this order`, /^multipart\/alternative;/.test(header(mail, 'content-type'))
      && /text\/plain[\s\S]*text\/html/.test(mail.raw) && parsed.attachments.length === 0, mail.raw);
    for (const word of words) check(`${kind}: text says ${word}`, parsed.text.includes(word), parsed.text);
    const html = parsed.html.replace(/<[^>]*>/g, '').replaceAll('&amp;', '&');
    for (const word of words) check(`${kind}: HTML says ${word}`, html.includes(word), html);
    check(`${kind}: the link is in both, and written out`, parsed.text.includes(url) && html.includes(url)
      && parsed.html.includes(`href="${url.replace('&', '&amp;')}"`), parsed.html);
    check(`${kind}: nothing is fetched`, !/\ssrc=|<link|<img|url\(|@import|<script/i.test(parsed.html));
    // 78 is advice (RFC 5322), 998 the limit; libcurl's line with the boundary has 86.
    check(`${kind}: ASCII lines that every server takes`, mail.raw.split('\r\n').every((line) => line.length <= 86)
      && !/[^\r\n\t\x20-\x7e]/.test(mail.raw) && !/[^\r]\n/.test(mail.raw), mail.raw);
    check(`${kind}: by TLS, with the password`, mail.isSecure && box.logins.every((login) => login.isSecure));
    equal(`${kind}: says who it is`, box.logins[0]?.name, 'localhost');
  }
  equal('the outbound ledger has the mail server alone, and what mails are made of', server.sql(
    'SELECT host, purpose, fields, was_listed, team_id, transfers = answered FROM outbound;'),
  `localhost:${port}|mail|recipient, subject, text|1||1`);
  equal('and each mail', server.sql('SELECT sum(transfers) FROM outbound;'), server.sql('SELECT sum(attempts) FROM mail;'));
}

// ---- values that want to be more ----
{
  box.calm();
  const evil = 'x\r\nBcc: evil@example.net\r\n\r\n.\r\n<script>alert(1)</script>\u2028=?UTF-8?Q?a?= ';
  const id = queue('vm_destroyed', { vm_name: evil, url: 'javascript:alert(1)' });
  equal('a hostile name is sent', (await becomes(id, 'sent')).state, 'sent');
  const [mail] = box.mails;
  equal('to its one recipient', mail.to.join(), 'you@example.org');
  check('without a new header', !header(mail, 'bcc') && mail.parsed.headers.length === 8, mail.parsed.headers);
  check('as one line of the subject', /^x +Bcc: evil@example.net +\. +<script>.* on Domicile was destroyed$/.test(mail.parsed.subject),
    mail.parsed.subject);
  check('and no tag', !mail.parsed.html.includes('<script>'));
  check('and no link', mail.parsed.html.includes('href="#"'));
}

// ---- refusals ----
{
  box.calm();
  box.recipient = { code: 451, text: 'Greylisted, try later' };
  const id = queue('suspended', { url: 'https://localhost/' });
  const clock = () => Math.floor(Date.now() / 1000);
  const before = clock();
  let now = await fails(id);
  check('451: waits', now.state === 'queued' && /: returned 451: .*Greylisted/.test(now.reason), now);
  const isLater = (seconds) => now.due_at >= before + seconds && now.due_at <= clock() + seconds;
  check('451: a minute', isLater(60), now);
  check('451: what it is about stays', now.url === 'https://localhost/');
  dueNow(id);
  now = await fails(id, 2);
  check('then two', isLater(120), now);
  box.recipient = undefined;
  dueNow(id);
  now = await becomes(id, 'sent');
  check('then 250', now.state === 'sent' && now.attempts === 3 && box.mails.length === 1, now);

  box.calm();
  box.recipient = { code: 550, text: 'No such user: gone@example.org' };
  const gone = queue('suspended', { to_email: 'gone@example.org', url: 'https://localhost/' });
  now = await becomes(gone, 'failed');
  check('550 for the recipient: given up at once', now.state === 'failed' && now.attempts === 1, now);
  check('with the reason', /returned 550/.test(now.reason) && now.reason.includes('No such user'), now.reason);
  check('that domicile-admin mails tells', (await admin('mails')).includes('gone@example.org'));
  const listed = (await admin('--json', 'mails')).trim().split('\n').map((line) => JSON.parse(line));
  check('also as JSON', listed.length === 1 && listed[0].to === 'gone@example.org' && listed[0].state === 'failed'
    && listed[0].kind === 'suspended' && listed[0].attempts === 1 && /550/.test(listed[0].reason), listed);

  box.calm();
  box.message = { code: 554, text: 'Looks like spam' };
  now = await becomes(queue('suspended', {}), 'failed');
  check('554 for the message: given up at once', now.state === 'failed' && /Looks like spam/.test(now.reason), now);
  box.message = { code: 452, text: 'Mailbox full' };
  const full = queue('suspended', {});
  now = await fails(full);
  check('452 for the message: waits', now.state === 'queued' && /452/.test(now.reason), now);
  box.calm();
  box.sender = { code: 553, text: 'Not your address' };
  const sender = queue('suspended', {});
  now = await fails(sender);
  check('553 for our own address: waits until the operator has mended it', now.state === 'queued'
    && /553/.test(now.reason), now);
  box.calm();
  dueNow(full);
  dueNow(sender);
  check('and goes then', (await becomes(sender, 'sent')).state === 'sent' && (await becomes(full, 'sent')).state === 'sent');

  const late = queue('suspended', { created_at: before - 2 * 24 * 3600 });
  equal('an old one has its attempt', (await becomes(late, 'sent')).state, 'sent');
  box.recipient = { code: 451, text: 'Later' };
  const old = queue('suspended', { created_at: before - 2 * 24 * 3600 });
  equal('after two days it is given up', (await becomes(old, 'failed')).state, 'failed');
  const link = queue('signin_link', { created_at: before - 600 });
  equal('a sign-in link after ten minutes', (await becomes(link, 'failed')).state, 'failed');
}

// ---- the way there ----
{
  box.calm();
  box.password = 'another';
  const id = queue('suspended', {});
  let now = await fails(id);
  check('a wrong password: waits', now.state === 'queued' && /Login denied|returned 535/.test(now.reason), now);
  check('FAIL in domicile-admin check', /^FAIL mail: .*535/m.test(await admin('check')), await admin('check'));
  box.password = PASSWORD;
  check('ok in domicile-admin check', (await admin('check')).includes(`ok   mail: smtp://localhost:${port} accepts mail from`
    + ' noreply@example.org'), await admin('check'));
  equal('which sends nothing', box.mails.length, 0);
  dueNow(id);
  equal('goes when it is right', (await becomes(id, 'sent')).state, 'sent');

  await box.close();
  const down = queue('suspended', {});
  now = await fails(down);
  check('nobody there: waits', now.state === 'queued' && /connect/i.test(now.reason), now);
  await box.open(stranger, { port });
  box.calm();
  dueNow(down);
  now = await fails(down, 2);
  check('a certificate of a stranger: waits', now.state === 'queued' && /certificate|peer/i.test(now.reason), now);
  check('and nothing was said to it', box.logins.length === 0 && box.mails.length === 0, box.logins);
  await box.close();
  await box.open(known, { port, disabled: ['STARTTLS'] });
  box.calm();
  dueNow(down);
  now = await fails(down, 3);
  check('no STARTTLS: waits', now.state === 'queued' && /SSL/.test(now.reason), now);
  check('and nothing was said in the open', box.logins.length === 0 && box.mails.length === 0);
  await box.close();
  await box.open(known, { port });
  box.calm();
  dueNow(down);
  check('the right one: sent, once', (await becomes(down, 'sent')).state === 'sent' && box.mails.length === 1);

  box.calm();
  box.message = 'cut';
  const cut = queue('suspended', {});
  now = await fails(cut);
  check('cut off after the message: waits, as nobody can know', now.state === 'queued', now);
  box.message = undefined;
  dueNow(cut);
  await becomes(cut, 'sent');
  check('comes again with the same Message-ID', box.mails.length === 2
    && new Set(box.mails.map(({ parsed }) => parsed.messageId)).size === 1);

  await box.close();
  await box.open(known, { port, secure: true, methods: ['LOGIN'] });
  box.calm();
  const conf = fs.readFileSync(`${server.dir}/domicile.conf`, 'utf8');
  server.put('domicile.conf', conf.replace(/^(url .*)smtp:/m, '$1smtps:'));
  await workerKill();
  equal('smtps, AUTH LOGIN', (await becomes(queue('suspended', {}), 'sent')).state, 'sent');
  check('by TLS from the first byte', box.mails[0].isSecure && box.logins[0].method === 'LOGIN');

  await box.close();
  await box.open(known, { port, open: true });
  box.calm();
  server.put('domicile.conf', conf.replace(/^ca_file .*/m, 'ca_file =').replace(/^user .*/m, 'user ='));
  await workerKill();
  equal('on this computer, with no authority named', (await becomes(queue('suspended', {}), 'sent')).state, 'sent');
  check('it goes plainly', !box.mails[0].isSecure && box.logins.length === 0);
  server.put('domicile.conf', conf);
  await box.close();
  await box.open(known, { port });
  await workerKill();
}

// ---- sign-in by mail ----
{
  box.calm();
  server.sql("DELETE FROM mail WHERE kind = 'signin_link';");
  const visitor = new Visitor(server);
  const page = await visitor.ask('GET', '/signin?return=/keys');
  check('the page offers a link by mail', page.text.includes('Email me a link'));
  const asked = await visitor.send('/signin', '/signin/mail', [['email', 'Operator@localhost']]);
  equal('the form goes on', `${asked.status} ${asked.headers.location}`, '303 /signin/mail');
  const same = (await visitor.ask('GET', '/signin/mail')).text;
  check('to words that promise nothing', same.includes('If there is an account with this address'));
  await until(() => box.mails.length, 20);
  equal('and the mail comes', box.mails.length, 1);
  const [{ parsed, to, raw }] = box.mails;
  equal('to the address', to.join(), 'operator@localhost');
  equal('with its subject', parsed.subject, 'Sign in to Domicile');
  const [link] = parsed.text.match(/https:\S+/);
  check('and its link, in the HTML as well', parsed.html.split(link).length === 4
    && link.startsWith(`${server.url}/signin/link?token=`), parsed.html);
  check('that works once, until then', /It can be used once and expires on \d+ \w+ \d{4}, \d\d:\d\d UTC\./.test(parsed.text), parsed.text);
  const token = new URL(link).searchParams.get('token');
  const files = [server.log(), ...['data/main.db', 'data/main.db-wal'].map((name) => fs.readFileSync(`${server.dir}/${name}`, 'latin1'))];
  check('its token is nowhere on the disk', !files.some((text) => text.includes(token)));
  check('nor is the password', !files.some((text) => text.includes(PASSWORD)));
  check('and the log has no address', !/localhost>|operator@|you@example|gone@example/.test(server.log()), raw.length);
  const pressed = await visitor.signIn(link);
  equal('pressed: signed in, where it was wanted', `${pressed.status} ${pressed.headers.location}`, '303 /keys');
  check('as the operator', (await visitor.ask('GET', '/operator')).text.includes('Undelivered email'));
  check('who sees what failed', (await visitor.ask('GET', '/operator/mails')).text.includes('No such user: gone@example.org'));

  await allSent();
  equal('the first sign-in brings no other mail', box.mails.length, 1);
  const again = new Visitor(server);
  const other = await again.send('/signin', '/signin/mail', [['email', 'operator@localhost']]);
  equal('a second one within a minute: the same answer', `${other.status} ${other.headers.location}`, '303 /signin/mail');
  const unknown = await again.send('/signin', '/signin/mail', [['email', 'stranger@example.org']]);
  equal('a stranger: the same answer', `${unknown.status} ${unknown.headers.location}`, '303 /signin/mail');
  // The token of the form differs by nature; there is none on this page.
  equal('and the same page', (await again.ask('GET', '/signin/mail')).text.replace(/Request.*/g, ''), same.replace(/Request.*/g, ''));
  await allSent();
  equal('but no mail', box.mails.length, 1);
  equal('nor a row', server.sql("SELECT count(*) FROM mail WHERE kind = 'signin_link';"), '1');
  for (let hour = 1; hour <= 5; hour++) {
    server.sql(`UPDATE mail SET created_at = created_at - 61 WHERE kind = 'signin_link';`);
    await again.send('/signin', '/signin/mail', [['email', 'operator@localhost']]);
  }
  equal('five an hour', server.sql("SELECT count(*) FROM mail WHERE kind = 'signin_link';"), '5');
  const bad = await again.send('/signin', '/signin/mail', [['email', 'nobody']]);
  check('what is no address is said beside the field', bad.status === 422 && bad.text.includes('Enter a valid email address'));

  await until(() => box.mails.length === 5, 50);
  box.calm();
  server.sql('UPDATE person SET created_at = created_at - 100;');
  const phone = { headers: { 'User-Agent': 'Mozilla/5.0 (iPhone) Safari/605' } };
  const signInFrom = async (headers) => {
    const v = new Visitor(server);
    const { pathname, search, searchParams } = new URL(server.signinLink('operator@localhost'));
    const { text } = await v.ask('GET', pathname + search, headers);
    const csrf = text.match(/name="csrf" value="([^"]+)"/)[1];
    return v.ask('POST', pathname, { body: String(new URLSearchParams({ csrf, token: searchParams.get('token') })),
      headers: { ...headers.headers, 'Content-Type': 'application/x-www-form-urlencoded', 'Sec-Fetch-Site': 'same-origin' } });
  };
  equal('a sign-in from a phone', (await signInFrom(phone)).status, 303);
  await until(() => box.mails.length, 50);
  check('is told by mail', box.mails.length === 1 && box.mails[0].parsed.text.includes('Safari on iPhone')
    && box.mails[0].parsed.text.includes(`${server.url}/account`), box.mails[0]?.parsed.text);
  equal('the same phone again', (await signInFrom(phone)).status, 303);
  await allSent();
  equal('is known', box.mails.length, 1);

  // Of a closed account: the same answer, and a mail that says so.
  const CLOSED = 'closed@example.org';
  const signedIn = await new Visitor(server).signIn(server.signinLink(CLOSED));
  equal('somebody else', signedIn.headers.location, '/vms');
  await admin('account-close', CLOSED);
  await allSent();
  box.calm();
  const closed = await again.send('/signin', '/signin/mail', [['email', CLOSED]]);
  equal('a closed account: the same answer', `${closed.status} ${closed.headers.location}`, '303 /signin/mail');
  await until(() => box.mails.length, 50);
  const told = box.mails[0].parsed;
  equal('the mail says that it is closed', told.subject, 'Your account on Domicile is closed');
  for (const part of [told.text, told.html]) check('since when, until when, and what the link does', /was closed on .* UTC by the admin\. It is deleted for good on .* UTC/.test(part) && part.includes('See the deletion') && !part.includes('sign in to') && !part.includes('No one can sign in'), part);
  const led = await again.signIn(told.text.match(/https:\S+/)[0]);
  check('which it does', (await again.ask('GET', led.headers.location)).text.includes('Account deletion'), led.headers.location);
}

// ---- kills: nothing is lost, and nothing comes twice but by a kill, with the same Message-ID ----
{
  box.calm();
  let release;
  box.message = () => new Promise((resolve) => { release = resolve; });
  const held = queue('suspended', {});
  await until(() => box.mails.length, 20);
  check('while it is sent, the row says so', row(held).taken_at > 0 && row(held).state === 'queued');
  await workerKill();
  release();
  box.message = undefined;
  equal('killed before the record: sent by the next worker', (await becomes(held, 'sent')).state, 'sent');
  check('twice, with one Message-ID', box.mails.length === 2
    && box.mails.every(({ parsed }) => parsed.messageId === `<${held}@example.org>`));
  check('and the log says that it may be twice', /event=mail_again/.test(server.log()));

  box.calm();
  box.message = () => sleep(Math.random() * 200);
  const ids = Array.from({ length: 120 }, () => queue('suspended', {}));
  let kills = 0;
  for (; kills < 40 && Number(server.sql("SELECT count(*) FROM mail WHERE state = 'queued';")) > 0; kills++) {
    await sleep(100 + Math.random() * 300);
    await workerKill();
  }
  await until(() => {
    // What had failed waits a minute otherwise.
    server.sql("UPDATE mail SET due_at = 1 WHERE state = 'queued' AND taken_at IS NULL;");
    return server.sql("SELECT count(*) FROM mail WHERE state = 'queued';") === '0';
  });
  const times = new Map(ids.map((id) => [`<${id}@example.org>`, 0]));
  for (const { parsed } of box.mails) times.set(parsed.messageId, (times.get(parsed.messageId) ?? 0) + 1);
  const extra = box.mails.length - ids.length;
  const seen = server.log().match(/event=mail_again/g).length;
  console.log(`${kills} kills, ${seen} while a mail was being sent, ${ids.length} mails, ${extra} came twice`);
  check('every mail has arrived', ids.every((id) => times.get(`<${id}@example.org>`) >= 1));
  equal('and no other', times.size, ids.length);
  equal('all are recorded', server.sql("SELECT count(*) FROM mail WHERE state <> 'sent' AND id IN ('"
    + `${ids.join("','")}');`), '0');
  check('at most one more for each kill', extra <= kills, { extra, kills });
}

// ---- off ----
{
  box.calm();
  const conf = fs.readFileSync(`${server.dir}/domicile.conf`, 'utf8');
  await server.stop();
  server.put('domicile.conf', conf.replace('mail = smtp', 'mail = off'));
  await server.start();
  const id = queue('payment_failed', { amount: '€98.76', url: 'https://localhost/secret-page' });
  const end = await becomes(id, 'off');
  check('off: marked, and what it was about is cleared', end.state === 'off' && end.amount === null && end.url === null, end);
  equal('off: nothing is sent', box.connections, 0);
  check('off: one line says that it would have gone', server.log().split('\n').filter((line) => line.includes(id)
    && /kind=payment_failed/.test(line) && /result=off/.test(line)).length === 1, server.log());
  check('off: without content', !/(?<!\d)98\.76(?!\d)|secret-page|you@example/.test(server.log()));
  const page = await new Visitor(server).ask('GET', '/signin');
  check('off: the page says how to get a link', page.text.includes('Ask the admin of this server for a sign-in link') && !page.text.includes('Email me') && !page.text.includes('make signin'));
  equal('off: there is no form', (await new Visitor(server).ask('GET', '/signin/mail')).status, 404);
  check('off: domicile-admin check says so', /^ok   mail is off/m.test(await admin('check')));
}

await box.close();
await server.end();
finish();
