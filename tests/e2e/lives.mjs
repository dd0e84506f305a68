// Lives of VMs, with real guests: one that shuts itself down is destroyed, one that nobody uses is warned of and stopped,
// one is destroyed, one that somebody is connected to goes on. The clocks of rows are set back instead of waiting, but
// whether a VM is used is measured as ever.
//
//     node tests/e2e/lives.mjs BUILD
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { Server, Visitor, check, equal, finish, keyMake, until } from './lib.mjs';
import { Postbox, authorityMake } from './postbox.mjs';

const box = new Postbox({ password: 'correct horse' });
const keys = fs.mkdtempSync('/tmp/domicile-lives.');
process.once('exit', () => fs.rmSync(keys, { recursive: true, force: true }));
const known = authorityMake(keys, 'known');
const port = await box.open(known);
const server = await Server.make(process.argv[2], (text) => `${text}
[mail]
mail = smtp
url = smtp://localhost:${port}
user = domicile
from = vm@example.org
ca_file = tls/mail-ca.pem
country = DE
`);
server.put('secrets/smtp-password', 'correct horse\n');
server.put('tls/mail-ca.pem', known.ca);
await server.start();
const bob = new Visitor(server);
await bob.signIn(server.signinLink('bob@example.org'));
await bob.send('/keys', '/keys', [['key', keyMake(server, 'key')], ['name', 'first']]);
await until(() => server.sql("SELECT version IS NOT NULL FROM image WHERE name = 'tiny'") === '1');

const of = (name, column) => server.sql(`SELECT ifnull(${column}, '') FROM vm WHERE name = '${name}'`);
const LIVES = { run: 'ephemeral', hour: 'ephemeral-60', calm: 'idle_stop-15', busy: 'idle_stop-15' };
for (const [name, life] of Object.entries(LIVES)) {
  await bob.send('/vms/new', '/vms', [['name', name], ['image', 'tiny'], ['size', 'nano'], ['region', 'local'], ['life', life], ['key', server.sql('SELECT id FROM ssh_key')]]);
}
check('they run', await until(() => server.sql("SELECT count(*) FROM vm WHERE state = 'running'") === '4'));
const shown = (name) => [`ssh -p ${of(name, 'ssh_port')} dev@localhost`, `[localhost]:${of(name, 'ssh_port')} ${of(name, 'host_key_public')}`];
const page = async (name) => (await bob.ask('GET', `/vms/${of(name, 'id')}`)).text;
// Nobody has used it for so long; the warning was so long ago.
const age = (name, seconds) => server.sql(`UPDATE vm SET clock_at = clock_at - ${seconds}, warned_at = warned_at - ${seconds} WHERE name = '${name}'`);
const receipt = (name) => server.sql(`SELECT cause || ' ' || is_systems FROM receipt WHERE name = '${name}'`);

function virsh(...words) {
  const dirs = Object.entries({ RUNTIME: 'run', CONFIG: 'config', DATA: 'data', CACHE: 'cache' })
    .map(([name, dir]) => `XDG_${name}_${name === 'RUNTIME' ? 'DIR' : 'HOME'}=${server.dir}/libvirt/${dir}`);
  const command = [...(process.getuid() === 0 ? ['setpriv', '--reuid=domicile', '--regid=domicile', '--init-groups', '--'] : []),
    'env', ...dirs, 'virsh', '-q', '-c', 'qemu:///session', ...words];
  return execFileSync(command[0], command.slice(1), { cwd: '/', encoding: 'utf8' });
}

// ---- one run: it ends when it shuts itself down ----
check('the page says what ends it', (await page('run')).includes('Destroyed when it stops'));
await bob.send(`/vms/${of('run', 'id')}`, `/vms/${of('run', 'id')}/stop`, []);
equal('Stop alone does not destroy it', of('run', 'state'), 'running');
virsh('shutdown', `domicile-${of('run', 'id')}`); // the power button, to which the guest shuts itself down
check('its end destroys it', await until(() => receipt('run') === 'ended 1'), of('run', 'state'));

// ---- somebody is connected to this one all the time, and to the others nobody ----
const [command, line] = shown('busy');
fs.writeFileSync(`${server.tmp}/busy_hosts`, `${line}\n`);
const connection = spawn('ssh', [...command.split(' ').slice(1), '-i', `${server.tmp}/key`, '-o', `UserKnownHostsFile=${server.tmp}/busy_hosts`,
  '-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes', 'cat'], { stdio: ['pipe', 'ignore', 'ignore'] });
process.once('exit', () => connection.kill());
check('use is measured', await until(() => of('calm', 'measured_at') && of('busy', 'measured_at')));
const measured = (name) => Number(of(name, 'measured_at'));
// In the minute of its start it was used. Then a whole one must be without use, for the one, and with it for the other.
const clocks = { calm: '', busy: '' };
check('the clock of the one stands, that of the other starts anew each minute', await until(() => {
  const before = { ...clocks };
  for (const name of ['calm', 'busy']) clocks[name] = of(name, 'clock_at');
  return before.calm === clocks.calm && measured('calm') > Number(clocks.calm) && measured('busy') === Number(clocks.busy);
}));
age('calm', 6 * 60);
check('the unused one is warned of', await until(() => of('calm', 'warned_at')));
const mail = await until(() => box.mails.find(({ parsed }) => parsed.subject.includes('calm on') && parsed.subject.includes('about to stop')));
check('by mail', mail.to.join() === 'bob@example.org' && mail.parsed.text.includes(`/vms/${of('calm', 'id')}`), mail.parsed.text);
check('and on its page', /Stops in (\d+ min|less than a minute) unless used/.test(await page('calm')) && (await page('calm')).includes('id="keep"'));
check('and in the list', /Stops in (\d+ min|less than a minute) unless used/.test((await bob.ask('GET', '/vms')).text));
await bob.send(`/vms/${of('calm', 'id')}`, `/vms/${of('calm', 'id')}/keep`, []);
check('kept running, its clock starts anew', !of('calm', 'warned_at') && !(await page('calm')).includes('id="keep"'));
age('calm', 6 * 60);
check('it is warned of again', await until(() => of('calm', 'warned_at')));
age('calm', 10 * 60);
check('and is stopped', await until(() => of('calm', 'state') === 'stopped'), of('calm', 'state'));
equal('with the reason', server.sql("SELECT detail FROM activity WHERE action = 'stop' AND vm_id = (SELECT id FROM vm WHERE name = 'calm')"), 'Unused for 15 min');
check('its disk is there', fs.existsSync(`${server.dir}/disks/${of('calm', 'id')}.qcow2`));
equal('the used one runs on', `${of('busy', 'state')}${of('busy', 'warned_at')}`, 'running');
connection.kill(); // from now on it is unused too, and may be warned of on a slow machine

// ---- its time is over ----
age('hour', 55 * 60);
check('it is warned of', await until(() => of('hour', 'warned_at')));
check('by a mail that says what is lost', await until(() => box.mails.some(({ parsed }) => parsed.subject.includes('hour on') && /lost/.test(parsed.text))));
await server.stop();
age('hour', 10 * 60);
await server.start();
check('and destroyed, also by a worker that was down meanwhile', await until(() => receipt('hour') === 'time_over 1'));
check('its disk is gone', fs.readdirSync(`${server.dir}/disks`).length === 2);
check('the receipt says why', (await bob.ask('GET', `/vms/${server.sql("SELECT vm_id FROM receipt WHERE name = 'hour'")}`)).text.includes('Its time was over'));

// ---- another life for one that is off ----
const calm = of('calm', 'id');
await bob.send(`/vms/${calm}/settings`, `/vms/${calm}/life`, [['life', 'idle_destroy-15']]);
server.sql("UPDATE vm SET state_at = state_at - 900 WHERE name = 'calm'");
age('calm', 6 * 60);
check('off and unused, it is warned of', await until(() => of('calm', 'warned_at')));
age('calm', 10 * 60);
check('and destroyed', await until(() => receipt('calm') === 'idle 1'));
equal('each was warned of once for each run of its clock', box.mails.filter(({ parsed }) => /about to/.test(parsed.subject) && !parsed.subject.includes('busy on')).length, 4);
equal('what was changed is in the activity', server.sql("SELECT group_concat(action, ' ') FROM (SELECT action FROM activity WHERE action IN ('life', 'keep') ORDER BY at_ms)"), 'keep life');
// ---- a schedule: what was due a moment ago is done, and the oldest daily snapshot goes ----
const busy = of('busy', 'id');
const before = server.sql("SELECT strftime('%H:%M', 'now', '-3 minutes')");
const days = [0, 1, 2, 3, 4, 5, 6].map((day) => ['day', String(day)]);
await bob.send(`/vms/${busy}/settings`, `/vms/${busy}/life`, [['life', 'persistent']]);
await bob.send(`/vms/${busy}/settings`, `/vms/${busy}/schedule`, [['zone', 'UTC'], ...days, ['stop', before], ['snapshot', before], ['keep', '1']]);
equal('it is stored', of('busy', 'zone'), 'UTC');
check('and shown', (await page('busy')).includes(`Snapshot daily ${of('busy', "printf('%02d:%02d', snapshot_minute / 60, snapshot_minute % 60)")}, 1 kept, UTC`));
const due = (what) => server.sql(`UPDATE vm SET ${what} = ${what} - 3600 WHERE name = 'busy'`);
const daily = () => server.sql(`SELECT group_concat(id || ' ' || state) FROM snapshot WHERE vm_id = '${busy}' AND is_scheduled = 1`);
equal('what was due before it was set is not done', of('busy', 'state'), 'running');
due('run_done_at');
check('it is stopped', await until(() => of('busy', 'state') === 'stopped'));
due('snapshot_done_at');
check('a snapshot is taken', await until(() => /ready$/.test(daily())));
const first = daily();
due('snapshot_done_at');
check('a second one takes its place', await until(() => daily() !== first && /^\S+ ready$/.test(daily())));
await bob.send(`/vms/${busy}/settings`, `/vms/${busy}/schedule`, [['zone', 'UTC'], ...days, ['start', before]]);
due('run_done_at');
check('and it is started', await until(() => of('busy', 'state') === 'running'));
equal('each with its reason', server.sql(`SELECT group_concat(DISTINCT actor) || ' ' || count(*) FROM activity WHERE vm_id = '${busy}' AND detail = 'By its schedule'`), 'system 2');
await server.stop();
await box.close();
finish();
