// A pool: real guests are booted in advance, wait without SSH, keys and internet, and become the VM of whoever creates
// one, running on, each once, with an identity of its own, wherever the worker is killed.
//
//     node tests/e2e/pool.mjs BUILD
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { Server, Visitor, check, equal, finish, keyMake, root, sleep, ssh, until } from './lib.mjs';

const WANTED = 2;
const image = (count) => `\n[image tiny]\nlabel = Tiny\npool = ${count}\n`;
const server = await Server.make(process.argv[2], (text) => text + image(WANTED));
await server.start();
const operator = new Visitor(server);
await operator.signIn(server.link);
const ada = new Visitor(server);
await ada.signIn(server.signinLink('ada@example.org'));
await ada.send('/keys', '/keys', [['key', keyMake(server, 'key')], ['name', 'first']]);
const key = server.sql('SELECT id FROM ssh_key');
const isFull = () => server.sql("SELECT count(*) FROM pool_vm WHERE state = 'ready'") === String(WANTED);
const rows = () => server.sql('SELECT id, ssh_port FROM pool_vm ORDER BY id').split('\n').filter(Boolean);
// The processes of guests, but for the isolation probe's: { id: pid }.
const guests = () => Object.fromEntries(server.processes().flatMap(({ pid, argv }) => {
  const id = argv.join(' ').match(/guest=domicile-(?!isolationprobe)([a-z2-7]{16})/)?.[1];
  return id && /qemu-system/.test(argv[0]) ? [[id, pid]] : [];
}));
const files = (folder) => fs.readdirSync(`${server.dir}/${folder}`).filter((name) => !/isolationprobe/.test(name)).sort().join();
const pools = async () => (await operator.ask('GET', '/operator')).text.match(/<section class="sect" id="pools">[^]*?<\/section>/)?.[0].replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ') ?? '';

// ---- filled; nobody's ----
check('the admin page says that it is being filled', await until(async () => / 0 of 2 .*(Booting|Waiting)/.test(await pools())));
check('the pool is filled', await until(isFull), server.log());
check('which the page says', / 2 of 2 256 MB Full/.test(await pools()), await pools());
const waiting = rows();
equal('its guests run', Object.keys(guests()).sort().join(), waiting.map((row) => row.split('|')[0]).join());
equal('no VM, no job, no cost and nothing of a team is recorded', server.sql('SELECT (SELECT count(*) FROM vm) + (SELECT count(*) FROM job) + (SELECT count(*) FROM ledger)'), '0');
// What the port says within some looks: with an SSH server it would be its name.
const said = (port) => new Promise((resolve) => {
  const socket = net.connect(Number(port), '127.0.0.1');
  socket.on('data', (bytes) => { resolve(String(bytes)); socket.destroy(); });
  socket.on('error', () => resolve(''));
  socket.on('close', () => resolve(''));
});
for (const row of waiting) {
  const port = row.split('|')[1];
  equal('nothing answers at its port', await said(port), '');
  equal('and nothing of the internet is open to it', fs.readFileSync(`${server.dir}/libvirt/net/local/access/${port}`, 'utf8'), 'off\n');
}
const told = spawnSync(`${root}/cgi/admin.sh`, [server.dir, 'check'], { encoding: 'utf8' }).stdout;
check('"check" says how full it is', /^ok +region local: 2 of 2 VMs of image tiny wait in its pool$/m.test(told), told);
equal('nothing is orphaned', server.sql('SELECT count(*) FROM orphan'), '0');

// ---- two people’s VMs from one pool ----
const vmOf = (name, column) => server.sql(`SELECT ifnull(${column}, '') FROM vm WHERE name = '${name}'`);
const create = (name) => ada.send('/vms/new', '/vms', [['name', name], ['image', 'tiny'], ['size', 'nano'], ['region', 'local'], ['key', key]]);
const inside = (name, command) => ssh(server, `ssh -p ${vmOf(name, 'ssh_port')} dev@localhost`,
  `[localhost]:${vmOf(name, 'ssh_port')} ${vmOf(name, 'host_key_public')}`, command);
const isRunning = (name) => until(() => vmOf(name, 'state') === 'running' || vmOf(name, 'last_error'), 20);
const before = guests();
for (const name of ['oak', 'elm']) {
  console.time(`from the request to SSH: ${name}`);
  await create(name);
  const answer = await until(() => vmOf(name, 'host_key_public') && vmOf(name, 'state') === 'running', 20);
  check(`${name} runs`, answer, server.log());
  const { out } = await inside(name, 'hostname; echo $(($(date +%s) - $(cat /sys/class/rtc/rtc0/since_epoch)))');
  console.timeEnd(`from the request to SSH: ${name}`);
  const [host, ahead] = out.split('\n');
  equal('with its name', host, name);
  check('and the right time', Math.abs(Number(ahead)) <= 2, out);
  check('it is one that waited', waiting.some((row) => row === `${vmOf(name, 'id')}|${vmOf(name, 'ssh_port')}`));
  equal('and was not booted again', guests()[vmOf(name, 'id')], before[vmOf(name, 'id')]);
}
const identity = 'cat /etc/machine-id; cat /proc/sys/kernel/random/boot_id; head -c 32 /dev/urandom | base64; cat /sys/class/net/eth1/address';
const [oak, elm] = [(await inside('oak', identity)).out.split('\n'), (await inside('elm', identity)).out.split('\n')];
for (const [i, what] of ['machine id', 'boot', 'random numbers', 'address'].entries()) {
  check(`each has its own ${what}`, oak[i]?.length > 10 && elm[i]?.length > 10 && oak[i] !== elm[i], { oak, elm });
}
check('and host key', vmOf('oak', 'host_key_public') !== vmOf('elm', 'host_key_public'));
equal('the machine id stays', (await inside('oak', 'cat /etc/machine-id')).out, oak[0]);
equal('they are reached by the key alone', (await inside('oak', 'wc -l <~/.ssh/authorized_keys; grep -c . /etc/passwd')).out.split('\n')[0], '1');
check('they cost from their creation on', server.sql('SELECT min(l.from_at >= v.created_at) FROM ledger l JOIN vm v ON v.id = l.vm_id') === '1');
equal('what they may reach is as for every VM', server.sql('SELECT group_concat(DISTINCT internet_pending) FROM vm'), '0');
check('no seed of theirs is left', ['oak', 'elm'].every((name) => !files('seeds').includes(vmOf(name, 'id'))), files('seeds'));
check('the pool is filled again', await until(isFull), server.log());
const send = (name, verb, fields = []) => ada.send(`/vms/${vmOf(name, 'id')}`, `/vms/${vmOf(name, 'id')}/${verb}`, fields);
await send('oak', 'restart');
await until(() => server.sql("SELECT count(*) FROM job WHERE state IN ('queued', 'running')") === '0');
equal('after a restart it is the same', (await inside('oak', 'hostname; cat /etc/machine-id')).out, `oak\n${oak[0]}`);

// ---- the worker is killed in the middle of claims, and of filling ----
for (const [i, ms] of [0, 40, 80, 120, 200, 400, 700].entries()) {
  const name = `killed${i}`;
  await until(isFull);
  await create(name);
  await sleep(ms);
  for (const pid of server.pidsOf('worker')) process.kill(pid, 'SIGKILL');
  check(`killed after ${ms} ms, it runs`, await isRunning(name) && vmOf(name, 'state') === 'running', vmOf(name, 'last_error'));
  equal('and is its owner’s', (await inside(name, 'hostname')).out, name);
  await sleep(300 * i);
  for (const pid of server.pidsOf('worker')) process.kill(pid, 'SIGKILL');
  await send(name, 'destroy', [['name', name]]);
  check('and is destroyed as others are', await until(() => vmOf(name, 'state') === 'gone'), vmOf(name, 'last_error'));
}
check('the pool is full after all that', await until(isFull));
equal('on the host is what is recorded, and no more', Object.keys(guests()).sort().join(), server.sql("SELECT id FROM (SELECT id FROM vm WHERE gone_at IS NULL UNION ALL SELECT id FROM pool_vm) ORDER BY id").split('\n').join());
equal('each VM was created once', server.sql("SELECT count(*), count(DISTINCT vm_id) FROM job WHERE kind = 'create' AND state = 'done'"), '9|9');
equal('and is billed once at a time', server.sql('SELECT count(*) FROM ledger a JOIN ledger b ON a.vm_id = b.vm_id AND a.from_at < b.from_at AND a.until_at > b.from_at'), '0');

// ---- restarts, and guests that end ----
const kept = rows().join();
await server.stop();
equal('they outlive the server', Object.keys(guests()).length, 2 + WANTED);
await server.start();
await until(isFull);
equal('and are taken up again', rows().join(), kept);
const [victim] = kept.split('|');
process.kill(guests()[victim], 'SIGKILL');
check('one that ended is replaced', await until(() => isFull() && !rows().join().includes(victim)));
for (const name of ['oak', 'elm']) await send(name, 'destroy', [['name', name]]);
await until(() => vmOf('oak', 'state') === 'gone' && vmOf('elm', 'state') === 'gone');
await server.stop();
execFileSync('sed', ['-i', 's/^pool = .*/pool = 0/', `${server.dir}/domicile.conf`]);
await server.start();
check('without a pool none is left', await until(() => rows().length === 0 && Object.keys(guests()).length === 0));
equal('nor anything of them on the host', `${files('disks')} ${files('seeds')}`, ' ');
await until(async () => await pools() === '');
equal('nor on the page', await pools(), '');
equal('nothing was orphaned', server.sql('SELECT count(*) FROM orphan'), '0');
await server.end();
finish();
