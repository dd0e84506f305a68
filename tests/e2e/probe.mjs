// The isolation probe: nothing answers to a guest that the worker boots for this and removes again. A network
// that is opened on purpose turns its promise red and no other; a killed worker leaves nothing behind.
//
//   node probe.mjs BUILD [PLANT]     PLANT: see probe.sh
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { Server, Visitor, ask, check, equal, finish, keyMake, root, until } from './lib.mjs';

const [build, plant] = process.argv.slice(2);
const server = await Server.make(build);
await server.start();
const DOMAIN = 'domicile-isolationprobe22';
const isRoot = process.getuid() === 0;

function virsh(...words) {
  const dirs = Object.entries({ RUNTIME: 'run', CONFIG: 'config', DATA: 'data', CACHE: 'cache' })
    .map(([name, dir]) => `XDG_${name}_${name === 'RUNTIME' ? 'DIR' : 'HOME'}=${server.dir}/libvirt/${dir}`);
  const command = [...(isRoot ? ['setpriv', '--reuid=domicile', '--regid=domicile', '--init-groups', '--'] : []),
    'env', ...dirs, 'virsh', '-q', '-c', 'qemu:///session', ...words];
  return execFileSync(command[0], command.slice(1), { cwd: '/', encoding: 'utf8' });
}

function promises(...options) {
  const text = (() => {
    try {
      return execFileSync(`${root}/cgi/admin.sh`, [server.dir, '--json', 'promises', ...options], { encoding: 'utf8' });
    } catch (e) {
      return String(e.stdout);
    }
  })();
  return text.trim().split('\n').map(JSON.parse);
}
const red = (rows) => rows.filter(({ state }) => state === 'red').map(({ id }) => id).join(' ');
const probe = (rows) => rows.find(({ id }) => id === 'isolation-probe');
const isUnderWay = () => virsh('list', '--all', '--name').includes(DOMAIN);

// What there is of the guest, on the host and in the database.
const remains = () => [isUnderWay() && 'domain', ...['disks', 'seeds'].flatMap((folder) => fs.readdirSync(`${server.dir}/${folder}`))
  .filter((name) => name.includes('isolationprobe22')), server.sql('SELECT region FROM probe;')].filter(Boolean).join(' ');

// The worker measures what is due when it starts.
function restart(signal) {
  for (const pid of server.pidsOf('worker')) process.kill(pid, signal);
}
const due = () => server.sql("UPDATE promise SET checked_at = 1 WHERE id = 'isolation-probe';");
async function measured() {
  due();
  restart('SIGTERM');
  await until(() => probe(promises())?.checked_at > '1971');
  return promises('--now');
}

// ---- nothing answers ----
await until(() => server.sql("SELECT version IS NOT NULL FROM image WHERE name = 'tiny';") === '1');
await until(() => server.sql("SELECT internet FROM region_status;") === '1');
await until(() => probe(promises())); // before there was an image, perhaps
const first = probe(await measured());
equal('a guest reaches nothing', `${first.state} ${first.figure} of ${first.limit}`, 'green 0 of 0');
check('it has tried, and no other VM ran', /^0 of (3\d|[4-9]\d) attempts .* no other VM ran, 0 of \d+ at this server, 0 of 6 at cloud metadata, 0 of \d\d in private networks\./
  .test(first.evidence), first.evidence);
check('it was removed', first.evidence.endsWith('its host confirmed: domain, snapshots, disk, seed, port.'), first.evidence);
equal('nothing of it is left', remains(), '');
equal('by design', first.sentence.split('. ')[1], 'By design, they reach the internet, and their network’s DNS and DHCP, unless their host has none for them.');
equal('it is no VM', server.sql('SELECT (SELECT count(*) FROM vm) + (SELECT count(*) FROM ledger) + (SELECT count(*) FROM activity WHERE vm_id IS NOT NULL);'), '0');

// ---- with a neighbour ----
const alice = new Visitor(server);
await alice.signIn(server.link);
await alice.send('/keys', '/keys', [['key', keyMake(server, 'key')], ['name', 'first']]);
await alice.send('/vms/new', '/vms', [['name', 'oak'], ['image', 'tiny'], ['size', 'nano'], ['region', 'local'], ['key', server.sql('SELECT id FROM ssh_key;')]]);
check('a VM runs', await until(() => server.sql("SELECT state FROM vm WHERE name = 'oak' AND observed = 'running';") === 'running'));
const second = probe(await measured());
equal('it does not reach the VM', second.state, 'green');
check('which it has tried', second.evidence.includes('0 of 3 at other VMs'), second.evidence);

// ---- a network that is open on purpose ----
if (plant) {
  fs.writeFileSync(`${plant}/open`, '');
  const open = await measured();
  equal('its promise is the only one that is broken', red(open), 'isolation-probe');
  check('by the VM and the server', /1 of 3 at other VMs, [1-9] of \d+ at this server, 0 of 6 at cloud metadata, 0 of \d\d in private/.test(probe(open).evidence), probe(open).evidence);
  const page = await until(async () => {
    const answer = await ask(server, 'GET', '/status');
    return answer.status === 200 && answer.text;
  });
  check('/status says so', page.includes('1 broken') && /id="isolation-probe".*>Broken</.test(page));

  const listeners = ['169.254.169.254', '10.200.0.1'].map((address) => {
    execFileSync('ip', ['address', 'add', `${address}/32`, 'dev', 'lo']);
    return net.createServer((socket) => socket.end()).listen(80, address);
  });
  const wider = probe(await measured());
  check('by metadata and the router', /1 of 6 at cloud metadata, 1 of 30 in private/.test(wider.evidence), wider.evidence);
  for (const listener of listeners) listener.close();

  fs.rmSync(`${plant}/open`);
  equal('closed, it is kept again', red(await measured()), '');
}

// ---- killed ----
for (const again of ['the reconciler', 'the next probe']) {
  due();
  restart('SIGTERM');
  await until(isUnderWay);
  if (again === 'the reconciler') server.sql("UPDATE promise SET checked_at = unixepoch(), state = 'green' WHERE id = 'isolation-probe';");
  restart('SIGKILL');
  check(`${again} removes what a killed worker left`, await until(() => remains() === ''), remains());
  equal('no orphan is shown', server.sql('SELECT count(*) FROM orphan;'), '0');
  check('it is measured', await until(() => probe(promises()).state === 'green' && probe(promises()).checked_at > '1971'));
}
equal('the VM is untouched', server.sql("SELECT state FROM vm WHERE name = 'oak';"), 'running');

// ---- stopped in order: nothing of it is left, before anybody starts again ----
due();
restart('SIGTERM');
await until(isUnderWay);
const before = probe(promises()).evidence;
await server.stop();
check('the worker has ended in order', /program=worker event=end /.test(server.log()));
equal('the guest is gone with the server', remains(), '');
equal('what was measured last stays', server.sql("SELECT checked_at || evidence FROM promise WHERE id = 'isolation-probe';"), `1${before}`);
await server.end();
finish();
