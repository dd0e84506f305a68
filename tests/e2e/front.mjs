// The front door (nginx.conf) and the life of the processes behind it, with nothing between the test
// and the socket but TLS: headers on every kind of answer, protocols, limits, slow and many visitors,
// and parts that are killed. Pages in a browser are for pages.mjs.
//
//     node tests/e2e/front.mjs BUILD
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { Server, Visitor, ask, check, equal, finish, freePort, keyMake, ssh, until } from './lib.mjs';
import { observatory } from './observatory.mjs';

const HEADERS = ['content-security-policy', 'strict-transport-security', 'x-content-type-options', 'x-frame-options',
  'referrer-policy', 'cross-origin-opener-policy', 'cross-origin-embedder-policy', 'cross-origin-resource-policy',
  'permissions-policy'];
const PROGRAMS = { site: '/', signin: '/signin', dashboard: '/vms', vm: '/vms/aaaaaaaaaaaaaaaa', costs: '/costs', account: '/keys' };
const server = await Server.make(process.argv[2], null);
await server.start();
const get = (target, options) => ask(server, 'GET', target, options);
const operator = new Visitor(server);
equal('the link signs in', (await operator.signIn(server.link)).status, 303);

// An answer as every answer must be, whatever its status.
function proper(what, answer, status) {
  equal(`${what}: status`, answer.status, status);
  for (const name of HEADERS) {
    const count = answer.raw.filter((word, i) => i % 2 === 0 && word.toLowerCase() === name).length;
    if (count !== 1) equal(`${what}: ${name}`, count, 1);
  }
  const score = observatory(answer);
  check(`${what}: at least 150 points`, score >= 150, score);
  const sent = answer.headers.server;
  equal(`${what}: no version of the server`, sent, 'nginx');
  check(`${what}: not compressed`, status === 200 || !answer.headers['content-encoding']);
}

// A page of ours, which says what to do.
function kind(what, answer, status) {
  proper(what, answer, status);
  const words = [...(answer.text.split('<main')[1] ?? '').matchAll(/<p(?: class="near2")?>([^<]+)<\/p>/g)].map(([, sentence]) => sentence);
  check(`${what}: says what is wrong and what to do`, words.length === 2 && words.every((sentence) => sentence.length > 20), answer.text.slice(-1500));
  check(`${what}: and leads back`, /<a class="btn" href="\/(vms)?">(Back|Go) to /.test(answer.text), answer.text.slice(-1500));
}

// Bytes as they are; resolves to what came back as text.
function raw(bytes, { servername = 'localhost', waitMs = 120000 } = {}) {
  return new Promise((resolve) => {
    let got = '';
    const socket = tls.connect({ host: '127.0.0.1', port: server.port, servername, rejectUnauthorized: false }, () => socket.write(bytes));
    socket.on('data', (part) => { got += part; });
    socket.on('error', () => {});
    socket.on('close', () => resolve(got));
    setTimeout(() => socket.destroy(), waitMs).unref();
  });
}
function parsed(got) {
  const [head, ...rest] = got.split('\r\n\r\n');
  const lines = head.split('\r\n');
  const words = lines.slice(1).flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]);
  const headers = {};
  for (let i = 0; i < words.length; i += 2) headers[words[i].toLowerCase()] = words[i + 1];
  return { status: Number(lines[0].split(' ')[1]), raw: words, headers, text: rest.join('\r\n\r\n') };
}

// ---- every kind of answer ----
const manifest = fs.readFileSync(`${server.build}/static.manifest`, 'utf8').trim().split('\n').map((line) => line.split(' '));
const style = `/static/${manifest.find(([name]) => name === 'app.css')[1]}`;
{
  proper('the start page', await get('/'), 200);
  proper('HEAD', await ask(server, 'HEAD', '/'), 200);
  proper('the sign-in', await get('/signin'), 200);
  for (const page of ['/vms', '/vms/new', '/keys', '/activity', '/account', '/operator']) proper(page, await operator.ask('GET', page), 200);
  const live = await operator.ask('GET', '/vms', { headers: { 'HX-Request': 'true' } });
  proper('a live part', live, 200);
  proper('an unchanged one', await operator.ask('GET', '/vms', { headers: { 'HX-Request': 'true', 'If-None-Match': live.headers.etag } }), 304);
  const signedOut = await get('/vms');
  proper('signed out', signedOut, 303);
  equal('that leads to the sign-in', signedOut.headers.location, '/signin?return=/vms');
  kind('an unknown page', await get('/nope'), 404);
  kind('an unknown file', await get('/static/nope.css'), 404);
  kind('a folder', await get('/static/'), 404);
  kind('the error pages themselves', await get('/errors/404.html'), 404);
  for (const page of ['/', '/vms/new', '/activity']) {
    const answer = await ask(server, 'POST', page, { body: 'a=b', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
    kind(`POST ${page}`, answer, 405);
    equal(`POST ${page}: Allow`, answer.headers.allow, 'GET, HEAD');
  }
  const post = await ask(server, 'POST', style, { body: 'a=b' });
  kind('POST to a file', post, 405);
  equal('POST to a file: Allow', post.headers.allow, 'GET, HEAD');
  kind('PUT', await ask(server, 'PUT', '/keys', { body: 'a=b' }), 405);
  kind('TRACE', await ask(server, 'TRACE', '/'), 405);
  kind('a form of another site', await operator.ask('POST', '/keys', { body: 'key=a', headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'Sec-Fetch-Site': 'cross-site' } }), 403);
  kind('JSON for a form', await operator.ask('POST', '/keys', { body: '{}', headers: { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' } }), 415);
  kind('a body over 64 KiB', await ask(server, 'POST', '/keys', { body: 'a'.repeat(64 * 1024 + 1), headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }), 413);
  kind('a path that cannot be', parsed(await raw('GET /%00 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')), 400);
  kind('two hosts', parsed(await raw('GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nConnection: close\r\n\r\n')), 400);
  kind('a header over 8 KB', parsed(await raw(`GET / HTTP/1.1\r\nHost: localhost\r\nA: ${'a'.repeat(9000)}\r\nConnection: close\r\n\r\n`)), 400);
  kind('an address over 8 KB', parsed(await raw(`GET /${'a'.repeat(9000)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)), 400);
  kind('an address over 1 KB', await get(`/${'a'.repeat(2000)}`), 400);
  kind('a coding nobody knows', parsed(await raw('POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: rot13\r\nConnection: close\r\n\r\n')), 400);
  kind('a version nobody knows', parsed(await raw('GET / HTTP/9.9\r\nHost: localhost\r\nConnection: close\r\n\r\n')), 400);
  for (const [name, value] of [['Cookie', 'a=b'], ['Origin', server.url], ['Sec-Fetch-Site', 'same-origin']]) {
    kind(`${name} twice`, parsed(await raw(`GET /signin HTTP/1.1\r\nHost: localhost\r\n${name}: ${value}\r\n${name}: ${value}\r\nConnection: close\r\n\r\n`)), 400);
  }
  kind('the session cookie twice', await get('/vms', { headers: { Cookie: `${operator.cookie}; ${operator.cookie}` } }), 400);
}

// ---- files ----
for (const [name, hashed] of manifest) {
  const packed = await get(`/static/${hashed}`, { headers: { 'Accept-Encoding': 'gzip, br' } });
  proper(`file ${name}`, packed, 200);
  check(`file ${name}: has its hash in its name`, /\.[0-9a-f]{12}\.\w+$/.test(hashed));
  check(`file ${name}: may be kept for ever`, /max-age=315360000/.test(packed.headers['cache-control']), packed.headers['cache-control']);
  equal(`file ${name}: coding`, packed.headers['content-encoding'], /woff2|png/.test(name) ? undefined : 'gzip');
  if (/css|js|svg/.test(name)) check(`file ${name}: says its charset`, /; charset=utf-8$/.test(packed.headers['content-type']), packed.headers['content-type']);
  equal(`file ${name}: unpacked for who asks so`, (await get(`/static/${hashed}`)).headers['content-encoding'], undefined);
  equal(`file ${name}: unchanged`, (await get(`/static/${hashed}`, { headers: { 'If-Modified-Since': packed.headers['last-modified'] } })).status, 304);
}
equal('nothing else is served', fs.readdirSync(`${server.dir}/app/static`).map((name) => name.replace(/\.gz$/, ''))
  .filter((file) => !manifest.some(([, hashed]) => hashed === file)).join(), '');
for (const file of ['manifest', 'error_pages.c']) kind(`the build's ${file}`, await get(`/static/${file}`), 404);
proper('a file not changed', await get(style, { headers: { 'If-Modified-Since': (await get(style)).headers['last-modified'] } }), 304);
for (const page of ['/', '/signin', '/nope']) {
  equal(`${page} is never compressed`, (await get(page, { headers: { 'Accept-Encoding': 'gzip, br' } })).headers['content-encoding'], undefined);
  check(`${page} is never kept`, page === '/nope' || (await get(page)).headers['cache-control'] === 'no-store');
}
equal('nor a signed-in one', (await operator.ask('GET', '/vms', { headers: { 'Accept-Encoding': 'gzip' } })).headers['content-encoding'], undefined);
const packed = await get(`/static/${manifest[0][1]}.gz`);
check('the packed twins are nothing of their own', packed.status === 404 || packed.status === 200);

// ---- names and protocols ----
{
  for (const [what, options] of [['another Host', { headers: { Host: 'evil.example' } }], ['another name in TLS', { host: 'evil.example' }]]) {
    const answer = await get('/', options);
    kind(what, answer, 421);
    check(`${what}: is never echoed`, !answer.text.includes('evil'));
  }
  kind('a full address of another host', parsed(await raw('GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')), 421);
  kind('no Host', parsed(await raw('GET / HTTP/1.0\r\n\r\n')), 421);
  const plain = await new Promise((resolve, reject) => {
    http.get({ host: '127.0.0.1', port: server.port, path: '/vms?a=b', headers: { Host: `localhost:${server.port}` } }, (answer) => {
      answer.resume().on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, raw: answer.rawHeaders, text: '' }));
    }).on('error', reject);
  });
  proper('plain HTTP', plain, 308);
  equal('plain HTTP leads to the same address', plain.headers.location, `${server.url}/vms?a=b`);

  const speaks = (...options) => {
    try {
      const out = execFileSync('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, '-servername', 'localhost', ...options],
        { input: '', encoding: 'utf8', stdio: 'pipe', timeout: 30000 });
      return out.match(/(?:New, |Protocol *: )(TLSv[\d.]+)/)?.[1] ?? null;
    } catch {
      return null;
    }
  };
  equal('TLS 1.3', speaks('-tls1_3'), 'TLSv1.3');
  equal('TLS 1.2', speaks('-tls1_2'), 'TLSv1.2');
  equal('no TLS 1.1', speaks('-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'), null);
  equal('no TLS 1.0', speaks('-tls1', '-cipher', 'ALL:@SECLEVEL=0'), null);
  equal('no CBC', speaks('-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA256'), null);
  equal('HTTP/2', await new Promise((resolve) => {
    const socket = tls.connect({ host: '127.0.0.1', port: server.port, servername: 'localhost', rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] },
      () => { resolve(socket.alpnProtocol); socket.destroy(); });
  }), 'h2');
  equal('only loopback listens', execFileSync('ss', ['-Hltn', `sport = :${server.port}`], { encoding: 'utf8' })
    .split('\n').filter((line) => line && !/127\.0\.0\.1:|\[::1\]:/.test(line)).length, 0);
}

// ---- bodies never touch a disk ----
{
  const folder = `${server.dir}/nginx/body`;
  const seen = [];
  const watcher = fs.watch(folder, (event, name) => seen.push(name));
  const body = `csrf=x&key=${'a'.repeat(64 * 1024 - 11)}`;
  const answer = await new Promise((resolve, reject) => {
    const request = https.request({ host: '127.0.0.1', port: server.port, servername: 'localhost', method: 'POST', path: '/keys', agent: false, rejectUnauthorized: false,
      headers: { Host: `localhost:${server.port}`, Cookie: operator.cookie, 'Content-Length': body.length, 'Content-Type': 'application/x-www-form-urlencoded', 'Sec-Fetch-Site': 'same-origin' } },
    (got) => got.resume().on('end', () => resolve(got.statusCode)));
    request.on('error', reject);
    request.write(body.slice(0, 40000));
    setTimeout(() => {
      equal('while a body arrives, no file holds it', fs.readdirSync(folder).length, 0);
      request.end(body.slice(40000));
    }, 500);
  });
  equal('64 KiB to the byte are read', answer, 403);
  // inotify tells in order: once it has told of this folder's own entry, it has told of all before.
  fs.mkdirSync(`${folder}/last`);
  await until(() => seen.includes('last'), 10);
  watcher.close();
  fs.rmdirSync(`${folder}/last`);
  equal('and no file was made for them', seen.join(), 'last');
}

// ---- HTTP_PROXY of a visitor (httpoxy) ----
{
  const port = freePort();
  let visits = 0;
  const trap = net.createServer((socket) => { visits++; socket.destroy(); }).listen(port, '127.0.0.1');
  equal('a Proxy header', (await get('/signin', { headers: { Proxy: `http://127.0.0.1:${port}` } })).status, 200);
  // Visits are taken in order, so one made before would have been counted by now.
  net.connect(port, '127.0.0.1').on('error', () => {});
  await until(() => visits > 0, 10);
  equal('does nothing', visits, 1);
  trap.close();
}

// ---- slow and many ----
{
  const drips = new Set();
  let connected = 0;
  for (let i = 0; i < 200; i++) {
    const socket = tls.connect({ host: '127.0.0.1', port: server.port, servername: 'localhost', rejectUnauthorized: false }, () => { connected++; });
    socket.on('error', () => {});
    socket.once('close', () => drips.delete(socket));
    socket.write('GET / HTTP/1.1\r\nHost: loc');
    drips.add(socket);
  }
  const timer = setInterval(() => drips.forEach((socket) => socket.write('a')), 500);
  await until(() => connected === 200, 10);
  equal('beside 200 slow visitors, a page', (await get('/')).status, 200);
  check('comes while they are still there', drips.size > 0, drips.size);
  for (let i = 0; i < 5; i++) equal('and more pages', (await get('/')).status, 200);
  clearInterval(timer);
  drips.forEach((socket) => socket.destroy());

  // From other addresses, so that no limit of this one is used up.
  const agent = new https.Agent({ keepAlive: true, maxSockets: 128 });
  for (let round = 0; round < 2; round++) {
    const answers = await Promise.all(Array.from({ length: 128 }, () =>
      operator.ask('GET', '/vms', { agent, from: `127.0.0.${7 + round}` }).catch((e) => ({ status: String(e) }))));
    equal(`128 requests at once, round ${round + 1}`, [...new Set(answers.map((a) => a.status))].join(), '200');
  }
  agent.destroy();

  const tries = async (count) => (await Promise.all(Array.from({ length: count }, () =>
    get('/signin/link?token=x', { from: '127.0.0.9' })))).filter((a) => a.status === 429);
  equal('forty tries to sign in are nobody’s mistake', (await tries(40)).length, 0);
  // Where they come slowly, it takes more of them.
  const refused = await until(async () => { const some = await tries(30); return some.length > 0 && some; }, 10);
  kind('a refusal', refused[0], 429);
  equal('which says when to come back', refused[0].headers['retry-after'], '2');
  equal('others go on', (await get('/signin/link?token=x')).status, 404);
}

// ---- a VM, which must outlive all that follows ----
const vm = {};
{
  const key = keyMake(server, 'key');
  equal('a key', (await operator.send('/keys', '/keys', [['key', key]])).status, 303);
  const keyId = (await operator.ask('GET', '/vms/new')).text.match(/name="key" value="([^"]+)"/)[1];
  const made = await operator.send('/vms/new', '/vms', [['name', 'survivor'], ['image', 'tiny'], ['size', 'nano'], ['region', 'local'], ['key', keyId]]);
  equal('a VM is asked for', made.status, 303);
  vm.path = made.headers.location;
  vm.look = async () => {
    const { text, status } = await operator.ask('GET', vm.path);
    return { status, chip: text.match(/<span class="state[^>]*>([^<]*)</)?.[1], ssh: text.match(/aria-label="SSH command">([^<]+)</)?.[1],
      known: text.match(/aria-label="known_hosts entry">([^<]+)</)?.[1] };
  };
  await until(async () => (await vm.look()).chip === 'Running', 500);
  vm.first = await vm.look();
  equal('it runs', vm.first.chip, 'Running');
}

// ---- parts that die ----
for (const [program, page] of Object.entries(PROGRAMS)) {
  const status = (await operator.ask('GET', page)).status;
  const victims = await until(() => { const pids = server.pidsOf(program); return pids.length === 2 && pids; });
  equal(`${program} runs twice`, victims?.length, 2);
  for (const pid of victims) {
    process.kill(pid, 'SIGKILL');
    // What it was just taking is lost; the other takes what comes then.
    const answers = [];
    await until(async () => answers.push((await operator.ask('GET', page)).status) && answers.at(-1) === status, 20);
    check(`${program} killed: the next but one is answered`, answers.length <= 2 && answers.at(-1) === status, answers);
  }
  check(`${program} is there twice again`, await until(() => server.pidsOf(program).length === 2));
  // Both at once, and the socket away: what a visitor sees in between.
  fs.renameSync(`${server.dir}/run/${program}.sock`, `${server.dir}/run/${program}.away`);
  for (const pid of server.pidsOf(program)) process.kill(pid, 'SIGKILL');
  const gap = await operator.ask('GET', page);
  kind(`${program} away`, gap, 502);
  equal(`${program} away: says when to come back`, gap.headers['retry-after'], '2');
  await operator.ask('GET', '/signin/link?token=a-token-for-the-log', { headers: { Referer: 'https://example.org/canary' } });
  check(`${program} away: the log has no request and no address`, !/a-token-for|canary|127\.0\.0\.1/.test(server.log()), server.log());
  fs.renameSync(`${server.dir}/run/${program}.away`, `${server.dir}/run/${program}.sock`);
  check(`${program} recovers`, await until(async () => (await operator.ask('GET', page)).status === status, 50));
}
{
  const [pid] = server.pidsOf('worker');
  process.kill(pid, 'SIGKILL');
  equal('without the worker, pages go on', (await operator.ask('GET', '/vms')).status, 200);
  check('the worker is back', await until(() => server.pidsOf('worker').some((now) => now !== pid)));
  equal('the VM runs on', (await vm.look()).chip, 'Running');
}

// ---- a program that ends in order, as for a new version of the policies, loses no form ----
{
  const counts = {};
  for (let i = 0; i < 60; i++) {
    await get('/keys'); // nginx keeps this connection for what follows
    for (const pid of server.pidsOf('account')) try { process.kill(pid, 'SIGTERM'); } catch { /* it has ended */ }
    const { status } = await ask(server, 'POST', '/keys', { body: 'name=x',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
    counts[status] = (counts[status] ?? 0) + 1;
  }
  equal('each form got its answer', JSON.stringify(counts), '{"303":60}');
}

// ---- Ctrl-C, and the second start ----
{
  // libvirt also starts QEMU for a moment to learn what it can do; the isolation probe's guest comes and goes.
  const guests = () => server.processes().filter(({ argv }) => argv.some((word) => /^guest=domicile-(?!isolationprobe)/.test(word)))
    .map(({ pid }) => pid).join();
  const before = guests();
  await server.stop();
  // The network of guests outlives it, as they do, and ends soon after without any.
  equal('Ctrl-C ends every part', server.processes().filter(({ argv }) => (argv[0].startsWith(`${server.dir}/app/`) && !argv[0].endsWith('/guest_relay')) || /nginx|multiwatch/.test(argv[0])).length, 0);
  check('but not the guest', before && guests() === before, { before, after: guests() });
  console.time('second start');
  await server.start();
  console.timeEnd('second start');
  check('the VM is found again', await until(async () => (await vm.look()).chip === 'Running'));
  equal('it is the same guest', guests(), before);
  equal('at the same address', (await vm.look()).ssh, vm.first.ssh);
  const there = await ssh(server, vm.first.ssh, vm.first.known, 'cat /proc/uptime');
  check('and lets its owner in', there.code === 0, there);
  equal('it is destroyed', (await operator.send(vm.path, `${vm.path}/destroy`, [['name', 'survivor']])).status, 303);
  const receipt = async () => (await operator.ask('GET', vm.path)).text;
  check('and gone', await until(async () => (await receipt()).includes('<h1>Receipt of destruction</h1>')));
  check('with nothing left', /class="stamp">Nothing left<small>([1-9]\d*) of \1 parts absent/.test(await receipt()));
}
{
  // The port is taken: the second one must say so, and leave the first alone.
  const other = spawn('bash', ['cgi/run.sh', server.build, `${server.dir}2`, String(server.port)], { stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  other.stderr.on('data', (part) => { words += part; });
  await new Promise((resolve) => { other.on('close', resolve); });
  check('a taken port is named, with a way out', /port \d+ is taken.*PORT=/.test(words), words);
  equal('and the first server goes on', (await get('/')).status, 200);
  fs.rmSync(`${server.dir}2`, { recursive: true, force: true });
}

await server.end();
finish();
