// What happens to a server, with real guests: a reboot, a guest that shuts itself down, a full disk, a
// restore, a clone.
//
//   node host.mjs BUILD
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { Server, Visitor, check, equal, finish, keyMake, root, sleep, ssh, until } from './lib.mjs';

const build = process.argv[2] ?? 'build';
// Beside the small image one whose disk is not empty: disks of its VMs lie over that.
const server = await Server.make(build, (text) => `${text}
[image tiny]
[image filled]
label = Filled
[image firmware]
label = Firmware
`);
const isRoot = process.getuid() === 0;

const own = (name) => isRoot && execFileSync('chown', ['-R', 'domicile:', `${server.dir}/${name}`]);

// The operator copies a new disk over the old one; `word` is in its file "mark", beside much that is random.
function imageDiskWrite(word) {
  const tree = `${server.tmp}/tree`;
  const disk = `${server.dir}/images/filled/disk.qcow2`;
  fs.mkdirSync(tree, { recursive: true });
  fs.writeFileSync(`${tree}/mark`, word);
  execFileSync('dd', ['if=/dev/urandom', `of=${tree}/noise`, 'bs=1M', 'count=8'], { stdio: 'ignore' });
  fs.rmSync(`${server.tmp}/raw`, { force: true });
  fs.truncateSync(fs.openSync(`${server.tmp}/raw`, 'w'), 64 * 1024 * 1024);
  execFileSync('mkfs.ext4', ['-q', '-L', 'data', '-d', tree, `${server.tmp}/raw`]);
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', `${server.tmp}/raw`, `${server.tmp}/qcow2`]);
  fs.writeFileSync(disk, fs.readFileSync(`${server.tmp}/qcow2`)); // into the same file
  own('images');
  execFileSync('touch', ['-d', '1 minute ago', disk]);
}

// A disk that the firmware boots: as cloud images are, without a kernel beside it.
function bootableDiskWrite() {
  const raw = `${server.tmp}/boot`;
  fs.mkdirSync(`${server.dir}/images/firmware`);
  fs.truncateSync(fs.openSync(raw, 'w'), 64 * 1024 * 1024);
  fs.writeFileSync(`${server.tmp}/syslinux.cfg`, `default guest\nlabel guest\nkernel kernel\ninitrd initrd\nappend ${fs.readFileSync(`${build}/guest/cmdline`, 'utf8')}`);
  execFileSync('mformat', ['-i', raw, '-F', '::']);
  for (const file of [`${build}/guest/kernel`, `${build}/guest/initrd`, `${server.tmp}/syslinux.cfg`]) execFileSync('mcopy', ['-i', raw, file, '::']);
  execFileSync('syslinux', ['--install', raw]);
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, `${server.dir}/images/firmware/disk.qcow2`]);
  execFileSync('touch', ['-d', '1 minute ago', `${server.dir}/images/firmware/disk.qcow2`]);
}

// The disks of this server's guests are on a file system of their own, small enough to be filled.
const DISK_MB = 640;
let isMounted = isRoot;
function unmount() {
  if (isMounted) execFileSync('umount', ['-l', `${server.dir}/disks`]);
  isMounted = false;
}
if (isRoot) {
  fs.mkdirSync(`${server.dir}/disks`);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m,mode=700,uid=${execFileSync('id', ['-u', 'domicile']).toString().trim()},gid=${execFileSync('id', ['-g', 'domicile']).toString().trim()}`,
    'tmpfs', `${server.dir}/disks`]);
  process.prependOnceListener('exit', unmount); // before the server's folder is removed
}
fs.mkdirSync(`${server.dir}/images/filled`, { recursive: true });
for (const file of ['kernel', 'initrd', 'cmdline']) fs.copyFileSync(`${build}/guest/${file}`, `${server.dir}/images/filled/${file}`);
imageDiskWrite('one');
bootableDiskWrite();
own('images');
await server.start();
const alice = new Visitor(server);
await alice.signIn(server.link);
await alice.send('/keys', '/keys', [['key', keyMake(server, 'key')], ['name', 'first']]);
await alice.send('/keys', '/keys', [['key', keyMake(server, 'lost')], ['name', 'lost']]);

const vmOf = (name, column) => server.sql(`SELECT ifnull(${column}, '') FROM vm WHERE name = '${name}' AND gone_at IS NULL;`);
const stateIs = (name, state) => until(() => vmOf(name, 'state') === state);
const events = (name, what) => Number(server.sql(`SELECT count(*) FROM activity WHERE what = '${what}'
  AND vm_id = (SELECT id FROM vm WHERE name = '${name}');`));
const pageOf = async (name) => (await alice.ask('GET', `/vms/${vmOf(name, 'id')}`)).text;
const press = (name, action, fields = []) => alice.send(`/vms/${vmOf(name, 'id')}`, `/vms/${vmOf(name, 'id')}/${action}`, fields);

// In the guest, by SSH.
async function inside(name, command, key = 'key') {
  const shown = `ssh -p ${vmOf(name, 'ssh_port')} dev@localhost`;
  return ssh(server, shown, `[localhost]:${vmOf(name, 'ssh_port')} ${vmOf(name, 'host_key_public')}`, command, key);
}

const admin = (...words) => execFileSync(`${root}/cgi/admin.sh`, [server.dir, ...words], { encoding: 'utf8' });

function virsh(...words) {
  const dirs = Object.entries({ RUNTIME: 'run', CONFIG: 'config', DATA: 'data', CACHE: 'cache' })
    .map(([name, dir]) => `XDG_${name}_${name === 'RUNTIME' ? 'DIR' : 'HOME'}=${server.dir}/libvirt/${dir}`);
  const command = [...(isRoot ? ['setpriv', '--reuid=domicile', '--regid=domicile', '--init-groups', '--'] : []),
    'env', ...dirs, 'virsh', '-q', '-c', 'qemu:///session', ...words];
  return execFileSync(command[0], command.slice(1), { cwd: '/', encoding: 'utf8' });
}

async function create(name, image = 'tiny') {
  // A new image is stored once its files have rested for a while.
  await until(() => server.sql(`SELECT version IS NOT NULL FROM image WHERE name = '${image}';`) === '1');
  const keys = server.sql('SELECT id FROM ssh_key;').split('\n').map((id) => ['key', id]);
  const made = await alice.send('/vms/new', '/vms', [['name', name], ['image', image], ['size', 'nano'], ['region', 'local'], ...keys]);
  check(`${name} is asked for`, made.status === 303, made.text.split('<main')[1]);
  check(`${name} runs`, await stateIs(name, 'running'), await pageOf(name));
}

await create('oak');
equal('something is written', (await inside('oak', 'echo kept > note; sync; cat note')).out, 'kept');

// ---- the operator replaces an image ----
{
  const sums = 'md5sum /data/noise /data/mark';
  const version = (name) => vmOf(name, 'image_version');
  const current = () => server.sql("SELECT version FROM image WHERE name = 'filled';");
  await create('fir', 'filled');
  const before = (await inside('fir', sums)).out;
  check('the disk of the image is there', before.split('\n').length === 2, before);
  imageDiskWrite('two, and of another length');
  check('a new build is stored', await until(() => current() !== version('fir')));
  await press('fir', 'restart');
  check('the VM restarts', await until(() => events('fir', 'Restarted') === 1), await pageOf('fir'));
  equal('its disk is as it was', (await inside('fir', sums)).out, before);
  await create('new', 'filled');
  equal('a new VM has the new one', (await inside('new', 'cat /data/mark')).out, 'two, and of another length');
  await press('new', 'destroy', [['name', 'new']]);

  // Somebody damages the store itself.
  await press('fir', 'stop');
  check('stopped', await stateIs('fir', 'stopped'));
  const stored = `${server.dir}/image_versions/${version('fir')}/disk.qcow2`;
  const whole = fs.readFileSync(stored);
  for (const damage of [() => fs.truncateSync(stored, 4096), () => fs.rmSync(stored),
    () => fs.copyFileSync(`${server.dir}/images/filled/disk.qcow2`, stored)]) {
    if (fs.existsSync(stored)) fs.chmodSync(stored, 0o600);
    damage();
    const failures = events('fir', 'Start failed');
    await press('fir', 'start');
    check('a VM over a damaged image is not started', await until(() => events('fir', 'Start failed') === failures + 1), await pageOf('fir'));
    equal('it stays stopped', vmOf('fir', 'state'), 'stopped');
    check('the page says why, without a path', (await pageOf('fir')).includes('has been changed or removed on the server')
      && !(await pageOf('fir')).includes(server.dir));
  }
  let report = '';
  try { report = admin('check'); } catch (e) { report = e.stdout; }
  check('“check” says so', /FAIL image filled: .*has been changed/.test(report), report);
  fs.rmSync(stored);
  fs.writeFileSync(stored, whole, { mode: 0o444 });
  own('image_versions');
  await press('fir', 'start');
  check('with the right bytes it starts', await until(() => events('fir', 'Started') === 1), await pageOf('fir'));
  equal('and its disk is whole', (await inside('fir', sums)).out, before);
  const old = version('fir');
  await press('fir', 'destroy', [['name', 'fir']]);
  check('without a VM, the old build is removed', await until(() => !fs.existsSync(`${server.dir}/image_versions/${old}`)));
}

// ---- an image that is a disk alone ----
{
  await create('elm', 'firmware');
  equal('it can be reached', (await inside('elm', 'hostname')).out, 'elm');
  await press('elm', 'destroy', [['name', 'elm']]);
  check('it goes', await until(() => vmOf('elm', 'id') === ''));
}

// ---- the host reboots ----
{
  const port = vmOf('oak', 'ssh_port');
  // The VM has run for a while: one that ends at once is not started again and again.
  server.sql("UPDATE vm SET state_at = state_at - 3600 WHERE name = 'oak';");
  for (const { pid } of server.processes()) {
    try { process.kill(pid, 'SIGKILL'); } catch { /* its parent has ended it */ }
  }
  await server.exited;
  await until(() => server.processes().length === 0);
  await server.start();
  const again = new Visitor(server);
  await again.signIn(server.link);
  alice.cookie = again.cookie;
  check('the VM is started again', await until(() => events('oak', 'Started') === 1));
  check('and runs', await stateIs('oak', 'running'), await pageOf('oak'));
  equal('its disk is as it was', (await inside('oak', 'cat note')).out, 'kept');
  equal('at its port', vmOf('oak', 'ssh_port'), port);
  check('the activity says why', (await pageOf('oak')).includes('Restarted after a host outage'));
  equal('nobody stopped it', events('oak', 'Found stopped'), 0);
}

// ---- a guest shuts itself down: that is intended ----
{
  virsh('shutdown', `domicile-${vmOf('oak', 'id')}`); // the power button, behind the worker's back
  check('it is stopped', await stateIs('oak', 'stopped'));
  equal('by itself', events('oak', 'Found stopped'), 1);
  equal('and stays so', vmOf('oak', 'wanted'), 'stopped');
  await press('oak', 'start');
  check('until somebody starts it', await stateIs('oak', 'running'), await pageOf('oak'));
}

// ---- a restore: the guest's clock ----
{
  await press('oak', 'snapshots', [['name', 'before']]);
  check('a snapshot', await until(() => server.sql("SELECT state FROM snapshot WHERE name = 'before';") === 'ready'));
  await stateIs('oak', 'running');
  await sleep(8000); // so that a clock that stood still is seen
  const snapshot = server.sql("SELECT id FROM snapshot WHERE name = 'before';");
  await press('oak', `snapshots/${snapshot}/restore`);
  check('is restored', await until(() => events('oak', 'Snapshot restored') === 1), await pageOf('oak'));
  await stateIs('oak', 'running');
  check('the clock is right soon after', await until(async () => {
    const before = Math.floor(Date.now() / 1000);
    const guest = Number((await inside('oak', 'date +%s')).out);
    const after = Math.ceil(Date.now() / 1000);
    return guest >= before - 3 && guest <= after + 3;
  }));

  // ---- a clone carries no key that was deleted since ----
  check('the other key logs in to the source', (await inside('oak', 'true', 'lost')).code === 0);
  const lost = server.sql("SELECT id FROM ssh_key WHERE name = 'lost';");
  await alice.send(`/keys/${lost}`, '/keys/delete', [['key', lost]]);
  equal('it is deleted', server.sql("SELECT count(*) FROM ssh_key WHERE name = 'lost';"), '0');
  const base = `/vms/${vmOf('oak', 'id')}/snapshots/${snapshot}/clone`;
  equal('a clone', (await alice.send(base, base, [['name', 'twin'], ['size', 'nano']])).status, 303);
  check('runs', await stateIs('twin', 'running'), await pageOf('twin'));
  equal('with the disk of the source', (await inside('twin', 'cat note')).out, 'kept');
  check('without the deleted key', (await inside('twin', 'true', 'lost')).code !== 0);
  check('nor its line', !(await inside('twin', 'cat .ssh/authorized_keys')).out.includes('lost@e2e'));
  await press('twin', 'destroy', [['name', 'twin']]);
  check('it goes', await until(() => vmOf('twin', 'id') === ''));
}

// ---- the host's disk is full ----
if (isRoot) {
  const free = () => { const s = fs.statfsSync(`${server.dir}/disks`); return s.bavail * s.bsize; };
  const filler = `${server.dir}/disks/filler`;
  fs.writeFileSync(filler, Buffer.alloc(free() - 48 * 1024 * 1024));
  await press('oak', 'snapshots', [['name', 'no room']]);
  check('a snapshot that has no room fails', await until(() => server.sql("SELECT state FROM snapshot WHERE name = 'no room';") === 'failed'));
  check('the VM runs on', await stateIs('oak', 'running'), await pageOf('oak'));
  check('the page says why', (await pageOf('oak')).includes('too little free space'));
  equal('and it can be reached', (await inside('oak', 'cat note')).out, 'kept');
  const failed = server.sql("SELECT id FROM snapshot WHERE name = 'no room';");
  await press('oak', 'snapshots/delete', [['snapshot', failed]]);
  check('the failed one can be deleted', await until(() => server.sql("SELECT count(*) FROM snapshot WHERE name = 'no room';") === '0'));
  await stateIs('oak', 'running');
  // The guest writes more than there is; its process waits in the guest until it goes on.
  const writing = inside('oak', 'dd if=/dev/urandom of=big bs=1M count=100 2>/dev/null; sync; ls -l big | tr -s " " | cut -d " " -f 5');
  check('a guest that cannot write is paused', await stateIs('oak', 'paused'), await pageOf('oak'));
  check('and shown so', (await pageOf('oak')).includes('Paused'));
  fs.rmSync(filler);
  check('with space again, it is resumed', await stateIs('oak', 'running'), await pageOf('oak'));
  equal('and has written all', (await writing).out, String(100 * 1024 * 1024));
}

await press('oak', 'destroy', [['name', 'oak']]);
check('destroyed', await until(() => vmOf('oak', 'id') === ''));
await server.stop();
unmount();
await server.end();
finish();
