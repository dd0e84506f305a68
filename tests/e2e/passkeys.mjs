// Passkeys in Chromium, with its virtual authenticators: added, used without an address, renamed, removed; a fresh
// sign-in by one; another device. Then what no browser sends: other origins, old and repeated challenges, somebody
// else's keys, owners that were not verified, counts that go backwards.
import crypto from 'node:crypto';
import fs from 'node:fs';
import { Browser, Server, Visitor, check, equal, fill, finish, follow, signIn, text, until } from './lib.mjs';
import { Authenticator, challengeOf } from './authenticator.mjs';
import { Postbox, authorityMake } from './postbox.mjs';

const PASSWORD = 'correct horse';
const box = new Postbox({ password: PASSWORD });
const keys = fs.mkdtempSync('/tmp/domicile-passkeys.');
process.once('exit', () => fs.rmSync(keys, { recursive: true, force: true }));
const authority = authorityMake(keys, 'mail');
const port = await box.open(authority);
const server = await Server.make(process.argv[2], (config) => `${config.replace(/^# unlimited_networks.*/m, 'unlimited_networks = 127.0.0.1')}
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

// A device that confirms by itself, as if its owner did.
async function deviceAdd(page, options = {}) {
  const session = await page.createCDPSession();
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', { options: {
    protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
    automaticPresenceSimulation: true, ...options } });
  return {
    credentials: async () => (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    put: (credential) => session.send('WebAuthn.addCredential', { authenticatorId, credential }),
    verify: (isUserVerified) => session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
  };
}
async function signOut(page) {
  await page.click('#account-menu summary');
  await follow(page, 'form[action="/signout"] button');
}
const isSignedIn = (page) => new URL(page.url()).pathname === '/vms';
const passkeyName = () => server.sql('SELECT group_concat(name) FROM passkey');

// ---- added, and used without an address ----
const page = await browser.page();
const device = await deviceAdd(page);
await signIn(page, server.signinLink(ADA));
await page.goto(`${server.url}/account`);
await follow(page, '#passkeys a[href="/account/passkeys/new"]');
await follow(page, '[data-passkey="create"]');
check('a passkey is added', /^\/account\/passkeys\/[a-z2-7]{16}$/.test(new URL(page.url()).pathname), page.url());
equal('named after the browser', passkeyName(), 'Chrome on Linux');
const [made] = await device.credentials();
check('the device can be found without an address', made.isResidentCredential);
equal('and knows the person by no address', server.sql(`SELECT count(*) FROM person WHERE instr('${Buffer.from(made.userHandle, 'base64').toString('latin1').replace(/[^\w@.]/g, '')}', email)`), '0');
const mail = await mailTo(ADA, 'Passkey added');
check('its owner is told', mail.parsed.text.includes('Chrome on Linux'));
await page.goto(`${server.url}/account/passkeys/new`);
await page.click('[data-passkey="create"]');
check('the same device makes no second one', await until(() => page.$eval('[data-failed="InvalidStateError"]', (e) => !e.hidden)));
await page.goto(`${server.url}/account`);
await signOut(page);
await page.goto(`${server.url}/signin`);
if (!isSignedIn(page)) await follow(page, '[data-passkey="get"]').catch(() => null);
check('signed in with it', await until(() => isSignedIn(page)), page.url());
check('as its owner', (await text(page, '#account-menu .mail')) === ADA, await text(page, '#account-menu'));
equal('when it was used is known', server.sql('SELECT used_at IS NOT NULL FROM passkey'), '1');
equal('the activity has both', server.sql("SELECT group_concat(action) FROM (SELECT action FROM activity WHERE action IN ('passkey_add', 'sign_in') ORDER BY team_id, seq)"), 'sign_in,passkey_add,sign_in');

// ---- named anew ----
await page.goto(`${server.url}/account`);
await follow(page, '#passkeys .rows a');
await fill(page, '#name', 'Laptop');
await follow(page, 'form[action$="/rename"] button');
equal('renamed', passkeyName(), 'Laptop');
check('and the list says so', (await text(page, '#passkeys')).includes('Laptop'));

// ---- a fresh sign-in by it ----
server.sql(`UPDATE session SET created_at = unixepoch() - 700`);
await page.goto(`${server.url}/account/passkeys/new`);
if (page.url().includes('/signin')) await follow(page, '[data-passkey="get"]').catch(() => null);
check('it counts as a fresh sign-in', await until(() => page.url() === `${server.url}/account/passkeys/new`), page.url());

// ---- another device: one signs in there by a link, and adds a second one ----
const phone = await browser.page({ width: 360 });
const other = await deviceAdd(phone);
await phone.goto(`${server.url}/signin`);
await signIn(phone, server.signinLink(ADA));
await phone.goto(`${server.url}/account/passkeys/new`);
await follow(phone, '[data-passkey="create"]');
equal('there are two', server.sql('SELECT count(*) FROM passkey'), '2');
await phone.goto(`${server.url}/account`);
await signOut(phone);
await phone.goto(`${server.url}/signin`);
if (!isSignedIn(phone)) await follow(phone, '[data-passkey="get"]').catch(() => null);
check('each signs in', await until(() => isSignedIn(phone)), phone.url());

// ---- an owner that is not verified ----
await signOut(phone);
await other.verify(false);
await phone.goto(`${server.url}/signin`);
await phone.click('[data-passkey="get"]');
check('without its owner the device does not sign, and the page says so', await until(() => phone.$eval('[data-failed]', (e) => !e.hidden)));
equal('and one can still use a link', await phone.$eval('#email', (e) => e.type), 'text');

// ---- removed ----
await page.goto(`${server.url}/account`);
await page.evaluate(() => [...document.querySelectorAll('#passkeys .rows a')].find((a) => a.textContent.includes('Laptop')).setAttribute('id', 'mine'));
await follow(page, '#mine');
await follow(page, 'form[action$="/remove"] button');
equal('removed', passkeyName(), 'Chrome on Linux');
check('its owner is told', (await mailTo(ADA, 'Passkey removed')).parsed.text.includes('Laptop'));
await signOut(page);
await page.goto(`${server.url}/signin`);
await page.click('[data-passkey="get"]').catch(() => null);
check('it signs nobody in', await until(async () => (await text(page, 'main').catch(() => '') ?? '').includes('not known here')), await text(page, 'main'));

// ---- without JavaScript there is no button that does nothing ----
const plain = await browser.page({ javascript: false });
await plain.goto(`${server.url}/signin`);
equal('no passkey without scripts', await plain.$eval('[data-passkeys]', (e) => e.checkVisibility()), false);
check('but a link', await plain.$eval('form[action="/signin/mail"] button', (e) => e.checkVisibility()));

// ---- what no browser sends ----
const challengeIn = (answer) => answer.text.match(/data-challenge="([^"]+)"/)[1];
const userOf = (answer) => answer.text.match(/data-user="([^"]+)"/)[1];
const signed = new Visitor(server);
await signed.signIn(server.signinLink(BEN));
const NEW = '/account/passkeys/new';
const passkeys = () => Number(server.sql('SELECT count(*) FROM passkey'));
async function add(visitor, tool, options = {}, challenge = null) {
  const asked = await visitor.ask('GET', NEW);
  return visitor.send(NEW, NEW, tool.create(challenge ?? challengeIn(asked), options));
}
const before = passkeys();
for (const [why, options] of [['another origin', { client: { origin: 'https://evil.example' } }],
  ['a part of another page', { client: { crossOrigin: true } }], ['a sign-in', { client: { type: 'webauthn.get' } }],
  ['another site', { site: 'evil.example' }], ['an owner that was not verified', { flags: 1 }],
  ['an owner that was not there', { flags: 4 }]]) {
  equal(`not added: ${why}`, (await add(signed, new Authenticator(server.url), options)).status, 422);
}
equal('not added: a challenge of nobody', (await add(signed, new Authenticator(server.url), {}, Buffer.alloc(56).toString('base64url'))).status, 422);
equal('nothing was added', passkeys(), before);
const ben = {};
for (const algorithm of ['ES256', 'EdDSA', 'RS256']) {
  ben[algorithm] = new Authenticator(server.url, algorithm);
  equal(`added: ${algorithm}`, (await add(signed, ben[algorithm])).status, 303);
}
const page2 = await signed.ask('GET', NEW), benUser = userOf(page2);
const once = new Authenticator(server.url).create(challengeIn(page2));
equal('one challenge', (await signed.send(NEW, NEW, once)).status, 303);
equal('adds one passkey', (await signed.send(NEW, NEW, new Authenticator(server.url).create(challengeIn(page2)))).status, 422);

const SIGNIN = '/signin/passkey';
async function use(tool, options = {}, user = benUser, challenge = null) {
  const visitor = new Visitor(server);
  const asked = await visitor.ask('GET', '/signin');
  const answer = await visitor.send('/signin', SIGNIN, tool.get(challenge ?? challengeIn(asked), user, options));
  return { visitor, answer, status: answer.status, isIn: (await visitor.ask('GET', '/account')).status === 200 };
}
const refused = async (why, ...more) => {
  const { status, isIn } = await use(...more);
  equal(`refused: ${why}`, `${status} ${isIn}`, '422 false');
};
for (const algorithm of Object.keys(ben)) {
  const { status, isIn } = await use(ben[algorithm]);
  equal(`signs in: ${algorithm}`, `${status} ${isIn}`, '303 true');
}
const tool = ben.ES256;
await refused('another origin', tool, { client: { origin: 'https://evil.example' } });
await refused('a port of the same host', tool, { client: { origin: 'https://localhost' } });
await refused('a part of another page', tool, { client: { crossOrigin: true } });
await refused('what was signed for a new passkey', tool, { client: { type: 'webauthn.create' } });
await refused('another site', tool, { site: 'evil.example' });
await refused('an owner that was not verified', tool, { flags: 1 });
await refused('an owner that was not there', tool, { flags: 4 });
await refused('somebody else, by their id for devices', tool, {}, Buffer.alloc(32, 7).toString('base64url'));
await refused('no id for devices', tool, {}, '');
await refused('a key that is not known', new Authenticator(server.url));
await refused('another key under a known id', new Authenticator(server.url), { id: tool.id });
await refused('a challenge of another session', tool, {}, benUser, challengeIn(await new Visitor(server).ask('GET', '/signin')));
{
  // The secret of its own session, so that the time alone is wrong.
  const visitor = new Visitor(server);
  await visitor.ask('GET', '/signin');
  const [secret, now] = server.sql(`SELECT hex(csrf_secret), unixepoch() FROM session WHERE id_hash = x'${crypto.createHash('sha256').update(visitor.cookie.split('=')[1]).digest('hex')}'`).split('|');
  const late = await visitor.send('/signin', SIGNIN, tool.get(challengeOf(Buffer.from(secret, 'hex'), Number(now) - 1), benUser));
  check('an old challenge is refused', late.status === 422 && late.text.includes('took too long'), String(late.status));
  const good = await visitor.send('/signin', SIGNIN, tool.get(challengeOf(Buffer.from(secret, 'hex'), Number(now) + 500), benUser));
  equal('of the same session a current one is not', good.status, 303);
}
{
  const visitor = new Visitor(server);
  const values = tool.get(challengeIn(await visitor.ask('GET', '/signin')), benUser);
  equal('used', (await visitor.send('/signin', SIGNIN, values)).status, 303);
  const again = await visitor.send('/account', SIGNIN, values);
  equal('repeated in the session that it began: refused', again.status, 422);
  const elsewhere = new Visitor(server);
  equal('repeated elsewhere: refused', (await elsewhere.send('/signin', SIGNIN, values)).status, 422);
}
{
  // Of another account, where one is to confirm who one is.
  const visitor = new Visitor(server);
  await visitor.signIn(server.signinLink(ADA));
  const asked = await visitor.ask('GET', '/signin?return=/account&again=1');
  const answer = await visitor.send('/signin?return=/account&again=1', SIGNIN, tool.get(challengeIn(asked), benUser));
  check('a passkey of another account does not confirm', answer.status === 422 && answer.text.includes('another account'), String(answer.status));
  check('and whoever was signed in still is', (await visitor.ask('GET', '/account')).text.includes(ADA));
}

// ---- a count that goes backwards ----
tool.count = 7;
equal('a count that rises', (await use(tool)).status, 303);
tool.count = 9;
equal('and rises', (await use(tool)).status, 303);
tool.count = 9;
const copied = await use(tool);
check('that does not rise is a copy\'s', copied.status === 422 && copied.answer.text.includes('may have been copied') && !copied.isIn, String(copied.status));
check('its owner is told', (await mailTo(BEN, 'passkey of yours was refused')).parsed.text.includes('may be a copy'));
equal('and it is in the activity', server.sql("SELECT count(*) FROM activity WHERE action = 'passkey_copied' AND result = 'refused'"), '1');

// ---- a closed account: the page of a link says what signing in does ----
{
  const visitor = new Visitor(server);
  await visitor.signIn(server.signinLink(BEN));
  const gone = await visitor.send('/account/delete', '/account/delete', [['email', BEN], ['confirm', BEN]]);
  check('the account is closed', gone.status === 303, `${gone.status} ${gone.text}`);
  const { answer, isIn } = await use(ben.EdDSA);
  check('its passkey leads to the page of a link', answer.status === 303 && answer.headers.location.includes('/signin/link?token='), `${answer.status} ${answer.headers.location}`);
  equal('and signs nobody in', isIn, false);
  await visitor.signIn(answer.headers.location);
  check('whose button undoes the deletion', (await visitor.ask('GET', '/account')).status === 200);
  equal('the passkeys are still there', server.sql(`SELECT count(*) FROM passkey k JOIN person p ON p.id = k.person_id WHERE p.email = '${BEN}'`), '4');
}

equal('nothing from other hosts', browser.foreign.join(), '');
equal('no violation of the policy of contents', browser.violations.join(), '');
equal('no errors in the browser', browser.errors.join(), '');
check('no secret in the log', !/signature=|client_data|webauthn\.get/.test(server.log()));
await browser.end();
await server.end();
await box.close();
finish();
