// Customers and Checkout against a stand-in that is not ours: the npm server "emulate". A worker and the pages
// run against it; between them a small proxy answers what it has not (prices by lookup key, and a metered
// line without a quantity). Its deliveries are signed right but have no id, so they are judged and no more.
//
//     node tests/e2e/stripe_emulate.mjs BUILD
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { createEmulator } from 'emulate';
import Stripe from 'stripe';
import { Browser, State, check, equal, finish } from './cgi.mjs';
import { freePort, until } from './lib.mjs';

const KEY = 'sk_test_emulate';
const SECRET = 'whsec_emulate';
const build = path.resolve(process.argv[2]);
const library = new Stripe(KEY);

// ---- deliveries ----
const delivered = [];
const judged = [];
const sink = http.createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const body = Buffer.concat(parts).toString();
    try {
      judged.push(library.webhooks.constructEvent(body, request.headers['stripe-signature'], SECRET).type);
      library.webhooks.constructEvent(body, request.headers['stripe-signature'], 'whsec_other');
      judged.push('another secret was accepted');
    } catch { /* as it should be, for the second one */ }
    delivered.push(JSON.parse(body));
    response.end('ok');
  });
});
await new Promise((resolve) => { sink.listen(0, '127.0.0.1', resolve); });

// ---- emulator and proxy ----
const emulator = await createEmulator({ service: 'stripe', port: freePort(), seed: { stripe: {
  webhooks: [{ url: `http://127.0.0.1:${sink.address().port}/`, events: ['*'], secret: SECRET }],
} } });
const call = async (method, target, body, headers = {}) => {
  const answer = await fetch(emulator.url + target, { method, body, redirect: 'manual',
    headers: { authorization: `Bearer ${KEY}`, ...(body && { 'content-type': 'application/x-www-form-urlencoded' }), ...headers } });
  const text = await answer.text();
  return { status: answer.status, text, location: answer.headers.get('location'), json: text.startsWith('{') ? JSON.parse(text) : null };
};
const product = (await call('POST', '/v1/products', 'name=Use')).json.id;
const price = (await call('POST', '/v1/prices', `product=${product}&currency=eur&unit_amount=1&recurring[interval]=month`)).json;
const asked = [];
const proxy = http.createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', async () => {
    const body = Buffer.concat(parts).toString();
    asked.push({ method: request.method, url: request.url, body });
    const answer = request.url.startsWith('/v1/prices')
      ? { status: 200, text: JSON.stringify({ object: 'list', data: [{ ...price, lookup_key: 'domicile_usage', unit_amount_decimal: '0.001',
        recurring: { usage_type: 'metered', meter: 'mtr_emulate' } }] }) }
      : await call(request.method, request.url, body.replace('line_items[0][price]=', 'line_items[0][quantity]=1&line_items[0][price]=') || undefined);
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(answer.text);
  });
});
await new Promise((resolve) => { proxy.listen(0, '127.0.0.1', resolve); });

// ---- the programs ----
const state = new State((text) => `${text}
[billing]
billing = stripe
[stripe]
url = http://127.0.0.1:${proxy.address().port}
[region local]
uri = test:///default
accelerator = tcg
`);
state.secret('stripe-api-key', KEY);
fs.mkdirSync(`${state.dir}/run`);
state.sql(fs.readFileSync(path.resolve(import.meta.dirname, '../page/fixture.sql'), 'utf8'));
state.sql('PRAGMA foreign_keys = ON; DELETE FROM vm;');
const worker = spawn(`${build}/worker`, ['--state', state.dir], { stdio: 'ignore',
  env: { PATH: process.env.PATH, HOME: state.dir, XDG_RUNTIME_DIR: `${state.dir}/run` } });
process.once('exit', () => worker.kill('SIGKILL'));
const alice = Object.assign(new Browser(`${build}/billing`, state, 'https://localhost:8443'), { cookie: 'A'.repeat(43) });

async function subscribe() {
  await alice.get('/billing');
  const { headers } = await alice.post('/billing/subscribe');
  const answer = await until(async () => {
    const now = await alice.get(headers.location);
    return !now.body.includes('Contacting Stripe') && now;
  }, 50);
  return (answer.headers?.refresh || answer.body || '').replace(/^0; url=/, '');
}

const url = await subscribe();
check('the request ends at its payment page', url.startsWith(`${emulator.url}/checkout/`), url);
const customer = state.one('SELECT customer_id FROM billing WHERE team_id = 1;');
const kept = (await call('GET', `/v1/customers/${customer}`)).json;
equal('the customer is there', kept?.id, customer);
equal('by its owner’s address', kept.email, 'operator@localhost');
equal('and its team', kept.metadata.team_id, '1');
equal('asked again, the same page', await subscribe(), url);
equal('one customer', asked.filter((a) => a.method === 'POST' && a.url === '/v1/customers').length, 1);
const session = url.split('/').pop();
equal('the page is kept', state.one('SELECT checkout_id FROM billing WHERE team_id = 1;'), session);
const done = await call('POST', `/checkout/${session}/complete`);
check('paid, it leads back to us', done.location?.startsWith('https://localhost:8443/billing/return'), done);
equal('the session is complete', (await call('GET', `/v1/checkout/sessions/${session}`)).json.status, 'complete');
check('coming back proves nothing', (await alice.get('/billing/return')).body.includes('Waiting for Stripe'));
equal('nor does the emulator’s word, which has no subscription', state.one('SELECT status FROM billing WHERE team_id = 1;'), 'none');
await until(() => delivered.some((e) => e.type === 'checkout.session.completed'));
check('its delivery is signed right', judged.includes('customer.created') && judged.includes('checkout.session.completed')
  && !judged.includes('another secret was accepted'), judged);
check('and names our customer', delivered.find((e) => e.type === 'checkout.session.completed')?.data.object.customer === customer);

worker.kill('SIGKILL');
proxy.closeAllConnections();
proxy.close();
sink.close();
await emulator.close();
state.end();
finish();
