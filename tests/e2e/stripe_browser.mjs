// Paying, in Chromium, through nginx, with the whole server, a real VM and the double in Stripe's place:
// subscribe, pay, see the invoice, fail a payment, be stopped, pay, start again, cancel; also without
// JavaScript, and what the pages look like to axe and at 360 px. All other cases are for stripe.mjs.
//
//     node tests/e2e/stripe_browser.mjs BUILD
import fs from 'node:fs';
import path from 'node:path';
import { Browser, Server, check, equal, finish, follow, keyMake, root, signIn, text, until } from './lib.mjs';
import { KEY, SECRET, StripeDouble } from './stripe_double.mjs';
import { typesJudge } from './stripe_types.mjs';
import { deliver } from './webhook_lib.mjs';

const build = path.resolve(process.argv[2]);
const axe = fs.readFileSync(`${root}/node_modules/axe-core/axe.min.js`, 'utf8');

// Deliveries go through nginx like Stripe's.
const stripe = await StripeDouble.start({ deliver: (body, header) =>
  deliver(server, 'stripe', body, { headers: { 'Stripe-Signature': header } }) });
const server = await Server.make(build, (conf) => `${conf}
[billing]
billing = stripe
base_cents = 2000
[stripe]
url = ${stripe.url}
`);
server.put('secrets/stripe-api-key', KEY);
server.put('secrets/stripe-webhook', SECRET);
stripe.meterMake({ event_name: 'domicile_usage' });
stripe.priceMake({ currency: 'eur', unit_amount_decimal: '0.001', lookup_key: 'domicile_usage',
  recurring: { usage_type: 'metered', meter: [...stripe.meters.keys()][0] } });
stripe.priceMake({ currency: 'eur', unit_amount_decimal: '2000', lookup_key: 'domicile_base', recurring: {} });
await server.start();
const browser = await Browser.launch(server);
browser.allowed.push(stripe.url);
const key = keyMake(server, 'key');

const chipIs = (page, word) => until(async () => await text(page, '.plan .state') === word);
const here = (page) => new URL(page.url()).pathname;

// Presses a button and waits until Stripe's page (or whichever begins so) is there.
async function through(page, selector, to) {
  await page.waitForSelector(selector);
  await page.$eval(selector, (e) => e.click());
  await until(() => page.url().startsWith(to), 50);
  await page.waitForSelector('h1');
  return page.url();
}

// A page that waits loads itself again, perhaps while it is being looked at: then it is looked at once more.
async function steady(look) {
  for (let tries = 0; tries < 30; tries++) {
    try {
      return await look();
    } catch (e) {
      if (!/context was destroyed|Cannot find context|detached|Target closed/i.test(e.message)) throw e;
    }
  }
  return look();
}

async function violations(page) {
  if (!await page.evaluate(() => Boolean(window.axe))) await page.evaluate(axe);
  return page.evaluate(async () => (await window.axe.run(document)).violations
    .map((v) => `${v.id}: ${v.nodes.map((n) => n.target).slice(0, 4).join(' ')}`).join('\n'));
}

async function inspect(page, name) {
  for (const scheme of ['light', 'dark']) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
    equal(`${name}, ${scheme}: axe`, await steady(() => violations(page)), '');
  }
  await page.setViewport({ width: 360, height: 740 });
  const wide = await steady(() => page.evaluate(() => document.scrollingElement.scrollWidth));
  check(`${name}: no sideways scroll at 360`, wide <= 360, wide);
  if (process.env.SHOTS) {
    fs.mkdirSync(process.env.SHOTS, { recursive: true });
    await page.screenshot({ path: `${process.env.SHOTS}/${name.replace(/\W+/g, '-')}.360.png`, fullPage: true });
  }
  await page.setViewport({ width: 1280, height: 900 });
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name.replace(/\W+/g, '-')}.1280.png`, fullPage: true });
}

const height = (page, selector) => page.$eval(selector, (e) => Math.round(e.getBoundingClientRect().height));

const page = await browser.page();
await signIn(page, server.link);
await page.goto(`${server.url}/keys`);
await page.click('#key');
await page.keyboard.type(key);
await follow(page, 'form[action="/keys"] button');

// ---- subscribe first ----
{
  await page.goto(`${server.url}/vms/new`);
  check('without a subscription nothing is created', await page.$eval('#create-form button[type=submit]', (e) => e.disabled));
  check('and the button says why', (await text(page, '#full'))?.includes('Subscribe on the billing page'));
  await follow(page, 'nav a[href="/billing"]');
  equal('billing is in the menu', here(page), '/billing');
  equal('nothing is there yet', await text(page, '.plan .state'), 'No plan');
  await inspect(page, 'billing, empty');
}

// ---- pay ----
let subscription;
let subscribeHeight;
{
  subscribeHeight = await height(page, '#plan-button');
  await through(page, '#plan-button', `${stripe.url}/pay/`);
  equal('the button leads to the payment page', await text(page, 'h1'), 'Payment page');
  // Stripe's event alone is to tell: without one it would be asked a minute after the payment page was opened.
  server.sql('UPDATE billing SET synced_at = 99999999999;');
  stripe.isHolding = true;
  let looks = 0;
  page.on('response', (response) => { if (new URL(response.url()).pathname === '/billing/return') looks++; });
  await page.click('#Pay');
  await until(() => page.url().startsWith(server.url));
  equal('the way back waits', await text(page, 'h1'), 'Waiting for Stripe');
  await inspect(page, 'waiting');
  const looksBefore = looks;
  await until(() => looks >= looksBefore + 3 || here(page) !== '/billing/return', 50);
  equal('for as long as it takes', here(page), '/billing/return');
  stripe.isHolding = false;
  await stripe.flush();
  check('Stripe’s word is what it waits for', await until(() => here(page) === '/billing'), page.url());
  server.sql('UPDATE billing SET synced_at = unixepoch();');
  equal('the trial has begun', await text(page, '.plan .state'), 'Trial');
  equal('cancel is on the same page', await text(page, '#cancel-button'), 'Cancel plan…');
  equal('as high as subscribe was', await height(page, '#cancel-button'), subscribeHeight);
  check('and not the primary button', await page.$('#cancel-button.primary') === null);
  subscription = [...stripe.subscriptions.values()][0];
}

// ---- a VM, and an invoice ----
let vm;
{
  await page.goto(`${server.url}/vms/new`);
  await follow(page, '#create-form button[type=submit]');
  vm = here(page);
  check('now a VM can be made', await until(async () => await text(page, '#state') === 'Running'), await text(page, 'main'));
  await page.goto(`${server.url}/billing`);
  await page.evaluate(() => { window.sameDocument = true; });
  const invoice = stripe.cycle(subscription.id);
  check('the trial ends before one’s eyes', await chipIs(page, 'Active'));
  check('without a reload', await page.evaluate(() => window.sameDocument === true));
  check('the invoice is listed', await until(async () => (await text(page, 'table'))?.includes(invoice.number)));
  await through(page, `#view-${invoice.id}`, `${stripe.url}/invoice/`);
  equal('its page opens', await text(page, 'h1'), `Invoice ${invoice.number}: paid`);
  await page.goto(`${server.url}/billing`);
  await through(page, `#pdf-${invoice.id}`, `${stripe.url}/invoice/`);
  equal('its PDF, too', page.url(), `${stripe.url}/invoice/${invoice.id}/pdf`);
}

// ---- a payment fails ----
{
  await page.goto(`${server.url}/billing`);
  stripe.cards.set(subscription.customer, 'bad');
  stripe.cycle(subscription.id);
  check('a late payment is shown', await chipIs(page, 'Past due'));
  await inspect(page, 'past due');
  await page.goto(`${server.url}/vms`);
  check('the owner is told above the list', (await text(page, '.note.bad'))?.includes('A payment has failed'));
  // Its chip may also say "Not answering", when the machine is so busy that the guest is.
  equal('the VM runs on', server.sql('SELECT state FROM vm;'), 'running');
  await page.goto(`${server.url}/vms/new`);
  check('no new VM', (await text(page, '#full'))?.includes('A payment is past due'));
  server.sql('UPDATE billing SET until_at = 1;');
  await page.goto(`${server.url}/billing`);
  check('after the grace it is suspended', await chipIs(page, 'Suspended'));
  check('with the day on which disks are destroyed', /On \d+ \w+ \d{4}, \d\d:\d\d UTC the VMs and their disks are destroyed/.test(await text(page, '#late')));
  await inspect(page, 'suspended');
  await page.goto(`${server.url}${vm}`);
  check('the VM is stopped', await until(async () => await text(page, '#state') === 'Stopped'), await text(page, 'main'));
  check('it cannot be started, and the page says why', await page.$('#start') === null
    && (await text(page, '#why'))?.includes('suspended'));
  check('the activity says why', (await text(page, 'main')).includes('The plan is suspended'));
}

// ---- and is made good ----
{
  await page.goto(`${server.url}/billing`);
  await through(page, '#pay-button', `${stripe.url}/invoice/`);
  await follow(page, '#Pay-invoice');
  await page.goto(`${server.url}/billing`);
  check('paid, it is active', await chipIs(page, 'Active'));
  await page.goto(`${server.url}${vm}`);
  equal('the VM stays stopped', await text(page, '#state'), 'Stopped');
  await page.waitForSelector('#start');
  await follow(page, '#start');
  check('until somebody starts it', await until(async () => await text(page, '#state') === 'Running'), await text(page, 'main'));
}

// ---- card, cancel, keep ----
{
  await page.goto(`${server.url}/billing`);
  await through(page, '#portal-button', `${stripe.url}/portal/`);
  await follow(page, '#back');
  equal('the portal leads back', here(page), '/billing');
  await follow(page, '#cancel-button');
  check('cancel says first what happens', (await text(page, 'main')).includes('This cannot be undone'));
  await inspect(page, 'cancel');
  await page.$eval('#cancel-confirm', (e) => e.click());
  check('one confirmation cancels', await until(async () => await text(page, '#plan-button') === 'Resume plan'));
  check('and says when it ends', (await text(page, '.plan')).includes('It ends on'));
  await page.$eval('#plan-button', (e) => e.click());
  check('one click resumes', await until(async () => await text(page, '#cancel-button') === 'Cancel plan…'));
  await inspect(page, 'active');
  const awful = `${'W'.repeat(180)}<b>ä 漢字 ‮abc`;
  server.sql(`INSERT INTO invoice SELECT 1, 1000 + value, 'in_awful' || value, '${awful}', 'uncollectible', 'chf', -99999999999, 1, 1, 1, NULL, NULL
    FROM (SELECT 1 AS value UNION SELECT 2 UNION SELECT 3);
    INSERT INTO billing_activity VALUES (1, 9999999999, 'awful', '${awful}', '${awful}', 1);
    INSERT INTO billing_problem VALUES ('awful', 1, 1767225600, '${awful}', '${awful}');`);
  await page.goto(`${server.url}/billing`);
  await inspect(page, 'billing, awful');
  await page.goto(`${server.url}/operator/billing`);
  await inspect(page, 'operator billing, awful');
  check('the admin sees what does not add up', (await text(page, 'tbody'))?.includes('漢字'));
}

// ---- without JavaScript ----
{
  const plain = await browser.page({ javascript: false, width: 360 });
  await signIn(plain, server.signinLink('bob@example.org'));
  await plain.goto(`${server.url}/billing`);
  await Promise.all([plain.waitForNavigation(), plain.click('#plan-button')]);
  check('the page in between waits by itself', await until(() => plain.url().startsWith(`${stripe.url}/pay/`)), plain.url());
  await Promise.all([plain.waitForNavigation(), plain.click('#Pay')]);
  check('and so does the way back', await until(() => here(plain) === '/billing'), plain.url());
  equal('bob is on trial', await text(plain, '.plan .state'), 'Trial');
  equal('with a customer of his own', new Set(stripe.customers.keys()).size, 2);
}

equal('requests to others', [...new Set(browser.foreign)].join(', '), '');
equal('violations of the content security policy', [...new Set(browser.violations)].join('\n'), '');
equal('errors on the pages', [...new Set(browser.errors)].join('\n'), '');
equal('what the library would send otherwise', [...new Set(stripe.problems)].join('\n'), '');
equal('what its types do not accept', typesJudge().problems.join('\n'), '');
equal('parked events', server.sql("SELECT ifnull(group_concat(type || ': ' || reason), '') FROM event WHERE state = 'parked'"), '');
check('the key is in no log', !server.log().includes(KEY));
await browser.end();
await server.end();
stripe.end();
finish();
