// The whole job in Chromium, through nginx, with real VMs: what a person does from the sign-in link to
// the receipt, by mouse, then shorter by keyboard alone and without JavaScript, then with two browsers.
// Looks of the pages are for pages.mjs.
//
//     node tests/e2e/browser.mjs BUILD
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { Browser, Server, check, equal, fill, finish, follow, keyMake, run, signIn, ssh, text, until } from './lib.mjs';

const server = await Server.make(process.argv[2]);
await server.start();
const browser = await Browser.launch(server);
const publicKey = keyMake(server, 'key');
const fingerprint = execFileSync('ssh-keygen', ['-lf', `${server.tmp}/key.pub`], { encoding: 'utf8' }).split(' ')[1];

const chip = (page) => text(page, '#state');
const chipIs = (page, word) => until(async () => await chip(page) === word);
const idOf = (page) => page.url().split('/')[4];
const tabOpen = (page, tab) => follow(page, `#tab-${tab}`);
const quiet = (page) => text(page, '.toast');

// The checklist of somebody's first VM: "done Add an SSH key, now Create a VM, Connect".
const steps = (page) => page.$$eval('.numbered li', (all) => all.map((li) =>
  `${li.className} ${li.querySelector('b').firstChild.textContent}`.trim()).join(', '));

// What the page shows for the way in.
async function wayIn(page) {
  const copied = (id) => page.$eval(id, (e) => e.getAttribute('data-copy'));
  return { shown: await copied('#copy-ssh'), known: await copied('#copy-known') };
}

// Until the way in is shown, and the command works as it stands there.
async function reach(page, command, key) {
  await page.waitForSelector('#copy-known');
  const { shown, known } = await wayIn(page);
  return ssh(server, shown, known, command, key);
}

function portRefuses(port) {
  return new Promise((resolve) => {
    const socket = net.connect(Number(port), '127.0.0.1');
    socket.on('connect', () => { socket.destroy(); resolve(false); });
    socket.on('error', () => resolve(true));
  });
}

// Clicks what changes the VM and leads back to its page.
async function ask(page, selector) {
  const answer = await follow(page, selector);
  return answer.status();
}

async function signOut(page) {
  await page.click('#account-menu summary');
  await follow(page, 'form[action="/signout"] button');
}

async function destroy(page) {
  await tabOpen(page, 'settings');
  await follow(page, '#destroy-button');
  const name = await text(page, '#destroy label b');
  await fill(page, '#destroy-name', name);
  await ask(page, '#destroy button[type=submit]');
  return until(async () => await page.$('.sheet') !== null);
}

// ---- by mouse ----
const mouse = await browser.page();
let vm;
{
  const page = mouse;
  await page.goto(server.link);
  equal('the link opens', await text(page, 'h1'), 'Sign in to Domicile');
  check('and says for whom', (await text(page, 'main')).includes('operator@localhost'));
  await follow(page, 'main button[type=submit]');
  equal('signed in, one is at the VMs', new URL(page.url()).pathname, '/vms');
  equal('the way to the first VM has three steps', await steps(page), 'now Add an SSH key, Create a VM, Connect');
  check('the quota is shown', (await text(page, '.head .sub')).startsWith('Quota used: 0 of 5 VMs'));

  await follow(page, '.numbered a[href="/keys"]');
  await page.click('#key');
  await page.keyboard.type(publicKey);
  await follow(page, 'form[action="/keys"] button');
  equal('the key is kept, by its comment', await quiet(page), `Key “${publicKey.split(' ').slice(2).join(' ')}” added`);
  check('with the fingerprint of ssh-keygen', (await text(page, '.keys')).includes(fingerprint), await text(page, '.keys'));

  await follow(page, '.nav a[href="/vms"]');
  equal('its step is ticked', await steps(page), 'done Add an SSH key, now Create a VM, Connect');
  await follow(page, '#create');
  check('a name is proposed', /^[a-z]+-[a-z]+/.test(await page.$eval('#name', (e) => e.value)));
  check('the key is chosen', await page.$eval('input[name=key]', (e) => e.checked));
  check('the quota stands beside the button', /VMs\s*1 of 5/.test(await text(page, '.summary')), await text(page, '.summary'));

  console.time('click on "Create VM" to "Running"');
  await follow(page, '#create-form button[type=submit]');
  vm = { id: idOf(page) };
  await page.evaluate(() => { window.sameDocument = true; });
  check('the steps are named', await until(async () => (await text(page, '.steps')).includes('Waiting for SSH')), await text(page, '.steps'));
  check('it comes up', await chipIs(page, 'Running'), await text(page, 'main'));
  console.timeEnd('click on "Create VM" to "Running"');
  check('without a reload', await page.evaluate(() => window.sameDocument === true));
  equal('nothing is under way any more', await page.$('#job'), null);
  check('the activity says how long it took', /Created in \d/.test(await text(page, '.feed')), await text(page, '.feed'));
  check('the tab says so', /Running/.test(await page.title()), await page.title());
  const first = await reach(page, 'echo one >note && cat note && hostname');
  equal('the shown command logs in, with the shown known_hosts line', first.code, 0);
  equal('and does what it is told', first.out.split('\n')[0], 'one');

  Object.assign(vm, await wayIn(page));
  [, vm.port] = vm.shown.match(/-p (\d+)/);
  const scanned = (await run('ssh-keyscan', ['-T', '30', '-t', 'ed25519', '-p', vm.port, '127.0.0.1'])).stdout;
  fs.writeFileSync(`${server.tmp}/scanned`, scanned);
  equal('ssh-keyscan finds the fingerprint that is shown',
    execFileSync('ssh-keygen', ['-lf', `${server.tmp}/scanned`], { encoding: 'utf8' }).split(' ')[1],
    await text(page, '#host-key'));
  const wrong = `[localhost]:${vm.port} ssh-ed25519 ${publicKey.split(' ')[1]}`;
  check('another host key is refused', /host key/i.test((await ssh(server, vm.shown, wrong, 'true')).error));

  // The live part is exchanged under the hands of a reader.
  await page.click('#way-known');
  await page.focus('#copy-known');
  await page.waitForSelector('.chart path');
  await page.$eval('#usage-data', (e) => { e.open = true; });
  await page.evaluate(() => {
    window.swaps = 0;
    window.chart = document.querySelector('.chart svg');
    document.addEventListener('htmx:afterSwap', () => { window.swaps++; });
  });
  server.sql(`UPDATE vm SET name = name || '-x' WHERE id = '${vm.id}';`);
  check('a change elsewhere is shown', await until(async () => (await text(page, 'h1')).includes('-x')));
  server.sql(`UPDATE vm SET name = substr(name, 1, length(name) - 2) WHERE id = '${vm.id}';`);
  await until(async () => !(await text(page, 'h1')).includes('-x'));
  check('by exchanging the live part', await page.evaluate(() => window.swaps >= 2 && window.sameDocument === true));
  equal('the focus stays', await page.evaluate(() => document.activeElement.id), 'copy-known');
  check('the chosen way stays chosen', await page.$eval('#way-known', (e) => e.checked));
  check('open details stay open', await page.$eval('#usage-data', (e) => e.open));
  check('the chart is the same as before', await page.evaluate(() => window.chart.isConnected));

  await ask(page, '#stop');
  check('it stops', await chipIs(page, 'Stopped'), await text(page, 'main'));
  check('and is not reachable', await portRefuses(vm.port));
  await tabOpen(page, 'settings');
  await page.click('#size-small');
  await ask(page, 'form[action$="/resize"] button');
  check('it gets the larger size', await until(async () => /1 GB, 10 GB disk/.test(await text(page, '.head .sub'))));
  check('which its selector shows', await until(async () => await page.$eval('#size-small', (e) => e.checked)));
  check('and is stopped as before', await chipIs(page, 'Stopped'));
  await page.waitForSelector('#start');
  await ask(page, '#start');
  check('it starts', await chipIs(page, 'Running'), await text(page, 'main'));
  const larger = await reach(page, 'cat note; grep MemTotal /proc/meminfo; df -k /data | tail -1');
  equal('with the same host key and address', (await wayIn(page)).known, vm.known);
  equal('the file is there', larger.out.split('\n')[0], 'one');
  check('the memory is larger', Number(larger.out.match(/MemTotal:\s+(\d+)/)?.[1]) > 800000, larger);
  check('and so is the disk', Number(larger.out.match(/\/dev\/\S+\s+(\d+)/)?.[1]) > 8e6, larger);

  await tabOpen(page, 'snapshots');
  check('a suggested name is selected, but not a letter that was typed before', await page.$eval('#snapshot-name', async (field) => {
    const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    field.focus();
    await frames();
    const isSelected = field.selectionEnd - field.selectionStart === field.value.length;
    field.blur();
    field.focus();
    field.setRangeText('b', 0, field.value.length, 'end');
    await frames();
    return isSelected && field.value === 'b' && field.selectionStart === 1;
  }));
  await fill(page, '#snapshot-name', 'before the change');
  await ask(page, 'form[action$="/snapshots"] button');
  check('a snapshot is taken', await until(async () => await page.$('a[href$="/clone"]') && await chip(page) === 'Running'),
    await text(page, 'main'));
  check('and its end is told', (await text(page, '.toast:last-child')).endsWith(': snapshot created'), await text(page, '#toasts'));
  await tabOpen(page, 'overview');
  await reach(page, 'echo two >note; sync');
  equal('a file is changed', (await reach(page, 'cat note')).out, 'two');
  await tabOpen(page, 'snapshots');
  await follow(page, '[id^=restore-]');
  check('what a restore loses is said first', (await text(page, 'main')).includes('everything that changed on its disk since then'));
  await ask(page, 'form[action$="/restore"] button');
  check('the restore ends', await until(async () => server.sql(`SELECT count(*) FROM activity WHERE vm_id = '${vm.id}' AND what = 'Snapshot restored'`) === '1'
    && await chip(page) === 'Running'), await text(page, 'main'));
  await tabOpen(page, 'overview');
  equal('the file is as before', (await reach(page, 'cat note')).out, 'one');

  await tabOpen(page, 'snapshots');
  await page.click('[id^=menu-] summary');
  await follow(page, 'a[href$="/clone"]');
  check('a clone has its page', (await text(page, 'h1')).startsWith('Clone '), await text(page, 'h1'));
  check('that names the snapshot', (await text(page, '.head')).includes('before the change'));
  await fill(page, '#name', 'the-clone');
  await follow(page, '#create-form button[type=submit]');
  check('the clone comes up', await chipIs(page, 'Running'), await text(page, 'main'));
  const clone = { id: idOf(page), answer: await reach(page, 'cat note; hostname'), ...await wayIn(page) };
  equal('with the file of the snapshot and a name of its own', clone.answer.out, 'one\nthe-clone');
  check('and a host key of its own', clone.known.split(' ')[2] !== vm.known.split(' ')[2]);

  await tabOpen(page, 'settings');
  await fill(page, '#rename', 'renamed-clone');
  await ask(page, 'form[action$="/rename"] button');
  check('it can be renamed', (await text(page, 'h1')).startsWith('renamed-clone'));
  await follow(page, 'nav a[href="/vms"]');
  check('the list has both', (await text(page, 'table.vms')).includes('renamed-clone'));
  check('and the quota counts them', (await text(page, '.head p')).startsWith('Quota used: 2 of 5 VMs'), await text(page, '.head p'));

  for (const one of [clone, vm]) {
    await page.goto(`${server.url}/vms/${one.id}/destroy`);
    await fill(page, '#destroy-name', 'wrong');
    equal('a wrong name destroys nothing', await ask(page, '#destroy button[type=submit]'), 422);
    check('and is explained', (await text(page, '#destroy-help')).includes('Nothing was destroyed'));
    equal('with the focus on the field', await page.evaluate(() => document.activeElement.id), 'destroy-name');
    await follow(page, '#destroy a');
    equal('Cancel leads back to the settings', new URL(page.url()).pathname, `/vms/${one.id}/settings`);
    check('destroyed by its name, it is gone', await destroy(page), await text(page, 'main'));
    check('and nothing can be asked of it any more', await until(async () => await page.$('main form') === null));
    const receipt = await page.$$eval('.sheet tbody tr', (rows) => rows.map((row) => row.innerText));
    check('the receipt names everything', ['vm and its snapshots', 'disk', 'cloud-init', 'ssh port'].every((word) => receipt.some((line) => line.toLowerCase().includes(word))), receipt);
    check('each with the host’s answer', await page.$$eval('.sheet tbody code', (all) => all.length > 2 && all.every((e) => e.textContent.trim())));
    equal('no file of it is left', execFileSync('find', [server.dir, '-name', `*${one.id}*`], { encoding: 'utf8' }), '');
    equal('nor a guest', server.processes().filter(({ argv }) => argv.join(' ').includes(one.id)).length, 0);
  }
  check('nobody answers at its port', await portRefuses(vm.port));

  // One cookie, and nothing else.
  const cookies = await page.browserContext().cookies();
  equal('one cookie', cookies.map((c) => c.name).join(), '__Host-session');
  const { secure, httpOnly, sameSite, path, domain } = cookies[0];
  equal('with all its attributes', JSON.stringify({ secure, httpOnly, sameSite, path, domain }),
    '{"secure":true,"httpOnly":true,"sameSite":"Lax","path":"/","domain":"localhost"}');
  equal('and no other storage', await page.evaluate(async () => localStorage.length + sessionStorage.length
    + (await indexedDB.databases()).length + (await caches.keys()).length), 0);

  await signOut(page);
  equal('sign-out has its page', await text(page, 'h1'), 'You are signed out');
  equal('the cookie is gone', (await page.browserContext().cookies()).length, 0);
  await page.goto(`${server.url}/vms`);
  equal('and nothing opens any more', new URL(page.url()).pathname, '/signin');
  await page.browserContext().close();
}

// ---- by keyboard alone ----
{
  const page = await browser.page();
  const invisible = [];
  let stops = 0;

  // One Tab; every stop on the way must be visible as such.
  const tab = async () => {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const e = document.activeElement;
      if (!e || e === document.body) return null;
      const box = e.getBoundingClientRect();
      // A choice may be outlined with its label.
      const isOutlined = [e, e.matches('input') && e.closest('label')].some((one) => {
        const style = one && getComputedStyle(one);
        return one && style.opacity !== '0' && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1.5
          && !/rgba\(.*, 0\)$/.test(style.outlineColor);
      });
      return { what: e.id || e.textContent.trim().slice(0, 30) || e.name,
        isVisible: isOutlined && box.width > 0 && box.right > 0 && box.bottom > 0 };
    });
    if (!stop) return;
    stops++;
    if (!stop.isVisible) invisible.push(stop.what);
  };
  const tabTo = async (selector) => {
    for (let i = 0; i < 80; i++) {
      if (await page.evaluate((s) => document.activeElement.matches(s), selector)) return true;
      await tab();
    }
    check(`the Tab key reaches ${selector}`, false);
    return false;
  };
  const press = async (key) => {
    const [answer] = await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.keyboard.press(key)]);
    return answer;
  };

  await page.goto(server.signinLink('operator@localhost'));
  await tab();
  check('the first stop skips to the content', await page.evaluate(() => document.activeElement.matches('.skip')));
  await page.keyboard.press('Enter');
  await tab();
  check('which comes next', await page.evaluate(() => document.querySelector('#main').contains(document.activeElement)));
  await tabTo('main button[type=submit]');
  await press('Enter');
  equal('signed in by keyboard', new URL(page.url()).pathname, '/vms');

  keyMake(server, 'second');
  await tabTo('nav a[href="/keys"]');
  await press('Enter');
  await tabTo('#key');
  await page.keyboard.type(fs.readFileSync(`${server.tmp}/second.pub`, 'utf8').trim());
  check('shortcuts rest while one types', new URL(page.url()).pathname === '/keys');
  await tabTo('#name');
  await page.keyboard.type('by keyboard');
  await press('Enter');
  check('a key is added by keyboard', /^Key “.*” added$/.test(await quiet(page)));
  await tabTo('nav a[href="/vms"]');
  await press('Enter');
  await press('c');
  equal('"c" creates', new URL(page.url()).pathname, '/vms/new');
  await tabTo('input[name=size]');
  await page.keyboard.press('ArrowDown');
  equal('arrows choose a size', await page.$eval('input[name=size]:checked', (e) => e.value), 'small');
  await page.keyboard.press('ArrowUp');
  await tabTo('input[name=key]');
  await page.keyboard.press('Space');
  check('Space takes a key away', await page.$eval('input[name=key]', (e) => !e.checked));
  await page.keyboard.press('Space');
  await tabTo('#create-form button[type=submit]');
  await press('Enter');
  check('the VM comes up', await chipIs(page, 'Running'), await text(page, 'main'));
  equal('and lets the second key in', (await reach(page, 'echo here', 'second')).out, 'here');
  await tabTo('#way-ssh');
  await page.keyboard.press('ArrowRight');
  check('arrows choose the way in', await page.$eval('.line.code', (e) => e.getBoundingClientRect().height > 0));
  await tabTo('#vm-menu summary');
  await page.keyboard.press('Enter');
  check('the menu opens by keyboard', await page.$eval('#vm-menu', (e) => e.open));
  await page.keyboard.press('Escape');
  check('and closes by it', await page.$eval('#vm-menu', (e) => !e.open));
  await tabTo('#stop');
  await press('Space');
  check('it stops', await chipIs(page, 'Stopped'));
  await tabTo('#tab-settings');
  await press('Enter');
  await tabTo('#destroy-button');
  await press('Enter');
  await tabTo('#destroy-name');
  await page.keyboard.type(await text(page, '#destroy label b'));
  await press('Enter');
  check('it is destroyed', await until(async () => await page.$('.sheet') !== null));
  await tabTo('#account-menu summary');
  await page.keyboard.press('Enter');
  await tabTo('form[action="/signout"] button');
  await press('Enter');
  equal('and signed out', await text(page, 'h1'), 'You are signed out');
  equal('every stop of the Tab key could be seen', [...new Set(invisible)].join(', '), '');
  check('and they were many', stops > 60, stops);
  await page.browserContext().close();
}

// ---- without JavaScript ----
{
  const page = await browser.page({ javascript: false });
  await signIn(page, server.signinLink('plain@example.org'));
  equal('signed in without JavaScript', new URL(page.url()).pathname, '/vms');
  await follow(page, 'nav a[href="/keys"]');
  await fill(page, '#key', publicKey);
  await follow(page, 'form[action="/keys"] button');
  check('a key is added', /^Key “.*” added$/.test(await quiet(page)));
  await follow(page, 'nav a[href="/vms"]');
  await follow(page, '#create');
  await follow(page, '#create-form button[type=submit]');
  check('the steps are there, by loading again', await until(async () => {
    await page.reload();
    return (await text(page, '.steps')).includes('Waiting for SSH');
  }, 500));
  // The page is loaded again by itself, at any moment of a question.
  const becomes = (word) => until(() => chip(page).then((label) => label === word, () => false), 500);
  check('the VM comes up', await becomes('Running'));
  check('the way in is complete', Boolean((await wayIn(page)).shown && (await wayIn(page)).known));
  await page.click('#way-known');
  check('the ways in can be chosen', await page.$eval('.line.known', (e) => e.getBoundingClientRect().height > 0));
  await follow(page, '#stop');
  check('it is stopped', await becomes('Stopped'));
  await tabOpen(page, 'settings');
  await follow(page, '#destroy-button');
  await fill(page, '#destroy-name', await text(page, '#destroy label b'));
  await follow(page, '#destroy button[type=submit]');
  check('it is destroyed', await until(async () => {
    await page.reload();
    return await page.$('.sheet') !== null;
  }, 1000));
  check('with a receipt', Boolean(await page.$('.sheet tbody tr')));
  await signOut(page);
  equal('and signed out', await text(page, 'h1'), 'You are signed out');
  await page.browserContext().close();
}

// ---- two browsers ----
{
  const [here, there] = [await browser.page(), await browser.page()];
  const link = server.signinLink('two@example.org');
  await here.goto(link);
  await there.goto(link);
  await follow(here, 'main button[type=submit]');
  equal('the first of two browsers is signed in', new URL(here.url()).pathname, '/vms');
  equal('the second is told', (await follow(there, 'main button[type=submit]')).status(), 422);
  equal('why', await text(there, 'h1'), 'This link has already been used');
  check('and what to do', (await text(there, 'main')).includes('Get a new link.'));
  await here.goto(link);
  equal('who has used the link is led on', new URL(here.url()).pathname, '/vms');

  const late = server.signinLink('two@example.org');
  server.sql('UPDATE signin_link SET expires_at = created_at WHERE used_at IS NULL;');
  equal('a late link', (await there.goto(late)).status(), 422);
  equal('is explained', await text(there, 'h1'), 'This link has expired');
  equal('a link cut short', (await there.goto(late.slice(0, -5))).status(), 404);
  equal('as well', await text(there, 'h1'), 'Invalid link');

  // A private key by mistake.
  const secret = fs.readFileSync(`${server.tmp}/key`, 'utf8');
  await here.goto(`${server.url}/keys`);
  await here.$eval('#key', (e, words) => { e.value = words; }, secret);
  equal('a private key is refused', (await follow(here, 'form[action="/keys"] button')).status(), 422);
  check('with advice', /private key/i.test(await text(here, '#key-help')), await text(here, '#key-help'));
  equal('and not shown again', await here.$eval('#key', (e) => e.value), '');
  const log = server.log();
  for (const line of secret.trim().split('\n').slice(1, -1)) {
    let found = log.includes(line) ? 'the log' : '';
    try {
      found += execFileSync('grep', ['-rlaF', '--', line.slice(0, 40), server.dir], { encoding: 'utf8' });
    } catch { /* 1: nothing found */ }
    // The first lines of the file are the same in every key, public ones too.
    if (!secret.startsWith(`-----BEGIN OPENSSH PRIVATE KEY-----\n${line}`)) equal('nothing of it is kept', found, '');
  }

  // What one does is seen by the other.
  await signIn(there, server.signinLink('two@example.org'));
  await here.goto(`${server.url}/vms`);
  await here.evaluate(() => { window.sameDocument = true; });
  await there.goto(`${server.url}/keys`);
  await fill(there, '#key', publicKey);
  await follow(there, 'form[action="/keys"] button');
  await there.goto(`${server.url}/vms/new`);
  await fill(there, '#name', 'seen-elsewhere');
  await follow(there, '#create-form button[type=submit]');
  check('a new VM appears in the other browser’s list', await until(async () => (await text(here, 'main')).includes('seen-elsewhere')));
  check('without a reload', await here.evaluate(() => window.sameDocument === true));

  // Both look at one VM; one of them stops it.
  await here.goto(there.url());
  check('both see it running', await chipIs(there, 'Running') && await chipIs(here, 'Running'), await text(here, 'main'));
  await ask(there, '#stop');
  check('what one stops, the other sees stopped', await chipIs(here, 'Stopped'), await text(here, 'main'));
  equal('and is told', await text(here, '.toast:last-child'), 'seen-elsewhere: stopped');
  await here.focus('#start');
  await here.setOfflineMode(true);
  check('without a connection it is said', await until(() => here.$eval('#lost', (e) => !e.hidden)));
  await here.setOfflineMode(false);
  check('until there is one again', await until(() => here.$eval('#lost', (e) => e.hidden)));
  equal('and the focus is where it was', await here.evaluate(() => document.activeElement.id), 'start');
  browser.errors = browser.errors.filter((error) => !/ERR_INTERNET_DISCONNECTED|htmx:(sendError|afterRequest)/.test(error));
  // A page that nobody sees asks twice a minute.
  await here.evaluate(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, value: true });
    Object.assign(window, { polls: 0, asked: 0 });
    document.addEventListener('htmx:beforeRequest', (event) => { window.polls += 1; window.asked += event.defaultPrevented ? 0 : 1; });
  });
  await until(() => here.evaluate(() => window.polls >= 4));
  check('a hidden page asks seldom', await here.evaluate(() => window.asked < window.polls));
  await here.evaluate(() => { delete document.hidden; window.asked = 0; });
  check('and again when it is seen', await until(() => here.evaluate(() => window.asked > 0)));
  await ask(there, '#start');
  await chipIs(there, 'Running');
  await here.goto(`${server.url}/vms`);
  await destroy(there);
  check('and goes from it', await until(async () => !(await text(here, 'table.vms') ?? '').includes('seen-elsewhere')));

  await there.goto(`${server.url}/account`);
  await follow(there, 'form[action="/account/end-others"] button');
  equal('the other browser’s session is ended', await quiet(there), 'Signed out of all other sessions.');
  check('and its page goes to the sign-in by itself', await until(() => new URL(here.url()).pathname === '/signin'), here.url());
  await here.browserContext().close();

  // Pressed twice, done once.
  await there.goto(`${server.url}/vms/new`);
  await fill(there, '#name', 'only-once');
  let posts = 0;
  there.on('request', (request) => { if (request.method() === 'POST') posts++; });
  await Promise.all([there.waitForNavigation({ waitUntil: 'load' }), there.click('#create-form button[type=submit]', { count: 2, delay: 1 })]);
  equal('a double click sends the form once', posts, 1);
  check('a double click shows the VM', (await text(there, 'h1'))?.startsWith('only-once'), await text(there, 'h1'));
  equal('and makes one', server.sql("SELECT count(*) FROM job j JOIN vm v ON v.id = j.vm_id WHERE v.name = 'only-once';"), '1');
  await there.goBack();
  check('back on the form, its button works again', await there.$eval('#create-form button[type=submit]', (e) => !e.disabled));
  await there.browserContext().close();
}

// ---- what all these pages did ----
equal('requests to others', [...new Set(browser.foreign)].join(', '), '');
equal('violations of the content security policy', [...new Set(browser.violations)].join('\n'), '');
equal('errors on the console', [...new Set(browser.errors)].join('\n'), '');
check('no token in the log', !/[\w-]{43}/.test(server.log()), server.log().match(/.*[\w-]{43}.*/)?.[0]);
check('no address in the log', !server.log().includes('@'), server.log().match(/.*@.*/)?.[0]);

await browser.end();
await server.end();
finish();
