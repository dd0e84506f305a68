// Webhooks in the running product: the services' own packages sign what arrives at nginx; what WorkOS
// tells becomes true here (against its emulator); what fails waits for the operator.
//
//     node tests/e2e/webhooks.mjs build
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { execFileSync } from 'node:child_process';
import { createEmulator } from 'workos/emulate';
import { Server, Visitor, ask, check, equal, finish, root, until } from './lib.mjs';
import { deliver, fixture, inbox, secretOf, signers, stripe, workos } from './webhook_lib.mjs';

const KEY = 'sk_test_default';
const emulator = await createEmulator({ port: 0, seed: {
  apiKeys: { [KEY]: { environment: 'test' } },
  users: [
    { email: 'alice@example.test', first_name: 'Alice', last_name: 'Ng', email_verified: true },
    { email: 'boss@example.test', first_name: 'Boss', email_verified: true },
    { email: 'carol@example.test', first_name: 'Carol', email_verified: true },
    { email: 'mallory@example.test', first_name: 'Mallory', email_verified: false },
  ],
  organizations: [{ name: 'Acme' }, { name: 'Other' }],
} });
const api = `http://127.0.0.1:${emulator.port}`;
const server = await Server.make(process.argv[2], (conf) => `${conf.replace(/^operator .*/m, 'operator = boss@example.test')}
[server]
identity = workos
[workos]
client_id = client_local
url = ${api}
`);
server.put('secrets/workos-api-key', KEY);
await server.start();

async function call(method, target, body) {
  const answer = await fetch(api + target, { method, body: body && JSON.stringify(body), redirect: 'manual',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${KEY}` } });
  const text = await answer.text();
  return { status: answer.status, location: answer.headers.get('location'), json: text.startsWith('{') ? JSON.parse(text) : null };
}
const one = (sql) => server.sql(sql);
// What was told, and is not to be seen at once: that `probe` becomes true.
const becomes = async (name, probe) => check(name, await until(probe, 20));

// ---- the secrets ----

for (const source of ['stripe', 'workos']) {
  const secret = secretOf(server, source);
  check(`${source}: a secret was made`, /^whsec_[0-9a-f]{64}$/.test(secret));
  equal(`${source}: for its owner alone`, (fs.statSync(`${server.dir}/secrets/${source}-webhook`).mode & 0o777).toString(8), '400');
}
check('each another one', secretOf(server, 'stripe') !== secretOf(server, 'workos'));

// ---- who receives can do nothing else ----

for (const source of ['stripe', 'workos']) {
  const [pid] = server.pidsOf(source);
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  check(`${source}: no new privileges, and a filter`, /NoNewPrivs:\s1/.test(status) && /Seccomp:\s2/.test(status));
  if (process.getuid() === 0) {
    const uid = Number(status.match(/Uid:\s(\d+)/)[1]);
    equal(`${source}: a user of its own`, uid, Number(execFileSync('id', ['-u', `domicile-${source}`])));
    for (const [file, mode] of [['data/main.db', '-r'], [`inbox/${source === 'stripe' ? 'workos' : 'stripe'}/inbox.db`, '-r'], ['secrets/workos-api-key', '-r'], ['domicile.conf', '-r'], ['worker', '-x'], ['app', '-w'], ['run', '-w'], ['', '-w'],
      [`secrets/${source === 'stripe' ? 'workos' : 'stripe'}-webhook`, '-r']]) {
      let isAllowed = true;
      try {
        execFileSync('setpriv', [`--reuid=domicile-${source}`, `--regid=domicile-${source}`, '--init-groups', '--',
          'test', mode, `${server.dir}/${file}`]);
      } catch { isAllowed = false; }
      check(`${source}: may not read ${file}`, !isAllowed);
    }
  }
  const open = fs.readdirSync(`/proc/${pid}/fd`).map((fd) => fs.readlinkSync(`/proc/${pid}/fd/${fd}`));
  check(`${source}: has nothing open but the inbox, its socket and the log`,
    open.every((file) => /inbox\/(stripe|workos)\/inbox\.db|^socket:|^anon_inode:|^\/dev\/null$|^pipe:/.test(file)), open.join(' '));
}
check('the kernel closed every file that a program has no need of', !server.log().includes('sandbox_weak'), server.log());

// ---- Stripe: the statuses, through nginx ----

const paid = fixture('stripe/invoice.paid.json');
equal('a signed event', await deliver(server, 'stripe', paid), 200);
equal('once more', await deliver(server, 'stripe', paid), 200);
const header = (await signers.stripe(paid, secretOf(server, 'stripe')))['Stripe-Signature'];
equal('the official package takes what we take', stripe.webhooks.constructEvent(paid, header, secretOf(server, 'stripe')).id, JSON.parse(paid).id);
for (const [name, options, status] of [
  ['of another secret', { secret: 'whsec_other' }, 400],
  ['302 s old', { skewMs: -302_000 }, 400],
  ['240 s old', { skewMs: -240_000 }, 200],
  ['360 s ahead', { skewMs: 360_000 }, 400],
  ['without a signature', { headers: {} }, 400],
  ['by GET', { method: 'GET' }, 405],
  ['by PUT', { method: 'PUT' }, 405],
  ['compressed', { headers: { 'Content-Encoding': 'gzip', 'Stripe-Signature': header } }, 415],
  ['signed twice', { headers: { 'Stripe-Signature': [header, header] } }, 400],
]) equal(`one ${name}`, await deliver(server, 'stripe', paid, options), status);
equal('one changed after it was signed', await deliver(server, 'stripe', `${paid} `, { headers: { 'Stripe-Signature': header } }), 400);
for (const body of ['x', '[]', '{}', '{"id":"evt_x"}', '{"id":"evt_x","id":"evt_x","type":"t"}', '\u00ff'])
  equal(`signed, but no event: ${body}`, await deliver(server, 'stripe', body), 400);
const large = (size) => JSON.stringify({ id: `evt_${size}`, type: 'big', fill: '' }).replace('""', (q) => `"${'x'.repeat(size - 45 - String(size).length)}"`);
equal('an event of 1 MiB', await deliver(server, 'stripe', large(1048576).padEnd(1048576)), 200);
equal('and one byte more', await deliver(server, 'stripe', large(1048576).padEnd(1048577)), 413);
equal('another path', (await ask(server, 'POST', '/webhooks/paypal', { body: '{}' })).status, 404);
equal('a path below', (await ask(server, 'POST', '/webhooks/stripe/x', { body: '{}' })).status, 404);
const refused = await ask(server, 'DELETE', '/webhooks/stripe');
equal('405 says what may be done', refused.headers.allow, 'POST');
check('and bears the security headers', refused.headers['content-security-policy'] && refused.headers['strict-transport-security']);
const agent = new https.Agent({ keepAlive: true, maxSockets: 64 });
const flood = await Promise.all(Array.from({ length: 3000 }, (_, i) =>
  deliver(server, 'stripe', JSON.stringify({ id: `evt_flood_${i}`, type: 'flood.test' }), { agent })));
equal('3000 events at once from one address: none is refused', flood.filter((status) => status !== 200).length, 0);
agent.destroy();

// ---- a secret that is rolled ----

// A rolled secret is two lines; the program reads it when it starts, and the socket waits for it.
const previous = secretOf(server, 'stripe');
const file = `${server.dir}/secrets/stripe-webhook`;
const { uid, gid } = fs.statSync(file);
fs.chmodSync(file, 0o600);
fs.writeFileSync(file, `whsec_rolled\n${previous}\n`);
fs.chmodSync(file, 0o400);
fs.chownSync(file, uid, gid);
const [old] = server.pidsOf('stripe');
process.kill(old, 'SIGTERM');
await until(() => server.pidsOf('stripe').some((pid) => pid !== old), 20);
equal('the new secret counts', await deliver(server, 'stripe', '{"id":"evt_new","type":"t"}', { secret: 'whsec_rolled' }), 200);
equal('and the old one still does', await deliver(server, 'stripe', '{"id":"evt_old","type":"t"}', { secret: previous }), 200);

// ---- WorkOS: through its emulator, re-signed on the way (its time is in seconds) ----

let isLost = false; // deliveries that never arrive
let lastBody;
const bodies = [];
const relay = http.createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', async () => {
    lastBody = Buffer.concat(parts).toString();
    bodies.push(lastBody);
    response.writeHead(isLost ? 500 : await deliver(server, 'workos', lastBody));
    response.end();
  });
});
await new Promise((resolve) => { relay.listen(0, '127.0.0.1', resolve); });
await call('POST', '/webhook_endpoints', { endpoint_url: `http://127.0.0.1:${relay.address().port}/`, secret: 'whsec_emulator',
  events: ['user.created', 'user.updated', 'user.deleted', 'session.created', 'session.revoked', 'organization.created',
    'organization.updated', 'organization.deleted', 'organization_membership.created', 'organization_membership.updated',
    'organization_membership.deleted', 'invitation.created'] });
const users = Object.fromEntries((await call('GET', '/user_management/users?limit=100')).json.data.map((u) => [u.email.split('@')[0], u]));
const organizations = Object.fromEntries((await call('GET', '/organizations')).json.data.map((o) => [o.name, o]));

async function signIn(name) {
  const visitor = new Visitor(server);
  const start = await visitor.ask('GET', '/signin/workos');
  const there = new URL(start.headers.location);
  const back = new URL((await call('GET', `${there.pathname}${there.search}&login_hint=${name}@example.test`)).location);
  const answer = await visitor.ask('GET', back.pathname + back.search);
  visitor.status = answer.status;
  return visitor;
}
const sees = async (visitor, page, text) => (await visitor.ask('GET', page)).text.includes(text);
const isOut = async (visitor) => (await visitor.ask('GET', '/vms')).status === 303;

const alice = await signIn('alice');
check('signed in', await sees(alice, '/account', 'value="Alice Ng"'));
await call('PUT', `/user_management/users/${users.alice.id}`, { first_name: 'Alix', last_name: 'Ng' });
await becomes('a name changed at WorkOS', () => sees(alice, '/account', 'value="Alix Ng"'));
// Byte by byte in the databases, their logs and indexes of logs, while the programs run.
const holds = (text) => ['data/main.db', 'inbox/stripe/inbox.db', 'inbox/workos/inbox.db'].flatMap((name) => ['', '-wal', '-shm'].map((end) => `${server.dir}/${name}${end}`))
  .some((path) => fs.existsSync(path) && fs.readFileSync(path).includes(text));
await alice.send('/account', '/account/name', [['name', 'Canary of a name']]);
check('a name is in the files', holds('Canary of a name'));
await alice.send('/account', '/account/name', [['name', 'My own name']]);
await becomes('replaced, it is in none', () => !holds('Canary of a name'));
// WorkOS sends user.updated for each sign-in.
const updates = () => inbox(server).filter((e) => e.type === 'user.updated');
const updatesBefore = updates().length;
const again = await signIn('alice');
check('the sign-in is told of', await until(() => updates().length > updatesBefore && updates().every((e) => e.state !== 'waiting')));
check('a name chosen here stays until it changes there', await sees(again, '/account', 'value="My own name"'));
const [told] = bodies.map((body) => body.match(/"first_name": *"Alix"/)?.[0]).filter(Boolean);
check('events told the other one', told, bodies.length);
await becomes('applied, their bodies are in no file', () => !holds(told));

const { json: membership } = await call('POST', '/user_management/organization_memberships',
  { user_id: users.alice.id, organization_id: organizations.Acme.id, role_slug: 'member' });
const memberRow = (name, organization) => one(`SELECT m.role FROM membership m JOIN person p ON p.id = m.person_id JOIN team t ON t.id = m.team_id
  WHERE p.identity = 'workos:${users[name].id}' AND t.workos_organization_id = '${organizations[organization].id}'`);
await becomes('a membership', () => memberRow('alice', 'Acme') === 'member');
await call('PUT', `/user_management/organization_memberships/${membership.id}`, { role_slug: 'admin' });
await becomes('its role', () => memberRow('alice', 'Acme') === 'owner');
await call('POST', '/user_management/organization_memberships', { user_id: users.carol.id, organization_id: organizations.Acme.id, role_slug: 'member' });
await becomes('the membership of somebody who was never here', () => memberRow('carol', 'Acme') === 'member');
equal('who has a name and a team of her own by then', one(`SELECT p.name || '|' || count(t.id) FROM person p JOIN team t ON t.personal_of = p.id WHERE p.email = 'carol@example.test'`), 'Carol|1');
await call('PUT', `/organizations/${organizations.Acme.id}`, { name: 'Acme & Sons' });
await becomes('the name of an organization', () => one(`SELECT name FROM team WHERE workos_organization_id = '${organizations.Acme.id}'`) === 'Acme & Sons');
await call('PUT', `/organizations/${organizations.Acme.id}`, { name: `  ${'A'.repeat(300)}` });
await becomes('a name too long to be shown is cut', () => one(`SELECT length(name) FROM team WHERE workos_organization_id = '${organizations.Acme.id}'`) === '100');

// Signed in within the organization: out of it, and signed out.
one(`UPDATE session SET current_team_id = (SELECT id FROM team WHERE workos_organization_id = '${organizations.Acme.id}') WHERE person_id = (SELECT id FROM person WHERE name = 'My own name')`);
check('in the team', !await isOut(alice));
await call('DELETE', `/user_management/organization_memberships/${membership.id}`);
await becomes('a membership that ends', () => isOut(alice));
equal('leaves no row', memberRow('alice', 'Acme'), '');
equal('the history of the team has who came, became something else, and went, by salted hash', one(`SELECT group_concat(e.action || ' ' || e.actor || ' ' || e.detail || ' ' || p.name || ' ' || (length(e.salt) = 16 AND length(e.person_hash) = 64 AND e.seq = n), ', ')
  FROM (SELECT *, row_number() OVER (ORDER BY seq) AS n FROM activity WHERE team_id = (SELECT id FROM team WHERE workos_organization_id = '${organizations.Acme.id}') ORDER BY seq) e JOIN person p ON p.id = e.person_id`),
  'member_add system member My own name 1, member_role system member → owner My own name 1, member_add system member Carol 1, member_remove system owner My own name 1');

const third = await signIn('alice');
check('signed in once more', !await isOut(third));
const sid = one(`SELECT workos_session_id FROM session WHERE workos_session_id IS NOT NULL ORDER BY created_at DESC, rowid DESC LIMIT 1`.replace(', rowid DESC', ''));
await call('POST', '/user_management/sessions/revoke', { session_id: sid });
await becomes('a revoked session', () => isOut(third));
equal('which is in the history of the person', one("SELECT e.actor || ' ' || p.name FROM activity e JOIN person p ON p.id = e.person_id WHERE action = 'session_end'"), 'system My own name');

// ---- versions, order, and what is unknown ----

const change = (id, at, fields = {}, type = 'user.updated') => JSON.stringify({ id, event: type, object: 'event', created_at: at,
  data: { ...users.boss, updated_at: at, ...fields } });
const nameOfBoss = () => one(`SELECT name FROM person WHERE identity = 'workos:${users.boss.id}'`);
const boss = await signIn('boss');
equal('newest first', await deliver(server, 'workos', change('event_b2', '2036-01-01T00:00:02.000Z', { first_name: 'Second' })), 200);
await becomes('a newer state', () => nameOfBoss() === 'Second');
await deliver(server, 'workos', change('event_b1', '2036-01-01T00:00:01.000Z', { first_name: 'First' }));
const entry = (id) => inbox(server).find((e) => e.id === id);
await until(() => entry('event_b1')?.state !== 'waiting');
equal('an older state is skipped', `${entry('event_b1').state} ${nameOfBoss()}`, 'skipped Second');
check('with a reason', /older state/.test(entry('event_b1').reason));
await deliver(server, 'workos', change('event_unknown', '2036-01-01T00:00:03.000Z', {}, 'vault.data.read'));
await until(() => entry('event_unknown')?.state === 'skipped');
equal('an unknown type is kept and skipped', entry('event_unknown').state, 'skipped');
await deliver(server, 'workos', change('event_takeover', '2036-01-01T00:00:03.000Z', { id: users.mallory.id, email: 'boss@example.test', email_verified: false }));
await until(() => entry('event_takeover')?.state !== 'waiting');
equal('nobody becomes the operator by an address that was not verified', one(`SELECT count(*) FROM person WHERE email = 'boss@example.test'`), '1');
for (const [name, skewMs, status] of [['182 s old', -182_000, 400], ['240 s ahead', 240_000, 400], ['now', 0, 200]])
  equal(`an event of WorkOS ${name}`, await deliver(server, 'workos', change('event_time', '2026-01-01T00:00:00.000Z'), { skewMs }), status);
const signed = await signers.workos(lastBody, secretOf(server, 'workos'));
equal('the official package takes what we take', (await workos.webhooks.constructEvent({ payload: lastBody, sigHeader: signed['WorkOS-Signature'], secret: secretOf(server, 'workos') })).event, JSON.parse(lastBody).event);

// ---- parked, and tried again ----

await deliver(server, 'workos', change('event_broken', '2036-01-02T00:00:00.000Z', { updated_at: 'yesterday' }));
await until(() => entry('event_broken')?.state === 'parked');
equal('an event that makes no sense is parked', entry('event_broken').state, 'parked');
check('with its reason', /updated_at/.test(entry('event_broken').reason));
check('where the operator sees it', await sees(boss, '/operator/events', 'event_broken'));
equal('others do not', (await (await signIn('alice')).ask('GET', '/operator/events')).status, 403);
const retried = await boss.send('/operator/events', '/operator/events/retry', [['event', 'event_broken']]);
equal('it can be tried again', retried.status, 303);
await until(() => entry('event_broken').attempts === 2 || entry('event_broken').state === 'parked');
equal('one that did not fail is left alone', (await boss.send('/operator/events', '/operator/events/retry', [['event', 'event_unknown']])).status, 303);
check('and the page says so', await sees(boss, '/operator/events', 'This event no longer needs a retry.'));
equal('it stays skipped', entry('event_unknown').state, 'skipped');
check('also on the command line', /^Events queued for retry: 1$/m.test(await until(() => {
  try { return execFileSync(`${root}/cgi/admin.sh`, [server.dir, 'inbox-retry', 'event_broken'], { encoding: 'utf8' }); } catch { return ''; }
})));

// An event whose service cannot be asked waits, and is applied once it can.
const asked = JSON.stringify({ id: 'event_ask', event: 'organization_membership.created', object: 'event', created_at: '2036-01-01T00:00:00.000Z',
  data: { object: 'organization_membership', id: 'om_ask', user_id: users.carol.id, organization_id: organizations.Other.id, status: 'active',
    role: { slug: 'member' }, created_at: '2036-01-01T00:00:00.000Z', updated_at: '2036-01-01T00:00:00.000Z' } });
await emulator.close();
await deliver(server, 'workos', asked);
await until(() => entry('event_ask')?.attempts > 0);
equal('while WorkOS is down, its event waits', `${entry('event_ask').state}`, 'waiting');
check('and says why', /WorkOS/.test(entry('event_ask').reason));

// ---- what was missed while we were down ----

const second = await createEmulator({ port: Number(new URL(api).port), seed: { apiKeys: { [KEY]: { environment: 'test' } },
  users: [{ email: 'dora@example.test', first_name: 'Dora', email_verified: true }], organizations: [{ name: 'Late' }] } });
const dora = (await call('GET', '/user_management/users')).json.data[0];
await call('PUT', `/user_management/users/${dora.id}`, { first_name: 'Theodora' });
process.kill(server.pidsOf('worker')[0], 'SIGKILL');
await until(() => one(`SELECT name FROM person WHERE identity = 'workos:${dora.id}'`) === 'Theodora');
equal('what never arrived is read from the list of WorkOS', one(`SELECT name FROM person WHERE identity = 'workos:${dora.id}'`), 'Theodora');
check('under its own id, as if it had arrived', inbox(server).some((e) => e.source === 'workos' && e.type === 'user.updated' && e.state === 'applied' && /^(evt|event)_/.test(e.id)));
isLost = true;

// ---- the account's end ----

const gone = JSON.stringify({ id: 'event_gone', event: 'user.deleted', object: 'event', created_at: '2036-02-01T00:00:00.000Z',
  data: { ...users.boss, updated_at: '2036-02-01T00:00:00.000Z' } });
await deliver(server, 'workos', gone);
await becomes('the end of an account', () => isOut(boss));
equal('it is closed', one(`SELECT count(*) FROM person p JOIN team t ON t.personal_of = p.id WHERE p.identity = 'workos:${users.boss.id}' AND p.closed_at > 0 AND t.closed_at > 0`), '1');
await deliver(server, 'workos', change('event_late', '2036-03-01T00:00:00.000Z', { first_name: 'Back' }));
await until(() => entry('event_late')?.state !== 'waiting');
equal('and a late change does not bring it back', `${entry('event_late').state} ${nameOfBoss()}`, 'skipped Second');

// ---- and its deletion, here and there ----

check('the operator closes an account', /\/deletion\/[\w-]{43}/.test(execFileSync(`${root}/cgi/admin.sh`, [server.dir, 'account-close', 'dora@example.test'], { encoding: 'utf8' })));
equal('each has its sequence', one('SELECT count(*) FROM erasure'), '2');
server.sql('UPDATE erasure SET due_at = requested_at');
check('both come to their end', await until(() => one("SELECT count(*) FROM erasure WHERE state = 'done'") === '2'), one('SELECT name, answer FROM erasure_step WHERE state <> \'done\''));
const answers = one("SELECT group_concat(answer, '; ') FROM (SELECT answer FROM erasure_step WHERE name = 'services' ORDER BY answer)");
check('who is at WorkOS no longer', answers.includes('WorkOS: 404, no such user'), answers);
check('and who was until now', /WorkOS: 20\d, user deleted/.test(answers), answers);
equal('WorkOS knows her no longer', (await call('GET', '/user_management/users')).json.data.filter(({ id }) => id === dora.id).length, 0);
equal('nor does the database', one(`SELECT count(*) FROM person WHERE identity IN ('workos:${dora.id}', 'workos:${users.boss.id}')`), '0');

// ---- who floods without a signature fills no disk ----

{
  const refusals = () => [...server.log().matchAll(/^time=([\d.]+) .*program=stripe event=webhook_refused status=400 .*?(?:repeated=(\d+))?$/gm)]
    .map(([, time, repeated]) => ({ time: Number(time), count: Number(repeated ?? 1) }));
  const before = refusals().length;
  let sent = 0;
  const counted = () => refusals().slice(before).reduce((sum, { count }) => sum + count, 0);
  const unsigned = () => { sent++; return deliver(server, 'stripe', '{}', { headers: {} }); };
  for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 15 }, unsigned));
  await until(async () => { await unsigned(); return counted() >= 300; }, 20);
  const lines = refusals().slice(before);
  check('refusals are counted', counted() >= 300 && counted() <= sent, `${counted()} of ${sent}`);
  check('in one line a second', lines.every(({ time }, i) => i === 0 || time - lines[i - 1].time > 0.99), JSON.stringify(lines));
  check('and not in one for each', lines.length < sent / 5, `${lines.length} of ${sent}`);
}

// ---- the list ----

const listed = inbox(server);
equal('every event is listed once', new Set(listed.map((e) => `${e.source} ${e.id}`)).size, listed.length);
check('each with what was asked for', listed.every((e) => ['source', 'id', 'type', 'received_at', 'state', 'applied_at', 'reason'].every((key) => key in e)
  && ['waiting', 'applied', 'skipped', 'parked'].includes(e.state) && (e.applied_at === null) === ['waiting', 'parked'].includes(e.state)));
// The flood is still being applied: a body goes soon after its event.
const bodyCount = () => ['stripe', 'workos'].map((source) => Number(server.inboxSql(source, 'SELECT count(*) FROM inbox WHERE body IS NOT NULL'))).reduce((a, b) => a + b);
const openCount = () => inbox(server).filter((e) => ['waiting', 'parked'].includes(e.state)).length;
await until(() => bodyCount() === openCount());
equal('applied events keep no body', bodyCount(), openCount());
check('no secret and no address is in the log', ![secretOf(server, 'workos'), 'whsec_rolled', KEY, 'alice@example.test'].some((s) => server.log().includes(s)));
relay.close();
await server.end();
await second.close();
finish();
