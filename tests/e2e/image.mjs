// The Debian image: built beside a running server, which offers it with what is left to wait, and first once it
// is there; a VM of it has what it is said to have; a second server takes the same build.
//
//     node tests/e2e/image.mjs BUILD
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { Server, Visitor, check, equal, finish, keyMake, root, sleep, ssh, until } from './lib.mjs';

const cache = fs.mkdtempSync('/tmp/domicile-image.');
process.once('exit', () => fs.rmSync(cache, { recursive: true, force: true }));
const make = async (more = '') => {
  const server = await Server.make(process.argv[2], (text) => text.replace('# image_build = on', 'image_build = on') + more);
  server.cache = cache;
  await server.start();
  return server;
};
// A build takes minutes on a busy machine: it has failed when it says so, not when time is over.
const available = async (server, image = 'debian-12') => {
  const state = () => server.sql(`SELECT version IS NOT NULL, ifnull(problem, '') FROM image WHERE name = '${image}'`);
  while (!/^(1|0\|.)/.test(state())) await sleep(1000);
  return state();
};
const form = async (visitor) => (await visitor.ask('GET', '/vms/new')).text;
const choice = (html, image) => html.match(new RegExp(`<input type="radio" name="image" value="${image}"([^>]*)>`))?.[1].trim();

// ---- building ----
const server = await make();
const ada = new Visitor(server);
await ada.signIn(server.signinLink('ada@example.org'));
check('it is being prepared', await until(() => server.sql("SELECT ready_at > 0 FROM image WHERE name = 'debian-12'") === '1'), server.log());
await until(() => server.sql("SELECT count(*) FROM image WHERE name IN ('tiny', 'tiny-dev') AND version IS NOT NULL") === '2');
let html = await form(ada);
equal('the form offers it, but not yet', choice(html, 'debian-12'), 'disabled');
check('and says how long it takes', /Being prepared, (about \d+ min left|almost ready)/.test(html));
equal('so it does the one with agents', choice(html, 'debian-12-agent'), 'disabled');
equal('the small one with tools is chosen meanwhile', choice(html, 'tiny-dev'), 'checked');
equal('the smallest can be chosen', choice(html, 'tiny'), '');
const checked = spawnSync(`${root}/cgi/admin.sh`, [server.dir, 'check'], { encoding: 'utf8' });
check('the admin is told so', /image debian-12 is being built/.test(checked.stdout), checked.stdout);
const key = keyMake(server, 'key');
await ada.send('/keys', '/keys', [['key', key], ['name', 'first']]);
const early = await ada.send('/vms/new', '/vms', [['name', 'early'], ['image', 'debian-12'], ['size', 'small'], ['region', 'local'], ['key', server.sql('SELECT id FROM ssh_key')]]);
check('who asks for it before is refused', early.status === 409 || early.status === 422, early.status);

// ---- there, or, where the kernel has no user namespaces, said to be impossible ----
const user = process.getuid() === 0 ? ['setpriv', '--reuid=domicile', '--regid=domicile', '--init-groups', '--'] : ['env'];
if (spawnSync(user[0], [...user.slice(1), 'unshare', '--user', 'true']).status !== 0) {
  check('why it cannot be built is told', /^0\|it could not be built: ./.test(await available(server)), await available(server));
  await server.end();
  finish();
  process.exit();
}
check('it is built', (await available(server)).startsWith('1'), `${await available(server)} ${server.log().slice(-2000)}`);
html = await form(ada);
equal('it is chosen for a new VM', choice(html, 'debian-12'), 'checked');
check('with the first size that is large enough', /name="size" value="small" checked/.test(html));
await ada.send('/vms/new', '/vms', [['name', 'oak'], ['image', 'debian-12'], ['size', 'small'], ['region', 'local'], ['key', server.sql('SELECT id FROM ssh_key')]]);
const vmOf = (column) => server.sql(`SELECT ifnull(${column}, '') FROM vm WHERE name = 'oak'`);
while (vmOf('state') === 'creating') await sleep(1000);
check('a VM of it runs', await until(() => vmOf('state') === 'running'), vmOf('state'));
const inside = (command) => ssh(server, `ssh -p ${vmOf('ssh_port')} dev@localhost`, `[localhost]:${vmOf('ssh_port')} ${vmOf('host_key_public')}`, command);
const { out: said } = await inside('hostname; sudo whoami; git --version; gcc --version; node --version; python3 --version; tmux -V; curl --version; stat -c %a ~/.ssh/authorized_keys; cat /etc/ssh/ssh_host_ed25519_key.pub; systemctl --failed --no-legend; df --output=size -BG / | tail -1');
for (const [what, pattern] of [['its name', /^oak$/m], ['root for its owner', /^root$/m], ['git', /^git version 2/m], ['a compiler', /^gcc \(Debian/m], ['Node', /^v\d+\.\d+/m],
  ['Python', /^Python 3/m], ['tmux', /^tmux 3/m], ['curl', /^curl 7/m], ['keys that nobody else reads', /^600$/m], ['the disk of its size', /^ *(9|10)G$/m]]) {
  check(`it has ${what}`, pattern.test(said), said);
}
check('and the host key that the page shows', said.includes(vmOf('host_key_public').split(' ')[1]), said);
check('and no unit has failed', !/\.service/.test(said), said);
const { out: machine } = await inside('systemd-detect-virt; cat /proc/cmdline; systemctl is-active serial-getty@ttyS0 dev-ttyS0.device; lsmod');
equal('its kernel leaves mitigations out where the processor is emulated, and nowhere else', machine.includes(' mitigations=off'), /^qemu\n/.test(machine));
equal('text is UTF-8, whatever the language of who signs in', (await inside('locale charmap')).out.trim(), 'UTF-8');
check('it has a console, and the power button', /^active\nactive\n[^]*^button /m.test(machine), machine);

// ---- keys and name change at a start; the host key stays ----
await ada.send('/keys', '/keys', [['key', keyMake(server, 'second')], ['name', 'second']]);
const vm = vmOf('id');
const settings = `/vms/${vm}/settings`;
const hostKey = vmOf('host_key_public');
await ada.send(settings, `/vms/${vm}/keys`, [['key', server.sql("SELECT id FROM ssh_key WHERE name = 'second'")]]);
await ada.send(settings, `/vms/${vm}/keys/remove`, [['key', server.sql("SELECT fingerprint FROM ssh_key WHERE name = 'first'")]]);
await ada.send(settings, `/vms/${vm}/rename`, [['name', 'elm']]);
const now = (column) => server.sql(`SELECT ifnull(${column}, '') FROM vm WHERE id = '${vm}'`);
await ada.send(`/vms/${vm}`, `/vms/${vm}/restart`, []);
while (server.sql(`SELECT count(*) FROM job WHERE vm_id = '${vm}' AND state IN ('queued', 'running')`) !== '0') await sleep(1000);
equal('it is restarted', `${now('state')} ${now('last_error')}`, 'running ');
const after = (key, command) => ssh(server, `ssh -p ${now('ssh_port')} dev@localhost`, `[localhost]:${now('ssh_port')} ${hostKey}`, command, key);
const { out: changed } = await after('second', 'hostname; cat /etc/ssh/ssh_host_ed25519_key.pub; wc -l <~/.ssh/authorized_keys; stat -c %a ~/.ssh/authorized_keys; sudo whoami; systemctl --failed --no-legend');
check('an added key opens it, by the former host key', changed.includes(hostKey.split(' ')[1]), changed);
check('it has its new name, one key that nobody else reads, root for its owner, and no failed unit', /^elm\n/.test(changed) && /\n1\n600\nroot$/.test(changed), changed);
check('a removed key does not open it', (await after('key', 'true')).code !== 0);
await ada.send(`/vms/${vm}/destroy`, `/vms/${vm}/destroy`, [['name', 'elm']]).catch(() => 0);

// ---- the one with agents ----
check('the image with agents is built', (await available(server, 'debian-12-agent')).startsWith('1'), `${await available(server, 'debian-12-agent')} ${server.log().slice(-2000)}`);
await ada.send('/vms/new', '/vms', [['name', 'ash'], ['image', 'debian-12-agent'], ['size', 'small'], ['region', 'local'], ['key', server.sql("SELECT id FROM ssh_key WHERE name = 'first'")],
  ['agent', 'on'], ['user_data', '#cloud-config\r\nusers: [{ name: eve }]\r\nwrite_files: [{ path: /etc/made, content: made, permissions: "0600" }]\r\nruncmd: [[sh, -c, "echo $(id -un) $(hostname) >/etc/ran; echo said"]]\r\n']]);
const ash = (column) => server.sql(`SELECT ifnull(${column}, '') FROM vm WHERE name = 'ash'`);
while (ash('state') === 'creating') await sleep(1000);
equal('a VM of it runs', ash('state'), 'running');
const lock = JSON.parse(fs.readFileSync(`${root}/cgi/guest/agents/package-lock.json`, 'utf8')).packages;
const { out: agents } = await ssh(server, `ssh -p ${ash('ssh_port')} dev@localhost`, `[localhost]:${ash('ssh_port')} ${ash('host_key_public')}`, 'claude --version; codex --version; echo $DISABLE_AUTOUPDATER; ls -ld /opt/agents', 'key');
for (const [what, name] of [['Claude Code', '@anthropic-ai/claude-code'], ['Codex', '@openai/codex']]) check(`it has ${what}, pinned`, agents.includes(lock[`node_modules/${name}`].version), agents);
check('which does not update itself, and is nobody else\'s', /^1$/m.test(agents) && /^drwxr-xr-x \d+ root root/m.test(agents), agents);
// ---- user data: once SSH is up ----
equal('its user data is no longer in the database', server.sql('SELECT count(*) FROM vm_user_data'), '0');
const made = await ssh(server, `ssh -p ${ash('ssh_port')} dev@localhost`, `[localhost]:${ash('ssh_port')} ${ash('host_key_public')}`,
  'cloud-init status --wait; sudo stat -c %a:%U /etc/made; cat /etc/ran; id -un eve; sudo tail -n 20 /var/log/cloud-init-output.log; cat /etc/ssh/ssh_host_ed25519_key.pub; wc -l <~/.ssh/authorized_keys; systemctl --failed --no-legend', 'key');
check('cloud-init has applied it, and says so', /status: done\n600:root\nroot ash\neve\n[^]*^said$/m.test(made.out), made.out);
check('account, keys and host key are as before', made.out.includes(ash('host_key_public').split(' ')[1]) && /\n1$/.test(made.out), made.out);
// ---- keys by the guest agent: while it runs ----
const way = (key) => ssh(server, `ssh -p ${ash('ssh_port')} dev@localhost`, `[localhost]:${ash('ssh_port')} ${ash('host_key_public')}`, 'uptime -s; cat /etc/qemu/qemu-ga.conf', key);
const { out: since } = await way('key');
check('its agent does nothing but keys', /block-rpcs=.*\bguest-exec\b/.test(since) && !/guest-ssh|guest-info|guest-ping/.test(since), since);
const tell = async (path, key, column) => {
  await ada.send(`/vms/${ash('id')}/settings`, `/vms/${ash('id')}/${path}`, [['key', server.sql(`SELECT ${column} FROM ssh_key WHERE name = '${key}'`)]]);
  return until(() => ash('setup_taken') === ash('setup_wanted'), 30);
};
check('an added key is taken at once', await tell('keys', 'second', 'id'), server.log().slice(-1000));
equal('it opens the VM, which runs as before', (await way('second')).out, since);
check('a removed key is, too', await tell('keys/remove', 'first', 'fingerprint'), server.log().slice(-1000));
check('it does not open the VM', (await way('key')).code !== 0);
check('the page says so', /takes changes now, by its guest agent/.test((await ada.ask('GET', `/vms/${ash('id')}/settings`)).text));
await ada.send(`/vms/${ash('id')}/destroy`, `/vms/${ash('id')}/destroy`, [['name', 'ash']]).catch(() => 0);

// ---- a second server, with a pool ----
const builds = () => fs.readdirSync(`${cache}/images`).filter((name) => !name.startsWith('.')).map((name) => fs.statSync(`${cache}/images/${name}/disk.qcow2`).ino).join();
const before = builds();
const second = await make('\n[image debian-12]\nmemory_mb = 384\npool = 1\n[image debian-12-agent]\nmemory_mb = 384\n');
check('a second server gets it', (await available(second)).startsWith('1'), second.log().slice(-2000));
check('and the other', (await available(second, 'debian-12-agent')).startsWith('1'), second.log().slice(-2000));
equal('the same build', second.sql("SELECT version FROM image WHERE name = 'debian-12'"), server.sql("SELECT version FROM image WHERE name = 'debian-12'"));
equal('without another one', builds(), before);
while (second.sql("SELECT count(*) FROM pool_vm WHERE state = 'ready'") !== '1' && !second.sql('SELECT problem FROM pool')) await sleep(1000);
equal('a VM of it waits', second.sql('SELECT problem FROM pool'), '');
const bob = new Visitor(second);
await bob.signIn(second.signinLink('bob@example.org'));
await bob.send('/keys', '/keys', [['key', keyMake(second, 'key')], ['name', 'first']]);
await bob.send('/keys', '/keys', [['key', keyMake(second, 'second')], ['name', 'second']]);
const waiting = second.sql('SELECT id FROM pool_vm');
console.time('from the request to a command over SSH, with a pool');
await bob.send('/vms/new', '/vms', [['name', 'fir'], ['image', 'debian-12'], ['size', 'small'], ['region', 'local'], ['key', second.sql("SELECT id FROM ssh_key WHERE name = 'first'")],
  ['agent', 'on'], ['user_data', '#!/bin/sh\r\nprintf "$(whoami) é" >/etc/ran\r\n']]);
const fir = (column) => second.sql(`SELECT ifnull(${column}, '') FROM vm WHERE name = 'fir'`);
await until(() => fir('state') === 'running', 20);
const of = (command) => ssh(second, `ssh -p ${fir('ssh_port')} dev@localhost`, `[localhost]:${fir('ssh_port')} ${fir('host_key_public')}`, command);
check('it becomes the VM that is created', (await of('hostname')).out === 'fir' && fir('id') === waiting, fir('last_error'));
console.timeEnd('from the request to a command over SSH, with a pool');
console.log(`SSH was ready after ${second.sql("SELECT ended_at_ms - requested_at_ms FROM job WHERE kind = 'create'")} ms`);
const { out: pooled } = await of('sudo whoami; cat /etc/machine-id; cat /etc/ssh/ssh_host_ed25519_key.pub; ls /etc/ssh/ssh_host_*; systemctl is-system-running --wait; systemctl --failed --no-legend');
check('with root for its owner, an identity, the one host key that the page shows, and all of its system up',
  new RegExp(`^root\n[0-9a-f]{32}\n${fir('host_key_public').split(' ').slice(0, 2).join(' ').replace(/[+/]/g, '\\$&')}[^\n]*\n\\S+_ed25519_key\n\\S+_ed25519_key.pub\nrunning$`).test(pooled), pooled);
equal('and a script that was given as user data has run', (await of('cloud-init status --wait >/dev/null; cat /etc/ran')).out, 'root é');
// Its guest agent, to which there was no way while it waited.
await bob.send(`/vms/${fir('id')}/settings`, `/vms/${fir('id')}/keys`, [['key', second.sql("SELECT id FROM ssh_key WHERE name = 'second'")]]);
check('its agent takes a key', await until(() => fir('setup_taken') === fir('setup_wanted'), 30), second.log().slice(-1000));
equal('which opens it', (await ssh(second, `ssh -p ${fir('ssh_port')} dev@localhost`, `[localhost]:${fir('ssh_port')} ${fir('host_key_public')}`, 'hostname', 'second')).out, 'fir');
equal('what it rehearsed with is gone', (await of('ls /run; grep -c . .ssh/authorized_keys; last -w')).out.match(/rehearsal|^dev /gm), null);
await second.end();
await server.end();
finish();
