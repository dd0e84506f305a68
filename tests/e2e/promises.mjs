// The promises of a running server: all are kept; a fault planted in nginx's configuration turns the
// promise that it breaks red and no other, for the operator and on the public page, until it is mended.
// What can be planted in the database and in files is in unit/promise_test.c.
import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey, verify } from 'node:crypto';
import fs from 'node:fs';
import tls from 'node:tls';
import { Server, ask, check, equal, finish, root, until } from './lib.mjs';

const server = await Server.make(process.argv[2]);
await server.start();

// As the operator reads it: { status, rows }.
function promises(...options) {
  try {
    const output = execFileSync(`${root}/cgi/admin.sh`, [server.dir, '--json', 'promises', ...options], { encoding: 'utf8' });
    return { status: 0, rows: output.trim().split('\n').map(JSON.parse) };
  } catch (e) {
    return { status: e.status, rows: String(e.stdout).trim().split('\n').map(JSON.parse) };
  }
}
const red = ({ rows }) => rows.filter(({ state }) => state === 'red').map(({ id }) => id).join(' ');

// What the exit status has to be.
const statusOf = ({ rows }) => rows.reduce((most, { state }) => (state === 'red' || most === 1 ? 1 : state === 'unknown' ? 3 : most), 0);
const isSound = (got) => !red(got) && got.rows.every(({ id, state }) => id === 'isolation-probe' || state === 'green');

// Whether the server talks to a client that knows this version of TLS alone.
const accepts = (version) => new Promise((resolve) => {
  const socket = tls.connect({ host: '127.0.0.1', port: server.port, servername: 'localhost', rejectUnauthorized: false, minVersion: version, maxVersion: version },
    () => { socket.end(); resolve(true); });
  socket.on('error', () => resolve(false));
});

// ---- all are kept ----
const first = promises('--now');
equal('exit status when none is broken, but one is unknown', first.status, 3);
check('there are promises', first.rows.length >= 32);
// But for what the worker alone measures: see probe.mjs.
for (const { id, state, evidence } of first.rows.filter(({ id: name }) => name !== 'isolation-probe')) {
  if (id === 'review') equal('nobody has reviewed a new server', `${state}: ${evidence}`, 'unknown: No review has been made yet.');
  else equal(`${id} is kept (${evidence})`, state, 'green');
}
const probe = first.rows.find(({ id }) => id === 'isolation-probe');
check('the probe has a line before its first run', probe.checked_at !== null || /^Not run yet\. The first run starts within/.test(probe.evidence), probe.evidence);
check('/metrics has it', /^domicile_promise\{id="isolation-probe"\} /m.test((await ask(server, 'GET', '/metrics')).text));
check('/status has it', /id="isolation-probe".*>(Not measured|Kept)</.test((await ask(server, 'GET', '/status')).text));
for (const row of first.rows) {
  check(`${row.id} is complete`, row.sentence && row.mechanism && row.evidence && (row.id === 'isolation-probe' || /^\d{4}-.*Z$/.test(row.checked_at))
    && Number.isInteger(row.figure) && Number.isInteger(row.limit) && !/[{}]/.test(row.sentence));
}
// The worker measures too, confined as it is.
await until(() => promises().rows.every(({ checked_at: at }) => at));
check('the worker could measure everything', !/event=promise id=(?!review )/.test(server.log()));

// ---- a review, without and with a list of flawed packages ----
const bin = fs.mkdtempSync('/tmp/dg.');
fs.chmodSync(bin, 0o755);
function debsecan(script) {
  fs.writeFileSync(`${bin}/debsecan`, `#!/bin/sh\n[ "$1" = --help ] || ${script}\n`);
  fs.chmodSync(`${bin}/debsecan`, 0o755);
}
function admin(...words) {
  try {
    return { status: 0, text: execFileSync(`${root}/cgi/admin.sh`, [server.dir, ...words], { encoding: 'utf8', env: { ...process.env, PATH: `${bin}:${process.env.PATH}` } }) };
  } catch (e) {
    return { status: e.status, text: String(e.stdout) };
  }
}
function review() {
  for (const name of fs.readdirSync(`${server.dir}/reviews`)) fs.rmSync(`${server.dir}/reviews/${name}`);
  const result = admin('review');
  return { ...result, packages: result.text.split('\n').filter((line) => / packages /.test(line)).join('\n') };
}
debsecan('{ echo "error: while downloading" >&2; exit 1; }');
const blind = review();
check('without the list of flaws it is unknown', /^unknown +packages .*while downloading$/.test(blind.packages), blind.packages);
equal('which is no failure', blind.status, 0);
debsecan('echo "CVE-2026-0001 openssl (fixed, remotely exploitable)"');
const flawed = review();
check('a flawed package is named', /^red +packages +CVE-2026-0001 openssl/.test(flawed.packages), flawed.packages);
equal('and fails it', flawed.status, 1);
debsecan('true');
const sound = review();
check('none', /^green +packages /.test(sound.packages), sound.packages);
equal('passes', sound.status, 0);
check('TLS', /^green +tls +TLS 1.1 is refused$/m.test(sound.text) && /^green +tls +TLS 1.3 is accepted$/m.test(sound.text));
check('headers', /^green +header +strict-transport-security: max-age=/mi.test(sound.text));
check('promises', /^green +promise +cookies: /m.test(sound.text));
const record = sound.text.match(/^stored as (.*)$/m)[1];
check('its signature is of this server', admin('review', '--verify', record).text.startsWith('ok '));
const text = fs.readFileSync(record, 'utf8');
fs.writeFileSync(`${bin}/changed`, text.replace('TLS 1.1 is refused', 'TLS 1.1 is accepted'), { mode: 0o644 });
equal('a changed one is refused', admin('review', '--verify', `${bin}/changed`).status, 1);
// Anybody with openssl can verify it.
const signature = JSON.parse(text.trim().split('\n').at(-1));
const key = createPublicKey({ key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(signature.key, 'base64')]), format: 'der', type: 'spki' });
check('by others too', verify(null, Buffer.from(text.slice(0, text.lastIndexOf('{"signature"'))), key, Buffer.from(signature.signature, 'base64')));
equal('now the server is reviewed', promises().rows.find(({ id }) => id === 'review').state, 'green');
fs.rmSync(bin, { recursive: true });
server.sql("UPDATE promise SET state = 'green', checked_at = unixepoch() WHERE id = 'isolation-probe';"); // the worker alone measures it
equal('exit status when all are kept', promises().status, 0);
server.sql("UPDATE promise SET state = 'unknown' WHERE id = 'isolation-probe';");
equal('exit status when one is not known', promises().status, 3);

// ---- for machines ----
equal('/healthz', (await ask(server, 'GET', '/healthz')).text, 'ok\n');
check('/metrics from this computer', /^domicile_promise\{id="cookies"\} 1$/m.test((await ask(server, 'GET', '/metrics')).text));
equal('/metrics from elsewhere', (await ask(server, 'GET', '/metrics', { from: '127.0.0.2' })).status, 404);

// ---- what is deleted by age; the worker has been through it and comes again in an hour ----
function sweep(...options) {
  const output = execFileSync(`${root}/cgi/admin.sh`, [server.dir, '--json', 'sweep', ...options], { encoding: 'utf8' });
  const rows = output.trim().split('\n').map(JSON.parse);
  return rows.filter(({ due, removed }) => due || removed).map(({ name, due, removed }) => `${name} ${due ?? removed}`).join(', ');
}
equal('nothing is due at first', sweep('--dry-run'), '');
server.sql(`PRAGMA foreign_keys = ON;
INSERT INTO team (id, name, created_at) VALUES (77, 'old', 1);
INSERT INTO vm (team_id, created_at, id, name, region, image, size, vcpus, memory_mb, disk_gb, wanted, wanted_at, state, state_at,
                observed, observed_at, gone_at)
VALUES (77, 1, 'old', 'old', 'local', 'tiny', 'nano', 1, 1, 1, 'gone', 1, 'gone', 1, 'absent', 1, unixepoch() - 91 * 86400);
INSERT INTO activity (team_id, at_ms, id, vm_id, what, action, actor, result) SELECT column1, column2, column3, column4, column5, 'vm', 'system', 'done' FROM (VALUES (77, 1, 'a', 'old', 'Created'), (77, 2, 'b', 'old', 'Destroyed'));
INSERT INTO receipt VALUES (77, unixepoch() - 91 * 86400, 'old', 'old', 'local', 'tiny', 'nano', 1, 1, 1, 1, NULL, NULL, 0, NULL);
INSERT INTO mail (id, kind, to_email, once, state, attempts, due_at, created_at) VALUES ('old', 'suspended', 'a', 'old', 'sent', 1, 1, 1);`);
equal('a dry run says what is due', sweep('--dry-run'), 'vm_activity 2, vm 1, mail 1');
equal('and deletes nothing', sweep('--dry-run'), 'vm_activity 2, vm 1, mail 1');
equal('a sweep deletes it', sweep(), 'vm_activity 2, vm 1, mail 1');
equal('then nothing is due', sweep('--dry-run'), '');
equal('the receipt stays', server.sql("SELECT count(*) FROM receipt WHERE vm_id = 'old'"), '1');

const measured = await until(() => server.sql('SELECT programs, memory_kb, page_files, page_bytes FROM about WHERE measured_at > 0;'));
const [programs, memory, files, bytes] = measured.split('|').map(Number);
check('every program is counted', programs >= 14 && programs < 40, programs);
check('with its memory', memory > 5000 && memory < 200000, memory);
check('and what a first visit loads', files >= 5 && bytes > 30000 && bytes < 102400, `${files} ${bytes}`);
check('/about says so', (await ask(server, 'GET', '/about')).text.includes(` in ${programs} programs`));

// ---- violations ----
const conf = `${server.dir}/run/nginx.conf`;
const right = fs.readFileSync(conf, 'utf8');
const planted = [
  ['cookies', (t) => t.replace('add_header Retry-After ', 'add_header Set-Cookie "track=s3cr3t" always;\n    add_header Retry-After '),
    ['All answers: another cookie is set, track.']],
  ['third-parties', (t) => t.replace("font-src 'self'", "font-src 'self' https://fonts.example"),
    ['All answers: the Content-Security-Policy has https://fonts.example.']],
  ['third-parties', (t) => t.replace('add_header Retry-After ',
    `sub_filter '</main>' '<img src="https://pixel.example/1.png"></main>';\n    add_header Retry-After `),
    [': pixel.example is requested.']],
  ['third-parties', (t) => t.replace('add_header Retry-After ',
    `sub_filter '</main>' '<img src="https://localhost:${server.port}.evil.example/1.png"></main>';\n    add_header Retry-After `),
    [`localhost:${server.port}.evil.example is requested.`]],
  ['security-headers', (t) => t.replace(/^ *add_header X-Frame-Options.*\n/m, ''), ['All answers: X-Frame-Options is missing.']],
  // An add_header of its own drops those that are inherited: on one kind of answer.
  ['security-headers', (t) => t.replace(/^ *location \/errors\/ \{\n/m, '$&            add_header X-Other 1 always;\n'),
    ['404 answers, as to GET /static/nothing: Content-Security-Policy is missing, Strict-Transport-Security is missing, ', 'Permissions-Policy is missing.']],
  ['security-headers', (t) => t.replace(/^( *add_header Referrer-Policy.*\n)/m, '$1$1'), ['All answers: Referrer-Policy is sent twice.']],
  ['security-headers', (t) => t.replace('max-age=63072000', 'max-age=0'), ['All answers: Strict-Transport-Security has another value than it should.']],
  ['old-tls', (t) => t.replace(/listen .* default_server;/, '$&\n        ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;')
    .replace(/ssl_ciphers .*;/, 'ssl_ciphers DEFAULT@SECLEVEL=0;'), ['accepted: 1.0, 1.1.']],
  ['security-contact', (t) => t.replace('location = /metrics ', `location = /.well-known/security.txt { return 200 "Contact: mailto:a@b.example\\nExpires: 2026-01-01T00:00:00Z\\n"; }
        location = /metrics `), ['It expired on 1 Jan 2026.']],
  ['security-contact', (t) => t.replace('location = /metrics ', `location = /.well-known/security.txt { return 200 "Expires: 2096-01-01T00:00:00Z\\n"; }
        location = /metrics `), ['It has no line "Contact".']],
  ['security-contact', (t) => t.replace('location = /metrics ', 'location = /.well-known/security.txt { return 404; }\n        location = /metrics '),
    ['It was answered with 404.']],
  ['plain-http', (t) => t.replace(/error_page 497 .*;/, 'error_page 497 =200 /errors/404.html;'), ['/ was answered with 200.']],
];
for (const [id, change, words] of planted) {
  const text = change(right);
  check(`${id}: something is planted`, text !== right);
  fs.writeFileSync(conf, text);
  const nginx = Number(fs.readFileSync(`${server.dir}/nginx/pid`, 'utf8'));
  process.kill(nginx, 'SIGHUP');
  // nginx replaces its processes one after the other.
  const why = ({ rows }) => rows.find((row) => row.id === id).evidence;
  const broken = await until(() => { const got = promises('--now'); return words.every((text) => why(got).includes(text)) && got; });
  equal(`${id} is the only one that is broken`, red(broken), id);
  equal(`${id}: exit status`, broken.status, 1);
  const plain = admin('promises').text.split('\n').find((line) => line.startsWith('red '));
  check(`${id}: also without --json`, plain?.includes(words[0]), plain);
  // All this asking is more than nginx lets an address have at times.
  const page = await until(async () => {
    const answer = await ask(server, 'GET', '/status');
    return answer.status === 200 && answer.text;
  });
  check(`${id}: /status says so`, page.includes('1 broken')
    && new RegExp(`id="${id}".*>Broken<`).test(page));
  const told = page.replaceAll('&#39;', "'").replaceAll('&#34;', '"').replaceAll('&quot;', '"');
  check(`${id}: and why`, words.every((text) => told.includes(text)));
  check(`${id}: a value is told nowhere`, !/s3cr3t/.test(why(broken) + page + server.log()));
  fs.writeFileSync(conf, right);
  process.kill(nginx, 'SIGHUP');
  check(`${id} is kept again`, await until(() => isSound(promises('--now'))));
}

// ---- what the programs write, libvirt's daemon among them, is where the inventory says ----
const declared = execFileSync(`${root}/cgi/admin.sh`, [server.dir, '--json', 'records'], { encoding: 'utf8' }).trim().split('\n').map(JSON.parse)
  .filter(({ where }) => where === 'files').flatMap(({ name }) => name.split(', ')).map((name) => new RegExp(`^${(name.startsWith('/') ? name : `${server.dir}/${name}`)
    .replace(/[.]/g, '\\.').replace(/[*]+/g, (stars) => (stars === '*' ? '[^/]*' : '.*'))}$`));
const read = (path) => { try { return fs.readFileSync(path, 'utf8'); } catch { return ''; } };
const link = (path) => { try { return fs.readlinkSync(path); } catch { return ''; } };
function written() {
  const paths = new Set();
  for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid || !`${read(`/proc/${pid}/environ`)}${read(`/proc/${pid}/cmdline`)}`.includes(server.dir)) continue;
    let files = [];
    try { files = fs.readdirSync(`/proc/${pid}/fd`); } catch { continue; }
    for (const fd of files) {
      const path = link(`/proc/${pid}/fd/${fd}`);
      const flags = parseInt(read(`/proc/${pid}/fdinfo/${fd}`).match(/^flags:\s+(\d+)/m)?.[1] ?? '0', 8);
      if (flags & 3 && path.startsWith('/') && !/^[/](dev|proc|sys|memfd:)/.test(path) && !path.endsWith(' (deleted)')) paths.add(path);
    }
  }
  return [...paths];
}
const paths = written();
check('the log is seen among what is written', paths.some((path) => path.startsWith(`${server.dir}/log/`)), paths.join(' '));
equal('everything that is written is declared', paths.filter((path) => !declared.some((pattern) => pattern.test(path))).join(' '), '');

// ---- the log of a VM that was destroyed long ago ----
const vmLog = `${server.dir}/libvirt/cache/libvirt/qemu/log/domicile-bbbbbbbbbbbbbbbb.log`;
server.sql(`INSERT INTO receipt VALUES (77, unixepoch(), 'bbbbbbbbbbbbbbbb', 'old', 'local', 'tiny', 'nano', 1, 1, 1, 1, NULL, NULL, 0, NULL);`);
fs.mkdirSync(`${server.dir}/libvirt/cache/libvirt/qemu/log`, { recursive: true });
fs.writeFileSync(vmLog, 'starting up\n');
execFileSync('touch', ['-d', '31 days ago', vmLog]);
equal('it breaks its promise alone', red(promises('--now')), 'vm-logs');
fs.rmSync(vmLog);
check('without it, all are kept', isSound(promises('--now')));

// ---- a certificate that nobody renewed ----
const certificate = `${server.dir}/tls/certificate.pem`;
const good = fs.readFileSync(certificate);
const nginx = Number(fs.readFileSync(`${server.dir}/nginx/pid`, 'utf8'));
fs.writeFileSync(certificate, execFileSync('openssl', ['req', '-x509', '-key', `${server.dir}/tls/key.pem`, '-days', '5',
  '-subj', '/CN=localhost'], { stdio: ['ignore', 'pipe', 'ignore'] }));
process.kill(nginx, 'SIGHUP');
equal('an old certificate breaks its promise alone', await until(() => red(promises('--now'))), 'certificate');
fs.writeFileSync(certificate, good);
process.kill(nginx, 'SIGHUP');
check('a new one keeps it', await until(() => isSound(promises('--now'))));

// ---- a profile that promises TLS 1.3 alone, and encrypted disks ----
await server.stop();
const settled = fs.readFileSync(`${server.dir}/domicile.conf`, 'utf8');
server.put('domicile.conf', settled.replace(/^# profile .*/m, 'profile = sandbox-api'));
// The log of a day that is over, as these programs would have written it with this profile.
const daysAgo = (days) => execFileSync('date', ['-u', '-d', `${days} days ago`, '+%F'], { encoding: 'utf8' }).trim();
const today = `${server.dir}/log/${daysAgo(0)}`;
fs.writeFileSync(`${server.dir}/log/${daysAgo(2)}`, fs.readFileSync(today, 'utf8').replaceAll(' counted=no', ' counted=visitor'));
fs.chownSync(`${server.dir}/log/${daysAgo(2)}`, fs.statSync(today).uid, fs.statSync(today).gid);
await server.start();
const counts = () => execFileSync(`${root}/cgi/admin.sh`, [server.dir, '--json', 'counts'], { encoding: 'utf8' }).trim().split('\n').filter(Boolean).map(JSON.parse);
const counted = await until(() => { const rows = counts(); return rows.length && rows; });
const lines = fs.readFileSync(`${server.dir}/log/${daysAgo(2)}`, 'utf8').split('\n').filter((line) => /event=request /.test(line));
const start = counted.find(({ who, program, route, status_class: answer }) => who === 'visitors' && program === 'site' && route === 'GET /' && answer === 2);
equal('requests of the start page are counted', start?.requests,
  lines.filter((line) => / counted=visitor/.test(line) && /program=site .*route=\/ status=2/.test(line)).length);
check('all of at least ten', counted.every(({ requests, crowd }) => requests >= 10 && crowd >= 10));
equal('every request that is not of a team is in one count', counted.filter(({ who }) => who === 'visitors').reduce((sum, { requests }) => sum + requests, 0),
  lines.filter((line) => / counted=visitor/.test(line)).length);
const modern = promises('--now').rows;
const oldTls = modern.find(({ id }) => id === 'old-tls');
equal('its sentence', oldTls.sentence, 'Connections are encrypted with TLS 1.3; older versions are refused.');
equal('it is kept', oldTls.state, 'green');
equal('TLS 1.2 is refused', await accepts('TLSv1.2'), false);
equal('TLS 1.3 is not', await accepts('TLSv1.3'), true);
// From where a visitor came: the host alone, and not of one who objects.
await ask(server, 'GET', '/about', { headers: { Referer: 'https://news.example/item?of=ada' } });
await ask(server, 'GET', '/data', { headers: { Referer: 'https://secret.example/', 'Sec-GPC': '1' } });
const of = (route) => until(() => server.log().split('\n').findLast((line) => line.includes(` route=${route} `) && !line.endsWith('counted=no')));
check('the site that a visitor comes from', / counted=visitor from=news\.example$/.test(await of('/about')));
check('Global Privacy Control is obeyed', / route=\/data .* counted=no$/m.test(server.log()));
check('nothing else of an address is kept', !/item\?|of=ada|secret\.example/.test(server.log()));
const gpc = await ask(server, 'GET', '/.well-known/gpc.json');
equal('which is published', `${gpc.headers['content-type']} ${JSON.parse(gpc.text).gpc}`, 'application/json true');
// What the server asks itself is no visit, and ten teams are enough, of which no line says who they are.
check('its own checks are not counted', / route=\/signin .* counted=no$/m.test(server.log()) && !/ route=\/signin .* counted=visitor/.test(fs.readFileSync(today, 'utf8')));
const cookies = [...'ABCDEFGHIJ'].map((letter, i) => {
  const token = letter.repeat(43);
  server.sql(`INSERT INTO person (id, identity, email, name, created_at) VALUES (${100 + i}, 'i${i}', 'p${i}@x.example', 'p${i}', 1);
INSERT INTO team (id, name, created_at) VALUES (${100 + i}, 't${i}', 1);
INSERT INTO membership (team_id, person_id, role, created_at) VALUES (${100 + i}, ${100 + i}, 'owner', 1);
INSERT INTO session (id_hash, handle, person_id, current_team_id, csrf_secret, browser, created_at, seen_at, idle_at, expires_at)
VALUES (x'${createHash('sha256').update(token).digest('hex')}', 'handle${i}', ${100 + i}, ${100 + i}, zeroblob(32), 'x', unixepoch(), unixepoch(), unixepoch() + 9999, unixepoch() + 9999);`);
  return `__Host-session=${token}`;
});
const ofTeams = () => server.log().split('\n').filter((line) => / route=\/vms .* counted=team$/.test(line)).length;
for (const cookie of cookies.slice(1)) for (let i = 0; i < 5; i++) await ask(server, 'GET', '/vms', { headers: { Cookie: cookie } });
await until(() => ofTeams() >= 45);
check('nine teams are too few', !/event=crowd /.test(server.log()));
check('ten are enough', await until(async () => {
  for (const cookie of cookies) await ask(server, 'GET', '/vms', { headers: { Cookie: cookie } });
  return / program=dashboard event=crowd method=GET route=\/vms status_class=2$/m.test(server.log());
}));
equal('the counts are of enough', modern.find(({ id }) => id === 'log-aggregates').state, 'green');
const disks = modern.find(({ id }) => id === 'encrypted-disks').state;
const wrong = admin('check').text.split('\n').find((line) => line.includes('profile sandbox-api'));
check(`encrypted disks are promised, which check says too (${disks})`, disks === 'green' ? /^ok /.test(wrong)
  : /^FAIL profile sandbox-api promises encrypted disks, but .*: .*; so no VM can be made: move .*, or choose another profile/.test(wrong), wrong);
const settings = `${server.dir}/run/settings.conf`;
fs.writeFileSync(settings, fs.readFileSync(settings, 'utf8').replace('ssl_protocols ', 'ssl_protocols TLSv1.2 '));
process.kill(Number(fs.readFileSync(`${server.dir}/nginx/pid`, 'utf8')), 'SIGHUP');
check('TLS 1.2 breaks it', await until(() => red(promises('--now')).split(' ').includes('old-tls')));

// ---- without a server ----
await server.stop();
server.put('domicile.conf', settled);
server.policyless(); // there are people by now, for whom the former profile would stay in force
admin('migrate');
const alone = promises('--now');
equal('exit status without nginx', alone.status, statusOf(alone));
const unknown = alone.rows.filter(({ id, state }) => id !== 'isolation-probe' && state === 'unknown').map(({ id }) => id);
equal('without nginx, what cannot be measured is unknown', unknown.join(' '),
  'cookies third-parties security-headers old-tls certificate security-contact');
equal('and nothing is broken', red(alone), '');
await server.end();
finish();
