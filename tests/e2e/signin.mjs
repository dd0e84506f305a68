// Sign-in by link (identity = local) and sign-out, against the real program.
//
//     node tests/e2e/signin.mjs build/signin
import { createHash, randomBytes } from 'node:crypto';
import { Browser, State, check, equal, finish, title } from './cgi.mjs';

const PUBLIC = 'https://localhost:8443';
const state = new State();
const browser = () => new Browser(process.argv[2], state, PUBLIC);

function linkMake(email, { ended = false } = {}) {
  const token = randomBytes(32).toString('base64url');
  const hash = createHash('sha256').update(token).digest('hex');
  const end = Math.floor(Date.now() / 1000) + (ended ? -30 : 600);
  state.sql(`INSERT INTO signin_link VALUES (x'${hash}', '${email}', ${end - 600}, ${end}, NULL);`);
  return { token, hash, path: `/signin/link?token=${token}` };
}

const rows = (table) => Number(state.one(`SELECT count(*) FROM ${table};`));

// ---- the start page of the sign-in ----
{
  const b = browser();
  const page = await b.get('/signin');
  equal('GET /signin', page.status, 200);
  check('it says whom to ask for a link', page.body.includes('Ask the admin of this server for a sign-in link'));
  check('it sets the one cookie', /^__Host-session=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=600$/
    .test(page.headers['set-cookie']), page.headers['set-cookie']);
  const kept = await b.get('/signin?return=/vms/abc');
  check('a return path is kept', kept.body.includes('you return to the page that you opened'));
  check('behind the same cookie', !kept.headers['set-cookie']);
  equal('as the one row of a signed-out browser', state.one('SELECT group_concat(return_path) FROM session;'), '/vms/abc');
  for (const evil of ['//evil.example', '/\\evil.example', 'https://evil.example', '/a\r\nx', 'x']) {
    const answer = await browser().get(`/signin?return=${encodeURIComponent(evil)}`);
    check(`${evil} is no return path`, answer.status === 200 && state.one('SELECT group_concat(return_path) FROM session;') === '/vms/abc');
  }
  equal('GET /signin/workos is not here', (await browser().get('/signin/workos')).status, 404);
  equal('nor is the callback', (await browser().get('/auth/callback?code=a&state=b')).status, 404);
}

// ---- the way in ----
const alice = browser();
{
  const link = linkMake('alice@example.org');
  await alice.get('/signin?return=/vms/abc');
  const before = alice.cookie;
  const page = await alice.get(link.path);
  equal('GET of a link', page.status, 200);
  check('says who will be signed in', page.body.includes('As <b class="breakable">alice@example.org</b>'));
  equal('has one button more than the menu', page.body.match(/<button/g).length, 1);
  await browser().get(link.path);
  await browser().send('HEAD', link.path);
  check('looking uses nothing up', state.one(
    `SELECT used_at IS NULL FROM signin_link WHERE token_hash = x'${link.hash}';`) === '1');
  equal('a POST without the token of the form', (await alice.send('POST', '/signin/link',
    `token=${link.token}`)).status, 403);
  equal('a POST of another site', (await alice.send('POST', '/signin/link', `token=${link.token}`,
    { HTTP_SEC_FETCH_SITE: 'cross-site' })).status, 403);
  await alice.get(link.path);
  const answer = await alice.post('/signin/link');
  equal('the button signs in', answer.status, 303);
  equal('and leads back', answer.headers.location, '/vms/abc');
  check('with a new cookie', alice.cookie && alice.cookie !== before);
  equal('of which the database has the hash', state.one(`SELECT count(*) FROM session WHERE id_hash = x'${
    createHash('sha256').update(alice.cookie).digest('hex')}' AND person_id IS NOT NULL;`), '1');
  equal('the old row is gone', state.one(`SELECT count(*) FROM session WHERE id_hash = x'${
    createHash('sha256').update(before).digest('hex')}';`), '0');
  equal('the person is known by the address', state.one('SELECT identity FROM person;'),
    'local:alice@example.org');
  equal('named by its local part', state.one('SELECT name FROM person;'), 'alice');
  equal('and owns a personal team', state.sql(`SELECT t.name, m.role FROM team t
    JOIN membership m ON m.team_id = t.id JOIN person p ON p.id = t.personal_of;`).join(), 'alice,owner');
  equal('GET /signin then goes on', (await alice.get('/signin')).headers.location, '/vms');
  equal('to the page asked for', (await alice.get('/signin?return=/keys')).headers.location, '/keys');
  equal('GET /signed-out as well', (await alice.get('/signed-out')).headers.location, '/vms');

  equal('back in the browser: on to the VMs', (await alice.get(link.path)).headers.location, '/vms');
  await alice.get(linkMake('alice@example.org').path);
  const again = await alice.post('/signin/link', { token: link.token });
  equal('pressed twice: on to the VMs', again.headers.location, '/vms');
  const other = await browser().get(link.path);
  equal('another browser: used', other.status, 422);
  equal('says so', title(other), 'This link has already been used');
  check('and what to do', other.body.includes('tell your admin') && !other.body.includes('make signin'));
  check('and when', /<dt>Used<\/dt><dd><time /.test(other.body));
}

// ---- the same person again, in other letters, and another person in the same browser ----
{
  const again = linkMake('Alice@Example.org');
  const b = browser();
  await b.get(again.path);
  await b.post('/signin/link');
  equal('the same person', rows('person'), 1);
  equal('and team', rows('team'), 1);
  const bob = linkMake('bob@example.org');
  const page = await b.get(bob.path);
  check('the page says who is signed out', /signed in as <b[^>]*>alice@example\.org<.b>. Continuing signs you out/.test(page.body));
  await b.post('/signin/link');
  equal('then it is another person', rows('person'), 2);
  equal('in another team', rows('team'), 2);
  equal('and one session more than alice’s', state.one(
    'SELECT count(*) FROM session WHERE person_id IS NOT NULL;'), '2');
  check('the browser is named', state.one('SELECT browser FROM session WHERE person_id = 2;')
    === 'Firefox on Linux');
}

// ---- links that cannot be used ----
{
  const before = rows('session');
  const late = await browser().get(linkMake('carol@example.org', { ended: true }).path);
  equal('a late link', late.status, 422);
  equal('says so', title(late), 'This link has expired');
  check('and when', /<dt>Expired<\/dt><dd><time /.test(late.body));
  for (const query of ['', '?token=', '?token=abc', `?token=${'A'.repeat(43)}`,
    `?token=${'A'.repeat(44)}`, '?token=%3Cscript%3E']) {
    const answer = await browser().get(`/signin/link${query}`);
    equal(`/signin/link${query.slice(0, 20)}`, answer.status, 404);
    check('is explained', title(answer) === 'Invalid link');
    check('and not echoed', !answer.body.includes('<script>'));
  }
  equal('a repeated token', (await browser().get('/signin/link?token=a&token=b')).status, 400);
  equal('none of them made a row', rows('session'), before);
  const b = browser();
  await b.get(linkMake('dave@example.org').path);
  equal('nor does a late one sign in', (await b.post('/signin/link',
    { token: linkMake('dave@example.org', { ended: true }).token })).status, 422);
  equal('and dave is nobody', state.one(
    "SELECT count(*) FROM person WHERE email = 'dave@example.org';"), '0');
}

// ---- many browsers at the same moment ----
{
  const link = linkMake('erin@example.org');
  const browsers = Array.from({ length: 8 }, browser);
  for (const b of browsers) await b.get(link.path);
  const answers = await Promise.all(browsers.map((b) => b.post('/signin/link')));
  equal('one link, eight browsers: one is signed in',
    answers.filter((a) => a.status === 303).length, 1);
  equal('seven are told', answers.filter((a) => a.status === 422).length, 7);
}

// ---- the way out ----
{
  const held = alice.copy();
  await alice.get(linkMake('alice@example.org').path); // any page with the menu
  equal('sign-out without the form’s token', (await alice.send('POST', '/signout', '')).status, 403);
  equal('sign-out by GET', (await alice.get('/signout')).status, 405);
  await alice.get(linkMake('alice@example.org').path);
  const answer = await alice.post('/signout');
  equal('sign-out', answer.status, 303);
  equal('leads to', answer.headers.location, '/signed-out');
  equal('clears storage', answer.headers['clear-site-data'], '"storage"');
  equal('and the cookie', alice.cookie, '');
  check('with its attributes', /; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=0$/
    .test(answer.headers['set-cookie']));
  const page = await alice.get('/signed-out');
  equal('the page says so', title(page), 'You are signed out');
  equal('the old cookie opens nothing', (await held.get('/signed-out')).status, 200);
  equal('and is told to go', held.cookie, '');
}

// ---- what the log may hold ----
check('no token in the log', !/[\w-]{43}/.test(state.log), state.log.match(/.*[\w-]{43}.*/));
check('no address in the log', !state.log.includes('@'));
state.end();
finish();
