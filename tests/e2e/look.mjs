// The operator looks at the console or the disk of somebody's VM: not without a reason, not with a profile that says never,
// and not without a trace; what the guest prints is shown, but is no command to the operator's terminal.
//
//     node tests/e2e/look.mjs BUILD
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { Server, Visitor, check, equal, finish, keyMake, root, ssh, until } from './lib.mjs';
import { Postbox, authorityMake } from './postbox.mjs';

const box = new Postbox({ password: 'correct horse' });
const keys = fs.mkdtempSync('/tmp/domicile-look.');
process.once('exit', () => fs.rmSync(keys, { recursive: true, force: true }));
const known = authorityMake(keys, 'known');
const port = await box.open(known);
const server = await Server.make(process.argv[2], (text) => `${text}
[image tiny]
[image layered]
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
// The same guest with a disk of its own, over which VMs' disks lie.
const layered = `${server.dir}/images/layered`;
fs.cpSync(`${process.argv[2]}/guest`, layered, { recursive: true });
spawnSync('bash', ['-euc', 'truncate -s 64M raw; mkfs.ext4 -q -F raw; echo words of the image >words; debugfs -w -R "write words words" raw; qemu-img convert -O qcow2 raw disk.qcow2; rm raw words'], { cwd: layered });
if (process.getuid() === 0) spawnSync('chown', ['-R', 'domicile:', `${server.dir}/images`]);
await server.start();
const adminGiven = (input, ...options) => {
  const { status, stdout, stderr } = spawnSync(`${root}/cgi/admin.sh`, [server.dir, ...options], { encoding: 'utf8', input });
  return { status, text: stdout + stderr };
};
const admin = (...options) => adminGiven('', ...options);
const bob = new Visitor(server);
await bob.signIn(server.signinLink('bob@example.org'));
await bob.send('/keys', '/keys', [['key', keyMake(server, 'key')], ['name', 'first']]);
await until(() => server.sql("SELECT version IS NOT NULL FROM image WHERE name = 'tiny'") === '1');
await bob.send('/vms/new', '/vms', [['name', 'oak'], ['image', 'tiny'], ['size', 'nano'], ['region', 'local'], ['key', server.sql('SELECT id FROM ssh_key')]]);
const vmOf = (column) => server.sql(`SELECT ifnull(${column}, '') FROM vm WHERE name = 'oak'`);
check('it runs', await until(() => vmOf('state') === 'running'));
const id = vmOf('id');
const looks = () => server.sql("SELECT count(*) FROM activity WHERE action = 'look'");

// ---- refused: nothing is shown, and nothing recorded ----
for (const [what, ...options] of [
  ['no reason', 'vm-look', id],
  ['another reason', '--reason', 'curiosity', 'vm-look', id],
  ['no VM', '--reason', 'abuse', 'vm-look', 'aaaaaaaaaaaaaaaa'],
  ['a disk without a reason', '--disk', 'vm-look', id],
  ['the disk of no VM', '--disk', '--reason', 'abuse', 'vm-look', 'aaaaaaaaaaaaaaaa'],
]) {
  equal(`${what} is refused`, admin(...options).status, 1);
}
equal('nothing is recorded', looks(), '0');

// ---- a look ----
const look = spawn(`${root}/cgi/admin.sh`, [server.dir, '--reason', 'abuse', 'vm-look', id], { stdio: ['ignore', 'pipe', 'pipe'] });
process.once('exit', () => look.kill());
const ended = new Promise((resolve) => { look.once('exit', resolve); });
let shown = '', said = '';
look.stdout.on('data', (part) => { shown += part; });
look.stderr.on('data', (part) => { said += part; });
await until(() => said.includes('Recorded in the activity of'));
check('the team sees it at once', (await bob.ask('GET', `/vms/${id}/activity`)).text.includes('Console viewed by the admin'));
check('with its reason', (await bob.ask('GET', '/activity')).text.includes('For 15 minutes at most, to investigate abuse'));
const mail = await until(() => box.mails.find(({ parsed }) => parsed.subject.includes('looks at the console of oak')));
check('its owner gets a mail', mail.to.join() === 'bob@example.org' && /to\s+investigate\s+abuse/.test(mail.parsed.text) && mail.parsed.text.includes(`/vms/${id}/activity`), mail.parsed.text);
// The console is opened a moment after it was recorded: what is printed until then is not seen. The guest's SSH
// server prints who signs in.
const WORDS = 'Pubkey auth succeeded';
await until(async () => {
  await ssh(server, `ssh -p ${vmOf('ssh_port')} dev@localhost`, `[localhost]:${vmOf('ssh_port')} ${vmOf('host_key_public')}`, 'true');
  return shown.includes(WORDS);
}, 1000);
check('what the guest prints is shown', shown.includes(WORDS), said);
check('and no control character, though each line ends with one', !/[\x00-\x08\x0b-\x1f\x7f-\xff]/.test(shown), JSON.stringify(shown));
equal('what was shown is stored nowhere', server.log().includes(WORDS), false);
process.kill(look.pid, 'SIGINT');
await ended;
const span = server.sql("SELECT detail FROM activity WHERE team_id <> 0 AND action = 'look_end'");
check('its end is recorded with how long it took', /^After \d+ (s|min)/.test(span), span);
check('and shown', (await bob.ask('GET', `/vms/${id}/activity`)).text.includes('Console view by the admin ended'));
equal('and in the operator\'s history', server.sql("SELECT actor || ' ' || object || ' ' || (detail LIKE 'After %') FROM activity WHERE team_id = 0 AND action = 'look_end'"), `operator ${id} 1`);

// ---- a look at the disk, while the VM runs ----
const inGuest = async (command) => (await ssh(server, `ssh -p ${vmOf('ssh_port')} dev@localhost`, `[localhost]:${vmOf('ssh_port')} ${vmOf('host_key_public')}`, command)).out;
const guests = () => server.processes().filter(({ argv }) => argv.some((part) => part.includes('id=terminal'))).length;
const file = `${server.dir}/disks/${id}.qcow2`;
// Twice: the first writes the file's inode to its place, the second makes QEMU write where that is.
await inGuest('echo words of $((40 + 2)) >note; printf "\\033[31mred" >coloured; sync; touch more; sync');
const disk = spawn(`${root}/cgi/admin.sh`, [server.dir, '--disk', '--reason', 'law', 'vm-look', id], { stdio: ['pipe', 'pipe', 'pipe'] });
process.once('exit', () => disk.kill());
const diskEnded = new Promise((resolve) => { disk.once('exit', resolve); });
let seen = '', heard = '';
disk.stdout.on('data', (part) => { seen += part; });
disk.stderr.on('data', (part) => { heard += part; });
await until(() => heard.includes('Recorded in the activity of'));
check('the team sees that at once, too', (await bob.ask('GET', `/vms/${id}/activity`)).text.includes('Disk viewed by the admin'));
const diskMail = await until(() => box.mails.find(({ parsed }) => parsed.subject.includes('looks at the disk of oak')));
check('its owner gets a mail', diskMail.to.join() === 'bob@example.org' && /law\s+requires\s+it/.test(diskMail.parsed.text) && diskMail.parsed.text.includes(`/vms/${id}/activity`), diskMail.parsed.text);
disk.stdin.write('cat $(find /mnt -name note) $(find /mnt -name coloured)\n');
check('a file of the VM is read', await until(() => seen.includes('words of 42')), seen);
check('where it is mounted is said', seen.includes('/dev/vda is mounted on /mnt/vda, read-only.'), seen);
check('that the VM is running is said', heard.includes('The VM is running: '), heard);
disk.stdin.write('touch /mnt/vda/new; echo broken >/dev/vda; ls /sys/class/net; echo tried\n');
await until(() => /^(.*# )?tried$/m.test(seen));
check('nothing can be written', seen.includes('/mnt/vda/new: Read-only file system') && /dev\/vda: (Operation not permitted|Permission denied|Read-only)|write error/.test(seen), seen);
check('the guest has no network', !seen.includes('eth0'), seen);
check('and no control character is shown', seen.includes('[31mred') && !/[\x00-\x08\x0b-\x1f\x7f-\xff]/.test(seen), JSON.stringify(seen));
equal('it is one guest', guests(), 1);
check('the VM goes on', (await inGuest('echo more >>note; sync; cat note')).includes('more') && vmOf('state') === 'running');
disk.stdin.write('exit\n');
equal('it ends with the shell', await diskEnded, 0);
check('no line of a log is among what is shown', !/^time=/m.test(heard + seen), heard);
equal('and nothing stays', guests(), 0);
equal('both are in the history', server.sql("SELECT group_concat(action, ' ') FROM (SELECT action FROM activity WHERE team_id <> 0 AND action LIKE 'disk_look%' ORDER BY seq)"), 'disk_look disk_look_end');
equal("and in the operator's", server.sql("SELECT group_concat(actor || ' ' || action || ' ' || object, ' ') FROM (SELECT * FROM activity WHERE team_id = 0 AND action LIKE 'disk_look%' ORDER BY seq)"), `operator disk_look ${id} operator disk_look_end ${id}`);
check('the end is shown', (await bob.ask('GET', `/vms/${id}/activity`)).text.includes('Disk view by the admin ended'));
equal('what was seen is stored nowhere', server.log().includes('words of 42'), false);
// The command is killed: so is its guest.
const killed = spawn(`${root}/cgi/admin.sh`, [server.dir, '--disk', '--reason', 'law', 'vm-look', id], { stdio: ['pipe', 'ignore', 'ignore'] });
const killedEnded = new Promise((resolve) => { killed.once('exit', resolve); });
check('another look', await until(() => guests() === 1));
killed.kill('SIGKILL');
await killedEnded;
check('a guest does not outlive its look', await until(() => guests() === 0));

// A look ends with the VM, too: the console closes, and that is recorded.
const second = spawn(`${root}/cgi/admin.sh`, [server.dir, '--reason', 'operate', 'vm-look', id], { stdio: ['ignore', 'ignore', 'pipe'] });
process.once('exit', () => second.kill());
const secondEnded = new Promise((resolve) => { second.once('exit', resolve); });
let secondSaid = '';
second.stderr.on('data', (part) => { secondSaid += part; });
await until(() => secondSaid.includes('Recorded in the activity of'));
await bob.send(`/vms/${id}`, `/vms/${id}/stop`, []);
check('it stops', await until(() => vmOf('state') === 'stopped'));
await secondEnded;
check('and says why', await until(() => secondSaid.includes('The console has ended: the VM was stopped')), secondSaid);
equal('a look that ended with the VM has ended in the history', server.sql("SELECT group_concat(action, ' ') FROM (SELECT action FROM activity WHERE team_id <> 0 AND action LIKE 'look%' ORDER BY seq)"), 'look look_end look look_end');
equal('of a stopped VM there is nothing to see', admin('--reason', 'law', 'vm-look', id).status, 1);
equal('so it is not recorded', looks(), '4'); // two, in the history of the team, and in the operator's
equal("the operator's history names the VM", server.sql("SELECT DISTINCT actor || ' ' || object FROM activity WHERE team_id = 0 AND action = 'look'"), `operator ${id}`);

// ---- a look at the disk of a VM that does not run ----
const bytes = fs.readFileSync(file);
const still = adminGiven('cat $(find /mnt -name note); echo broken >/dev/vda', '--disk', '--reason', 'operate', 'vm-look', id);
check('its files are read', still.status === 0 && still.text.includes('words of 42\nmore'), still.text);
check('the disk is what it was', fs.readFileSync(file).equals(bytes));

// ---- a disk that lies over the image's ----
await until(() => server.sql("SELECT version IS NOT NULL FROM image WHERE name = 'layered'") === '1');
await bob.send('/vms/new', '/vms', [['name', 'elm'], ['image', 'layered'], ['size', 'nano'], ['region', 'local'], ['key', server.sql('SELECT id FROM ssh_key')]]);
const elm = (column) => server.sql(`SELECT ${column} FROM vm WHERE name = 'elm'`);
check('such a VM runs', await until(() => elm('state') === 'running'));
const over = adminGiven('cat /mnt/vda/words\n', '--disk', '--reason', 'operate', 'vm-look', elm('id'));
check('files of the image are read as well', over.status === 0 && over.text.includes('words of the image'), over.text);
check('it goes on', elm('state') === 'running' && (await ssh(server, `ssh -p ${elm('ssh_port')} dev@localhost`, `[localhost]:${elm('ssh_port')} ${elm('host_key_public')}`, 'echo alive')).out === 'alive');
await bob.send(`/vms/${elm('id')}`, `/vms/${elm('id')}/destroy`, [['name', 'elm']]);
await until(() => elm('state') === 'gone');

// ---- a server whose policy spoke of consoles alone ----
const tell = () => admin('--disk', '--reason', 'law', 'vm-look', id);
const dayIn = (days) => new Date(Math.floor(Date.now() / 86400000 + days) * 86400000).toISOString().slice(0, 10);
await server.stop();
server.sql("UPDATE policy_fact SET number = 1 WHERE name = 'looks'");
await server.start();
const unannounced = tell();
check('disks are not shown', unannounced.status === 1 && unannounced.text.includes('consoles alone') && unannounced.text.includes(dayIn(15)), unannounced.text);
check('it is named as a weakening', admin('policy', 'show').text.includes('The admin may look at the console and the disk of a VM'));
check('consoles are', admin('--reason', 'law', 'vm-look', id).text.includes('this VM does not run'));
equal('it is announced', admin('policy', 'schedule').status, 0);
const announced = tell();
check('disks are shown from its day', announced.status === 1 && announced.text.includes(`as announced, disks can be looked at from ${dayIn(15)}`), announced.text);
equal('no refused look is recorded', server.sql("SELECT count(*) FROM activity WHERE team_id <> 0 AND action = 'disk_look'"), '4');
server.sql('UPDATE policy_version SET effective_at = unixepoch() WHERE effective_at > unixepoch()');

// ---- a disk that goes while it is looked at ----
const last = spawn(`${root}/cgi/admin.sh`, [server.dir, '--disk', '--reason', 'law', 'vm-look', id], { stdio: ['pipe', 'ignore', 'pipe'] });
process.once('exit', () => last.kill());
const lastEnded = new Promise((resolve) => { last.once('exit', resolve); });
let lastSaid = '';
last.stderr.on('data', (part) => { lastSaid += part; });
check('from its day on they are', await until(() => guests() === 1), lastSaid);
fs.renameSync(file, `${file}.away`);
await lastEnded;
check('a look does not keep a disk that is deleted', lastSaid.includes('The disk has been deleted.') && guests() === 0, lastSaid);
fs.renameSync(`${file}.away`, file);

// ---- a profile that says never ----
await server.stop();
server.policyless();
const conf = fs.readFileSync(`${server.dir}/domicile.conf`, 'utf8');
server.put('domicile.conf', conf.replace(/^\[privacy\]$/m, '[privacy]\nprofile = shared-session').replace(/^(profile = shared-session\n[^[]*?)^profile = (?!shared-session).*\n/m, '$1'));
await server.start();
const refused = admin('--reason', 'law', 'vm-look', id);
check('where nobody looks, nobody can', refused.status === 1 && refused.text.includes('nobody looks inside VMs'), refused.text);
const refusedDisk = tell();
check('at disks neither', refusedDisk.status === 1 && refusedDisk.text.includes('nobody looks inside VMs'), refusedDisk.text);
await bob.send(`/vms/${id}`, `/vms/${id}/destroy`, [['name', 'oak']]);
await until(() => vmOf('state') === 'gone');
await server.stop();
await box.close();
finish();
