// What somebody without a signing secret can cost, from one address: a thousand connections that each send most of
// a large body and then a byte now and again. nginx may hold few of them, and others still get through. Memory is measured as
// the part of it that belongs to nginx (PSS), not time.
//
//     node tests/e2e/slow.mjs build
import fs from 'node:fs';
import tls from 'node:tls';
import { Server, check, equal, finish, until } from './lib.mjs';
import { deliver } from './webhook_lib.mjs';

const CONNECTIONS = 1000;
const HELD = 64; // nginx.conf: limit_conn webhooks
const BODY = 1024 * 1024;
const MOST_KB = 50 * 1024;

const server = await Server.make(process.argv[2]);
await server.start();

// The master and its workers, whose command lines do not say whose they are.
function nginxKb() {
  const master = fs.readFileSync(`${server.dir}/nginx/pid`, 'utf8').trim();
  const pids = fs.readFileSync(`/proc/${master}/task/${master}/children`, 'utf8').trim().split(' ');
  return [master, ...pids].map((pid) => Number(fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').match(/^Pss:\s+(\d+)/m)[1]))
    .reduce((a, b) => a + b, 0);
}

// One connection; `state.answer` is the status that it got, if any, and `state.sent` how much of its body left.
function slow(path, from, size) {
  const state = { answer: 0, sent: false, socket: null };
  const socket = tls.connect({ host: '127.0.0.1', port: server.port, servername: 'localhost', localAddress: from,
    rejectUnauthorized: false });
  state.socket = socket;
  socket.on('secureConnect', () => {
    socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost:${server.port}\r\nContent-Type: application/json\r\n`
      + `Stripe-Signature: t=1,v1=00\r\nContent-Length: ${size}\r\n\r\n`);
    socket.write(Buffer.alloc(size - 1000, 'x'), () => { state.sent = true; });
    state.drip = setInterval(() => { if (state.sent) socket.write('x'); }, 2000);
  });
  let text = '';
  socket.on('data', (part) => {
    text += part;
    state.answer ||= Number(text.match(/^HTTP\/1\.1 (\d+)/)?.[1] ?? 0);
  });
  socket.on('error', (e) => {});
  socket.on('close', () => {
    state.closed = true;
    clearInterval(state.drip);
  });
  return state;
}

const before = nginxKb();
for (const [path, from] of [['/webhooks/stripe', '127.0.0.5'], ['/webhooks/workos', '127.0.0.6']]) {
  const all = [];
  let most = 0;
  for (let i = 0; i < CONNECTIONS; i++) {
    all.push(slow(path, from, BODY));
    // As many at a time as a sender would; the rest waits for nothing but its own handshake.
    if (i % 50 !== 49) continue;
    await until(() => all.every((one) => one.sent || one.answer || one.closed), 20);
    most = Math.max(most, nginxKb());
  }
  const heldNow = () => all.filter((one) => !one.answer && !one.closed).length;
  await until(() => heldNow() <= HELD, 50);
  const held = heldNow();
  check(`${path}: at most ${HELD} of ${CONNECTIONS} are held`, held <= HELD, held);
  equal(`${path}: nobody hears anything but that they are too many`, all.filter((one) => one.answer && one.answer !== 429).length, 0);
  await until(() => all.filter((one) => one.closed).length >= CONNECTIONS - HELD, 50);
  const cost = Math.max(most, nginxKb()) - before;
  check(`${path}: ${CONNECTIONS} slow connections cost less than ${MOST_KB} KB of nginx (${cost} KB)`, cost < MOST_KB, cost);
  equal(`${path}: beside them, a signed event from elsewhere`, await deliver(server, 'stripe', `{"id":"evt_${from}","type":"t"}`), 200);
  for (const one of all) one.socket.destroy();
}

// A large signed event still fits, and a burst from one address of as many as may be open.
const large = JSON.stringify({ id: 'evt_large', type: 't', fill: 'x'.repeat(BODY - 100) });
equal('an event of almost 1 MB', await deliver(server, 'stripe', large), 200);
const burst = await Promise.all(Array.from({ length: HELD }, (_, i) => deliver(server, 'stripe', `{"id":"evt_burst_${i}","type":"t"}`)));
equal('a burst of signed events', burst.filter((status) => status !== 200).length, 0);

await server.end();
finish();
