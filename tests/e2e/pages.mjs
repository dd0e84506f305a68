// Every page in Chromium: no violation found by axe in light and dark, no sideways scroll at 360 px and
// nothing there that is cut or too low to be touched, at most 100 KB over the wire, no request to others and no violation of the policy; with nothing in the
// database, with a few things, with awful data, with mistakes in the forms, and the error pages.
//
//     node tests/e2e/pages.mjs BUILD          SHOTS=DIR keeps a picture of each page
import fs from 'node:fs';
import { AWFUL_IDS, SUMMED, awful, overlaps } from './awful.mjs';
import { Browser, Server, Visitor, check, equal, finish, follow, keyMake, root, signIn, sleep, text, until } from './lib.mjs';

const MOST_BYTES = 100 * 1024;
const shots = process.env.SHOTS;
const axe = fs.readFileSync(`${root}/node_modules/axe-core/axe.min.js`, 'utf8');
const server = await Server.make(process.argv[2]);
await server.start();
const browser = await Browser.launch(server);
const key = keyMake(server, 'key');
const weights = new Map();

async function shot(page, name, look) {
  if (!shots) return;
  fs.mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: `${shots}/${name.replace(/\W+/g, '-')}.${look}.png`, fullPage: true });
}

async function axeFinds(page) {
  if (!await page.evaluate(() => Boolean(window.axe))) await page.evaluate(axe);
  return page.evaluate(async () => (await window.axe.run(document)).violations
    .map((v) => `${v.id}: ${v.nodes.map((n) => n.target).slice(0, 4).join(' ')}`).join('\n'));
}

// What this page may do, as it stands: light and dark, wide and narrow.
async function inspect(page, name) {
  for (const scheme of ['light', 'dark']) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
    await page.setViewport({ width: 1280, height: 900 });
    if (scheme === 'light' || !/awful/.test(name)) {
      equal(`${name}, ${scheme}: axe`, await axeFinds(page), '');
    }
    await shot(page, name, `1280-${scheme}`);
    const wide = await page.evaluate(() => document.scrollingElement.scrollWidth);
    check(`${name}: no sideways scroll at 1280`, wide <= 1280, wide);
    equal(`${name}: nothing is over something else in a row at 1280`, await overlaps(page), '');
    await page.setViewport({ width: 360, height: 740 });
    if (scheme === 'light' || shots) {
      await sleep(50);
      const narrow = await page.evaluate(() => {
        const most = document.scrollingElement.scrollWidth;
        return most <= 360 ? null : [most, ...[...document.querySelectorAll('main *, header *')].filter((e) => e.getBoundingClientRect().right > 361)
          .slice(0, 4).map((e) => `${e.tagName}.${e.className} ${e.textContent.trim().slice(0, 30)}`)];
      });
      equal(`${name}: no sideways scroll at 360`, narrow, null);
      const low = await page.$$eval('main :is(.btn, .seg :is(a, label), .ways label)', (all) => all.filter((e) => e.checkVisibility() && !e.closest('[role=img]') && e.getBoundingClientRect().height < 40)
        .slice(0, 4).map((e) => `${e.className} ${e.textContent.trim()}`));
      equal(`${name}: what is touched at 360 is 40 px high`, low.join(', '), '');
      equal(`${name}: nothing is over something else in a row at 360`, await overlaps(page), '');
      const cut = await page.$$eval('.seg', (all) => all.filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth).map((e) => e.textContent));
      equal(`${name}: no choice is cut at 360`, cut.join(', '), '');
      const strays = await page.evaluate(() => {
        const box = (e) => e.getBoundingClientRect(), seen = (query) => [...document.querySelectorAll(query)].filter((e) => e.checkVisibility());
        return [...seen('.plot text').filter((e) => box(e).right > box(e.closest('.plot')).right + 1 || box(e).left < box(e.closest('.plot')).left - 1),
          ...seen('.ssh pre').filter((e) => box(e).height > 30), ...seen('.go .btn').filter((e) => box(e).bottom > innerHeight || box(e).bottom < innerHeight - 24), ...seen('body:has(.go) .nav')].map((e) => e.textContent);
      });
      equal(`${name}: at 360 words stay within their chart, the SSH command in a line, the button to create in view and alone at the edge`, strays.join(), '');
      if (scheme === 'light') equal(`${name}, narrow: axe`, await axeFinds(page), '');
      await shot(page, name, `360-${scheme}`);
    }
  }
  await page.setViewport({ width: 900, height: 900 });
  const margins = await page.$$eval('.wrap', (all) => all.map((e) => e.getBoundingClientRect().left));
  check(`${name}: room at the sides at 900`, margins.every((left) => left >= 12), margins);
  await page.setViewport({ width: 1280, height: 900 });
  const uneven = await page.$$eval('.inline', (all) => all.map((e) => e.querySelector('.btn').getBoundingClientRect().top - e.querySelector('.field > :is(input, select)').getBoundingClientRect().top).filter((gap) => Math.abs(gap) > 1));
  equal(`${name}: a button stands in the line of its field`, uneven.join(), '');
  const heads = await page.$$eval('h1', (all) => all.length);
  equal(`${name}: one h1`, heads, 1);
}

// `pages`: [[name, path, expected status], ...]
async function inspectAll(page, kind, pages) {
  for (const [name, path, status = 200] of pages) {
    const answer = await page.goto(server.url + path, { waitUntil: 'load' });
    equal(`${kind} ${name}: status`, answer.status(), status);
    await inspect(page, `${kind} ${name}`);
  }
}

// The first load, with nothing kept, as bytes on the wire; then what the page did on its own.
async function weigh(page, name, path) {
  const client = await page.createCDPSession();
  let bytes = 0;
  client.on('Network.loadingFinished', (event) => { bytes += event.encodedDataLength; });
  await client.send('Network.enable');
  await client.send('Network.setCacheDisabled', { cacheDisabled: true });
  await page.goto(server.url + path, { waitUntil: 'networkidle2' });
  weights.set(name, Math.max(bytes, weights.get(name) ?? 0));
  check(`${name}: at most 100 KB over the wire`, bytes > 5000 && bytes <= MOST_BYTES, bytes);
  await client.detach();
}

// The same server with billing on. Every team's plan is active; at Stripe's address nobody answers.
async function startWithBilling() {
  await server.stop();
  server.policyless();
  server.put('secrets/stripe-api-key', 'sk_test_nobody');
  server.put('secrets/stripe-webhook', 'whsec_nobody');
  server.put('domicile.conf', `${fs.readFileSync(`${server.dir}/domicile.conf`, 'utf8')}
[billing]
billing = stripe
[stripe]
url = http://127.0.0.1:9
`);
  server.sql(`INSERT INTO billing (team_id, status, status_at, customer_key, customer_id, subscription_id, stripe_status, started_at, period_end_at)
    SELECT id, 'active', created_at, 'key' || id, 'cus_' || id, 'sub_' || id, 'active', created_at, created_at + 30 * 86400 FROM team;`);
  await server.start();
}

// ---- nobody ----
const looker = { bypassCsp: true };
{
  const page = await browser.page(looker);
  const link = new URL(server.signinLink('awful@example.org'));
  const used = new URL(server.signinLink('used@example.org'));
  await new Visitor(server).signIn(used.href);
  await inspectAll(page, 'nobody', [['start', '/'], ['sign-in', '/signin'], ['sign-in with return', `/signin?return=/vms/${'a'.repeat(200)}`],
    ['signed out', '/signed-out'], ['docs', '/docs'], ['docs with tables', '/docs/vms'], ['docs with code', '/docs/production'], ['link', link.pathname + link.search], ['link used', used.pathname + used.search, 422], ['link unknown', '/signin/link?token=x', 404],
    ['error 404', '/nope', 404], ['error 405', '/signout', 405], ['error 400', `/${'a'.repeat(2000)}`, 400]]);
  await page.browserContext().close();
}

// ---- a new person: everything empty, then mistakes ----
{
  const page = await browser.page(looker);
  await signIn(page, server.signinLink('new@example.org'));
  await inspectAll(page, 'empty', [['vms', '/vms'], ['new VM without a key', '/vms/new'], ['keys', '/keys'], ['activity', '/activity'], ['team', '/team'], ['teams', '/teams'], ['receipts', '/receipts'], ['account', '/account'], ['notifications', '/account/notifications'], ['personal team', '/team/hand-over'], ['unsubscribe', `/unsubscribe/${'x'.repeat(43)}`], ['delete account', '/account/delete'], ['change email', '/account/email'], ['error 403', '/operator', 403]]);

  // Browsers would hold these back; the server must explain them all the same.
  const mistake = async (name, path, form, values) => {
    await page.goto(server.url + path);
    await page.$eval(form, (e) => { e.noValidate = true; });
    for (const [selector, value] of Object.entries(values)) await page.$eval(selector, (e, v) => { if (e.type === 'checkbox') e.checked = v; else e.value = v; }, value);
    equal(`mistake ${name}: status`, (await follow(page, `${form} button[type=submit]`)).status(), 422);
    check(`mistake ${name}: is beside its field`, Boolean(await page.$('[aria-invalid], .error[role=alert], .cause[role=alert], .note.bad')));
    await inspect(page, `mistake ${name}`);
  };
  await mistake('key', '/keys', 'form[action="/keys"]', { '#key': `${key.slice(0, 40)} cut@off`, '#name': 'kept' });
  equal('mistake key: what was typed stays', await page.$eval('#name', (e) => e.value), 'kept');
  await mistake('account', '/account', 'form[action="/account/name"]', { '#name': '' });
  await page.goto(`${server.url}/keys`);
  await page.$eval('#key', (e, v) => { e.value = v; }, key);
  await follow(page, 'form[action="/keys"] button');
  await inspect(page, 'notice');
  await mistake('key twice', '/keys', 'form[action="/keys"]', { '#key': key });
  await mistake('new VM', '/vms/new', '#create-form', { '#name': 'Not A Name!', 'input[name=key]': false });
  await inspectAll(page, 'one key', [['vms', '/vms'], ['new VM', '/vms/new'], ['keys', '/keys']]);
  await page.goto(`${server.url}/keys`);
  await follow(page, '.keys .what a');
  await inspectAll(page, 'one key', [['delete', `/keys/delete?key=${new URL(page.url()).pathname.split('/').at(-1)}`]]);
  await page.goBack();
  await inspect(page, 'one key page');
  const one = new URL(page.url()).pathname;
  await mistake('key name', one, `form[action="${one}/rename"]`, { '#name': '' });
  await page.browserContext().close();
}

// ---- the operator, with one real VM ----
{
  const page = await browser.page(looker);
  await signIn(page, server.link);
  await page.goto(`${server.url}/keys`);
  await page.$eval('#key', (e, v) => { e.value = v; }, key);
  await follow(page, 'form[action="/keys"] button');
  await page.goto(`${server.url}/vms/new`);
  await follow(page, '#create-form button[type=submit]');
  await inspect(page, 'real VM being made');
  await until(async () => await text(page, '#state') === 'Running');
  const vm = new URL(page.url()).pathname;
  await follow(page, '#tab-snapshots');
  await page.$eval('#snapshot-name', (e) => { e.value = 'clean'; });
  await follow(page, 'form[action$="/snapshots"] button');
  await until(async () => await page.$('a[href$="/clone"]'));
  const clone = await page.$eval('a[href$="/clone"]', (e) => new URL(e.href).pathname);
  await follow(page, '#tab-overview');
  await until(async () => await page.$('.chart path'));
  // What the admin's lists show when something went wrong.
  server.sql(`INSERT INTO event VALUES ('stripe', 'evt_real', 'invoice.paid', unixepoch(), 'parked', 16, 0, NULL, 'Stripe returned 404');
    INSERT INTO mail (id, kind, to_email, once, state, attempts, due_at, created_at, reason)
    VALUES ('mailmailmailmail', 'new_signin', 'gone@example.org', 'real', 'failed', 1, 1767225600, unixepoch(), 'smtp: returned 550');`);
  await page.$eval('#usage-data', (e) => { e.open = true; });
  await page.click('#vm-menu summary');
  await inspect(page, 'real VM with details');
  await inspectAll(page, 'real', [['VM', vm], ['VM month', `${vm}?range=30d&chart=disk`], ['VM snapshots', `${vm}/snapshots`], ['VM activity', `${vm}/activity`], ['VM settings', `${vm}/settings`],
    ['vms', '/vms'], ['new VM', '/vms/new'], ['clone', clone], ['keys', '/keys'], ['activity', '/activity'], ['account', '/account'],
    ['operator', '/operator'], ['operator VMs', '/operator/vms'], ['operator orphans', '/operator/orphans'], ['operator mails', '/operator/mails'], ['operator requests', '/operator/requests'], ['operator events', '/operator/events'],
      ['operator jobs', '/operator/jobs'], ['operator VM', `/operator/${vm.slice(1)}`], ['operator people', '/operator/people'], ['operator person', '/operator/people/1'], ['operator teams', '/operator/teams'], ['operator team', '/operator/teams/1'], ['operator announcements', '/operator/announcements'],
    ['promises', '/status'], ['data inventory', '/data'], ['about', '/about'], ['activity none', '/activity?kind=failed'], ['error 404', '/vms/nosuchnosuchnosu', 404], ['error 405', `${vm}/start`, 405]]);
  for (const [name, tab, form, field, value] of [['VM name', '/settings', '/rename', '#rename', 'Not A Name!'], ['snapshot name', '/snapshots', '/snapshots', '#snapshot-name', ''],
    ['destroy', '/destroy', '/destroy', '#destroy-name', 'wrong']]) {
    await page.goto(server.url + vm + tab);
    await page.$eval(`form[action$="${form}"]`, (e) => { e.noValidate = true; });
    await page.$eval(field, (e, v) => { e.value = v; }, value);
    equal(`mistake ${name}: status`, (await follow(page, `form[action$="${form}"] button`)).status(), 422);
    equal(`mistake ${name}: the field has the focus`, await page.evaluate(() => `#${document.activeElement.id}`), field);
    await inspect(page, `mistake ${name}`);
  }
  // An account that is deleted: its form with a mistake, its steps, its receipt.
  const gone = await browser.page(looker);
  await signIn(gone, server.signinLink('gone@example.org'));
  await gone.goto(`${server.url}/account/delete`);
  await gone.$eval('form[action="/account/delete"]', (e) => { e.noValidate = true; });
  equal('mistake delete account: status', (await follow(gone, 'form[action="/account/delete"] button')).status(), 422);
  await inspect(gone, 'mistake delete account');
  await gone.goto(`${server.url}/account/delete`);
  await gone.type('form[action="/account/delete"] input[name=email]', 'gone@example.org');
  await follow(gone, 'form[action="/account/delete"] button');
  await inspect(gone, 'deletion');
  server.sql('UPDATE erasure SET due_at = requested_at;');
  check('it is deleted', await until(async () => { await gone.reload(); return (await text(gone, 'main')).includes('Receipt of deletion'); }, 60));
  await inspect(gone, 'receipt of a deletion');
  // As people see them: with the policy, and with nothing in the cache.
  const plain = await browser.page();
  await weigh(plain, 'start', '/');
  await weigh(plain, 'sign-in', '/signin');
  await weigh(plain, 'error', '/nope');
  await signIn(plain, server.signinLink('operator@localhost'));
  for (const [name, path] of [['vms', '/vms'], ['VM', vm], ['new VM', '/vms/new'], ['clone', clone], ['keys', '/keys'], ['activity', '/activity'], ['account', '/account'], ['operator', '/operator'], ['operator VMs', '/operator/vms'], ['receipts', '/receipts']]) {
    await weigh(plain, name, path);
  }
  await page.goto(server.url + vm);
  check('with billing off nothing is said of money', !/€|cost|pric/i.test(await page.content()));
  equal('and its pages are not there', (await page.goto(`${server.url}/costs`)).status(), 404);
  await page.goto('about:blank'); // polls nothing meanwhile
  await plain.goto('about:blank');
  await startWithBilling();
  await inspectAll(page, 'billed', [['start', '/'], ['VM', vm], ['VM settings', `${vm}/settings`], ['vms', '/vms'], ['new VM', '/vms/new'],
    ['prices', '/prices'], ['costs', '/costs'], ['costs before', '/costs?month=2000-01'], ['billing', '/billing']]);
  for (const [name, path] of [['billed VM', vm], ['billed new VM', '/vms/new'], ['prices', '/prices'], ['costs', '/costs'], ['billing', '/billing']]) {
    await weigh(plain, name, path);
  }
  // What a VM needs attention for takes no room beside the rest of its page.
  const idle = server.pidsOf('worker');
  idle.forEach((pid) => process.kill(pid, 'SIGSTOP'));
  for (const [state, set] of [['running', ''], ['not responding', 'unresponsive_at = unixepoch() - 90'], ['paused', "state = 'paused', observed = 'paused'"],
    ['stopped after an error', "state = 'stopped', observed = 'stopped', last_error = 'The snapshot could not be restored: the disk of this host is full'"]]) {
    const before = server.sql(`SELECT quote(state), quote(observed), quote(unresponsive_at), quote(last_error) FROM vm WHERE id = '${vm.split('/').pop()}';`).split('|');
    if (set) server.sql(`UPDATE vm SET ${set} WHERE id = '${vm.split('/').pop()}';`);
    await page.goto(server.url + vm);
    for (const [width, most] of [[1280, 900], [360, 1500]]) {
      await page.setViewport({ width, height: width === 360 ? 740 : 900 });
      const high = await page.evaluate(() => document.documentElement.scrollHeight);
      check(`a VM that is ${state} takes at most ${most} px at ${width}`, high <= most, high);
    }
    server.sql(`UPDATE vm SET state = ${before[0]}, observed = ${before[1]}, unresponsive_at = ${before[2]}, last_error = ${before[3]} WHERE id = '${vm.split('/').pop()}';`);
  }
  // On a phone a tab begins with its content: its acts are in the menu, a new snapshot behind a button.
  await page.goto(`${server.url}${vm}/snapshots`);
  for (const [width, shown] of [[1280, '#restart #snapshot-create'], [360, '#ask']]) {
    await page.setViewport({ width, height: width === 360 ? 740 : 900 });
    const seen = await page.$$eval('#restart, #snapshot-create, #ask > summary', (all) => all.filter((e) => e.checkVisibility()).map((e) => `#${e.id || e.parentNode.id}`));
    equal(`the acts beside the snapshots at ${width}`, seen.join(' '), shown);
  }
  await page.click('#vm-menu > summary');
  check('the menu has the acts', await page.$eval('#vm-menu [form=restart-form]', (e) => e.checkVisibility()));
  await page.click('#vm-menu > summary');
  await page.click('#ask > summary');
  check('and the button the form', await page.$eval('#snapshot-create', (e) => e.checkVisibility()));
  idle.forEach((pid) => process.kill(pid, 'SIGCONT'));
  // A chart answers to the pointer and to the arrow keys.
  const minute = Math.floor(Date.now() / 60000) * 60, vmId = vm.split('/').pop();
  const words = (at, value) => `${new Date(at * 1000).toLocaleString('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' })}: ${value}`;
  server.sql(`UPDATE vm SET created_at = ${minute} - 2 * 86400 WHERE id = '${vmId}'`); // its chart would begin with it
  server.sql([[50, 64], [40, 32]].map(([ago, mb]) => `INSERT INTO usage_minute SELECT team_id, id, ${minute - ago * 60}, 1, ${mb}, 1, 0, 0, NULL, NULL FROM vm WHERE id = '${vmId}';`).join(''));
  await plain.goto(`${server.url}${vm}?range=1h&chart=mem`);
  const plot = await (await plain.$('#plot-mem')).boundingBox();
  await plain.mouse.move(plot.x + 1, plot.y + 1);
  equal('chart: the pointer finds the nearest point', await text(plain, '.here'), words(minute - 50 * 60, '64 MB'));
  await plain.focus('#plot-mem');
  await plain.keyboard.press('ArrowRight');
  equal('chart: an arrow key goes to the next', await text(plain, '.here'), words(minute - 40 * 60, '32 MB'));
  equal('chart: and it is read out', await text(plain, '#said'), words(minute - 40 * 60, '32 MB'));
  check('chart: the mark is where the value is', Math.abs(await plain.$eval('.here circle', (e) => parseFloat(e.getAttribute('cy'))) - 75) < 1);
  // In the month before, because this one may have just begun.
  const last = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth(), 0)), month = last.toISOString().slice(0, 7);
  server.sql(`BEGIN IMMEDIATE; UPDATE team SET created_at = unixepoch('${month}-01');
    INSERT INTO ledger (team_id, month_at, vm_id, from_at, until_at, is_open, vm_name, state, size, disk_gb, snapshot_gb)
    SELECT team_id, unixepoch('${month}-01'), id, unixepoch('${month}-20'), unixepoch('${month}-20') + 86400, 0, name, 'running', 'medium', 20, 0 FROM vm WHERE id = '${vmId}';
    ${SUMMED} COMMIT;`);
  await plain.goto(`${server.url}/costs?month=${month}`);
  await plain.focus('#plot-days');
  await plain.keyboard.press('End');
  const day = last.toLocaleString('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short' });
  check('chart: a day says its cost', (await text(plain, '.here')).startsWith(`${day}: `), await text(plain, '.here'));
  // After a day the charts have all their points.
  server.sql(`INSERT INTO usage_minute WITH RECURSIVE n (i) AS (SELECT 60 UNION ALL SELECT i + 1 FROM n WHERE i < 1440)
    SELECT team_id, id, ${minute} - i * 60, abs(random()) % 60000, 1 + abs(random()) % 128, abs(random()) % 1000000000, 123456, 123456, NULL, NULL FROM vm, n WHERE id = '${vmId}';
    INSERT INTO usage_quarter SELECT team_id, vm_id, minute_at / 900 * 900, count(*), sum(cpu_ms), max(cpu_ms), max(memory_mb), max(disk_bytes), sum(read_bytes), sum(written_bytes),
      NULL, NULL FROM usage_minute GROUP BY 1, 2, 3;`);
  await weigh(plain, 'VM after a day', `${vm}?range=24h`);
  await plain.browserContext().close();
  await page.goto(`${server.url}/costs`);
  await page.$eval('form[action="/costs/cap"]', (e) => { e.noValidate = true; });
  await page.$eval('#cap', (e) => { e.value = 'a lot'; });
  equal('mistake cap: status', (await follow(page, 'form[action="/costs/cap"] button')).status(), 422);
  equal('mistake cap: what was typed stays', await page.$eval('#cap', (e) => e.value), 'a lot');
  await inspect(page, 'mistake cap');
  await page.goto(server.url + vm);
  await follow(page, '#stop');
  await until(async () => await text(page, '#state') === 'Stopped');
  await inspect(page, 'real VM stopped');

  // The cap: warned of, reached, raised.
  const team = server.sql("SELECT t.id FROM team t JOIN person p ON p.id = t.personal_of WHERE p.email = 'operator@localhost';");
  const spend = (percent) => server.sql(`BEGIN IMMEDIATE; UPDATE team SET cap_cents = 100 WHERE id = ${team}; INSERT INTO ledger (team_id, month_at, vm_id, from_at, until_at, is_open, vm_name, state, size, disk_gb, snapshot_gb)
    SELECT ${team}, month_at, 'spender', max(month_at, t.created_at), max(month_at, t.created_at) + ${percent} * 36, 0, 'spender', 'running', 'pricey', 1, 0 FROM team t,
    (SELECT unixepoch('now', 'start of month') AS month_at) WHERE t.id = ${team} ON CONFLICT DO UPDATE SET until_at = excluded.until_at;
    INSERT OR IGNORE INTO price VALUES ('pricey', 0, 100000); ${SUMMED} COMMIT;`);
  spend(85);
  await inspectAll(page, 'near the cap', [['vms', '/vms'], ['costs', '/costs']]);
  check('near the cap: it is said', (await text(page, 'main')).includes('85% of the spending limit used'));
  spend(100);
  await inspectAll(page, 'at the cap', [['vms', '/vms'], ['new VM', '/vms/new'], ['VM', vm], ['costs', '/costs']]);
  await page.goto(server.url + vm);
  check('at the cap: the button says why', await page.$eval('#start', (e) => e.disabled && document.getElementById(e.getAttribute('aria-describedby')).textContent.includes('reached its spending limit')));
  await page.goto(`${server.url}/costs`);
  await page.$eval('#cap', (e) => { e.value = '5'; });
  await follow(page, 'form[action="/costs/cap"] button');
  equal('the cap is raised', await text(page, '.toast'), 'Spending limit set to €5.00 a month.');
  await page.goto(server.url + vm);
  check('and the VM can be started', await page.$eval('#start', (e) => !e.disabled));
  await follow(page, '#tab-settings');
  await follow(page, '#destroy-button');
  await inspect(page, 'real VM destroy');
  await page.$eval('#destroy-name', (e, v) => { e.value = v; }, await text(page, '#destroy label b'));
  await follow(page, '#destroy button[type=submit]');
  await until(async () => await page.$('.sheet') !== null);
  await inspect(page, 'real VM gone');
  await inspectAll(page, 'real', [['receipts', '/receipts'], ['vms all gone', '/vms']]);
  await page.browserContext().close();
}

// ---- awful data, while the worker stands still ----
{
  const worker = server.pidsOf('worker');
  worker.forEach((pid) => process.kill(pid, 'SIGSTOP'));
  const page = await browser.page(looker);
  const email = `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(40)}.example`;
  await signIn(page, server.signinLink(email));
  const [person, team] = server.sql(`SELECT person_id, current_team_id FROM session JOIN person p ON p.id = person_id WHERE p.email = '${email}';`).split('|').map(Number);
  server.sql(awful(team, person, key));
  await inspectAll(page, 'awful', [['vms', '/vms'], ['new VM', '/vms/new'], ['keys', '/keys'], ['key', `/keys/${'key1'.padEnd(16, 'z')}`], ['activity', '/activity'], ['team', '/team'], ['notifications', '/account/notifications'], ['teams', '/teams'], ['leave', '/team/leave'], ['receipts', '/receipts'], ['costs', '/costs'], ['account', '/account'],
    ...AWFUL_IDS.flatMap((id) => ['', '/snapshots', '/activity', '/settings', '/destroy'].map((tab) => [id.replace(/z+$/, '') + tab, `/vms/${id}${tab}`])), ['clone', `/vms/${AWFUL_IDS[0]}/snapshots/${'s0x0'.padEnd(16, 'z')}/clone`]]);
  // The dearest VM, whatever its state.
  await page.goto(`${server.url}/vms`);
  await page.$eval('#live', (live) => live.replaceWith(live.cloneNode(true)));
  await page.$$eval('.mo', (all) => all.forEach((e) => { e.firstChild.data = '€1,234,567.89'; }));
  await inspect(page, 'awful dear vms');
  // Several at once: what asks, and what was refused.
  const select = async (path, names, button) => {
    await page.goto(server.url + path);
    await page.$$eval('input[form=bulk]', (all, most) => all.slice(0, most).forEach((e) => e.click()), names);
    equal(`${path}: the selection is counted`, await page.$eval('#bulk b', (e) => e.textContent), `${names} selected`);
    check(`${path}: the selection can be acted on`, await page.$eval('#bulk', (e) => e.checkVisibility()));
    await inspect(page, `awful selection ${path}`);
    return follow(page, button);
  };
  equal('destroying many asks', (await select('/vms?q=many', 25, '#bulk .danger')).status(), 200);
  await inspect(page, 'awful vms destroy');
  await page.type('#count', '3');
  equal('a wrong number is refused', (await follow(page, '#destroy .stop')).status(), 422);
  await inspect(page, 'awful vms destroy wrong');
  equal('some cannot be stopped', (await select('/vms', 25, '#bulk button:not([formaction])')).status(), 422);
  await inspect(page, 'awful vms refused');
  equal('deleting many keys asks', (await select('/keys', 25, '#bulk .danger')).status(), 200);
  await inspect(page, 'awful keys delete');
  await page.browserContext().close();

  const boss = await browser.page(looker);
  await signIn(boss, server.signinLink('operator@localhost'));
  await inspectAll(boss, 'awful', [['operator', '/operator'], ['operator VMs', '/operator/vms'], ['operator orphans', '/operator/orphans'], ['operator mails', '/operator/mails'], ['operator requests', '/operator/requests'], ['operator events', '/operator/events'],
      ['operator jobs', '/operator/jobs'], ['operator VM', `/operator/vms/${AWFUL_IDS[0]}`], ['operator people', '/operator/people'], ['operator person', '/operator/people/2'], ['operator teams', '/operator/teams'], ['operator team', '/operator/teams/1'], ['operator announcements', '/operator/announcements']]);
  await boss.browserContext().close();
  worker.forEach((pid) => process.kill(pid, 'SIGCONT'));
}

// ---- pages of nginx itself ----
{
  const page = await browser.page(looker);
  fs.renameSync(`${server.dir}/run/site.sock`, `${server.dir}/run/site.away`);
  server.pidsOf('site').forEach((pid) => process.kill(pid, 'SIGKILL'));
  await inspectAll(page, 'nginx', [['error 502', '/', 502]]);
  fs.renameSync(`${server.dir}/run/site.away`, `${server.dir}/run/site.sock`);
  await page.goto(server.url);
  await page.evaluate(() => Promise.all(Array.from({ length: 60 }, () => fetch('/signin/link?token=x'))));
  await inspectAll(page, 'nginx', [['error 429', '/signin/link?token=x', 429]]);
  await page.browserContext().close();
}

equal('requests to others', [...new Set(browser.foreign)].join(', '), '');
equal('violations of the content security policy', [...new Set(browser.violations)].join('\n'), '');
equal('errors on the console', [...new Set(browser.errors)].join('\n'), '');
console.log('first load over the wire, in KB:');
for (const [name, bytes] of weights) console.log(`  ${name.padEnd(16)} ${(bytes / 1024).toFixed(1)}`);

await browser.end();
await server.end();
finish();
