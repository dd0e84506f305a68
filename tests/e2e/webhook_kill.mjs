// Receivers and worker are killed -9 at random while signed events stream in, with duplicates and out of
// order. In the end every event that got 200 was applied once, and nothing else was.
//
//     node tests/e2e/webhook_kill.mjs build [kills]
import fs from 'node:fs';
import https from 'node:https';
import { Server, check, equal, finish, sleep, until } from './lib.mjs';
import { deliver, inbox } from './webhook_lib.mjs';

const kills = Number(process.argv[3] ?? 2000);
const USERS = 40;
const SENDERS = 8;
// Nobody listens at that address: WorkOS's list of events cannot be read.
const server = await Server.make(process.argv[2], (conf) => `${conf}
[server]
identity = workos
[workos]
client_id = client_local
url = http://127.0.0.1:1
`);
server.put('secrets/workos-api-key', 'sk_test_local');
await server.start();
const agent = new https.Agent({ keepAlive: true, maxSockets: SENDERS * 2 });

// ---- the stream ----

const begun = Date.now() - 3600_000;
const acknowledged = new Map(); // event id -> { user, version } or null
const tally = {};
let made = 0;
let stop = false;

// The version is the time of the change; each is another name.
function userEvent(user, version) {
  const at = new Date(begun + version).toISOString();
  const data = { object: 'user', id: `user_${user}`, first_name: `v${version}`, last_name: null, email: `u${user}@example.test`,
    email_verified: true, created_at: new Date(begun).toISOString(), updated_at: at };
  return { source: 'workos', id: `event_${made++}`, user, version, data };
}
const bodyOf = (event) => JSON.stringify(event.source === 'workos'
  ? { object: 'event', id: event.id, event: 'user.updated', data: event.data, created_at: event.data.updated_at }
  : { object: 'event', id: event.id, type: 'kill.test', data: { object: { fill: 'x'.repeat(event.fill) } } });

async function send(event) {
  const status = await deliver(server, event.source, bodyOf(event), { agent });
  tally[status] = (tally[status] ?? 0) + 1;
  if (status === 200) acknowledged.set(event.id, event);
  return status;
}

async function sender() {
  const held = []; // sent later, out of order
  while (!stop) {
    const event = Math.random() < 0.3 ? { source: 'stripe', id: `evt_${made++}`, fill: Math.floor(Math.random() * 4000) }
      : userEvent(Math.floor(Math.random() * USERS), Math.floor(Math.random() * 3000_000));
    if (Math.random() < 0.2) { held.push(event); continue; }
    // Like the services: again until it is acknowledged, some of it twice or thrice at the same time.
    const copies = Math.random() < 0.2 ? 3 : 1;
    await Promise.all(Array.from({ length: copies }, () => send(event)));
    if (held.length > 5) await send(held.splice(Math.floor(Math.random() * held.length), 1)[0]);
    await sleep(5);
  }
}

// ---- the killer ----

const killed = { stripe: 0, workos: 0, worker: 0 };

// Reading all of /proc each time would be most of the work: the children of the supervisors are enough.
const supervisors = Object.fromEntries(['stripe', 'workos', 'worker'].map((name) => [name, server.processes()
  .find(({ argv }) => /multiwatch$/.test(argv[0]) && argv.includes(`${server.dir}/app/bin/${name}`)).pid]));
const childOf = (pid) => Number(fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);

async function killer() {
  let count = 0;
  while (count < kills) {
    const name = Math.random() < 0.25 ? 'worker' : Math.random() < 0.6 ? 'workos' : 'stripe';
    const pid = childOf(supervisors[name]);
    if (pid) {
      try {
        process.kill(pid, 'SIGKILL');
        killed[name]++;
        count++;
      } catch { /* it was just ending */ }
    }
    await sleep(5 + Math.random() * 40);
  }
  stop = true;
}

console.time('the stream');
await Promise.all([killer(), ...Array.from({ length: SENDERS }, sender)]);
console.timeEnd('the stream');
agent.destroy();

// ---- the reckoning ----

await until(() => inbox(server).every((entry) => entry.state !== 'waiting'), 500);
const listed = inbox(server);
const ids = new Set(listed.map((entry) => entry.id));
console.log(`      ${kills} kills (${JSON.stringify(killed)}); ${acknowledged.size} events acknowledged, `
  + `answers ${JSON.stringify(tally)}`);

equal('every event that was acknowledged is in the inbox', [...acknowledged.keys()].filter((id) => !ids.has(id)).length, 0);
equal('none is there twice', listed.length, ids.size);
// One whose answer was lost by a kill is there without our knowing: it was sent, and it was signed.
check('and nothing that was never sent', listed.every(({ id }) => Number(id.split('_')[1]) < made));
equal('none waits or is parked', listed.filter(({ state }) => state !== 'applied' && state !== 'skipped').length, 0);
equal('none was applied twice', listed.filter(({ attempts }) => attempts !== 1).length, 0);
check('events of unknown types are skipped', listed.filter(({ source }) => source === 'stripe').every(({ state }) => state === 'skipped'));

// The newest version of each user that is in the inbox must be the one that counts.
const names = Object.fromEntries(server.sql("SELECT identity || '=' || name FROM person WHERE identity LIKE 'workos:%'")
  .split('\n').filter(Boolean).map((line) => line.split('=')));
const newest = {};
for (const line of server.sql("SELECT id || '=' || updated_at_ms FROM workos_object").split('\n').filter(Boolean)) {
  const [id, at] = line.split('=');
  newest[id] = Number(at) - begun;
}
let wrong = 0;
for (const event of acknowledged.values()) {
  if (event.source === 'workos' && event.version > (newest[`user_${event.user}`] ?? -1)) wrong++;
}
equal('no acknowledged change is newer than what is held', wrong, 0);
equal('the name is that of the newest change', Object.entries(names).filter(([key, name]) => name !== `v${newest[key.slice(7)]}`).length, 0);
equal('every user is there', Object.keys(names).length, USERS);
check('the inbox is sound', server.sql('PRAGMA integrity_check') === 'ok');
check(`at least ${kills} kills`, Object.values(killed).reduce((a, b) => a + b) >= kills);
check('nothing but 200, and 502 while a process was replaced', Object.keys(tally).every((status) => ['0', '200', '502'].includes(status)),
  [...server.log().matchAll(/event=webhook.*status=[45].*/g)].slice(0, 5).join('\n'));
check('bodies are gone once they are applied', ['stripe', 'workos'].every((source) => server.inboxSql(source, 'SELECT count(*) FROM inbox WHERE body IS NOT NULL') === '0'));
await server.end();
finish();
