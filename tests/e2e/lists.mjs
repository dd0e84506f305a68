// The lists in a browser: of the list of VMs, what is chosen, opened or typed in it outlives its polls, it is reached by
// keyboard, and it does the same without JavaScript; the other lists with many rows; and the form of a new VM,
// with a key pasted into it.
//
//     node tests/e2e/lists.mjs BUILD
import { Browser, Server, check, equal, fill, finish, follow, keyMake, signIn, text, until } from './lib.mjs';

const server = await Server.make(process.argv[2]);
await server.start();
const browser = await Browser.launch(server);
const key = keyMake(server, 'key');
const page = await browser.page();
await signIn(page, server.signinLink('ada@example.org'));

// ---- the first steps, and a key pasted where the VM is made ----
equal('the first step is a key', await text(page, '.numbered .now b'), 'Add an SSH key');
await follow(page, '#create');
check('without a key, the field for one is there', await page.$eval('#new_key', (e) => e.checkVisibility()));
const summary = () => page.$$eval('[data-choice=size]:not([hidden])', (all) => [...new Set(all.map((e) => e.getAttribute('data-value')))].join());
const sizes = await page.$$eval('input[name=size]', (all) => all.map((e) => e.value));
equal('the summary is of the first size', await summary(), sizes[0]);
await page.click(`input[name=size][value=${sizes[1]}]`);
equal('and follows the choice', await summary(), sizes[1]);
await page.click(`input[name=size][value=${sizes[0]}]`);
await fill(page, '#name', 'pasted-key');
await fill(page, '#new_key', `${key.slice(0, 40)} cut@off`);
await follow(page, '#create-form button[type=submit]');
equal('a damaged key is explained where it is', await page.evaluate(() => document.activeElement.id), 'new_key');
equal('the name stays', await page.$eval('#name', (e) => e.value), 'pasted-key');
await fill(page, '#new_key', key);
await follow(page, '#create-form button[type=submit]');
equal('the VM has the key', server.sql("SELECT count(*) FROM vm_key k JOIN vm v ON v.id = k.vm_id WHERE v.name = 'pasted-key';"), '1');

// ---- many VMs ----
const team = server.sql("SELECT team_id FROM vm WHERE name = 'pasted-key';");
server.sql(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
  INSERT INTO vm (team_id, created_at, id, name, region, image, size, vcpus, memory_mb, disk_gb, wanted, wanted_at, state, state_at, observed, observed_at)
  SELECT ${team}, 1767225600 + i, printf('many%012d', i), printf('many-%02d', i), 'nowhere', 'tiny', 'nano', 1, 128, 1, 'stopped', 1767225600, 'stopped', 1767225600, 'stopped', 1767225600 FROM n;`);
const names = () => page.$$eval('tbody .what a', (all) => all.map((e) => e.textContent));
await page.goto(`${server.url}/vms?sort=name`);
equal('a page of names in order', (await names()).join(), Array.from({ length: 25 }, (_, i) => `many-${String(i + 1).padStart(2, '0')}`).join());
await follow(page, '#older');
equal('and the next', (await names())[0], 'many-26');
await follow(page, '#newer');
await follow(page, '#last');
equal('and the last', (await names())[0], 'many-51');
await follow(page, '#first');
await page.keyboard.press('/');
equal('"/" leads to the search', await page.evaluate(() => document.activeElement.id), 'q');
await page.keyboard.type('y-4');
await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
equal('which finds', (await names()).length, 10);

// A change in a row is polled; what the person did in others stays.
const ids = await page.$$eval('tbody tr', (all) => all.map((e) => e.id.slice(3)));
await page.click(`#vm-${ids[0]} [type=checkbox]`);
await page.click(`#menu-${ids[3]} summary`);
await page.evaluate(() => { document.activeElement.blur(); document.querySelector('#q').value = 'half typed'; });
server.sql(`UPDATE vm SET state = 'paused' WHERE id = '${ids[5]}';`);
check('a change is seen', await until(async () => (await text(page, `#state-${ids[5]}`)) === 'Paused'));
check('what was selected stays selected', await page.$eval(`#vm-${ids[0]} [type=checkbox]`, (e) => e.checked));
check('what was opened stays open', await page.$eval(`#menu-${ids[3]}`, (e) => e.open));
equal('what was typed stays', await page.$eval('#q', (e) => e.value), 'half typed');
check('several can be acted on', await page.$eval('#bulk', (e) => e.checkVisibility()));
await page.keyboard.press('Escape');
await page.click('#select-all');
equal('all are selected at once', await page.$$eval('tbody :checked', (all) => all.length), 10);
equal('and counted', await text(page, '#bulk b'), '10 selected');
await page.focus('#bulk .danger');
await page.keyboard.press('Escape');
check('Escape selects none', await until(() => page.$$eval('.listing :checked', (all) => !all.length)));
equal('the focus is on the first that was', await page.evaluate(() => document.activeElement.value), ids[0]);
check('and the bar is away', await page.$eval('#bulk', (e) => !e.checkVisibility()));

// On a phone: fingers select, what they hit is large, and the bar stays in view.
await page.setViewport({ width: 360, height: 740, hasTouch: true, isMobile: true });
await page.goto(`${server.url}/vms?sort=name`);
const low = await page.$$eval('.seg a', (all) => all.filter((e) => e.getBoundingClientRect().height < 40).length);
equal('filters are 40 px high', low, 0);
check('all can be selected there too', await page.$eval('#select-all', (e) => e.checkVisibility() && e.getBoundingClientRect().width > 10));
await page.$eval('#select-all', (e) => e.scrollIntoView({ block: 'center' }));
await page.tap('thead label span');
equal('by their words', await page.$$eval('tbody :checked', (all) => all.length), await page.$$eval('tbody [type=checkbox]', (all) => all.length));
await page.tap('thead label span');
for (const row of [2, 9]) {
  const [x, y] = await page.$eval(`tbody tr:nth-child(${row}) [type=checkbox]`, (e) => {
    e.scrollIntoView({ block: 'center' });
    const { right, bottom } = e.getBoundingClientRect();
    return [right + 8, bottom + 8];
  });
  await page.touchscreen.tap(x, y);
}
equal('two are selected', await text(page, '#bulk b'), '2 selected');
check('the bar is in view', await page.$eval('#bulk', (e) => e.getBoundingClientRect().top > innerHeight / 2 && e.getBoundingClientRect().bottom < innerHeight));
await page.goto(`${server.url}/keys`);
check('the keys come before the form of a new one', await page.$eval('#add', (e) => !e.checkVisibility()));
await page.click('a[href="#add"]');
check('a link shows the form of a new key', await until(() => page.$eval('#add h2', (e) => e.checkVisibility() && e.getBoundingClientRect().bottom < innerHeight)));
const high = await page.$$eval('.keys tbody tr', (all) => all.filter((e) => e.getBoundingClientRect().height > 64).length);
equal('keys are 64 px high', high, 0);
await page.setViewport({ width: 1280, height: 900 });

// ---- many keys ----
server.sql(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
  INSERT INTO ssh_key (team_id, created_at, id, person_id, name, type, fingerprint, comment, public_line)
  SELECT ${team}, 1767225600 + i, printf('keys%012d', i), NULL, printf('key-%02d', i), 'Ed25519', printf('SHA256:%043d', i), '', 'ssh-ed25519 AAAA' FROM n;`);
const keyNames = () => page.$$eval('.keys .what a', (all) => all.map((e) => e.textContent));
await page.goto(`${server.url}/keys`);
await page.click('#select-all');
equal('all keys of the page are selected at once', await text(page, '#bulk b'), '25 selected');
await page.keyboard.press('Escape');
await page.click('#sort summary');
await follow(page, '#sort a:last-child');
equal('keys by name', (await keyNames())[0], 'key-01');
await page.keyboard.press('/');
await page.keyboard.type('y-4');
await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
equal('a search keeps the order', (await keyNames()).join(), Array.from({ length: 10 }, (_, i) => `key-4${i}`).join());
for (const i of [40, 41]) await page.click(`[value=keys${String(i).padStart(12, '0')}]`);
await follow(page, '#bulk .danger');
equal('deleting several keys asks', await text(page, 'h1'), 'Delete 2 keys?');
await follow(page, '#delete .stop');
equal('and deletes them', server.sql("SELECT count(*) FROM ssh_key WHERE name LIKE 'key-%';"), '58');
await page.goto(`${server.url}/keys?q=key-42`);
const box = await page.$eval('.keys tbody tr', (e) => { const { right, bottom } = e.getBoundingClientRect(); return [right - 5, bottom - 5]; });
await Promise.all([page.waitForNavigation(), page.mouse.click(...box)]);
equal('the whole row leads to the key', await text(page, 'h1'), 'key-42');
await page.evaluate(() => document.activeElement.blur());
await Promise.all([page.waitForNavigation(), page.keyboard.press('?')]);
equal('a question mark tells the shortcuts', await text(page, 'h1'), 'Keyboard shortcuts');
// ---- a long activity ----
server.sql(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
  INSERT INTO activity (team_id, at_ms, id, vm_id, what, action, actor, result) SELECT ${team}, 1767225600000 + i, 'long' || i, printf('many%012d', i), 'Renamed', 'vm', 'system', 'done' FROM n;`);
const entries = () => page.$$eval('.log a', (all) => all.map((e) => e.textContent));
await page.goto(`${server.url}/activity`);
await page.keyboard.press('/');
await page.keyboard.type('renamed');
await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
await follow(page, '#vms');
for (const width of [705, 740, 800, 960, 961]) {
  await page.setViewport({ width, height: 900 });
  const narrow = await page.$$eval('.log .done > div', (all) => all.filter((e) => e.getBoundingClientRect().width < 150).length);
  equal(`what happened can be read at ${width} px`, narrow, 0);
}
await page.setViewport({ width: 1280, height: 900 });
equal('what was searched, newest first', (await entries())[0], 'many-60');
await follow(page, '#older');
equal('and the next', (await entries())[0], 'many-35');
await follow(page, '#newer');
equal('and back', (await entries())[0], 'many-60');
await follow(page, '#snapshots');
equal('none is of a snapshot', await text(page, 'h2'), 'No matching activity');
await page.goto(`${server.url}/activity`);
await page.$eval('[name=from]', (e) => { e.value = '2026-01-01'; });
await page.$eval('[name=to]', (e) => { e.value = '2026-01-01'; });
await follow(page, '.period button');
check('a period has what happened in it', (await page.content()).includes('many-') && !(await page.content()).includes('Signed in'));
equal('and stays in the form', await page.$eval('[name=to]', (e) => e.value), '2026-01-01');

// ---- all snapshots that a VM can have ----
const full = server.sql("SELECT id FROM vm WHERE name = 'pasted-key';");
check('the VM runs by now', await until(() => server.sql(`SELECT state FROM vm WHERE id = '${full}';`) === 'running'));
server.sql(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
  INSERT INTO snapshot (team_id, vm_id, created_at, id, name, state, has_memory, size_bytes, vcpus, memory_mb, disk_gb)
  SELECT ${team}, '${full}', 1767225600 + i, printf('snap%012d', i), printf('night-%02d', 21 - i), 'ready', 1, 1000000 * i, 1, 128, 1 FROM n;`);
const snapshots = () => page.$$eval('tbody b', (all) => all.map((e) => e.textContent));
await page.goto(`${server.url}/vms/${full}/snapshots`);
equal('snapshots, newest first', (await snapshots()).slice(0, 2).join(), 'night-01,night-02');
await page.keyboard.press('/');
await page.keyboard.type('NIGHT-1');
await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
await page.click('#sort summary');
await follow(page, '#sort a:nth-of-type(2)');
equal('a search and an order', (await snapshots()).join(), Array.from({ length: 10 }, (_, i) => `night-1${i}`).join());
await page.click('#select-all');
await page.click('tbody tr:nth-child(1) [type=checkbox]');
server.sql(`UPDATE vm SET name = 'renamed' WHERE id = '${full}';`);
check('the live part shows what is new', await until(async () => await text(page, 'h1') === 'renamed'));
equal('the selection survives it', await text(page, '#bulk b'), '9 selected');
await follow(page, '#bulk .danger');
equal('deleting several snapshots asks', await text(page, 'h1'), 'Delete 9 snapshots?');
server.sql(`DELETE FROM snapshot WHERE vm_id = '${full}'; UPDATE vm SET name = 'pasted-key' WHERE id = '${full}';`);

// A range, and a new snapshot that can be selected without a reload.
server.sql(`INSERT INTO snapshot (team_id, vm_id, created_at, id, name, state, has_memory, size_bytes, vcpus, memory_mb, disk_gb)
  SELECT ${team}, '${full}', 1767225600 + value, 'range' || value, 'range-' || value, CASE value WHEN 5 THEN 'taking' ELSE 'ready' END, 0, 0, 1, 128, 1
  FROM json_each('[1, 2, 3, 4, 5]');`);
await page.goto(`${server.url}/vms/${full}/snapshots`);
await page.click('tbody tr:nth-child(2) [type=checkbox]');
await page.keyboard.down('Shift');
await page.click('tbody tr:nth-child(5) [type=checkbox]');
await page.keyboard.up('Shift');
equal('Shift selects a range', await text(page, '#bulk b'), '4 selected');
server.sql("UPDATE snapshot SET state = 'ready' WHERE id = 'range5';");
check('what has become ready can be selected', await until(() => page.$eval('tbody tr:nth-child(1) [type=checkbox]', (e) => !e.disabled)));
await page.click('tbody tr:nth-child(1) .menu summary');
await page.keyboard.press('ArrowDown');
await page.keyboard.press('ArrowDown');
equal('arrows move in a menu', await page.evaluate(() => document.activeElement.textContent.trim()), 'Delete…');
await page.keyboard.press('Home');
equal('Home is its first entry', await page.evaluate(() => document.activeElement.textContent.trim()), 'Clone');
await page.keyboard.press('Escape');
server.sql(`DELETE FROM snapshot WHERE vm_id = '${full}';`);

// ---- the session ends while something is typed on a live page ----
await page.goto(`${server.url}/vms/${full}/settings`);
await fill(page, '#rename', 'half-typed');
server.sql('DELETE FROM session;');
check('its next poll leads to the sign-in', await until(() => new URL(page.url()).pathname === '/signin'));
check('which says why', (await text(page, '.note')).includes('Your session has ended'));
check('and that the input is kept', await page.$eval('#kept', (e) => !e.hidden));
const tab = await page.browserContext().newPage();
await signIn(tab, server.signinLink('ada@example.org'));
await page.bringToFront();
check('signed in in another tab, this one goes on', await until(() => new URL(page.url()).pathname.endsWith('/settings')));
check('with what was typed', await until(async () => await page.$eval('#rename', (e) => e.value) === 'half-typed'));
await tab.close();

// ---- many receipts, and no VM ----
server.sql(`UPDATE vm SET gone_at = ${Math.floor(Date.now() / 1000)} + CAST(substr(name, 6) AS INTEGER), state = 'gone' WHERE team_id = ${team};
  INSERT INTO receipt (team_id, gone_at, vm_id, name, region, image, size, vcpus, memory_mb, disk_gb, created_at)
  SELECT team_id, gone_at, id, name, region, image, size, vcpus, memory_mb, disk_gb, created_at FROM vm WHERE team_id = ${team};`);
await page.goto(`${server.url}/vms`);
await follow(page, '.secthead a[href="/receipts"]');
equal('receipts, newest first', (await names())[0], 'many-60');
await follow(page, '#older');
equal('and the next', (await names())[0], 'many-35');
await page.keyboard.press('/');
await page.keyboard.type('many-42');
await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
equal('a search finds one', (await names()).join(), 'many-42');
await follow(page, 'tbody .what a');
await follow(page, '.crumb a:nth-of-type(2)');
equal('from a receipt back to all', await text(page, 'h1'), 'Receipts');
server.sql(`UPDATE vm SET gone_at = NULL, state = 'stopped' WHERE team_id = ${team}; DELETE FROM receipt WHERE team_id = ${team};`);
await page.browserContext().close();

// ---- the admin's list of all VMs ----
const boss = await browser.page();
await signIn(boss, server.link);
await boss.goto(`${server.url}/operator`);
await follow(boss, '.head a[href="/operator/vms"]');
const allNames = () => boss.$$eval('tbody .what', (all) => all.map((e) => e.querySelector('a, b').textContent));
await boss.click('#sort summary');
await follow(boss, '#sort a:nth-of-type(2)');
await follow(boss, '#stopped');
equal('stopped VMs of a team, by name', (await allNames())[0], 'many-01');
await follow(boss, '#older');
equal('and the next', (await allNames())[0], 'many-26');
equal('which the admin cannot open', await boss.$$eval('tbody a[href^="/vms"]', (all) => all.length), 0);
await boss.keyboard.press('/');
await boss.keyboard.type('ADA');
await Promise.all([boss.waitForNavigation(), boss.keyboard.press('Enter')]);
equal('a search for the team keeps filter and order', new URL(boss.url()).search, '?q=ADA&state=stopped&sort=name');
equal('and finds its VMs', (await allNames())[0], 'many-01');

// ---- the admin's list of failed events ----
server.sql(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 26)
  INSERT INTO event SELECT 'workos', 'event_' || i, 'user.updated', unixepoch() - i, 'parked', 16, 0, NULL, 'no such user' FROM n;`);
await boss.goto(`${server.url}/operator`);
await follow(boss, '.status a[href="/operator/events"]');
await boss.click('#select-all');
equal('all of the page are selected', await text(boss, '#bulk b'), '25 selected');
await follow(boss, '#bulk [type=submit]');
equal('and retried', await text(boss, '.toast'), 'Retrying 25 events.');
check('on the list as it was', boss.url().endsWith('/operator/events'), boss.url());
await boss.browserContext().close();

// ---- without JavaScript ----
const plain = await browser.page();
await plain.setJavaScriptEnabled(false);
await signIn(plain, server.signinLink('ada@example.org'));
await plain.goto(`${server.url}/vms?q=many-5&sort=name`);
for (const i of [0, 1]) await plain.click(`tbody tr:nth-child(${i + 1}) [type=checkbox]`);
await follow(plain, '#bulk .danger');
equal('destroying several asks', await text(plain, 'h1'), 'Destroy 2 VMs?');
await plain.type('#count', '3');
await follow(plain, '#destroy .stop');
equal('a wrong number destroys nothing', server.sql("SELECT count(*) FROM vm WHERE wanted = 'gone';"), '0');
await plain.$eval('#count', (e) => { e.value = '2'; });
await follow(plain, '#destroy .stop');
equal('the right one does', server.sql("SELECT group_concat(name) FROM (SELECT name FROM vm WHERE wanted = 'gone' ORDER BY name);"), 'many-50,many-51');
equal('back in the list as it was', new URL(plain.url()).search, '?q=many-5&sort=name');
await plain.click('#menu-many000000000053 summary');
await follow(plain, '#menu-many000000000053 button[formaction$="/start"]');
check('one is started from its menu', server.sql("SELECT count(*) FROM job WHERE vm_id = 'many000000000053' AND kind = 'start';") === '1');
await plain.browserContext().close();

equal('no violation of the policy', browser.violations.join('\n'), '');
equal('no error on the console', browser.errors.join('\n'), '');
await browser.end();
await server.stop();
finish();
