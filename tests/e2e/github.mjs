// Import of public keys in Chromium, through nginx, from a stand-in for GitHub on this computer: with and without
// JavaScript, what GitHub is told, and what Enter does in the form for a new VM.
//
//     node tests/e2e/github.mjs BUILD
import fs from 'node:fs';
import http from 'node:http';
import { Browser, Server, Visitor, check, equal, fill, finish, follow, keyMake, root, signIn, text, until } from './lib.mjs';

// ---- the stand-in ----
const users = {};
const asked = [];
let hears;
const github = http.createServer((request, answer) => {
  asked.push(request);
  hears?.();
  const keys = users[request.url.match(/^\/(.+)\.keys$/)?.[1]];
  if (keys === 'silent') return;
  answer.writeHead(keys === undefined ? 404 : 200, { 'Content-Type': 'text/plain; charset=utf-8' });
  answer.end(keys ?? 'Not Found');
});
await new Promise((resolve) => { github.listen(0, '127.0.0.1', resolve); });

const server = await Server.make(process.argv[2], (conf) => conf.replace(/^# github_import .*/m, 'github_import = on')
  .replace(/^\[github\]$/m, `[github]\nurl = http://127.0.0.1:${github.address().port}`));
await server.start();
const browser = await Browser.launch(server);
const page = await browser.page();
const here = () => new URL(page.url()).pathname;
const axe = fs.readFileSync(`${root}/node_modules/axe-core/axe.min.js`, 'utf8');
const line = (name) => keyMake(server, name).split(' ').slice(0, 2).join(' ');
users.octocat = `${line('one')}\n${line('two')}\n`;

await signIn(page, server.link);

// ---- a new VM ----
await page.goto(`${server.url}/vms/new`);
await fill(page, '#name', 'typed-name');
await fill(page, '#github_user', 'nobody-here');
await follow(page, 'button[formaction="/vms/new/github"]');
check('an unknown user', (await text(page, '#github-help')).includes('GitHub has no such user'));
equal('the field has the focus', await page.evaluate(() => document.activeElement.id), 'github_user');
equal('the name stays', await page.$eval('#name', (e) => e.value), 'typed-name');
await fill(page, '#github_user', 'octocat');
await follow(page, 'button[formaction="/vms/new/github"]');
check('two keys', (await text(page, 'fieldset [role=status]')).includes('2 keys of octocat imported from GitHub.'));
equal('both are chosen', await page.$$eval('input[name=key]:checked', (all) => all.length), 2);
equal('and the name stays', await page.$eval('#name', (e) => e.value), 'typed-name');
await page.setViewport({ width: 360, height: 900 });
const isWide = () => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
equal('no wider than a phone', await isWide(), false);
await page.$eval('#new-key', (e) => { e.open = true; });
equal('nor is it open', await isWide(), false);
await page.setViewport({ width: 1280, height: 900 });
const tester = await browser.page({ bypassCsp: true });
await signIn(tester, server.signinLink('operator@localhost'));
for (const path of ['/vms/new', '/keys']) {
  await tester.goto(server.url + path);
  await tester.evaluate(axe);
  equal(`axe, ${path}`, await tester.evaluate(async () => (await window.axe.run(document)).violations.map(({ id }) => id).join()), '');
}
// The first button of the form is pressed by Enter: it is not that of the import.
await page.focus('#name');
const before = asked.length;
await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
check('Enter creates the VM', /^\/vms\/[a-z0-9]{16}$/.test(here()), here());
equal('with the keys', server.sql("SELECT group_concat(k.name) FROM (SELECT * FROM vm_key ORDER BY name) k JOIN vm v ON v.id = k.vm_id WHERE v.name = 'typed-name'"),
  'octocat@github,octocat@github 2');
equal('and asks for nothing', asked.length, before);

// ---- the page of keys, without JavaScript ----
users['octo-cat'] = `${line('three')}\nssh-dss AAAA\n`;
const plain = await browser.page({ javascript: false });
await signIn(plain, server.signinLink('operator@localhost'));
await plain.goto(`${server.url}/keys`);
await plain.type('#github_user', 'octo-cat');
await follow(plain, 'form[action="/keys/github"] button');
check('one is imported', (await text(plain, 'main')).includes('1 key of octo-cat imported from GitHub. Key 2 was not imported: DSA keys are broken'));
equal('it is there', server.sql("SELECT count(*) FROM ssh_key WHERE name = 'octo-cat@github'"), '1');

// ---- while GitHub keeps somebody waiting, others are served, and can write ----
users.slow = 'silent';
const visitor = new Visitor(server);
await visitor.signIn(server.signinLink('operator@localhost'));
const other = new Visitor(server);
await other.signIn(server.signinLink('operator@localhost'));
const heard = new Promise((resolve) => { hears = resolve; });
let isOver = false;
const waits = visitor.send('/keys', '/keys/github', [['github_user', 'slow']]).finally(() => { isOver = true; });
await heard;
equal('another writes', (await other.send('/keys', '/keys', [['key', keyMake(server, 'four')], ['name', 'meanwhile']])).status, 303);
equal('meanwhile', isOver, false);
const late = await waits;
equal('then it is refused', late.status, 422);
check('with what to do next', late.text.includes('GitHub did not answer as expected. Try again in a minute, or paste your key.'));

// ---- what GitHub is told, and what is told of it ----
const told = asked.map(({ method, headers }) => `${method} ${Object.keys(headers).sort()} ${headers.accept} ${headers['user-agent']}`);
equal('a plain request, and nothing about anybody', [...new Set(told)].join('; '), 'GET accept,host,user-agent text/plain Domicile');
equal('the ledger has its fields', server.sql("SELECT group_concat(DISTINCT host || ' ' || purpose || ' ' || fields || ' ' || was_listed) FROM outbound"),
  `127.0.0.1:${github.address().port} keys username 1`);
equal('no log names an account', /octo-?cat|nobody-here|github_user/.test(server.log()), false);
for (const path of ['/privacy', '/subprocessors', '/data']) {
  check(`${path} names GitHub`, (await visitor.ask('GET', path)).text.includes('GitHub'));
}
await until(() => server.sql("SELECT figure FROM promise WHERE id = 'recipients'") !== '');
equal('data went to nobody else', server.sql("SELECT figure FROM promise WHERE id = 'recipients'"), '0');
equal('no foreign request', browser.foreign.join(), '');
equal('no violation', browser.violations.join(), '');
equal('no error', browser.errors.join(), '');
await browser.end();
await server.end();
github.close();
finish();
