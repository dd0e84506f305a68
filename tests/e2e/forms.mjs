// Forms in Chromium, through nginx: what was typed survives the end of the session and an error page, and is
// nowhere afterwards; fields are large enough that phones do not zoom in.
//
//     node tests/e2e/forms.mjs BUILD
import fs from 'node:fs';
import { Browser, Server, check, equal, fill, finish, follow, keyMake, signIn, text, until } from './lib.mjs';

const server = await Server.make(process.argv[2], (text) => `${text}
[image tiny]
[image tiny-dev]
memory_mb = 512
`);
await server.start();
const browser = await Browser.launch(server);
const key = keyMake(server, 'key');
const page = await browser.page();
const here = () => new URL(page.url()).pathname;
const stored = () => page.evaluate(() => sessionStorage.length + localStorage.length);
const sessionEnd = () => server.sql('DELETE FROM session');
const link = () => server.signinLink('operator@localhost');

await signIn(page, server.link);

// ---- a form of several fields ----
await page.goto(`${server.url}/keys`);
await fill(page, '#key', key);
await fill(page, '#name', 'my laptop');
sessionEnd();
await follow(page, 'form[action="/keys"] button');
equal('the sign-in page comes', here(), '/signin');
check('it says why', (await text(page, '.note')).includes('Your session has ended'));
check('and that the input is kept', (await text(page, '.note')).includes('kept in this tab'));
check('the hint is shown', await page.$eval('#kept', (e) => !e.hidden));
equal('nothing was written', server.sql('SELECT count(*) FROM ssh_key'), '0');
check('nothing typed is in the address', !page.url().includes('laptop') && !page.url().includes('ssh-'), page.url());
await signIn(page, link());
equal('back at the form', here(), '/keys');
equal('with the name', await page.$eval('#name', (e) => e.value), 'my laptop');
equal('and the key', await page.$eval('#key', (e) => e.value), key);
check('and a word about it', (await text(page, '.note')).includes('it was not sent'));
equal('nothing is stored any more', await stored(), 0);
await follow(page, 'form[action="/keys"] button');
equal('sent again it is written', server.sql('SELECT name FROM ssh_key'), 'my laptop');
equal('no form is filled by itself now', await page.$eval('#name', (e) => e.value), '');
equal('and nothing is stored', await stored(), 0);

// ---- radio buttons and check boxes ----
await page.goto(`${server.url}/vms/new`);
await fill(page, '#name', 'kept-name');
const sizes = await page.$$eval('input[name=size]:not([disabled])', (all) => all.map((e) => e.value));
await page.click(`input[name=size][value=${sizes[1]}]`);
await page.click('input[name=key]');
sessionEnd();
await follow(page, '#create-form button[type=submit]');
await signIn(page, link());
equal('back at the new VM', here(), '/vms/new');
equal('its name', await page.$eval('#name', (e) => e.value), 'kept-name');
equal('its size', await page.$eval('input[name=size]:checked', (e) => e.value), sizes[1]);
equal('and no key', await page.$$eval('input[name=key]:checked', (all) => all.length), 0);
equal('no VM was made', server.sql('SELECT count(*) FROM vm'), '0');

// ---- a size that is too small for the image ----
{
  const choices = () => page.$$eval('input[name=size]', (all) => all.map((e) => `${e.value}${e.disabled ? ' off' : ''}${e.checked ? ' chosen' : ''}`).join(', '));
  const why = () => page.$eval('label:has([name=size][value=nano])', (e) => e.innerText.includes('tiny-dev needs 512 MB of memory'));
  await page.goto(`${server.url}/vms/new`);
  equal('any size for the small image', await choices(), 'nano chosen, small, medium');
  check('without a word', !await why());
  await page.click('input[name=image][value=tiny-dev]');
  equal('not the smallest for the other', await choices(), 'nano off, small chosen, medium');
  check('and it is said why', await why());
  await page.click('input[name=image][value=tiny]');
  equal('which can be chosen again', await choices(), 'nano, small chosen, medium');
}

// ---- shown again with a problem first: the address is that of the POST ----
await page.goto(`${server.url}/vms/new`);
await page.$$eval('input[name=key]:checked', (all) => all.forEach((e) => e.click()));
await fill(page, '#name', 'kept-too');
await follow(page, '#create-form button[type=submit]');
check('a key is missing', (await text(page, 'main')).includes('Choose a key or paste one'));
sessionEnd();
await follow(page, '#create-form button[type=submit]');
await signIn(page, link());
equal('the list', here(), '/vms');
await follow(page, '#create');
equal('and in the form the name', await page.$eval('#name', (e) => e.value), 'kept-too');

// ---- signed in again in another tab: the form's token is of the old session ----
await page.goto(`${server.url}/account`);
await fill(page, '#name', 'Ada');
sessionEnd();
const other = await page.browserContext().newPage();
await other.goto(link());
await follow(other, 'main button[type=submit]');
await other.close();
await page.bringToFront();
const answer = await follow(page, 'form[action="/account/name"] button');
equal('the old form is refused', answer.status(), 403);
await page.goto(`${server.url}/account`);
equal('on the fresh page the input is back', await page.$eval('#name', (e) => e.value), 'Ada');
await follow(page, 'form[action="/account/name"] button');
equal('and it counts', server.sql("SELECT name FROM person WHERE email = 'operator@localhost'"), 'Ada');
equal('nothing is stored in the end', await stored(), 0);

// ---- no private key is kept ----
await page.goto(`${server.url}/keys`);
await fill(page, '#key', '-----BEGIN OPENSSH PRIVATE KEY----- b3BlbnNzaC1rZXktdjEAAAAA');
sessionEnd();
await follow(page, 'form[action="/keys"] button');
equal('a private key is not stored', await stored(), 0);
check('and nothing says so', await page.$eval('#kept', (e) => e.hidden));
await signIn(page, link());
const body = fs.readFileSync(`${server.tmp}/key`, 'utf8').split('\n').slice(1, -2).join('\n');
for (const part of [body, body.slice(0, 100), body.slice(150)]) {
  await page.goto(`${server.url}/keys`);
  await fill(page, '#key', part);
  sessionEnd();
  await follow(page, 'form[action="/keys"] button');
  equal('nor a part of one', await stored(), 0);
  await signIn(page, link());
}

// ---- nor is anything given to somebody else ----
await page.goto(`${server.url}/account`);
await fill(page, '#name', 'Secret of Ada');
sessionEnd();
await follow(page, 'form[action="/account/name"] button');
check('what was typed is kept', await stored() > 0);
await signIn(page, server.signinLink('bob@example.org'));
await page.goto(`${server.url}/account`);
check('not for another person', await page.$eval('#name', (e) => e.value) !== 'Secret of Ada');
equal('and no longer', await stored(), 0);

// ---- a page whose reader has changed in another tab ----
await page.goto(`${server.url}/vms`);
await page.evaluate(() => { window.sameDocument = true; });
const tab = await page.browserContext().newPage();
await tab.goto(link());
await follow(tab, 'main button[type=submit]');
await tab.close();
await page.bringToFront();
check('its live part does not mix two people', await until(() => page.evaluate(() => !window.sameDocument && document.querySelector('#account-menu .mail').textContent === 'operator@localhost').catch(() => false)));

// ---- phones ----
const phone = await browser.page({ width: 360 });
await signIn(phone, link());
for (const path of ['/vms/new', '/keys', '/account']) {
  await phone.goto(server.url + path);
  const small = await phone.$$eval('input:not([type=hidden], [type=radio], [type=checkbox]), select, textarea', (all) => all
    .filter((e) => parseFloat(getComputedStyle(e).fontSize) < 16).map((e) => e.name));
  equal(`${path}: fields of 16 px or more on a phone`, small.join(), '');
}

equal('no violation of the policy', browser.violations.join('\n'), '');
equal('no error on the console', browser.errors.join('\n'), '');
await browser.end();
await server.stop();
finish();
