// What happens to a server, with real guests: a reboot, a guest that shuts itself down, a full disk, a
// restore, a clone.
//
//   node host.mjs BUILD
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { Server, Visitor, check, equal, finish, keyMake, sleep, ssh, until } from './lib.mjs';

const server = await Server.make(process.argv[2] ?? 'build');
const isRoot = process.getuid() === 0;

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

function virsh(...words) {
  const dirs = Object.entries({ RUNTIME: 'run', CONFIG: 'config', DATA: 'data', CACHE: 'cache' })
    .map(([name, dir]) => `XDG_${name}_${name === 'RUNTIME' ? 'DIR' : 'HOME'}=${server.dir}/libvirt/${dir}`);
  const command = [...(isRoot ? ['setpriv', '--reuid=domicile', '--regid=domicile', '--init-groups', '--'] : []),
    'env', ...dirs, 'virsh', '-q', '-c', 'qemu:///session', ...words];
  return execFileSync(command[0], command.slice(1), { cwd: '/', encoding: 'utf8' });
}

async function create(name) {
  const keys = server.sql('SELECT id FROM ssh_key;').split('\n').map((id) => ['key', id]);
  const made = await alice.send('/vms/new', '/vms', [['name', name], ['image', 'tiny'], ['size', 'nano'], ['region', 'local'], ...keys]);
  equal(`${name} is asked for`, made.status, 303);
  check(`${name} runs`, await stateIs(name, 'running'), await pageOf(name));
}

await create('oak');
equal('something is written', (await inside('oak', 'echo kept > note; sync; cat note')).out, 'kept');

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
  check('the VM is started again', await until(() => events('oak', 'start asked') === 1));
  check('and runs', await stateIs('oak', 'running'), await pageOf('oak'));
  equal('its disk is as it was', (await inside('oak', 'cat note')).out, 'kept');
  equal('at its port', vmOf('oak', 'ssh_port'), port);
  check('the activity says why', (await pageOf('oak')).includes('its server had gone down'));
  equal('nobody stopped it', events('oak', 'stopped by itself'), 0);
}

// ---- a guest shuts itself down: that is intended ----
{
  virsh('shutdown', `domicile-${vmOf('oak', 'id')}`); // the power button, behind the worker's back
  check('it is stopped', await stateIs('oak', 'stopped'));
  equal('by itself', events('oak', 'stopped by itself'), 1);
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
  check('is restored', await until(() => events('oak', 'restored') === 1), await pageOf('oak'));
  await stateIs('oak', 'running');
  check('the clock is right soon after', await until(async () => {
    const before = Math.floor(Date.now() / 1000);
    const guest = Number((await inside('oak', 'date +%s')).out);
    const after = Math.ceil(Date.now() / 1000);
    return guest >= before - 3 && guest <= after + 3;
  }));

  // ---- a clone carries no key that was removed since ----
  check('the other key logs in to the source', (await inside('oak', 'true', 'lost')).code === 0);
  const lost = server.sql("SELECT id FROM ssh_key WHERE name = 'lost';");
  await alice.send(`/keys/${lost}`, `/keys/${lost}/remove`, []);
  equal('it is removed', server.sql("SELECT count(*) FROM ssh_key WHERE name = 'lost';"), '0');
  const base = `/vms/${vmOf('oak', 'id')}/snapshots/${snapshot}/clone`;
  equal('a clone', (await alice.send(base, base, [['name', 'twin'], ['size', 'nano']])).status, 303);
  check('runs', await stateIs('twin', 'running'), await pageOf('twin'));
  equal('with the disk of the source', (await inside('twin', 'cat note')).out, 'kept');
  check('without the removed key', (await inside('twin', 'true', 'lost')).code !== 0);
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
  await press('oak', `snapshots/${failed}/delete`);
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
