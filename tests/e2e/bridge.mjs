// A server as production.md sets it up: guests of the system's libvirt on a bridge. "check" leads there, and a
// guest is reached from outside, reaches the internet and neither host nor private networks.
//
//     node tests/e2e/bridge.mjs BUILD     in the host of system/host.sh, as root
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { Server, Visitor, check, equal, finish, keyMake, root, until } from './lib.mjs';

const server = await Server.make(process.argv[2], (text) => `${text}
[region local]
uri = qemu:///system
bridge = dom0
accelerator = tcg
ssh_ports = 23700-23799
`);
const admin = (...words) => spawnSync(`${root}/cgi/admin.sh`, [server.dir, ...words], { encoding: 'utf8' }).stdout;
const problems = () => admin('check').split('\n').filter((line) => /^FAIL region/.test(line));
fs.chmodSync(server.dir, 0o711);
await server.start();

// ---- what the admin does, as "check" says ----
const missing = problems().join('\n');
check('"check" names the firewall', /domicile_guard cannot be seen.*nft -f/.test(missing), missing);
check('and the network', /net-define/.test(missing), missing);
check('and the name by which VMs are reached', /set ssh_host/.test(missing), missing);
const put = (name, text) => { fs.writeFileSync(`${server.tmp}/${name}`, text); return `${server.tmp}/${name}`; };
execFileSync('nft', ['-f', put('guard.nft', admin('network', 'local', '--nft'))]);
const virsh = (...words) => execFileSync('virsh', ['-q', '-c', 'qemu:///system', ...words], { encoding: 'utf8' }).trim();
virsh('net-define', put('network.xml', admin('network', 'local', '--libvirt')));
virsh('net-start', 'dom0');
await server.stop();
server.put('domicile.conf', fs.readFileSync(`${server.dir}/domicile.conf`, 'utf8').replace('bridge = dom0', 'bridge = dom0\nssh_host = 198.51.100.1'));
await server.start();
equal('then it is content', problems().join('\n'), '');

// ---- a VM ----
const ada = new Visitor(server);
await ada.signIn(server.signinLink('ada@example.org'));
await ada.send('/keys', '/keys', [['key', keyMake(server, 'key')], ['name', 'first']]);
await ada.send('/vms/new', '/vms', [['name', 'oak'], ['image', 'tiny'], ['size', 'nano'], ['region', 'local'], ['key', server.sql('SELECT id FROM ssh_key')], ['internet', 'on']]);
const oak = (column) => server.sql(`SELECT ifnull(${column}, '') FROM vm WHERE name = 'oak'`);
check('a VM runs', await until(() => oak('state') === 'running' || oak('last_error')) && oak('state') === 'running', `${oak('last_error')} ${server.log().slice(-2000)}`);
const page = (await ada.ask('GET', `/vms/${oak('id')}`)).text;
check('its page shows the host that others reach', page.includes(`ssh -p ${oak('ssh_port')} dev@198.51.100.1`));
fs.writeFileSync(`${server.tmp}/known_hosts`, `[198.51.100.1]:${oak('ssh_port')} ${oak('host_key_public')}\n`);
// From another host, which is where its people are.
const inside = (command) => spawnSync('ip', ['netns', 'exec', 'outside', 'ssh', '-F', 'none', '-p', oak('ssh_port'), '-i', `${server.tmp}/key`,
  '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes', '-o', `UserKnownHostsFile=${server.tmp}/known_hosts`, '-o', 'ConnectTimeout=60',
  'dev@198.51.100.1', command], { encoding: 'utf8' }).stdout.trim();
equal('it is reached from outside, by its host key', await until(() => inside('hostname')), 'oak');
// Here and outside, on every address.
const LISTEN = 'for (const port of [25, 80]) require("net").createServer((socket) => socket.end()).listen(port)';
const listeners = [spawn('node', ['-e', LISTEN]), spawn('ip', ['netns', 'exec', 'outside', 'node', '-e', LISTEN])];
execFileSync('ip', ['-n', 'outside', 'address', 'add', '169.254.169.254/32', 'dev', 'lo']);
execFileSync('ip', ['route', 'add', '169.254.169.254', 'via', '198.51.100.2']);
const answers = (address, port) => new Promise((resolve) => {
  const socket = net.connect(port, address, () => { socket.destroy(); resolve(true); });
  socket.on('error', () => resolve(false));
});
const open = (address, port) => inside(`nc -w 5 ${address} ${port} </dev/null >/dev/null 2>&1 && echo open || echo closed`);
equal('it reaches the internet', await until(() => open('198.51.100.2', 80) === 'open' && 'open'), 'open');
for (const [address, port] of [['198.51.100.1', 80], ['10.77.0.1', 80], ['10.99.0.1', 80], ['10.99.0.2', 80], ['169.254.169.254', 80], ['198.51.100.2', 25]]) {
  check(`${address}, port ${port} answers to the host`, await until(() => answers(address, port)));
  equal('but not to it', open(address, port), 'closed');
}
const { status } = await ada.send(`/vms/${oak('id')}/settings`, `/vms/${oak('id')}/internet`, [['internet', 'off']]);
equal('which can be turned off', status, 303);
check('at once', await until(() => open('198.51.100.2', 80) === 'closed'));

// ---- nothing is left of it ----
await ada.send(`/vms/${oak('id')}/destroy`, `/vms/${oak('id')}/destroy`, [['name', 'oak']]);
check('it is destroyed', await until(() => oak('gone_at') !== ''));
equal('libvirt has nothing of it', virsh('list', '--all', '--name'), '');
for (const listener of listeners) listener.kill();
await server.end();
finish();
