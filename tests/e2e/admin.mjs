// The admin runs a group from the browser: invites a person by a link on a server without mail, suspends their account
// while a VM of theirs runs, also while every process is killed, restores it, sets a quota, and announces something.
//
//     node tests/e2e/admin.mjs BUILD
import { Browser, Server, Visitor, check, equal, fill, finish, follow, keyMake, root, run, signIn, text, until } from './lib.mjs';

const server = await Server.make(process.argv[2]);
await server.start();
const browser = await Browser.launch(server);
const admin = await browser.page();
await signIn(admin, server.signinLink('operator@localhost'));
const narrow = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
const local = (link) => link.slice(server.url.length);
const command = (...words) => run(`${root}/cgi/admin.sh`, [server.dir, ...words]).then(({ stdout }) => stdout.trim(), (e) => e.stderr.trim());

// ---- an invite by a link makes an account, once ----
await admin.goto(`${server.url}/operator`);
await follow(admin, '.head a[href="/operator/people"]');
await admin.type('#email', 'Ada@Example.org');
await follow(admin, 'button[value="link"]');
const link = await text(admin, '#link pre');
const page = await browser.page({ javascript: false, width: 360 });
await page.goto(link);
check('the invite says to what', (await text(page, 'main')).includes('invites ada@example.org'));
check('nothing is wider than a phone', await narrow(page));
await follow(page, 'main form button');
equal('she is in', new URL(page.url()).pathname, '/vms');
equal('with a team of her own alone', server.sql("SELECT count(*) || max(t.personal_of = p.id) FROM person p JOIN membership m ON m.person_id = p.id JOIN team t ON t.id = m.team_id WHERE p.email = 'ada@example.org'"), '11');
equal('nobody else is', (await new Visitor(server).ask('GET', local(link))).status, 404);
const person = server.sql("SELECT id FROM person WHERE email = 'ada@example.org'");
const team = server.sql(`SELECT id FROM team WHERE personal_of = ${person}`);

// ---- her VM runs ----
const ada = new Visitor(server);
await ada.signIn(server.signinLink('ada@example.org'));
await ada.send('/keys', '/keys', [['key', keyMake(server, 'key')]]);
await until(() => server.sql("SELECT version IS NOT NULL FROM image WHERE name = 'tiny'") === '1');
const create = (name) => ada.send('/vms/new', '/vms', [['name', name], ['image', 'tiny'], ['size', 'nano'], ['region', 'local'],
  ['key', server.sql(`SELECT id FROM ssh_key WHERE team_id = ${team}`)]]);
await create('oak');
const vm = server.sql("SELECT id FROM vm WHERE name = 'oak'");
const state = () => server.sql(`SELECT state || ' ' || observed FROM vm WHERE id = '${vm}'`);
await admin.goto(`${server.url}/operator/vms?q=oak`);
await admin.waitForFunction(() => /Running/.test(document.querySelector('.st')?.textContent));
check('the list follows by itself', state() === 'running running');
await follow(admin, `td a[href="/operator/vms/${vm}"]`);
check('and leads to its page, with its jobs', /Creation/.test(await text(admin, 'tbody')) && /Done/.test(await text(admin, 'tbody')));
const guests = () => server.processes().filter(({ argv }) => /qemu-system/.test(argv[0]) && argv.some((word) => word.includes(vm))).length;
equal('it has a process', guests(), 1);

// ---- stopped for a reason, which its team reads; it may start it again ----
await admin.type('#reason', 'Mining <coins>');
await follow(admin, '#stop button');
await until(() => state() === 'stopped stopped');
await admin.waitForFunction(() => /Stopped/.test(document.querySelector('dl.facts .state')?.textContent) && !document.querySelector('#stop'));
check('its page follows', true);
check('the reason is in the activity', (await ada.ask('GET', `/vms/${vm}/activity`)).text.includes('Stopped by the admin: Mining &lt;coins&gt;'));
await ada.send(`/vms/${vm}`, `/vms/${vm}/start`, []);
await until(() => state() === 'running running');
equal('started again by its team', guests(), 1);

// ---- suspended: signed out, stopped, told why; whatever is killed ----
await admin.goto(`${server.url}/operator/people?q=ada`);
await follow(admin, 'td a[href^="/operator/people/"]');
await admin.click('#suspension button');
equal('the browser asks for a reason', new URL(admin.url()).pathname, `/operator/people/${person}`);
await admin.type('#reason', 'Scanning <other> networks');
await follow(admin, '#suspension button');
for (const program of ['worker', 'operator', 'dashboard', 'signin']) for (const pid of server.pidsOf(program)) process.kill(pid, 'SIGKILL');
check('the admin sees it', (await text(admin, '#suspension')).includes('Reason: Scanning <other> networks'));
await until(() => state() === 'stopped stopped');
equal('the guest is gone', guests(), 0);
equal('its disk is not', server.sql(`SELECT count(*) FROM vm WHERE id = '${vm}' AND gone_at IS NULL`), '1');
await page.goto(`${server.url}/vms`);
check('her browser is signed out', page.url().includes('/signin'));
const again = new Visitor(server);
const refused = await again.signIn(server.signinLink('ada@example.org'));
equal('and nobody signs in', refused.status, 403);
check('who is told why and whom to ask', /This account is suspended/.test(refused.text) && refused.text.includes('Scanning &lt;other&gt; networks') && refused.text.includes('mailto:'));
equal('so there is no session', (await again.ask('GET', '/vms')).status, 303);
check('the list says so', (await text(admin, '.toast')).includes('Account suspended.'));

// ---- restored: it stays off until it is started ----
await follow(admin, '#suspension button');
await ada.signIn(server.signinLink('ada@example.org'));
equal('she signs in', (await ada.ask('GET', '/vms')).status, 200);
equal('the VM is off', state(), 'stopped stopped');
check('her activity has all of it', /Account viewed by the admin/.test((await ada.ask('GET', '/activity')).text)
  && /Account suspended by the admin/.test((await ada.ask('GET', '/activity')).text)
  && /Account restored by the admin/.test((await ada.ask('GET', '/activity')).text));
equal('the reason is nowhere any more', server.sql("SELECT (SELECT count(*) FROM person WHERE suspended_reason IS NOT NULL) + (SELECT count(*) FROM activity WHERE detail LIKE '%Scanning%')"), '0');
equal('it starts', (await ada.send(`/vms/${vm}`, `/vms/${vm}/start`, [])).status, 303);
await until(() => state() === 'running running');

// ---- a quota of her team's own ----
await admin.goto(`${server.url}/operator/teams/${team}`);
await fill(admin, '#vms', '1');
await follow(admin, '#quota button');
check('saved', (await text(admin, '#quota')).includes('1 in use'));
const full = await create('elm');
equal('a second VM is refused', full.status, 422);
check('which says why', full.text.includes('1 of 1 VMs'));
check('and whose quota it is', (await ada.ask('GET', '/vms')).text.includes('set by the admin for this team'));

// ---- the team, by command: its people stay signed in ----
equal('suspended', await command('suspend', team, '--reason', 'Unpaid'), `${team} is suspended.`);
await until(() => state() === 'stopped stopped');
check('its pages say why', (await ada.ask('GET', '/vms')).text.includes('This team is suspended.</b> The admin’s reason: “Unpaid”'));
equal('nothing starts', (await ada.send(`/vms/${vm}`, `/vms/${vm}/start`, [])).status, 409);
equal('restored', await command('restore', team), `${team} is restored.`);
check('not without a reason', (await command('suspend', team)).includes('--reason TEXT'));
check('nor the admin', (await command('suspend', 'operator@localhost', '--reason', 'x')).includes('nobody could restore it'));
equal('by address', await command('suspend', 'ada@example.org', '--reason', 'x'), 'ada@example.org is suspended.');
equal('which ends her session', (await ada.ask('GET', '/vms')).status, 303);
equal('restored', await command('restore', 'ada@example.org'), 'ada@example.org is restored.');
await ada.signIn(server.signinLink('ada@example.org'));

// ---- an announcement, until she dismisses it ----
await admin.goto(`${server.url}/operator/announcements`);
await admin.type('#text', 'Maintenance tonight');
await admin.$eval('#until', (e) => { e.value = '2099-01-01T00:00'; });
await follow(admin, '#new button');
check('too long', (await text(admin, '#until-help')).includes('90 days'));
const soon = new Date(Date.now() + 86400e3).toISOString().slice(0, 16);
await admin.$eval('#until', (e, value) => { e.value = value; }, soon);
await follow(admin, '#new button');
await signIn(page, server.signinLink('ada@example.org'));
await page.goto(`${server.url}/keys`);
equal('she reads it', await text(page, '#announcement p'), 'Maintenance tonight');
check('on a phone', await narrow(page));
await follow(page, '#announcement button');
equal('she stays where she was', new URL(page.url()).pathname, '/keys');
equal('dismissed', await text(page, '#announcement'), null);
equal('the admin still sees it', await text(admin, '#announcement p'), 'Maintenance tonight');
check('as do visitors of the status page', (await new Visitor(server).ask('GET', '/status')).text.includes('Maintenance tonight'));
await follow(admin, '#announcements form button');
equal('ended', await text(admin, '#announcement'), null);

// ---- the admin signed in yesterday ----
server.sql('UPDATE session SET authenticated_at = unixepoch() - 43201 WHERE person_id = 1');
await admin.goto(`${server.url}/operator/people`);
check('the pages ask for a fresh sign-in', admin.url().includes('/signin?return=/operator/people&again=1'));
await admin.goto(`${server.url}/vms`);
equal('others do not', new URL(admin.url()).pathname, '/vms');

equal('no page breaks its own policy', browser.violations.join(), '');
equal('nothing from elsewhere', browser.foreign.join(), '');
equal('no errors', browser.errors.join(), '');
await browser.end();
await server.end();
finish();
