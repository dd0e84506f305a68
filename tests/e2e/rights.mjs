// A copy of one's data: asked for on the account page, made by the worker, sent by nginx to its owner alone,
// and verified with openssl as the README says. What is in it column by column: unit/export_test.c.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { Browser, Server, Visitor, ask, check, equal, finish, follow, signIn, text, until } from './lib.mjs';

const server = await Server.make(process.argv[2]);
await server.start();
const alice = new Visitor(server), bob = new Visitor(server);
await alice.signIn(server.link);
await bob.signIn(server.signinLink('bob@example.org'));
server.sql("INSERT INTO outbound VALUES (0, 'api.example.org', 'billing', 'customer', (SELECT team_id FROM membership LIMIT 1), 1, 3, 3, 9, 9, unixepoch(), unixepoch())");

// ---- only after a sign-in of the last ten minutes ----
const isReady = async (visitor) => /\/account\/copy\/[a-z2-7]{16}/.exec((await visitor.ask('GET', '/account')).text)?.[0];
const age = (seconds) => server.sql(`UPDATE session SET created_at = unixepoch() - ${seconds} WHERE person_id NOT NULL`);
age(700);
equal('an old sign-in leads through a new one', (await alice.send('/account', '/account/copy', [])).headers.location, '/signin?return=/account&again=1&ended=1');
await alice.signIn(server.signinLink('operator@localhost'));
equal('which leads back', (await alice.ask('GET', '/signin?return=/account')).headers.location, '/account');
equal('nothing was made', server.sql('SELECT count(*) FROM export'), '0');

// ---- asked for, made ----
equal('the button', (await alice.send('/account', '/account/copy', [])).status, 303);
const path = await until(() => isReady(alice));
check('a copy is ready', path, server.log());
const file = `${server.dir}/exports/${path.split('/').pop()}.zip`;
equal('nobody else can read it', (fs.statSync(file).mode & 0o777).toString(8), '600');
check('the page says until when', /Expires <time/.test((await alice.ask('GET', '/account')).text));

// ---- downloaded by its owner alone ----
const token = async (visitor) => (await visitor.ask('GET', '/account')).text.match(/name="csrf" value="([^"]+)"/)[1];
const download = async (visitor) => visitor.ask('POST', path, { body: String(new URLSearchParams({ csrf: await token(visitor) })),
  headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'Sec-Fetch-Site': 'same-origin' } });
age(0);
equal('not by others', (await download(bob)).status, 404);
equal('not without a session', (await ask(server, 'POST', path)).status, 303);
for (const name of [`/exports/${path.split('/').pop()}.zip`, '/exports/', '/exports']) equal(`${name} is internal`, (await alice.ask('GET', name)).status, 404);
const answer = await download(alice);
equal('its owner gets it', `${answer.status} ${answer.headers['content-type']}`, '200 application/zip');
check('as a file', /^attachment; filename="copy-[0-9-]+\.zip"$/.test(answer.headers['content-disposition']), answer.headers['content-disposition']);
equal('which no cache keeps', answer.headers['cache-control'], 'no-store');
check('with the headers of every answer', answer.headers['content-security-policy'] && answer.headers['strict-transport-security']);
equal('whole', answer.body.length, fs.statSync(file).size);
equal('it is counted', server.sql('SELECT downloads FROM export'), '1');

// ---- verified by what anybody has ----
const folder = `${server.tmp}/copy`;
fs.writeFileSync(`${folder}.zip`, answer.body);
execFileSync('python3', ['-m', 'zipfile', '-e', `${folder}.zip`, folder]);
const key = `keys/${fs.readdirSync(`${folder}/keys`)[0]}`;
const openssl = (...options) => spawnSync('openssl', options, { cwd: folder, encoding: 'utf8' });
const verify = () => openssl('pkeyutl', '-verify', '-rawin', '-pubin', '-inkey', key, '-in', 'manifest.json', '-sigfile', 'manifest.sig').stdout.trim();
equal('the signature', verify(), 'Signature Verified Successfully');
const published = JSON.parse((await ask(server, 'GET', '/.well-known/domicile-keys.json')).text).keys.map(({ pem }) => pem);
check('by a key that the server publishes', published.includes(fs.readFileSync(`${folder}/${key}`, 'utf8')));
const manifest = JSON.parse(fs.readFileSync(`${folder}/manifest.json`, 'utf8'));
const found = execFileSync('find', ['.', '-type', 'f', '-printf', '%P\n'], { cwd: folder, encoding: 'utf8' }).trim().split('\n').sort();
equal('it lists every file', [...manifest.files.map(({ path: name }) => name), 'manifest.json', 'manifest.sig'].sort().join(), found.join());
for (const entry of manifest.files) {
  const bytes = fs.readFileSync(`${folder}/${entry.path}`);
  equal(`${entry.path}: SHA-256`, createHash('sha256').update(bytes).digest('hex'), entry.sha256);
  if (!entry.path.endsWith('.json')) continue;
  const content = JSON.parse(bytes);
  if (!entry.path.startsWith('schema/')) equal(`${entry.path}: rows`, content.length, entry.rows);
}
// The commands that the README gives, as they stand there.
const commands = fs.readFileSync(`${folder}/README.html`, 'utf8').match(/<pre>([^]*?)<\/pre>/)[1].split('\n');
const answers = commands.map((command) => execFileSync('bash', ['-c', command], { cwd: folder, encoding: 'utf8' }).trim());
equal('the first verifies the list', answers[0], 'Signature Verified Successfully');
check('the second shows the id of the key', answers[1].split(' ').pop().startsWith(manifest.key), answers[1]);
check('the third the hash of a file', answers[2].endsWith(manifest.files.find(({ path: name }) => name === 'person/person.json').sha256), answers[2]);
equal('the files are sorted', manifest.files.map(({ path: name }) => name).filter((name) => !/^(README|manifest)/.test(name)).join(), manifest.files.map(({ path: name }) => name).filter((name) => !/^(README|manifest)/.test(name)).sort().join());
check('what is withheld has a reason', manifest.withheld.length > 50 && manifest.withheld.every(({ reason }) => reason));
fs.appendFileSync(`${folder}/manifest.json`, ' ');
equal('a changed list is not signed', verify(), 'Signature Verification Failure');

// ---- what is in it ----
const read = (name) => JSON.parse(fs.readFileSync(`${folder}/${name}`, 'utf8'));
equal('the person', read('person/person.json')[0].identity, 'local:operator@localhost');
equal('the team', read('team-1/team.json').length, 1);
// Every row is as its schema says.
for (const { path: name } of manifest.files.filter(({ rows }) => rows)) {
  const { items } = read(`schema/${name.split('/').pop()}`);
  const isOf = (value, { type }) => [type].flat().includes(value === null ? 'null' : Number.isInteger(value) ? 'integer' : typeof value);
  check(`${name} is as its schema says`, read(name).every((row) => Object.keys(row).sort().join() === [...items.required].sort().join()
    && Object.entries(row).every(([key, value]) => isOf(value, items.properties[key]) && items.properties[key].description)));
}
const readme = fs.readFileSync(`${folder}/README.html`, 'utf8');
check('the page says what went to whom', /api\.example\.org<\/td><td>billing<\/td><td>customer<\/td><td>3</.test(readme));
check('and loads nothing', !/<(script|link|img|iframe)\b|\b(src|href)=|url\(/i.test(readme));

// ---- in a browser: the page tells by itself when the copy is ready ----
const browser = await Browser.launch(server);
const page = await browser.page();
const [worker] = server.pidsOf('worker');
await signIn(page, server.signinLink('bob@example.org'));
await page.goto(`${server.url}/account`);
process.kill(worker, 'SIGSTOP');
await follow(page, 'form[action="/account/copy"] button');
equal('it says that the copy is under way', await text(page, '#copy'), 'Preparing');
process.kill(worker, 'SIGCONT');
await page.waitForSelector('form[action^="/account/copy/"]');
check('and when it is ready', await until(async () => /ready/i.test(await text(page, '#toasts'))), await text(page, '#toasts'));
const downloads = `${server.tmp}/downloads`;
fs.mkdirSync(downloads);
await (await page.createCDPSession()).send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: downloads,
  browserContextId: page.browserContext().id });
await page.click('form[action^="/account/copy/"] button');
const [name] = await until(() => { const names = fs.readdirSync(downloads); return names.length && /\.zip$/.test(names[0]) && names; });
check('a file arrives', /^copy-[0-9-]+\.zip$/.test(name), name);
equal('and the page stays', page.url(), `${server.url}/account#data`);
equal('nothing was refused by the browser', [...browser.violations, ...browser.errors, ...browser.foreign].join(), '');
await browser.end();

// ---- expired ----
server.sql('UPDATE export SET expires_at = unixepoch()');
check('after a day a page says so', (await download(alice)).text.includes('There is no copy of your data at this address.'));
await server.stop();
await server.start();
check('and the file is gone', await until(() => !fs.existsSync(file)));
await server.end();
finish();
