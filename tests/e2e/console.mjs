// What a VM that cannot be reached prints is shown to its team and to nobody else, harmless, and is nowhere but in
// memory; an admin's look takes the console over. With a guest that never has SSH, and one that comes up.
//
//     node tests/e2e/console.mjs BUILD
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { Browser, Server, Visitor, ask, check, equal, finish, keyMake, root, signIn, until } from './lib.mjs';

const server = await Server.make(process.argv[2], (text) => `${text}\n[image tiny]\n[image mute]\n`);
// Instead of what starts it, a shell that prints: the words are in no file, since it adds up. First more than is kept,
// then again and again colours, a title, a cursor, what is no UTF-8, and a mark of direction.
const mute = `${server.dir}/images/mute`;
fs.cpSync(`${process.argv[2]}/guest`, mute, { recursive: true });
const SCRIPT = 'yes begin-$((20+3)) | head -9000; while :; do printf \'\\033]0;title\\007\\033[31mwords of %d\\033[0m\\302<b>&\\377\\342\\200\\256end\\r\\n\' $((40+2)); sleep 1; done';
fs.writeFileSync(`${mute}/cmdline`, `console=ttyS0 quiet loglevel=3 panic=5 rdinit=/bin/sh -- -c "${SCRIPT}"\n`);
if (process.getuid() === 0) spawnSync('chown', ['-R', 'domicile:', `${server.dir}/images`]);
await server.start();

const people = {};
for (const name of ['bob', 'carol', 'dave']) {
  people[name] = new Visitor(server);
  await people[name].signIn(server.signinLink(`${name}@example.org`));
}
const operator = new Visitor(server);
await operator.signIn(server.signinLink('operator@localhost'));
const { bob, carol, dave } = people;
// Carol is a member of Bob's team, Dave is not.
const team = server.sql("SELECT id FROM team WHERE name LIKE 'bob%'");
server.sql(`INSERT INTO membership (team_id, person_id, role, created_at) SELECT ${team}, id, 'member', 1 FROM person WHERE email = 'carol@example.org';
UPDATE session SET current_team_id = ${team} WHERE person_id = (SELECT id FROM person WHERE email = 'carol@example.org')`);
await bob.send('/keys', '/keys', [['key', keyMake(server, 'key')], ['name', 'first']]);
await until(() => server.sql("SELECT count(*) FROM image WHERE name IN ('tiny', 'mute') AND version IS NOT NULL") === '2');
const create = async (name, image) => {
  await bob.send('/vms/new', '/vms', [['name', name], ['image', image], ['size', 'nano'], ['region', 'local'], ['key', server.sql('SELECT id FROM ssh_key')]]);
  return server.sql(`SELECT id FROM vm WHERE name = '${name}'`);
};
const id = await create('silent', 'mute');
const page = `/vms/${id}/console`;
const shownOf = async (visitor) => (await visitor.ask('GET', page)).text.match(/<pre[^>]*id="console"[^>]*>([^]*?)<\/pre>/)?.[1];
const WORDS = 'words of 42';

// ---- while it is not there ----
check('the page of the VM leads to it', await until(async () => (await bob.ask('GET', `/vms/${id}`)).text.includes(`href="${page}"`)));
const shown = await until(async () => { const text = await shownOf(bob); return text?.includes(WORDS) && text; });
check('its owner sees what it prints', shown.includes(WORDS), shown.slice(-300));
check('without colours, titles and control characters', !/[\x00-\x08\x0b-\x1f\x7f]|\[31m|title/.test(shown), JSON.stringify(shown.slice(-300)));
check('as text, with what is no UTF-8 or hidden marked', shown.includes(`${WORDS}\ufffd&lt;b&gt;&amp;\ufffd\ufffdend\n`), JSON.stringify(shown.slice(-300)));
check('the last 64 KB, not the first', Buffer.byteLength(shown) < 100000 && shown.split('begin-23').length < 8000, shown.length);
check('a member of the team sees it', (await shownOf(carol))?.includes(WORDS));
equal('another team does not', (await dave.ask('GET', page)).status, 404);
equal('nor does the admin', (await operator.ask('GET', page)).status, 404);
equal('nor a visitor', (await ask(server, 'GET', page)).status, 303);
server.sql(`UPDATE session SET current_team_id = NULL WHERE person_id = (SELECT id FROM person WHERE email = 'dave@example.org')`);
check('nor somebody without a team', (await dave.ask('GET', page)).status >= 400);
const poll = (etag) => ask(server, 'GET', page, { headers: { Cookie: bob.cookie, 'HX-Request': 'true', ...(etag && { 'If-None-Match': etag }) } });
const { etag } = (await poll()).headers;
check('a poll has what was printed since', await until(async () => { const { status, text } = await poll(etag); return status === 200 && text.includes(WORDS); }));

// ---- it is nowhere else: not in a file of the server, not in a row, not in a log ----
const found = (words) => spawnSync('grep', ['-rlaF', words, server.dir], { encoding: 'utf8' }).stdout.trim();
fs.writeFileSync(`${server.dir}/log/planted`, WORDS);
equal('a planted one is found', found(WORDS), `${server.dir}/log/planted`);
fs.rmSync(`${server.dir}/log/planted`);
equal('there is no other', `${found(WORDS)}${found('begin-23')}`, '');

// ---- an admin's look takes the console over, and gives it back ----
const look = spawn(`${root}/cgi/admin.sh`, [server.dir, '--reason', 'operate', 'vm-look', id], { stdio: ['ignore', 'pipe', 'pipe'] });
process.once('exit', () => look.kill());
let seen = '';
look.stdout.on('data', (part) => { seen += part; });
look.stderr.on('data', () => {});
check('the look shows it', await until(() => seen.includes(WORDS)));
check('the activity says so', (await bob.ask('GET', `/vms/${id}/activity`)).text.includes('Console viewed by the admin'));
process.kill(look.pid, 'SIGINT');
await new Promise((resolve) => { look.once('exit', resolve); });
const count = (await shownOf(bob))?.split(WORDS).length ?? 0;
check('then it is read on', await until(async () => ((await shownOf(bob))?.split(WORDS).length ?? 0) > count));

// ---- in a browser ----
const browser = await Browser.launch(server);
const phone = await browser.page({ width: 360 });
await signIn(phone, server.signinLink('bob@example.org'));
await phone.goto(server.url + page);
equal('no wider than a phone', await phone.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth), false);
const lines = () => phone.$eval('#console', (e) => e.textContent.split('end').length);
const first = await lines();
check('it grows by itself', await until(async () => (await lines()) > first));
equal('no violation', browser.violations.join() + browser.errors.join(), '');
await browser.end();

// ---- a worker that is killed reads it again; what it had is gone ----
process.kill(server.pidsOf('worker')[0], 'SIGKILL');
check('it is read again', await until(async () => { const text = await shownOf(bob); return text?.includes(WORDS) && !text.includes('begin-23'); }));

// ---- one that comes up: then nothing is shown, and nothing read ----
const well = await create('well', 'tiny');
check('it runs', await until(() => server.sql(`SELECT state FROM vm WHERE id = '${well}'`) === 'running'));
const over = (await bob.ask('GET', `/vms/${well}/console`)).text;
check('its page says that it is over', over.includes('<h2>Running</h2>') && !over.includes('<pre'), over);
check('nobody else reads its console then', await until(() => {
  const { stderr } = spawnSync('timeout', ['3', `${root}/cgi/admin.sh`, server.dir, '--reason', 'operate', 'vm-look', well], { encoding: 'utf8' });
  return stderr.includes('Recorded') && !/error|session/i.test(stderr);
}));

// ---- destroyed, it is forgotten ----
await bob.send(`/vms/${id}/destroy`, `/vms/${id}/destroy`, [['name', 'silent']]);
check('it goes', await until(() => server.sql(`SELECT gone_at IS NOT NULL FROM vm WHERE id = '${id}'`) === '1'));
equal('its console with it', (await bob.ask('GET', page)).status, 404);
equal('and nothing of it stays', `${found(WORDS)}${found('begin-23')}`, '');
await server.end();
finish();
