// Deleting an account in the browser: what the page says before, undone by signing in, deleted again; then the
// time until it is due is taken away, and the sequence goes to its end: the VM is destroyed, nothing is found,
// and plain openssl verifies the receipt.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { Browser, Server, ask, check, equal, fill, finish, follow, keyMake, root, run, signIn, text, until } from './lib.mjs';

const ADA = 'ada.lovelace@example.org';
const server = await Server.make(process.argv[2]);
await server.start();
const browser = await Browser.launch(server);
const one = (sql) => server.sql(sql);
const person = `(SELECT id FROM person WHERE email = '${ADA}')`;
const deletion = async (page) => {
  await page.goto(`${server.url}/account`);
  await follow(page, 'a[href="/account/delete"]');
};
const confirm = async (page, words) => {
  await fill(page, '#email', words);
  const [answer] = await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.keyboard.press('Enter')]);
  return answer;
};

// ---- what it says before; by keyboard, also on a small screen ----
const page = await browser.page();
await signIn(page, server.signinLink(ADA));
const key = keyMake(server, 'key');
await page.goto(`${server.url}/keys`);
await fill(page, '#key', key);
await follow(page, 'form[action="/keys"] button');
await page.goto(`${server.url}/vms/new`);
await follow(page, '#create-form button[type=submit]');
check('a VM is made', await until(() => one(`SELECT count(*) FROM vm WHERE state = 'running' AND person_id = ${person}`) === '1'));
const vm = one('SELECT id FROM vm');
await deletion(page);
const said = await text(page, 'main');
for (const words of [ADA, '1 VM', '30 days', '7 years', 'undo it by signing in']) check(`it says ${words}`, said.includes(words), said);
await page.setViewport({ width: 360, height: 900 });
equal('nothing is wider than the screen', await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
equal('another address does not confirm it', (await confirm(page, 'ada@example.org')).status(), 422);
equal('the field is announced as wrong', await page.$eval('#email', (e) => e.getAttribute('aria-invalid')), 'true');
equal('nothing was begun', one('SELECT count(*) FROM erasure'), '0');
await confirm(page, ADA);

// ---- the page of the sequence, without a session ----
const address = page.url();
check('it leads to an address of its own', /\/deletion\/[\w-]{43}$/.test(address), address);
equal('nothing is wider than the screen there', await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
await page.setViewport({ width: 1280, height: 900 });
equal('signed out everywhere', one(`SELECT count(*) FROM session WHERE person_id = ${person}`), '0');
const get = (path) => ask(server, 'GET', path);
const shown = async () => (await get(new URL(address).pathname)).text;
check('anybody who has it sees the steps', (await shown()).includes('Destroy VMs and snapshots'));
check('the VM stops', await until(() => one(`SELECT state FROM vm WHERE id = '${vm}'`) === 'stopped'));
check('billing is stopped first, nothing else', await until(async () => (await shown()).includes('there was no subscription')));
equal('one step is done', one("SELECT count(*) FROM erasure_step WHERE state = 'done'"), '1');

// ---- undone ----
await signIn(page, server.signinLink(ADA));
check('signing in says that it is undone', (await text(page, '.toasts'))?.includes('cancelled'), await text(page, '.toasts'));
equal('the account is open', one(`SELECT closed_at IS NULL FROM person WHERE email = '${ADA}'`), '1');
for (const words of ['Deletion undone', 'by signing in', 'there was no subscription', 'Not done']) check(`the page says ${words}`, (await shown()).includes(words), await shown());
equal('its owner is told', one(`SELECT count(*) FROM mail WHERE kind = 'account_kept' AND to_email = '${ADA}'`), '1');
equal('the VM is there', one('SELECT count(*) FROM vm WHERE gone_at IS NULL'), '1');

// ---- for good ----
await deletion(page);
await confirm(page, ADA);
const last = new URL(page.url()).pathname;
server.sql('UPDATE erasure SET due_at = requested_at');
check('it comes to its end', await until(async () => (await get(last)).text.includes('Receipt of deletion')), (await get(last)).text);
await page.reload();
const receipt = await text(page, 'main');
for (const words of ['8 of 8 steps done', '1 of 1 VM destroyed', '0 found', 'Usage records', 'Receipts of destroyed VMs']) {
  check(`the receipt says ${words}`, receipt.includes(words), receipt);
}
equal('the account is gone', one('SELECT count(*) FROM person WHERE email LIKE \'ada%\''), '0');
equal('its VM too', one('SELECT count(*) FROM vm'), '0');
equal('no file has the address', execFileSync('bash', ['-c', `grep -rlaF '${ADA}' '${server.dir}' --include=*.db --include=*.db-wal --include=2* || true`], { encoding: 'utf8' }), '');
check('the log names the steps and nobody', /event=erasure id=[a-z2-7]{16} step=receipt state=done/.test(server.log()) && !server.log().includes('ada.lovelace'));

// ---- verified by others ----
const admin = (...words) => {
  try {
    return execFileSync(`${root}/cgi/admin.sh`, [server.dir, ...words], { encoding: 'utf8' });
  } catch (e) {
    return String(e.stderr);
  }
};
const openssl = (folder, ...words) => run('openssl', words, { cwd: folder }).then(({ stdout }) => stdout.trim(), (e) => String(e.stdout).trim());
// The ZIP file at `path`, unpacked: its folder. Its README has the commands.
const unpack = async (name, path) => {
  const folder = `${server.tmp}/${name}`;
  fs.writeFileSync(`${folder}.zip`, (await get(path)).body);
  execFileSync('python3', ['-m', 'zipfile', '-e', `${folder}.zip`, folder]);
  execFileSync('chmod', ['-R', 'a+rX', server.tmp]);
  return folder;
};
const known = JSON.parse((await get('/.well-known/domicile-keys.json')).text).keys[0];
const verified = async (folder) => {
  const commands = fs.readFileSync(`${folder}/README.txt`, 'utf8').match(/^ {4}openssl .*$/gm).map((line) => line.trim());
  equal('the README has three commands', commands.length, 3);
  const [signature, key, hash] = await Promise.all(commands.map((line) => run('sh', ['-c', line], { cwd: folder }).then(({ stdout }) => stdout.trim(), (e) => String(e.stdout).trim())));
  equal('openssl verifies it', signature, 'Signature Verified Successfully');
  check('with the key that is named', key.includes(known.id), `${key} ${JSON.stringify(known)}`);
  check('and prints the hash that is named', fs.readFileSync(`${folder}/README.txt`, 'utf8').includes(hash.split(' ').pop()), hash);
};
const folder = await unpack('receipt', `${last}/receipt.zip`);
await verified(folder);
const body = JSON.parse(fs.readFileSync(`${folder}/receipt.json`, 'utf8'));
equal('it has each step but its own', body.steps.length, 7);
check('and says what remains, why and until when', body.remains.every(({ what, why, until: end }) => what && why && end > '2030'), JSON.stringify(body.remains));
check('nobody is named', !/lovelace/i.test(JSON.stringify(body)));
equal('the key is the published one', fs.readFileSync(`${folder}/key.pem`, 'utf8'), known.pem);
check('the operator verifies it', admin('verify-receipt', `${folder}.zip`).includes('of this server'), admin('verify-receipt', `${folder}.zip`));
fs.appendFileSync(`${folder}/receipt.json`, ' ');
equal('changed, it is not', await openssl(folder, 'pkeyutl', '-verify', '-rawin', '-pubin', '-inkey', 'key.pem', '-in', 'receipt.json', '-sigfile', 'receipt.sig'), 'Signature Verification Failure');
execFileSync('python3', ['-m', 'zipfile', '-c', `${folder}-changed.zip`, 'receipt.json', 'receipt.sig', 'key.pem', 'README.txt'], { cwd: folder });
check('nor for the operator', admin('verify-receipt', `${folder}-changed.zip`).includes('no key of this server'), admin('verify-receipt', `${folder}-changed.zip`));
// Who opens the file must see what was verified: nothing else in it, nothing twice, no other key.
for (const [what, words, code] of [
  ['a second receipt', 'receipt.json is in it twice', "z.writestr('receipt.json', '{}')"],
  ['another file', 'a further file', "z.writestr('receipt.pdf', 'x')"],
]) {
  fs.copyFileSync(`${folder}.zip`, `${folder}-more.zip`);
  execFileSync('python3', ['-W', 'ignore', '-c', `import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], 'a') as z: ${code}`, `${folder}-more.zip`]);
  check(`${what} is found`, admin('verify-receipt', `${folder}-more.zip`).includes(words), admin('verify-receipt', `${folder}-more.zip`));
}
const whole = fs.readFileSync(`${folder}.zip`);
fs.writeFileSync(`${folder}-short.zip`, whole.subarray(0, whole.length / 2));
check('so is a missing end', admin('verify-receipt', `${folder}-short.zip`).includes('no ZIP file'), admin('verify-receipt', `${folder}-short.zip`));
for (const [path, words] of [[folder, 'this is no file'], ['/dev/zero', 'this is no file'], [`${folder}/receipt.json`, 'no ZIP file'], [`${folder}/none`, 'No such file']]) {
  check(`verify-receipt of ${path} says ${words}`, admin('verify-receipt', path).includes(words), admin('verify-receipt', path));
}

// ---- by the operator ----
await signIn(page, server.signinLink('bob@example.org'));
const closing = /\/deletion\/[\w-]{43}/;
check('the operator closes another', closing.test(admin('account-close', 'bob@example.org')));
const twice = admin('account-close', 'bob@example.org');
check('and is given an address again', closing.test(twice), twice);
check('it is in the admin\'s chain once', (admin('chain').match(/"action":"deletion"/g) ?? []).length === 1, admin('chain'));
check('that works', (await get(twice.match(closing)[0])).text.includes('Account deletion'));
const other = await browser.page();
await other.goto(server.signinLink('bob@example.org'));
check('the link says so', (await text(other, 'main')).includes('See the deletion'), await text(other, 'main'));
equal('it opens no account', (await follow(other, 'main button[type=submit]')).status(), 200);
check('but shows the deletion', closing.test(other.url()) && (await text(other, 'h1')) === 'Account deletion', other.url());
check('an unknown address', admin('account-close', 'nobody@example.org').includes('no account has'));

// ---- a team ----
const NAME = 'Zebra & Friends Team';
const eve = await browser.page();
await signIn(eve, server.signinLink('eve@example.org'));
const her = "(SELECT id FROM person WHERE email = 'eve@example.org')";
server.sql(`INSERT INTO team (id, name, created_at) VALUES (7001, '${NAME}', unixepoch());
  INSERT INTO person (id, identity, email, name, created_at) VALUES (7002, 'local:mallory@example.org', 'mallory@example.org', 'Mallory', unixepoch());
  INSERT INTO membership (team_id, person_id, role, created_at) VALUES (7001, ${her}, 'owner', 1), (7001, 7002, 'member', 1);
  UPDATE session SET current_team_id = 7001 WHERE person_id = ${her}`);
await eve.goto(`${server.url}/keys`);
await fill(eve, '#key', keyMake(server, 'team'));
await follow(eve, 'form[action="/keys"] button');
await eve.goto(`${server.url}/vms/new`);
await follow(eve, '#create-form button[type=submit]');
check('the team has a VM', await until(() => one("SELECT count(*) FROM vm WHERE state = 'running' AND team_id = 7001") === '1'));
await eve.goto(`${server.url}/keys`);
await fill(eve, '#key', keyMake(server, 'lost'));
await follow(eve, 'form[action="/keys"] button');
const lost = one("SELECT id || ' ' || fingerprint FROM ssh_key WHERE team_id = 7001 AND fingerprint NOT IN (SELECT fingerprint FROM vm_key)").split(' ');
await eve.goto(`${server.url}/keys/delete?key=${lost[0]}`);
await follow(eve, 'form[action="/keys/delete"] button[type=submit]');
check('a key that is deleted is searched for', await until(() => / 0 found outside the records of VMs$/.test(one("SELECT detail FROM activity WHERE team_id = 7001 AND action = 'key_gone'"))));
await eve.goto(`${server.url}/activity`);
check('which the activity says', (await text(eve, 'main')).includes('searched for'), await text(eve, 'main'));
equal('no file has its fingerprint', execFileSync('bash', ['-c', `grep -rlaF '${lost[1]}' '${server.dir}' --include=*.db --include=*.db-wal --include=2* || true`], { encoding: 'utf8' }), '');
const remove = async () => {
  await eve.goto(`${server.url}/account`);
  await follow(eve, 'a[href="/account/team/delete"]');
  const words = await text(eve, 'main');
  await fill(eve, '#name', NAME);
  await Promise.all([eve.waitForNavigation({ waitUntil: 'load' }), eve.keyboard.press('Enter')]);
  return words;
};
const before = await remove();
for (const words of [NAME, '1 VM', '1 member besides you', '30 days', '7 years', 'The accounts of its members']) check(`the page says ${words}`, before.includes(words), before);
check('it leads to its address', /\/deletion\/[\w-]{43}$/.test(eve.url()), eve.url());
equal('a mail is queued for each of its members', one("SELECT group_concat(to_email) FROM (SELECT to_email FROM mail WHERE kind = 'team_deletion' ORDER BY to_email)"), 'eve@example.org,mallory@example.org');
check('its VM stops', await until(() => one('SELECT state FROM vm WHERE team_id = 7001') === 'stopped'));
await follow(eve, 'a[href="/account/team/delete"]');
await follow(eve, 'form[action="/account/team/keep"] button');
check('an owner keeps it', (await text(eve, '.toasts'))?.includes('cancelled'), await text(eve, '.toasts'));
equal('which each of them is told', one("SELECT group_concat(to_email) FROM (SELECT to_email FROM mail WHERE kind = 'team_kept' ORDER BY to_email)"), 'eve@example.org,mallory@example.org');
equal('it is open again', one('SELECT closed_at IS NULL FROM team WHERE id = 7001'), '1');
await remove();
const end = new URL(eve.url()).pathname;
server.sql('UPDATE erasure SET due_at = requested_at');
check('it comes to its end', await until(async () => (await get(end)).text.includes('Receipt of deletion')), (await get(end)).text);
await eve.reload();
const teamReceipt = await text(eve, 'main');
for (const words of ['The team no longer exists', '8 of 8 steps done', '1 of 1 VM destroyed', '0 found']) check(`the receipt says ${words}`, teamReceipt.includes(words), teamReceipt);
equal('the team is gone', one('SELECT count(*) FROM team WHERE id = 7001'), '0');
equal('its people are not', one("SELECT count(*) FROM person WHERE email IN ('eve@example.org', 'mallory@example.org')"), '2');
await eve.goto(`${server.url}/vms`);
equal('its owner sees her own team', one(`SELECT personal_of = ${her} FROM team WHERE id = (SELECT current_team_id FROM session WHERE person_id = ${her})`), '1');
equal('no file has its name', execFileSync('bash', ['-c', `grep -rlaF 'Zebra' '${server.dir}' --include=*.db --include=*.db-wal --include=2* || true`], { encoding: 'utf8' }), '');
const teamFolder = await unpack('team-receipt', `${end}/receipt.zip`);
await verified(teamFolder);
equal('it follows the others', admin('verify-receipt', `${teamFolder}.zip`).includes('follows receipt'), true);
admin('promises', '--now');
equal('the chain is whole', one(`SELECT state FROM promise WHERE id = 'receipt-chain' AND checked_at >= (SELECT max(created_at) FROM signed_receipt)`), 'green');

// ---- the browser's own complaints ----
equal('foreign requests', browser.foreign.join(' '), '');
equal('violations', browser.violations.join(' '), '');
equal('errors', browser.errors.join(' '), '');
await browser.end();
await server.end();
finish();
