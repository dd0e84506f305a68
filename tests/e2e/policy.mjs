// A configuration that promises less than the policy in force: not applied before it was announced, whatever
// it is, and from its day on by the running programs; an announcement that is cut short; and a server of before
// there were policies, with people in it.
//
//     node tests/e2e/policy.mjs BUILD
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { Server, Visitor, ask, check, equal, finish, root, until } from './lib.mjs';
import { Postbox, authorityMake } from './postbox.mjs';

const box = new Postbox({ password: 'correct horse' });
const keys = fs.mkdtempSync('/tmp/domicile-policy.');
process.once('exit', () => fs.rmSync(keys, { recursive: true, force: true }));
const known = authorityMake(keys, 'known');
const port = await box.open(known);
const MAIL = `[mail]\nmail = smtp\nurl = smtp://localhost:${port}\nuser = domicile\nfrom = vm@example.org\nca_file = tls/mail-ca.pem\ncountry = DE\n`;
const place = (country) => `[region local]\nuri = test:///default\ncountry = ${country}\n`;

// Somebody at the address of Stripe and WorkOS, who answers nothing.
let calls = 0;
const stranger = net.createServer((socket) => { calls++; socket.destroy(); });
await new Promise((resolve) => { stranger.listen(0, '127.0.0.1', resolve); });
const away = `http://127.0.0.1:${stranger.address().port}`;

let server;
const admin = (...options) => {
  const { status, stdout, stderr } = spawnSync(`${root}/cgi/admin.sh`, [server.dir, ...options], { encoding: 'utf8' });
  return { status, text: stdout + stderr };
};
const get = (path) => until(async () => {
  const answer = await ask(server, 'GET', path);
  return answer.status !== 429 && answer.status !== 503 && answer;
});
// What /privacy promises, without what was measured.
const promised = async () => (await get('/privacy')).text.match(/<main[^]*<\/main>/)[0].replace(/<div class="proof">[^]*?<\/div>|<section class="panel pad sums"[^]*?<\/section>|<details>[^]*?<\/details>|<span class="lost"[^>]*>/g, '')
  .replace(/<[^>]*>/g, '').replace(/\s+/g, ' ');
const handshake = (version) => spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, '-servername', 'localhost', `-${version}`],
  { input: '', stdio: ['pipe', 'ignore', 'ignore'] }).status === 0;
function dayOf(ago) {
  const day = new Date();
  day.setUTCDate(day.getUTCDate() - ago);
  return day.toISOString().slice(0, 10);
}
async function restart(conf) {
  if (server.child) await server.stop();
  server.put('domicile.conf', conf);
  await server.start();
}
async function make(settings) {
  server = await Server.make(process.argv[2]);
  server.put('secrets/smtp-password', 'correct horse\n');
  server.put('secrets/stripe-api-key', 'sk_test_nobody\n');
  server.put('secrets/workos-api-key', 'sk_test_nobody\n');
  server.put('tls/mail-ca.pem', known.ca);
  const base = fs.readFileSync(`${server.dir}/domicile.conf`, 'utf8').replace(/^country = ZZ/m, 'country = DE');
  await restart(base + settings);
  return base;
}
async function person(link) {
  const visitor = new Visitor(server);
  equal('signed in', (await visitor.signIn(link)).status, 303);
  return visitor;
}

// ---- each kind of weakening ----
{
  const PRIVACY = '[privacy]\nprofile = sandbox-api\nlog_days = 20\ndestroyed_vm_days = 30\n';
  const base = await make(PRIVACY + place('DE'));
  await person(server.link);
  await person(server.signinLink('bob@example.org'));
  const before = await promised();
  const vm = (days) => `INSERT OR IGNORE INTO team (id, name, created_at) VALUES (77, 'old', 1);
INSERT INTO vm (team_id, created_at, id, name, region, image, size, vcpus, memory_mb, disk_gb, wanted, wanted_at, state, state_at, observed, observed_at, gone_at)
VALUES (77, 1, 'gone${days}', 'gone${days}', 'local', 'tiny', 'nano', 1, 1, 1, 'gone', 1, 'gone', 1, 'absent', 1, unixepoch() - ${days} * 86400);`;
  const log = (days) => `${server.dir}/log/${dayOf(days)}`;
  const kinds = [
    ['longer logs', PRIVACY.replace('log_days = 20', 'log_days = 400') + place('DE'), 'Request and error logs are kept for 400 days (before: 20).', {
      plant: () => { for (const days of [15, 25]) { fs.copyFileSync(log(0), log(days)); const { uid, gid } = fs.statSync(log(0)); fs.chownSync(log(days), uid, gid); } },
      prove: () => equal('a log of 25 days ago is deleted, one of 15 is not', `${fs.existsSync(log(25))} ${fs.existsSync(log(15))}`, 'false true'),
    }],
    ['longer records', PRIVACY.replace('destroyed_vm_days = 30', 'destroyed_vm_days = 90') + place('DE'), 'The record and activity of a destroyed VM are kept for 90 days (before: 30).', {
      plant: () => server.sql(vm(29) + vm(31)),
      prove: () => { admin('sweep'); equal('a VM destroyed 31 days ago has no record, one of 29 days has', server.sql("SELECT group_concat(id) FROM vm WHERE id LIKE 'gone%'"), 'gone29'); },
    }],
    ['shorter notice', `${PRIVACY}notice_days = 1\n${place('DE')}`, 'Changes are announced 1 days before they take effect (before: 14).', {
      prove: () => { const { status, text } = admin('--from', dayOf(-5), 'policy', 'schedule'); check('notice is as long as before', status === 1 && text.includes('too early'), text); },
    }],
    ['mail', PRIVACY + place('DE') + MAIL, `Data is sent to a further recipient: Mail server (localhost:${port}, DE).`, {
      prove: async () => {
        const worker = await until(() => server.pidsOf('worker')[0]);
        server.sql("INSERT INTO mail (id, kind, to_email, once, state, attempts, due_at, created_at) VALUES ('aaaabbbbccccdddd', 'suspended', 'you@example.org', 'x', 'queued', 0, 1, 1)");
        process.kill(worker, 'SIGTERM'); // it looks for mail when it starts
        await until(() => server.pidsOf('worker').some((pid) => pid !== worker));
        equal('no link by mail is offered', (await get('/signin')).text.includes('action="/signin/mail"'), false);
        equal('the mail server hears nothing', box.connections, 0);
        server.sql("DELETE FROM mail WHERE id = 'aaaabbbbccccdddd'");
      },
    }],
    ['payments', `${PRIVACY + place('DE')}[billing]\nbilling = stripe\n[stripe]\nurl = ${away}\n`, `Data is sent to a further recipient: Stripe (${away.slice(7)}, US).`, {
      prove: async () => { equal('there are no prices', (await get('/prices')).status, 404); equal('Stripe hears nothing', calls, 0); },
    }],
    ['WorkOS', `${PRIVACY + place('DE')}[server]\nidentity = workos\n[workos]\nclient_id = client_1\nurl = ${away}\n`, `Data is sent to a further recipient: WorkOS (${away.slice(7)}, US).`, {
      prove: async () => { check('one signs in as before', server.signinLink('bob@example.org').includes('/signin/link')); equal('WorkOS hears nothing', calls, 0); },
    }],
    ['GitHub', `${PRIVACY + place('DE')}[server]\ngithub_import = on\n[github]\nurl = ${away}\n`, `Data is sent to a further recipient: GitHub (${away.slice(7)}, US).`, {
      prove: async () => {
        const visitor = await person(server.signinLink('bob@example.org'));
        equal('no import is offered', (await visitor.ask('GET', '/keys')).text.includes('GitHub'), false);
        equal('nor done', (await visitor.send('/keys', '/keys/github', [['github_user', 'octocat']])).status, 404);
        equal('GitHub hears nothing', calls, 0);
      },
    }],
    ['another country', PRIVACY + place('US'), 'Data is stored in a further place: the United States (region local).', {
      prove: async () => check('VMs are said to be where they were', /Germany \(declared by the operator\)/.test((await get('/privacy')).text)),
    }],
    ['a profile that promises less', PRIVACY.replace('sandbox-api', 'personal-vm') + place('DE'), 'TLS 1.2 is accepted.', {
      prove: () => {
        equal('TLS 1.3 alone', `${handshake('tls1_2')} ${handshake('tls1_3')}`, 'false true');
        check('disks must be encrypted', JSON.parse(`[${admin('--json', 'promises').text.trim().split('\n').join(',')}]`).some(({ id }) => id === 'encrypted-disks'));
        check('which is named too', admin('check').text.includes('The disks of this server are no longer required to be encrypted.'));
      },
    }],
  ];
  for (const [name, conf, sentence, { plant, prove }] of kinds) {
    plant?.();
    await restart(base + conf);
    equal(`${name}: the policy says what it said`, await promised(), before);
    equal(`${name}: no version is published`, server.sql('SELECT count(*) FROM policy_version'), '1');
    const told = admin('check');
    check(`${name}: check fails and names it`, told.status === 1 && told.text.includes(`not announced: ${sentence}`), told);
    // Without the address: there are none in logs.
    check(`${name}: the log has it`, server.log().includes(`what="${sentence.replace(/(further recipient):.*/, '$1.')}"`));
    await prove();
  }
  await restart(base + PRIVACY + place('DE'));
  check('with the former settings, nothing is named', !admin('check').text.includes('not announced'));
  // A placeholder as the authority is for this computer alone.
  const conf = fs.readFileSync(`${server.dir}/domicile.conf`, 'utf8');
  const elsewhere = conf.replace(/^public_url = .*/m, 'public_url = https://vms.example.net').replace(/^authority_url = .*\n|^authority = .*\n/gm, '');
  const placed = (text, url) => text.replace('[privacy]\n', `[privacy]\nauthority = Example authority\nauthority_url = ${url}\n`);
  server.put('domicile.conf', placed(elsewhere, 'https://authority.example'));
  check('a placeholder as the authority is refused elsewhere', /^FAIL .*Example authority \(https:\/\/authority\.example\), as the supervisory authority/m.test(admin('check').text), admin('check').text);
  server.put('domicile.conf', placed(elsewhere, 'https://www.authority.eu'));
  check('a real one is not', !admin('check').text.includes('supervisory authority'));
  server.put('domicile.conf', conf);

  // Counts, from a profile that has none.
  await server.stop();
  server.policyless();
  await restart(base + place('DE'));
  const none = await promised();
  await restart(`${base}[privacy]\nprofile = agent-runs\n${place('DE')}`);
  check('counts are named', admin('check').text.includes('not announced: Requests are counted.'));
  equal('the former text stays', await promised(), none);
  await get('/about');
  check('nothing is counted', await until(() => / route=\/about /.test(server.log())) && !/ route=\/about [^\n]*counted=(visitor|team)/.test(server.log()));
  await server.end();
}

// ---- announced ----
{
  const base = await make(MAIL + place('DE'));
  const operator = await person(server.link);
  const bob = await person(server.signinLink('bob@example.org'));
  // Versions, mails, and how different the numbers of the versions' facts are.
  const counts = () => server.sql(`SELECT (SELECT count(*) FROM policy_version) || ' ' || (SELECT count(*) FROM mail WHERE kind = 'policy_change') || ' '
    || (SELECT count(DISTINCT n) FROM (SELECT count(*) AS n FROM policy_fact GROUP BY version))`);
  // Killed later each time, until it has come to its end: it has done all of it or nothing.
  async function cutUntil(done, before, ...options) {
    for (let ms = 1; before.test(counts()); ms++) {
      const child = spawn(`${root}/cgi/admin.sh`, [server.dir, ...options], { stdio: 'ignore' });
      const timer = setTimeout(() => child.kill('SIGKILL'), ms); // admin.sh becomes domicile-admin
      await new Promise((resolve) => { child.on('exit', resolve); });
      clearTimeout(timer);
    }
    check(`${options[0]}, cut short at any moment: all or nothing`, done.test(counts()), counts());
  }
  const facts = () => server.sql('SELECT count(*) FROM policy_fact');
  const all = facts();
  server.policyless();
  await cutUntil(/^1 0 1$/, /^0 0 0$/, 'migrate');
  equal('the first version is whole', facts(), all);
  const note = async (visitor) => (await visitor.ask('GET', '/vms')).text.includes('<b>Our policies change on');
  const weaker = `${base}[privacy]\nlog_days = 60\n${MAIL}${place('DE')}`;
  await restart(weaker);
  const before = await promised();
  const page = async () => (await operator.ask('GET', '/operator')).text.includes('<li>Request and error logs are kept for 60 days (before: 30).</li>');
  check('the admin page names it', await page());

  box.calm();
  await cutUntil(/^2 2 1$/, /^1 0 1$/, 'policy', 'schedule');
  equal('in the end it is announced, to both', counts(), '2 2 1');
  equal('not twice', admin('policy', 'schedule').status, 1);
  check('all versions are sound', admin('--json', 'promises', '--now').text.match(/^\{.*"id":"policy-.*$/gm).every((line) => JSON.parse(line).state === 'green'));
  await until(() => server.sql("SELECT count(*) FROM mail WHERE state = 'queued'") === '0');
  const mails = box.mails.filter(({ parsed }) => parsed.text.includes('logs are kept for 60 days'));
  equal('each person has one mail', mails.map(({ to }) => to.join()).sort().join(), 'bob@example.org,operator@localhost');
  equal('check is content', /not announced/.test(admin('check').text), false);

  // Until then.
  const running = () => [...server.pidsOf('site'), ...server.pidsOf('dashboard')];
  equal('nothing has changed yet', server.sql("SELECT max(effective_at) > unixepoch() + 13 * 86400 FROM policy_version"), '1');
  check('the day is on the page', (await get('/privacy')).text.includes('<b>This policy changes on'));
  check('the text in force is the former', (await promised()).includes('Request and error logs are deleted after 30 days.') && before.includes('after 30 days'));
  equal('who was there is told on each page', `${await note(bob)} ${await note(operator)}`, 'true true');
  equal('until it is acknowledged', (await bob.send('/privacy/changes', '/account/policy', [['version', '2']])).status, 303);
  equal('once', `${await note(bob)} ${await note(operator)}`, 'false true');
  const carol = await person(server.signinLink('carol@example.org'));
  equal('who comes before its day is told too', await note(carol), true);
  await restart(weaker);
  check('nor by a start', (await promised()).includes('Request and error logs are deleted after 30 days.'));

  // On its day, without a restart.
  const worker = await until(() => server.pidsOf('worker')[0]);
  const old = running();
  server.sql('UPDATE policy_version SET effective_at = unixepoch() WHERE number = 2');
  const answers = { 200: 0 };
  await until(async () => {
    const { status } = await ask(server, 'GET', '/data').catch((e) => ({ status: String(e) }));
    const { status: signedIn } = await bob.ask('GET', '/vms').catch((e) => ({ status: String(e) }));
    for (const one of [status, signedIn]) answers[one] = (answers[one] ?? 0) + 1;
    return !server.pidsOf('worker').includes(worker) && !running().some((pid) => old.includes(pid));
  });
  equal('all programs have been replaced, and every request was answered', Object.keys(answers).join(), '200');
  check('the new value holds', (await get('/data')).text.includes('60 days'));
  check('and the new text', (await promised()).includes('Request and error logs are deleted after 60 days.'));
  check('the worker goes on', await until(() => server.pidsOf('worker').length === 1));
  equal('no further version or mail', counts(), '2 2 1');
  check('the admin page names nothing', !await page());

  // Announced and withdrawn.
  await restart(weaker.replace('log_days = 60', 'log_days = 90'));
  equal('the next is announced', admin('policy', 'schedule').status, 0);
  equal('and on each page', await note(operator), true);
  const taken = admin('policy', 'withdraw');
  check('it is withdrawn, and held back again', taken.status === 1 && /^withdrawn +version 3 /m.test(taken.text) && /^unannounced .*90 days/m.test(taken.text), taken.text);
  equal('not twice', admin('policy', 'withdraw').status, 1);
  equal('no page tells of it any more', await note(operator), false);
  check('the history does', (await get('/privacy/history')).text.includes('Withdrawn'));
  const third = (await get('/privacy/history/3')).text;
  check('its page says that it never came into force', third.includes('This version never came into force.') && !third.includes('action="/account/policy"'), third);
  check('its signature is sound still', admin('--json', 'promises', '--now').text.match(/^\{.*"id":"policy-versions".*$/gm).every((line) => JSON.parse(line).state === 'green'));
  await until(() => server.sql("SELECT count(*) FROM mail WHERE state = 'queued'") === '0');
  const told = box.mails.filter(({ parsed }) => /stays as it is/.test(parsed.subject) && /was withdrawn/.test(parsed.text) && parsed.text.includes('90 days'));
  equal('each person has a mail that says so', told.map(({ to }) => to.join()).sort().join(), 'bob@example.org,carol@example.org,operator@localhost');
  await server.end();
}

// ---- a server of before there were policies ----
{
  server = await Server.make(process.argv[2]);
  const files = fs.readdirSync(`${root}/db`).filter((file) => /^0(0\d|1\d|20)_.*\.sql$/.test(file)).sort();
  equal('its schema', files.length, 20);
  server.put('data/main.db', '');
  fs.chmodSync(`${server.dir}/data/main.db`, 0o600);
  const token = 'U'.repeat(43);
  const hash = spawnSync('sha256sum', { input: token, encoding: 'utf8' }).stdout.split(' ')[0];
  server.sqlOf('data/main.db', `PRAGMA journal_mode = WAL; ${files.map((file) => fs.readFileSync(`${root}/db/${file}`, 'utf8')).join('\n')} PRAGMA user_version = 20;
INSERT INTO person (id, identity, email, name, created_at) VALUES (1, 'local:ada@example.org', 'ada@example.org', 'Ada', 1), (2, 'local:operator@localhost', 'operator@localhost', 'Op', 1);
INSERT INTO team (id, name, personal_of, created_at) VALUES (1, 'Ada', 1, 1), (2, 'Op', 2, 1);
INSERT INTO membership (team_id, person_id, role, created_at) VALUES (1, 1, 'owner', 1), (2, 2, 'owner', 1);
INSERT INTO session (id_hash, handle, person_id, current_team_id, csrf_secret, browser, created_at, seen_at, idle_at, expires_at)
VALUES (x'${hash}', 'handle', 1, 1, zeroblob(32), 'x', unixepoch(), unixepoch(), unixepoch() + 9999, unixepoch() + 9999);
INSERT INTO vm (team_id, created_at, id, name, region, image, size, vcpus, memory_mb, disk_gb, wanted, wanted_at, state, state_at, observed, observed_at, gone_at)
VALUES (1, 1, 'aaaabbbbccccdddd', 'elm', 'local', 'tiny', 'nano', 1, 1, 1, 'gone', 1, 'gone', 1, 'absent', 1, unixepoch() - 86400);
INSERT INTO receipt VALUES (1, unixepoch() - 86400, 'aaaabbbbccccdddd', 'elm', 'local', 'tiny', 'nano', 1, 1, 1, 1, NULL, NULL);
INSERT INTO mail (id, kind, to_email, once, state, attempts, due_at, created_at) VALUES ('bbbbbbbbbbbbbbbb', 'suspended', 'ada@example.org', 'x', 'sent', 1, 1, unixepoch());`);
  await server.start();
  equal('the first policy is in force at once', server.sql('SELECT number, effective_at <= unixepoch(), changes FROM policy_version'), '1|1|');
  const ada = new Visitor(server);
  ada.cookie = `__Host-session=${token}`;
  for (const path of ['/vms', '/vms/new', '/keys', '/activity', '/account', '/vms/aaaabbbbccccdddd']) equal(`${path} is there for who was there`, (await ada.ask('GET', path)).status, 200);
  check('nobody has to agree first', !(await ada.ask('GET', '/vms')).text.includes('policies change'));
  equal('a form works', (await ada.send('/account', '/account/name', [['name', 'Ada L']])).status, 303);
  equal('and signing in', (await new Visitor(server).signIn(server.signinLink('ada@example.org'))).status, 303);
  equal('nobody was written to because of it', server.sql("SELECT count(*) FROM mail WHERE kind = 'policy_change'"), '0');
  check('with promises kept', await until(() => !/[^\d]0 of/.test(admin('promises').text) && [0, 3].includes(admin('promises', '--now').status)));
  await server.end();
}
await box.close();
stranger.close();
finish();
