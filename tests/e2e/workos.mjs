// Sign-in through WorkOS (identity = workos), against the real program and the vendor's emulator.
//
//     node tests/e2e/workos.mjs build/signin
//
// Between the two stands a small proxy: the emulator knows no organisation at sign-in, and never
// fails, so the proxy asks it for another token, or answers in its place. Only loopback is used.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { createEmulator } from 'workos/emulate';
import { Browser, State, check, equal, finish, ledgerCheck, title } from './cgi.mjs';

const PUBLIC = 'https://localhost:8443';
const KEY = 'sk_test_default';

// ---- the emulator and the proxy ----

const proxy = { asked: [], all: [], answer: null };

async function call(method, target, body) {
  const answer = await fetch(`http://127.0.0.1:${emulator.port}${target}`, {
    method, body: body && JSON.stringify(body), redirect: 'manual',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${KEY}` },
  });
  const text = await answer.text();
  return { status: answer.status, location: answer.headers.get('location'), text,
    json: text.startsWith('{') ? JSON.parse(text) : null };
}

const server = http.createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', async () => {
    const body = Buffer.concat(parts).toString();
    const asked = { method: request.method, url: request.url, headers: request.headers,
      body: body ? JSON.parse(body) : null };
    proxy.asked.push(asked);
    proxy.all.push(asked);
    const own = proxy.answer && await proxy.answer(asked);
    const answer = own || await call(request.method, request.url, asked.body);
    response.writeHead(answer.status, answer.headers || {});
    response.end(answer.text);
  });
});
await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
const workosUrl = `http://127.0.0.1:${server.address().port}`;

const state = new State((text) => `${text.replace(/^operator .*/m, 'operator = Boss@example.test')}
[server]
identity = workos
[workos]
client_id = client_local
url = ${workosUrl}
`);
state.secret('workos-api-key', KEY);
const emulator = await createEmulator({ port: 0, seed: {
  apiKeys: { [KEY]: { environment: 'test' } },
  users: [
    { email: 'alice@example.test', first_name: 'Alice', last_name: 'Ng', email_verified: true },
    { email: 'bob@example.test', first_name: 'Bob\nB', email_verified: true },
    { email: 'boss@example.test', email_verified: false },
  ],
  organizations: [{ name: 'Acme', domains: [{ domain: 'example.test', state: 'verified' }] }],
} });

// ---- what a browser does ----

const browser = () => new Browser(process.argv[2], state, PUBLIC);
const rows = (table, where = '1') => Number(state.one(`SELECT count(*) FROM ${table} WHERE ${where};`));
const secrets = [KEY];

// To WorkOS and back: the callback's path, as the browser would ask for it.
async function authorize(b, email) {
  const start = await b.get('/signin/workos');
  const url = new URL(start.headers.location);
  const there = await call('GET', `${url.pathname}${url.search}&login_hint=${email}`);
  const back = new URL(there.location);
  secrets.push(url.searchParams.get('state'), back.searchParams.get('code') || KEY);
  return back.pathname + back.search;
}

async function signIn(email, b = browser()) {
  const answer = await b.get(await authorize(b, email));
  return { b, answer };
}

const hashOf = (b) => createHash('sha256').update(b.cookie).digest('hex');
const teamOf = (b) => state.one(`SELECT t.name FROM session s JOIN team t ON t.id = s.current_team_id
  WHERE s.id_hash = x'${hashOf(b)}';`);

// WorkOS answers as it would, but for what `change` does to the reply of the exchange.
function withReply(change) {
  proxy.answer = async (asked) => {
    const reply = await call(asked.method, asked.url, asked.body);
    return reply.status === 200 && { status: 200, text: JSON.stringify(change(reply.json)) };
  };
}

// ---- the way in ----
const alice = browser();
{
  const page = await alice.get('/signin?return=/vms/abc');
  check('GET /signin leads to WorkOS', page.body.includes('href="/signin/workos"'));
  equal('links are not for here', (await browser().get(`/signin/link?token=${'A'.repeat(43)}`)).status, 404);
  const start = await alice.get('/signin/workos');
  equal('the start is a redirect', start.status, 303);
  const url = new URL(start.headers.location);
  const query = Object.fromEntries(url.searchParams);
  equal('to the configured address', url.origin + url.pathname, `${workosUrl}/user_management/authorize`);
  equal('for a code', query.response_type, 'code');
  equal('of AuthKit', query.provider, 'authkit');
  equal('for this client', query.client_id, 'client_local');
  equal('to come back here', query.redirect_uri, `${PUBLIC}/auth/callback`);
  check('with a state of 256 bits', /^[\w-]{43}$/.test(query.state));
  check('and PKCE', /^[\w-]{43}$/.test(query.code_challenge) && query.code_challenge_method === 'S256');
  equal('the state is kept as its hash', state.one('SELECT hex(workos_state_hash) FROM session;'),
    createHash('sha256').update(query.state).digest('hex').toUpperCase());
  equal('the verifier fits the challenge', createHash('sha256')
    .update(state.one('SELECT workos_verifier FROM session;')).digest('base64url'), query.code_challenge);
  const again = await alice.get('/signin/workos');
  check('a second start has a new state', !again.headers.location.includes(query.state));

  const callback = await authorize(alice, 'alice@example.test');
  const before = alice.cookie;
  const held = alice.copy();
  const answer = await alice.get(callback);
  equal('the callback signs in', answer.status, 303);
  equal('and leads back', answer.headers.location, '/vms/abc');
  check('with a new cookie', alice.cookie !== before && alice.cookie.length === 43);
  equal('the signed-out row is gone', rows('session', 'person_id IS NULL'), 0);
  check('known by the user id', /^workos:user_\w+$/.test(state.one('SELECT identity FROM person;')));
  equal('with name and address', state.sql('SELECT name, email FROM person;').join(),
    'Alice Ng,alice@example.test');
  equal('owner of a personal team', state.sql(`SELECT t.name, m.role FROM team t JOIN membership m
    ON m.team_id = t.id WHERE t.personal_of = m.person_id;`).join(), 'Alice Ng,owner');
  check('the session at WorkOS is known', /^session_\w+$/.test(
    state.one('SELECT workos_session_id FROM session;')));
  const sent = proxy.asked.find((a) => a.url === '/user_management/authenticate');
  equal('the secret was sent', sent.body.client_secret, KEY);
  check('the address of the visitor was not', !('ip_address' in sent.body));
  check('nor a bearer', !sent.headers.authorization);
  equal('as Domicile', sent.headers['user-agent'], 'Domicile');
  check('with an idempotency key', sent.headers['idempotency-key'].length >= 32);

  const asked = proxy.asked.length;
  equal('the callback again, signed in: on to the VMs', (await alice.get(callback)).headers.location, '/vms');
  const stolen = await held.get(callback);
  equal('with the old cookie', stolen.status, 422);
  equal('an explanation', title(stolen), 'Please sign in again');
  const other = await browser().get(callback);
  equal('in another browser', other.status, 422);
  check('with a button, not a redirect', other.body.includes('href="/signin/workos"'));
  check('and without a cookie', !other.headers['set-cookie']);
  equal('none of them reached WorkOS', proxy.asked.length, asked);
  equal('signed in, the start goes on', (await alice.get('/signin/workos')).headers.location, '/vms');
}

// ---- invitations ----
{
  const start = await browser().get('/signin/workos?invitation_token=inv_ABC%26x');
  equal('an invitation is carried over',
    new URL(start.headers.location).searchParams.get('invitation_token'), 'inv_ABC&x');
  const answer = await alice.get('/signin/workos?invitation_token=inv_ABC');
  equal('not while signed in', answer.status, 422);
  equal('says so', title(answer), 'You are already signed in');
}

// ---- states and codes that do not fit ----
{
  const b = browser();
  const callback = await authorize(b, 'bob@example.test');
  const wrong = callback.replace(/state=[^&]*/, `state=${'A'.repeat(43)}`);
  equal('a wrong state', (await b.get(wrong)).status, 422);
  equal('a missing state', (await b.get(callback.replace(/&state=[^&]*/, ''))).status, 422);
  equal('a repeated state', (await b.get(`${callback}&state=x`)).status, 400);
  equal('nobody is signed in', rows('session', "person_id = 2"), 0);
  equal('the right one still works', (await b.get(callback)).status, 303);
  equal('a name of two lines is not shown', state.one(
    "SELECT name FROM person WHERE email = 'bob@example.test';"), 'bob');

  const c = browser();
  const fresh = await authorize(c, 'bob@example.test');
  const used = callback.match(/code=([^&]*)/)[1];
  const reuse = await c.get(fresh.replace(/code=[^&]*/, `code=${used}`));
  equal('a code used before', reuse.status, 422);
  equal('is explained', title(reuse), 'The sign-in took too long');
  check('its reason is in the log', state.log.includes('status=422') && state.log.includes('error=invalid_code'));
  equal('the state is used up with it', title(await c.get(fresh)), 'Please sign in again');

  const d = browser();
  const pkce = await authorize(d, 'bob@example.test');
  state.sql(`UPDATE session SET workos_verifier = '${'B'.repeat(43)}' WHERE workos_verifier IS NOT NULL;`);
  equal('another verifier', (await d.get(pkce)).status, 422);
  check('its reason is in the log', state.log.includes('error=invalid_code_verifier'));

  const e = browser();
  const late = await authorize(e, 'bob@example.test');
  state.sql('UPDATE session SET idle_at = 1, expires_at = 1 WHERE workos_verifier IS NOT NULL;');
  equal('after ten minutes', title(await e.get(late)), 'Please sign in again');
}

// ---- errors that come to the callback ----
{
  const b = browser();
  const callback = await authorize(b, 'nobody@example.test');
  check('the emulator says no', callback.includes('error=user_not_found'));
  equal('an unknown person', (await b.get(callback)).status, 403);
  const cases = { access_denied: 403, connection_invalid: 502, server_error: 502, oauth_failed: 502,
    sso_required: 422, brand_new_code: 422 };
  for (const [code, status] of Object.entries(cases)) {
    const answer = await browser().get(`/auth/callback?error=${code}&error_description=%3Cb%3Enonsense%3C/b%3E`);
    equal(code, answer.status, status);
    check(`${code}: the next step is a button`, answer.body.includes('href="/signin/workos"'));
    check(`${code}: the description is not shown`, !answer.body.includes('nonsense'));
    check(`${code}: the code is in the log`, state.log.includes(`error=${code}`));
  }
  const odd = await browser().get('/auth/callback?error=%3Cscript%3Eodd%0A');
  equal('a code that is none', odd.status, 422);
  check('is not shown and not logged', !odd.body.includes('odd') && !state.log.includes('odd')
    && state.log.includes('error=other'));
  equal('nothing at all', (await browser().get('/auth/callback')).status, 422);
  const c = browser();
  const noCode = (await authorize(c, 'bob@example.test')).replace(/code=[^&]*/, 'code=');
  equal('an empty code', (await c.get(noCode)).status, 422);
}

// ---- when the person proved who they are ----
// The emulator's tokens have no "auth_time"; WorkOS's say when its session began.
const sessionOf = (b, columns) => state.one(`SELECT ${columns} FROM session WHERE id_hash = x'${hashOf(b)}';`);
const withClaims = (change) => withReply((reply) => {
  const [head, claims, signature] = reply.access_token.split('.');
  const changed = { ...JSON.parse(Buffer.from(claims, 'base64url')), ...change };
  return { ...reply, access_token: [head, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.') };
});
{
  const now = Math.floor(Date.now() / 1000);
  const start = new URL((await browser().get('/signin/workos')).headers.location);
  equal('WorkOS asks whom it has not asked for ten minutes', start.searchParams.get('max_age'), '600');
  equal('without the claim it was now', sessionOf((await signIn('alice@example.test')).b, 'ifnull(authenticated_at, created_at) = created_at'), '1');
  withClaims({ auth_time: now - 5 * 86400 });
  const { b, answer } = await signIn('alice@example.test');
  equal('a session of five days signs in', answer.status, 303);
  equal('and does not count as fresh', sessionOf(b, 'authenticated_at'), String(now - 5 * 86400));
  equal('but lasts as long as any other', sessionOf(b, 'expires_at - created_at'), String(30 * 86400));
  const again = new URL((await b.get('/signin/workos?again=1')).headers.location);
  equal('who is asked again is asked at once', again.searchParams.get('max_age'), '0');
  for (const odd of [now + 86400, -1, 0, 'x', null]) {
    withClaims({ auth_time: odd });
    const { b: other } = await signIn('alice@example.test');
    equal(`auth_time ${odd} gives no time that is still to come`, sessionOf(other, 'ifnull(authenticated_at, created_at) <= created_at'), '1');
  }
  proxy.answer = null;
}

// ---- organisations ----
const organization = JSON.parse((await call('GET', '/organizations')).text).data[0].id;
const userId = (email) => state.one(`SELECT substr(identity, 8) FROM person WHERE email = '${email}';`);

// The emulator gives an organisation only to a refreshed token, so the proxy refreshes.
function withOrganization(id, change = (reply) => reply) {
  proxy.answer = async (asked) => {
    if (asked.url !== '/user_management/authenticate') return null;
    const first = await call(asked.method, asked.url, asked.body);
    const reply = await call('POST', asked.url, { client_id: 'client_local', client_secret: KEY,
      grant_type: 'refresh_token', refresh_token: first.json.refresh_token, organization_id: id });
    return { status: reply.status, text: JSON.stringify(change(reply.json)) };
  };
}
{
  await call('POST', '/user_management/organization_memberships',
    { user_id: userId('alice@example.test'), organization_id: organization, role_slug: 'admin' });
  await call('POST', '/user_management/organization_memberships',
    { user_id: userId('bob@example.test'), organization_id: organization, role_slug: 'member' });
  withOrganization(organization);
  const { b, answer } = await signIn('alice@example.test');
  equal('alice with her organisation', answer.status, 303);
  equal('is in a team of its name', state.sql(`SELECT t.name, m.role FROM team t JOIN membership m
    ON m.team_id = t.id WHERE t.workos_organization_id = '${organization}';`).join(), 'Acme,owner');
  equal('which the pages show', teamOf(b), 'Acme');
  check('its name was asked for with the key', proxy.asked.some((a) => a.url === `/organizations/${organization}`
    && a.headers.authorization === `Bearer ${KEY}`));
  const asked = proxy.asked.filter((a) => a.url.startsWith('/organizations/')).length;
  equal('bob too', (await signIn('bob@example.test')).answer.status, 303);
  equal('as a member of the same team', state.one(`SELECT m.role FROM membership m
    JOIN team t ON t.id = m.team_id JOIN person p ON p.id = m.person_id
    WHERE t.workos_organization_id IS NOT NULL AND p.email = 'bob@example.test';`), 'member');
  equal('whose name is asked for once', proxy.asked.filter((a) => a.url.startsWith('/organizations/')).length, asked);
  equal('one team', rows('team', 'workos_organization_id IS NOT NULL'), 1);

  withOrganization('org_01UNKNOWN');
  equal('an organisation without a name', (await signIn('bob@example.test')).answer.status, 303);
  equal('is called by its id', state.one(
    "SELECT name FROM team WHERE workos_organization_id = 'org_01UNKNOWN';"), 'org_01UNKNOWN');
  withOrganization(organization, (reply) => ({ ...reply, organization_id: 'org_01OTHER' }));
  equal('a role of another organisation', (await signIn('alice@example.test')).answer.status, 502);
  withOrganization(organization, (reply) => ({ ...reply, organization_id: '../users' }));
  equal('an id that is none', (await signIn('alice@example.test')).answer.status, 502);
  proxy.answer = null;
  const again = await signIn('alice@example.test');
  equal('without it again', again.answer.status, 303);
  equal('alice is in her own team', teamOf(again.b), 'Alice Ng');
  equal('and still the same person', rows('person', "email = 'alice@example.test'"), 1);
}

// ---- who people are ----
{
  const id = userId('alice@example.test');
  state.sql(`UPDATE person SET name = 'Chosen' WHERE identity = 'workos:${id}';`);
  withReply((reply) => ({ ...reply, user: { ...reply.user, email: 'Alice2@example.test' } }));
  await signIn('alice@example.test');
  proxy.answer = null;
  equal('a new address is taken over, a chosen name stays', state.sql(
    `SELECT email, name FROM person WHERE identity = 'workos:${id}';`).join(), 'alice2@example.test,Chosen');

  const { answer } = await signIn('boss@example.test');
  equal('the operator’s address, not verified', answer.status, 403);
  equal('is explained', title(answer), 'Please verify your email address');
  check('with a way to another account', answer.body.includes('/user_management/sessions/logout?'));
  equal('and nobody is made', rows('person', "email = 'boss@example.test'"), 0);
  const boss = JSON.parse((await call('GET', '/user_management/users?email=boss@example.test')).text).data[0];
  await call('PUT', `/user_management/users/${boss.id}`, { email_verified: true });
  equal('verified, it signs in', (await signIn('boss@example.test')).answer.status, 303);

  withReply((reply) => ({ ...reply, impersonator: { email: 'x@workos.test', reason: 'y' } }));
  equal('in somebody else’s name', title((await signIn('bob@example.test')).answer),
    'Impersonation is not allowed');
  withReply((reply) => ({ ...reply, user: { ...reply.user, email: 'no address' } }));
  equal('an address that is none', title((await signIn('bob@example.test')).answer),
    'Your account has no usable email address');
}

// ---- WorkOS in bad shape ----
{
  const people = rows('person');
  const answers = {
    'broken JSON': { status: 200, text: '{"user":' },
    'a key twice': { status: 200, text: '{"user":1,"user":2}' },
    'a page': { status: 200, text: '<html>' },
    'too deep': { status: 200, text: '['.repeat(200) + ']'.repeat(200) },
    'no user': { status: 200, text: '{}' },
    'a redirect': { status: 302, headers: { Location: `${workosUrl}/elsewhere` }, text: '{}' },
    'too large': { status: 200, text: `{"a":"${'x'.repeat(1 << 20)}"}` },
    'told to wait long': { status: 429, headers: { 'Retry-After': '3600' }, text: '{}' },
  };
  for (const [what, answer] of Object.entries(answers)) {
    proxy.asked.length = 0;
    proxy.answer = () => answer;
    const { answer: page } = await signIn('bob@example.test');
    equal(what, page.status, 502);
    equal(`${what}: asked once`, proxy.asked.length, 1);
    equal(`${what}: explained`, title(page), 'The sign-in service is unavailable');
  }
  proxy.asked.length = 0;
  proxy.answer = () => ({ status: 503, text: 'x' });
  equal('not available', (await signIn('bob@example.test')).answer.status, 502);
  equal('asked three times', proxy.asked.length, 3);
  equal('as one deed', new Set(proxy.asked.map((a) => a.headers['idempotency-key'])).size, 1);
  proxy.asked.length = 0;
  proxy.answer = (asked) => (proxy.asked.length < 3 ? { status: 500, headers: { 'Retry-After': '1' }, text: 'x' } : null);
  equal('twice a fault, then well', (await signIn('bob@example.test')).answer.status, 303);
  withReply((reply) => ({ ...reply, user: { ...reply.user, id: 'user_01EVIL' } }));
  equal('a token of another user', (await signIn('bob@example.test')).answer.status, 502);
  proxy.answer = () => ({ status: 400, text: '{"error":"invalid_client","error_description":"client_secret sk_x"}' });
  const { answer } = await signIn('bob@example.test');
  equal('a wrong client', answer.status, 502);
  check('its description is nowhere', !answer.body.includes('sk_x') && !state.log.includes('sk_x'));
  proxy.answer = null;
  equal('nobody was made', rows('person'), people);
}

// ---- the way out ----
{
  const { b } = await signIn('bob@example.test');
  const sid = state.one(`SELECT workos_session_id FROM session WHERE id_hash = x'${hashOf(b)}';`);
  await b.get('/signin/workos?invitation_token=x'); // any page with the menu
  equal('sign-out without the form’s token', (await b.send('POST', '/signout', '')).status, 403);
  await b.get('/signin/workos?invitation_token=x');
  const answer = await b.post('/signout');
  equal('sign-out is a page', answer.status, 200);
  const url = answer.headers.refresh.replace(/^0; url=/, '');
  check('that goes on to WorkOS', url.startsWith(`${workosUrl}/user_management/sessions/logout?`));
  equal('with the session', new URL(url).searchParams.get('session_id'), sid);
  equal('to come back', new URL(url).searchParams.get('return_to'), `${PUBLIC}/signed-out`);
  check('by a link as well', answer.body.includes(`href="${url.replaceAll('&', '&amp;')}"`));
  check('its menu is that of a stranger', !answer.body.includes('action="/signout"'));
  equal('the cookie is gone', b.cookie, '');
  equal('storage is cleared', answer.headers['clear-site-data'], '"storage"');
  equal('the row is gone', rows('session', `workos_session_id = '${sid}'`), 0);
  const there = await call('GET', new URL(url).pathname + new URL(url).search);
  equal('the emulator accepts it', there.status, 302);
  equal('and comes back', there.location, `${PUBLIC}/signed-out`);
  equal('to the last page', title(await b.get('/signed-out')), 'You are signed out');
}

// ---- what the log may hold ----
for (const secret of secrets) check('no secret in the log', !state.log.includes(secret), secret.slice(0, 8));
check('no token in the log', !/[\w-]{43}/.test(state.log), state.log.match(/.*[\w-]{43}.*/));
check('no address in the log', !state.log.includes('@'));

// ---- the outbound ledger ----
ledgerCheck(state, 'identity', workosUrl, proxy.all);
equal('each request is counted', state.one('SELECT sum(transfers) FROM outbound;'), String(proxy.all.length));
check('the team that signed in', Number(state.one('SELECT count(DISTINCT team_id) FROM outbound;')) > 1);
for (const secret of secrets) check('no value is in the ledger', !state.sql('SELECT * FROM outbound;').join().includes(secret));
check('nor an address', !state.sql('SELECT * FROM outbound;').join().includes('@'));

// ---- settings that cannot work stop the start ----
for (const [what, change] of [['an http origin elsewhere', (t) => t.replace(/^url .*/m, 'url = http://api.example.test')],
  ['no client', (t) => t.replace(/^client_id .*/m, 'client_id =')]]) {
  const file = `${state.dir}/domicile.conf`;
  const text = fs.readFileSync(file, 'utf8');
  fs.writeFileSync(file, change(text));
  const child = spawn(path.resolve(process.argv[2]), ['--state', state.dir], { stdio: 'ignore' });
  equal(what, await new Promise((resolve) => { child.on('close', resolve); }), 1);
  fs.writeFileSync(file, text);
}

server.close();
server.closeAllConnections();
await emulator.close();
state.end();
finish();
