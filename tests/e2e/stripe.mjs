// Billing against the double of Stripe (stripe_double.mjs), with the real worker and pages but without
// nginx: the whole life of a subscription, failures of every kind, use and invoices. Each request we made
// is held against the official library and its types.
//
//     node tests/e2e/stripe.mjs BUILD
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Browser, State, check, equal, finish, ledgerCheck } from './cgi.mjs';
import { sleep, until } from './lib.mjs';
import { KEY, SECRET, StripeDouble } from './stripe_double.mjs';
import { typesJudge } from './stripe_types.mjs';

const build = path.resolve(process.argv[2]);
const PUBLIC = 'https://localhost:8443';
const COOKIE = 'A'.repeat(43);

// ---- the world: state, double, worker ----

const state = new State((text) => `${text}
[billing]
billing = stripe
base_cents = 2000
[stripe]
url = STRIPE
[region local]
uri = test:///default
accelerator = tcg
`);
state.secret('stripe-api-key', KEY);
fs.mkdirSync(`${state.dir}/run`);
state.sql(fs.readFileSync(path.resolve(import.meta.dirname, '../page/fixture.sql'), 'utf8'));
// The fixture's VMs belong to a host that is not there.
state.sql("PRAGMA foreign_keys = ON; DELETE FROM vm; UPDATE membership SET created_at = 0;");

let isInboxOpen = true;
// Runs a program to its end, while the double goes on answering.
const run = (program, words) => new Promise((resolve) => {
  const child = spawn(`${build}/${program}`, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  child.stdout.on('data', (part) => { out += part; });
  child.on('close', (code) => resolve({ code, out }));
});
// One delivery to the program that receives it, as plain CGI; then the worker's turn, if there is one.
const receive = (body, header) => new Promise((resolve) => {
  const child = spawn(`${build}/stripe`, ['--state', state.dir], { stdio: ['pipe', 'pipe', 'ignore'], env: {
    ASAN_OPTIONS: process.env.ASAN_OPTIONS ?? '', REQUEST_METHOD: 'POST', REQUEST_URI: '/webhooks/stripe',
    CONTENT_LENGTH: Buffer.byteLength(body), HTTP_STRIPE_SIGNATURE: header } });
  let out = '';
  child.stdout.on('data', (part) => { out += part; });
  child.on('close', () => resolve(Number(out.match(/^Status: (\d+)/)?.[1] ?? 0)));
  child.stdin.end(body);
});
const isTaken = (id) => state.one(`SELECT count(*) FROM event WHERE id = '${id}';`) === '1';
state.secret('stripe-webhook', SECRET);
const stripe = await StripeDouble.start({ deliver: async (body, header) => {
  if (body.includes('"v2.core.event"')) stripe.library.parseEventNotification(body, header, SECRET);
  else stripe.library.webhooks.constructEvent(body, header, SECRET);
  const status = isInboxOpen ? await receive(body, header) : 503;
  for (let turn = 0; status === 200 && turn < 100 && worker && worker.exitCode === null && !worker.killed
    && !isTaken(JSON.parse(body).id); turn++) await sleep(50);
  return status;
} });
fs.writeFileSync(`${state.dir}/domicile.conf`,
  fs.readFileSync(`${state.dir}/domicile.conf`, 'utf8').replace('STRIPE', stripe.url));

let worker;
let workerLog = '';
function workerStart() {
  worker = spawn(`${build}/worker`, ['--state', state.dir], { stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH, HOME: state.dir, XDG_RUNTIME_DIR: `${state.dir}/run` } });
  worker.stderr.on('data', (part) => { workerLog += part; });
}
const workerKill = () => new Promise((resolve) => { worker.once('close', resolve); worker.kill('SIGKILL'); });
process.once('exit', () => worker?.kill('SIGKILL'));

const alice = Object.assign(new Browser(`${build}/billing`, state, PUBLIC), { cookie: COOKIE });
const carol = Object.assign(new Browser(`${build}/billing`, state, PUBLIC), { cookie: 'C'.repeat(43) });
const bob = Object.assign(new Browser(`${build}/billing`, state, PUBLIC), { cookie: 'B'.repeat(43) });
const plan = () => state.one('SELECT status FROM billing WHERE team_id = 1;');
const planIs = async (want, what = `the plan is ${want}`) => equal(what, await until(() => plan() === want && want) || plan(), want);

// Presses a button of the billing page and follows the request to where it leads.
async function press(target, b = alice) {
  await b.get('/billing');
  const asked = await b.post(target);
  equal(`${target} leads to a page in between`, asked.status, 303);
  const request = asked.headers.location;
  const answer = await until(async () => {
    const now = await b.get(request);
    return !now.body.includes('Contacting Stripe') && now;
  }, 50);
  return { request, answer, url: answer && (answer.headers.refresh || '').replace(/^0; url=/, '') };
}

// ---- what stripe-setup makes ----
{
  const admin = async (...words) => {
    const from = stripe.asked.length;
    const { out } = await run('domicile-admin', ['--state', state.dir, ...words]);
    for (const asked of stripe.asked.slice(from)) asked.isByAdmin = true;
    return out;
  };
  const said = await admin('stripe-setup');
  equal('one meter', stripe.meters.size, 1);
  equal('two prices', stripe.prices.size, 2);
  check('it says what is left to do', said.includes('2026-10-28.endive') && said.includes('invoice.payment_failed'), said);
  await admin('stripe-setup');
  equal('again, it makes nothing', stripe.meters.size + stripe.prices.size, 3);
  const usage = [...stripe.prices.values()].find((p) => p.lookup_key === 'domicile_usage');
  check('the check is content', (await admin('check')).includes('ok   billing: Stripe is reachable (test mode)'));
  usage.unit_amount_decimal = '0.01';
  check('and sees a wrong price', /FAIL billing: .*stripe-setup/.test(await admin('check')));
  workerStart();
  const { answer } = await press('/billing/subscribe');
  check('a wrong price sells nothing', answer.body.includes('Stripe rejected the request'), answer.body);
  equal('no page was made', stripe.sessions.size, 0);
  await admin('stripe-setup');
  equal('the right one takes its place', [...stripe.prices.values()].filter((p) => p.lookup_key === 'domicile_usage')
    .map((p) => p.unit_amount_decimal).join(), '0.001');
}

// ---- subscribe ----
let session;
{
  const page = await alice.get('/billing');
  check('nothing is there yet', page.body.includes('No plan') && page.body.includes('Subscribe'));
  check('the price stands before the button', page.body.includes('€20.00 a month') && page.body.includes('first 14 days are free'));
  const member = await carol.get('/billing');
  check('members see where the team stands', member.status === 200 && !member.body.includes('plan-button'));
  carol.page = page.body.replace(/value="[^"]*"/, 'value="x"');
  equal('and change nothing', (await carol.post('/billing/subscribe')).status, 403);

  const { request, answer, url } = await press('/billing/subscribe');
  check('the browser goes on to the payment page', url?.startsWith(`${stripe.url}/pay/cs_`), answer.headers);
  equal('from a page, not a redirect', answer.status, 200);
  equal('others see nothing of it', (await bob.get(request)).status, 404);
  session = [...stripe.sessions.values()].at(-1);
  equal('for the team', session.client_reference_id, '1');
  equal('in the metadata as well', session.asked.subscription_data.metadata.team_id, '1');
  equal('use and base price', session.asked.line_items.length, 2);
  check('a trial of at least 14 days', session.asked.subscription_data.trial_end - stripe.now() >= 14 * 86400);
  equal('it ends at midnight', session.asked.subscription_data.trial_end % 86400, 0);
  const again = await press('/billing/subscribe');
  equal('asked again, the open page is taken up', again.url, url);
  equal('one customer', stripe.customers.size, 1);
  equal('one page', stripe.sessions.size, 1);
  equal('nothing is granted before it is paid', plan(), 'none');
  const back = await alice.get('/billing/return');
  check('coming back proves nothing', back.status === 200 && back.body.includes('Waiting for Stripe') && plan() === 'none');
  check('and the page looks again by itself', back.headers.refresh === '2; url=/billing/return', back.headers);
}

// ---- pay; the event comes late, twice, and in the wrong order ----
let subscription;
{
  stripe.isHolding = true;
  stripe.copies = 2;
  subscription = stripe.pay(session.id);
  equal('no event, no plan', plan(), 'none');
  await stripe.flush((bodies) => bodies.reverse());
  stripe.isHolding = false;
  stripe.copies = 1;
  await planIs('trial');
  equal('the return page leads on', (await alice.get('/billing/return')).headers.location, '/billing');
  const page = await alice.get('/billing');
  check('the page says until when it is free', page.body.includes('Everything is free until'));
  check('cancel is there, in the same place', page.body.includes('id="cancel-button"'));
  equal('one note', state.one("SELECT count(*) FROM billing_activity WHERE what = 'Trial started';"), '1');
  const { answer } = await press('/billing/subscribe');
  check('a second subscription is refused', answer.body.includes('already has a plan'));
}

// ---- the trial ends, use is handed in, the period ends ----
const HOUR = 3600;
// A VM that has cost 100 (1/1000 cents) an hour since `at`, by the ledger: it runs on, month by month. Its
// region is not configured, so nobody looks at it.
const vm = (name, at) => {
  const month = (moment) => Date.UTC(new Date(moment * 1000).getUTCFullYear(), new Date(moment * 1000).getUTCMonth()) / 1000;
  const next = (moment) => Date.UTC(new Date(moment * 1000).getUTCFullYear(), new Date(moment * 1000).getUTCMonth() + 1) / 1000;
  state.sql(`UPDATE team SET created_at = 0; INSERT INTO vm (team_id, created_at, id, person_id, name, region, image, size, vcpus,
    memory_mb, disk_gb, wanted, wanted_at, state, state_at, observed, observed_at)
    VALUES (1, ${at}, '${name}', 1, '${name}', 'none', 'tiny', 'nano', 1, 128, 1, 'stopped', ${at}, 'stopped', ${at}, 'stopped', ${at});`);
  for (let from = at, i = 0; i < 4; from = next(from), i++) {
    state.sql(`INSERT INTO ledger VALUES (1, ${month(from)}, '${name}', ${from}, ${next(from)}, 0, '${name}', 'running', 'nano', 1, 0);`);
  }
};
const pushes = (where) => Number(state.one(`SELECT count(*) FROM usage_report WHERE ${where};`));
{
  stripe.cycle(subscription.id);
  await planIs('active');
  // The subscription is made two days older than it is, at both ends, and a VM with it.
  const start = stripe.now() - (stripe.now() % HOUR) - 49 * HOUR;
  Object.assign(subscription, { start_date: start, trial_end: start, items: { ...subscription.items,
    data: subscription.items.data.map((i) => ({ ...i, current_period_start: start, current_period_end: start + 720 * HOUR })) } });
  await workerKill();
  vm('ledgerledgerledg', start);
  state.sql(`UPDATE billing SET started_at = ${start}, metered_until_at = ${start}, trial_end_at = ${start};`);
  stripe.fail(/meter_events/, { status: 429, body: { error: { type: 'invalid_request_error', code: 'rate_limit' } } });
  workerStart();
  await until(() => pushes("state = 'confirmed'") + pushes("state = 'sent'") > 0 && /status 429/.test(workerLog));
  equal('after 429 it pauses', stripe.count(/meter_events/), 1);
  equal('the row is written first', pushes("state = 'sent' AND attempts = 1"), 1);
  state.sql("UPDATE usage_report SET due_at = 0;");
  stripe.fail(/meter_events/, { cut: true, taken: true }); // taken, and no answer
  stripe.fail(/meter_events/, { status: 500, body: { error: { type: 'api_error' } } });
  await workerKill();
  workerStart();
  await until(() => pushes("state = 'confirmed'") >= 48 && pushes("state <> 'confirmed'") === 0);
  const confirmed = pushes("state = 'confirmed'");
  // An hour is handed in two minutes after its end, so it depends on the minute of the test.
  check('every closed hour is handed in', confirmed === 48 || confirmed === 49, confirmed);
  equal('each counts once', stripe.used.size, confirmed);
  equal('the sum is the ledger’s', [...stripe.used.values()].reduce((s, u) => s + u.value, 0), confirmed * 100);
  check('by the names agreed on', [...stripe.used.keys()].every((k) => /^use-1-\d{10}$/.test(k)));
}

// ---- sent long ago without an answer: looked at before it is sent again ----
{
  await workerKill();
  const [first, second, third] = state.sql('SELECT identifier FROM usage_report ORDER BY hour_at LIMIT 3;').map((r) => r[0]);
  stripe.used.delete(second);
  stripe.used.get(third).value += 7;
  const before = stripe.count(/meter_events$/);
  state.sql(`UPDATE usage_report SET state = 'sent', sent_at = ${stripe.now() - 21 * HOUR}, due_at = 0
    WHERE identifier IN ('${first}', '${second}', '${third}');`);
  workerStart();
  const done = await until(() => pushes("state = 'sent' OR state = 'new'") === 0);
  check('all three are settled', done, state.sql('SELECT identifier, state, reason FROM usage_report WHERE reason IS NOT NULL OR state <> \'confirmed\';'));
  equal('only what Stripe has not is sent again', stripe.count(/meter_events$/) - before, 1);
  equal('what was counted is confirmed', state.one(`SELECT state FROM usage_report WHERE identifier = '${first}';`), 'confirmed');
  equal('what differs is said', state.one(`SELECT reason FROM usage_report WHERE identifier = '${third}';`), 'Stripe counts 107');
  stripe.used.get(third).value -= 7;
  state.sql(`UPDATE usage_report SET state = 'confirmed', reason = NULL WHERE identifier = '${third}';`);
}

// ---- use that Stripe counts otherwise, and use that it refuses later ----
{
  await workerKill();
  const [hour, identifier] = state.sql(`SELECT hour_at, identifier FROM usage_report
    WHERE hour_at < ${stripe.now() - (stripe.now() % 86400)} - 43200 ORDER BY hour_at LIMIT 1;`)[0];
  stripe.used.get(identifier).value = 1;
  state.sql('UPDATE billing SET compared_at = NULL;');
  workerStart();
  await until(() => state.one('SELECT compared_at FROM billing WHERE team_id = 1;') > 0);
  equal('the comparison finds it', state.one(`SELECT state || ' ' || reason FROM usage_report WHERE hour_at = ${hour};`), 'different Stripe counts 1');
  check('and tells the operator', /other use than the ledger in 1 hours/.test(state.one("SELECT what FROM billing_problem WHERE id = 'use-1';")));
  stripe.used.get(identifier).value = 100;
  await workerKill();
  state.sql('UPDATE billing SET compared_at = NULL;');
  workerStart();
  await until(() => state.one('SELECT compared_at FROM billing WHERE team_id = 1;') > 0);
  equal('put right, it is confirmed', state.one(`SELECT state FROM usage_report WHERE hour_at = ${hour};`), 'confirmed');
  equal('and the operator’s list is empty', state.one("SELECT count(*) FROM billing_problem WHERE id = 'use-1';"), '0');
  stripe.meterError(identifier);
  await until(() => pushes("state = 'failed'") === 1);
  equal('an error report marks its hour', state.one(`SELECT reason FROM usage_report WHERE state = 'failed';`), 'meter_event_customer_not_found');
  state.sql("UPDATE usage_report SET state = 'confirmed', reason = NULL;");
}

// ---- invoices ----
{
  Object.assign(subscription.items, { data: subscription.items.data.map((i) => ({ ...i, current_period_end: i.current_period_start + 48 * HOUR })) });
  const right = stripe.cycle(subscription.id);
  await until(() => state.one(`SELECT status FROM invoice WHERE id = '${right.id}';`) === 'paid');
  equal('the invoice is what the ledger says', state.sql(`SELECT usage_cents, ledger_cents FROM invoice WHERE id = '${right.id}';`).join(), '5,5');
  equal('so nobody is told', state.one(`SELECT count(*) FROM billing_problem WHERE id = 'invoice-${right.id}';`), '0');
  const page = await alice.get('/billing');
  check('it is listed', page.body.includes(right.number) && page.body.includes('€20.05') && page.body.includes('Paid'));
  check('without a link that anybody could use', !page.body.includes('/invoice/'));
  equal('its page', (await press(`/billing/invoices/${right.id}`)).url, `${stripe.url}/invoice/${right.id}`);
  equal('its PDF', (await press(`/billing/invoices/${right.id}/pdf`)).url, `${stripe.url}/invoice/${right.id}/pdf`);
  await alice.get('/billing');
  equal('an invoice of others', (await alice.post('/billing/invoices/in_other')).status, 404);
  bob.page = (await bob.get('/billing')).body;
  equal('for others', (await bob.post(`/billing/invoices/${right.id}`)).status, 404);
  stripe.refund(right.id, 500);
  await until(() => state.one("SELECT detail FROM billing_activity WHERE what = 'Refunded';"));
  check('a refund is noted', (await alice.get('/billing')).body.includes('Refunded: €5.00'));
}

// ---- a payment fails, is late, is paid ----
{
  stripe.cards.set(subscription.customer, 'bad');
  Object.assign(subscription.items, { data: subscription.items.data.map((i) => ({ ...i, current_period_end: i.current_period_start + HOUR })) });
  const invoice = stripe.cycle(subscription.id, { wrongCents: 100 });
  await planIs('past_due');
  check('a wrong amount is told to the operator', await until(() => state.one(`SELECT what FROM billing_problem WHERE id = 'invoice-${invoice.id}';`)));
  const page = await alice.get('/billing');
  check('the page says what happens', page.body.includes('has failed') && page.body.includes('Stripe tries again on') && page.body.includes('VMs are stopped'));
  equal('one can pay on the invoice’s own page', (await press('/billing/pay')).url, `${stripe.url}/invoice/${invoice.id}`);
  const { url } = await press('/billing/card');
  check('the portal opens at the card', url?.startsWith(`${stripe.url}/portal/bps_`), url);
  check('as asked for', stripe.asked.some((a) => a.url === '/v1/billing_portal/sessions' && a.body.includes('flow_data[type]=payment_method_update')));
  stripe.cardReplace(subscription.customer);
  await planIs('active');
  check('paid', await until(() => state.one(`SELECT status FROM invoice WHERE id = '${invoice.id}';`) === 'paid'));
}

// ---- cancel and keep ----
{
  const { answer } = await press('/billing/cancel');
  equal('cancelled, one is back on the page', answer.headers.location, '/billing');
  const page = await alice.get('/billing');
  check('it says when it ends', page.body.includes('It ends on') && page.body.includes('id="plan-button">Resume plan'));
  check('and who did it', page.body.includes('Plan canceled') && page.body.includes('<span class="by">Alice'));
  await press('/billing/resume');
  check('kept', (await alice.get('/billing')).body.includes('id="cancel-button"'));
}

// ---- what the operator does in Stripe's dashboard ----
const operator = Object.assign(new Browser(`${build}/operator`, state, PUBLIC), { cookie: COOKIE });
const priceOf = (key) => [...stripe.prices.values()].find((p) => p.lookup_key === key);
const problemOf = (kind) => state.one(`SELECT what FROM billing_problem WHERE id = '${kind}-1';`);
const storedId = () => state.one('SELECT subscription_id FROM billing WHERE team_id = 1;');
{
  const other = stripe.priceMake({ currency: 'eur', unit_amount_decimal: '900', lookup_key: 'newsletter' });
  const foreign = stripe.dashboardSubscribe(subscription.customer, [other]);
  const bill = stripe.invoiceMake(foreign, { lines: [[foreign.items.data[0], 900, 0, 1]], start: 0, end: 1, reason: 'subscription_create' });
  stripe.settle(bill, 'bad');
  stripe.subscriptionEnd(foreign.id, {});
  await stripe.flush();
  equal('another product of the same customer changes nothing', `${plan()} ${storedId()}`, `active ${subscription.id}`);
  equal('its invoice is not the team’s', state.one(`SELECT count(*) FROM invoice WHERE id = '${bill.id}';`), '0');

  const putBack = stripe.itemsRemove(subscription.id, 'metered');
  check('a metered item taken out is told to the operator', await until(() => problemOf('items')?.includes(subscription.id)));
  check('on the page', (await operator.get('/operator/billing')).body.includes('so use is not charged'));
  const page = await alice.get('/billing');
  check('and to the owner, in other words', page.body.includes('usage isn’t charged') && !page.body.includes(subscription.id));
  check('the page does not say that all is well', page.body.includes('Your plan needs attention'));
  check('members do not see it', !(await carol.get('/billing')).body.includes('usage isn’t charged'));
  putBack();
  check('put back, it adds up', await until(() => !problemOf('items')));

  stripe.collectionPause(subscription.id, true);
  check('paused collection is told', await until(() => problemOf('paused')?.includes(subscription.id)));
  check('to the owner as well', (await alice.get('/billing')).body.includes('are paused'));
  stripe.collectionPause(subscription.id, false);
  check('until it is resumed', await until(() => !problemOf('paused')));

  const mails = state.one("SELECT count(*) FROM mail WHERE kind = 'suspended';");
  const since = state.one('SELECT status_at FROM billing WHERE team_id = 1;');
  const nameless = stripe.dashboardSubscribe(subscription.customer, [priceOf('domicile_base'), priceOf('domicile_usage')]);
  check('one that charges use and names no team is told', await until(() => problemOf('owner')?.includes(nameless.id)));
  equal('and does not count', storedId(), subscription.id);
  stripe.change(nameless, { metadata: { team_id: '1' } });
  check('two are told', await until(() => problemOf('double')?.includes(nameless.id)));
  equal('the first one counts', storedId(), subscription.id);
  stripe.isHolding = true;
  stripe.subscriptionEnd(subscription.id, {});
  stripe.change(nameless, { metadata: { team_id: '1', because: 'replacement' } });
  await stripe.flush((bodies) => bodies.reverse());
  stripe.isHolding = false;
  check('a replacement takes over', await until(() => storedId() === nameless.id), storedId());
  equal('the team was active all the time', state.one('SELECT status_at FROM billing WHERE team_id = 1;'), since);
  equal('and nobody was mailed', state.one("SELECT count(*) FROM mail WHERE kind = 'suspended';"), mails);
  equal('nothing is left to tell', state.one("SELECT count(*) FROM billing_problem WHERE team_id = 1 AND owner_what IS NOT NULL;"), '0');
  subscription = nameless;
}

// ---- a dispute ----
{
  const paid = state.one("SELECT id FROM invoice WHERE team_id = 1 AND status = 'paid' AND total_cents > 0 LIMIT 1;");
  for (const outcome of ['won', 'lost']) {
    const id = stripe.disputeOpen(paid);
    equal('a dispute names the team', await until(() => state.one(`SELECT team_id FROM billing_problem WHERE id = 'dispute-${id}';`)), '1');
    stripe.disputeClose(id, outcome);
    check(`${outcome}, it is closed`, await until(() => state.one(`SELECT count(*) FROM billing_problem WHERE id = 'dispute-${id}';`) === '0'));
    check('and noted', (await alice.get('/billing')).body.includes(`Dispute ${outcome}`));
  }
}

// ---- Stripe in trouble ----
{
  stripe.fail(/billing_portal/, { status: 500, body: { error: { type: 'api_error' } } }, 2);
  check('500 twice', (await press('/billing/portal')).url?.includes('/portal/'));
  equal('a job of one step, which has ended', state.one(`SELECT j.state || ' ' || count(*) FROM job j JOIN job_step s
    ON s.job_number = j.number AND s.ended_at_ms WHERE j.number = (SELECT max(number) FROM job);`), 'done 1');
  stripe.fail(/billing_portal/, { status: 409, body: { error: { type: 'idempotency_error', code: 'idempotency_key_in_use' } } });
  check('409', (await press('/billing/portal')).url?.includes('/portal/'));
  const portals = stripe.portals.size;
  stripe.fail(/billing_portal/, { cut: true, taken: true });
  check('cut after it was taken', (await press('/billing/portal')).url?.includes('/portal/'));
  equal('the same key, so it was made once', stripe.portals.size, portals + 1);
  stripe.fail(/billing_portal/, { cut: true });
  check('cut before', (await press('/billing/portal')).url?.includes('/portal/'));
  stripe.fail(/billing_portal/, { status: 429, body: { error: { code: 'rate_limit', type: 'invalid_request_error' } } });
  const before = stripe.count(/billing_portal/);
  check('429 is tried again later', (await press('/billing/portal')).url?.includes('/portal/'));
  equal('not at once', stripe.count(/billing_portal/) - before, 2);
  stripe.fail(/billing_portal/, { status: 503, headers: { 'stripe-should-retry': 'false' }, body: {} });
  check('told not to try at once, it does so later', (await press('/billing/portal')).url?.includes('/portal/'));
  stripe.fail(/billing_portal/, { delayMs: 3000 });
  check('slow', (await press('/billing/portal')).url?.includes('/portal/'));
  const asked = stripe.count(/billing_portal/);
  stripe.fail(/billing_portal/, { delayMs: 10500 }); // longer than LIMIT_HTTP_MS
  check('no answer in time, it is asked again', (await press('/billing/portal', alice)).url?.includes('/portal/'));
  equal('once more', stripe.count(/billing_portal/) - asked, 2);
  stripe.fail(/billing_portal/, { status: 400, body: { error: { type: 'invalid_request_error', code: 'parameter_invalid', message: KEY } } });
  check('refused for good', (await press('/billing/portal')).answer.body.includes('Stripe rejected the request'));
  stripe.fail(/billing_portal/, { status: 200, body: { url: 'javascript:alert(1)' } }, 1);
  check('an address that is none is not followed', (await press('/billing/portal')).url?.includes('/portal/'));
  stripe.fail(/billing_portal/, { status: 200, body: '<html>' });
  check('no JSON', (await press('/billing/portal')).url?.includes('/portal/'));
}

// ---- killed in the middle ----
{
  const portals = stripe.portals.size;
  stripe.fail(/billing_portal/, { delayMs: 700 });
  await alice.get('/billing');
  const { headers } = await alice.post('/billing/portal');
  await until(() => stripe.failures.every((f) => f.times === 0));
  await workerKill();
  await until(() => stripe.asked.at(-1).status, 50); // made at Stripe, though nobody waits for it
  workerStart();
  const done = await until(async () => (await alice.get(headers.location)).body.includes('Redirecting to Stripe'));
  check('an request outlives the worker', done);
  equal('and is done once', stripe.portals.size, portals + 1);
}

// ---- grace runs out, keeping runs out ----
{
  stripe.cards.set(subscription.customer, 'bad');
  Object.assign(subscription.items, { data: subscription.items.data.map((i) => ({ ...i, current_period_end: i.current_period_start + HOUR })) });
  const open = stripe.cycle(subscription.id);
  await planIs('past_due');
  isInboxOpen = false; // no event gets through from here on
  const runOut = async () => {
    await workerKill();
    state.sql('UPDATE billing SET until_at = 1;');
    workerStart();
  };
  stripe.cardReplace(subscription.customer);
  await runOut();
  await planIs('active', 'paid, though no event came: Stripe is asked first');
  isInboxOpen = true;
  await stripe.flush();
  stripe.cards.set(subscription.customer, 'bad');
  Object.assign(subscription.items, { data: subscription.items.data.map((i) => ({ ...i, current_period_end: i.current_period_start + HOUR })) });
  stripe.cycle(subscription.id);
  await planIs('past_due');
  await stripe.flush();
  stripe.fail(/v1\/subscriptions/, { status: 500, body: {} }, Infinity);
  await runOut();
  await until(() => /dunning_run/.test(workerLog));
  equal('while Stripe does not answer, nothing is stopped', plan(), 'past_due');
  stripe.failures.length = 0;
  await runOut();
  await planIs('suspended');
  const page = await alice.get('/billing');
  check('the page names the day', /On \d+ \w+ \d{4}, \d\d:\d\d UTC the VMs and their disks are destroyed/.test(page.body));
  check('and the way back', page.body.includes('Pay now'));
  equal('paid or not', open.id.slice(0, 3), 'in_');
  await runOut();
  await planIs('ended');
  await until(() => subscription.status === 'canceled');
  equal('nobody pays for what is gone', subscription.status, 'canceled');
  equal('the VM goes', await until(() => state.one("SELECT wanted FROM vm WHERE id = 'ledgerledgerledg';") === 'gone') && 'gone', 'gone');
  check('subscribing again is offered, without a second trial',
    await until(async () => { const p = await alice.get('/billing'); return p.body.includes('Subscribe again') && !p.body.includes('days are free'); }));
}

// ---- again, paid without any event: fetched ----
{
  await press('/billing/subscribe');
  const second = [...stripe.sessions.values()].at(-1);
  check('no trial, and periods are months', !second.asked.subscription_data.trial_end
    && new Date(second.asked.subscription_data.billing_cycle_anchor * 1000).toISOString().endsWith('-01T00:00:00.000Z'));
  isInboxOpen = false;
  const next = stripe.pay(second.id);
  await workerKill();
  state.sql(`UPDATE billing SET synced_at = ${stripe.now() - 61};`);
  workerStart();
  await planIs('active', 'a payment whose event does not come is found');
  equal('of the new subscription', state.one('SELECT subscription_id FROM billing WHERE team_id = 1;'), next.id);
  isInboxOpen = true;
  await stripe.flush();
  stripe.customerDelete(next.customer);
  await planIs('suspended', 'a customer deleted at Stripe ends it');
  await press('/billing/subscribe');
  equal('and becomes a new one', stripe.customers.size, 2);
  const third = [...stripe.sessions.values()].at(-1);
  stripe.expire(third.id);
  check('an expired page is forgotten', await until(() => state.one('SELECT checkout_id IS NULL FROM billing WHERE team_id = 1;') === '1'));
}

await stripe.flush();
await workerKill();
const { count, problems } = typesJudge();
check('all kinds of requests were made', count >= 15, count);
equal('what the library would send otherwise', [...new Set(stripe.problems)].join('\n'), '');
equal('what its types do not accept', problems.join('\n'), '');
equal('unknown requests', stripe.asked.filter((a) => a.status === 501).map((a) => `${a.method} ${a.url}`).join(), '');
equal('every event was applied in the end', stripe.held.length, 0);
// What the operator's command sends is not in the ledger.
const ours = stripe.asked.filter((asked) => !asked.isByAdmin);
ledgerCheck(state, 'billing', stripe.url, ours);
const sum = Number(state.one('SELECT sum(transfers) FROM outbound;'));
check('a kill loses what it interrupts, nothing else', Math.abs(ours.length - sum) < 30, `${sum} of ${ours.length}`);
check('usage is of its team', state.one("SELECT count(*) FROM outbound WHERE fields LIKE '%payload%' AND team_id IS NULL;") === '0');
check('no customer is in the ledger', ![...stripe.customers.keys()].some((id) => state.sql('SELECT * FROM outbound;').join().includes(id)));
check('the key is in no log', !workerLog.includes(KEY) && !state.log.includes(KEY));
check('nor in the database', !fs.readFileSync(`${state.dir}/data/main.db`).includes(KEY));
equal('parked events', state.sql("SELECT type, reason FROM event WHERE state = 'parked';").join('\n'), '');
if (process.exitCode || process.env.LOG) console.log(workerLog);
stripe.end();
state.end();
finish();
