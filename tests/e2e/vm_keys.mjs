// Keys and host name of an existing VM: its guest takes them at the next start, and its host key stays; the page says
// which change it has not taken. A removed key opens neither the VM nor a clone of it.
//
//     node tests/e2e/vm_keys.mjs BUILD
import fs from 'node:fs';
import { Server, Visitor, check, equal, finish, keyMake, ssh, until } from './lib.mjs';

const server = await Server.make(process.argv[2]);
await server.start();
const ada = new Visitor(server);
await ada.signIn(server.signinLink('ada@example.org'));
for (const name of ['first', 'second']) await ada.send('/keys', '/keys', [['key', keyMake(server, name)], ['name', name]]);
const keyOf = (name, column) => server.sql(`SELECT ${column} FROM ssh_key WHERE name = '${name}'`);
await until(() => server.sql("SELECT version IS NOT NULL FROM image WHERE name = 'tiny'") === '1');
await ada.send('/vms/new', '/vms', [['name', 'oak'], ['image', 'tiny'], ['size', 'nano'], ['region', 'local'], ['key', keyOf('first', 'id')]]);
const id = server.sql("SELECT id FROM vm WHERE name = 'oak'");
const vmOf = (column, vm = id) => server.sql(`SELECT ifnull(${column}, '') FROM vm WHERE id = '${vm}'`);
check('it runs', await until(() => vmOf('state') === 'running'));
const open = (key, command, vm = id) => ssh(server, `ssh -p ${vmOf('ssh_port', vm)} dev@localhost`, `[localhost]:${vmOf('ssh_port', vm)} ${vmOf('host_key_public', vm)}`, command, key);
const settings = async () => (await ada.ask('GET', `/vms/${id}/settings`)).text;
// The isolation probe's guest comes and goes by itself.
const seeds = () => fs.readdirSync(`${server.dir}/seeds`).filter((name) => !name.startsWith('isolationprobe')).join();
const job = async (verb) => {
  equal(`${verb} is taken`, (await ada.send(`/vms/${id}`, `/vms/${id}/${verb}`, [])).status, 303);
  await until(() => server.sql(`SELECT count(*) FROM job WHERE vm_id = '${id}' AND state IN ('queued', 'running')`) === '0');
  equal(`${verb} succeeds`, vmOf('last_error'), '');
};
const hostKey = vmOf('host_key_public');
equal('the first key opens it', (await open('first', 'hostname; echo kept >~/file')).out, 'oak');
check('the second does not', (await open('second', 'true')).code !== 0);

// ---- a key is added, the VM renamed: at the next start ----
await ada.send(`/vms/${id}/settings`, `/vms/${id}/keys`, [['key', keyOf('second', 'id')]]);
await ada.send(`/vms/${id}/settings`, `/vms/${id}/rename`, [['name', 'elm']]);
check('the page says when', /Added at the next start/.test(await settings()));
check('until then the key opens nothing', (await open('second', 'true')).code !== 0);
await job('restart');
equal('after it, it opens the VM', (await open('second', 'hostname; cat ~/file')).out, 'elm\nkept');
equal('whose host key is the same', vmOf('host_key_public'), hostKey);
equal('the former key still does', (await open('first', 'true')).code, 0);
check('the page has nothing pending', !/at the next start<|not in effect yet/.test(await settings()));
equal('no seed is left', seeds(), '');
equal('the guest has exactly the two', (await open('first', 'wc -l <~/.ssh/authorized_keys')).out, '2');
const snapshot = async (name) => {
  await ada.send(`/vms/${id}/snapshots`, `/vms/${id}/snapshots`, [['name', name]]);
  await until(() => server.sql(`SELECT state FROM snapshot WHERE name = '${name}'`) === 'ready' && vmOf('state') === 'running');
  return server.sql(`SELECT id FROM snapshot WHERE name = '${name}'`);
};
const before = await snapshot('with both');

// ---- a key is removed: of a stopped VM, at its start ----
await ada.send(`/vms/${id}/settings`, `/vms/${id}/keys/remove`, [['key', keyOf('first', 'fingerprint')]]);
check('the page says that it is accepted until then', /Removed at the next start/.test(await settings()));
equal('which is so', (await open('first', 'true')).code, 0);
await job('stop');
await job('start');
check('after it, it does not open the VM', (await open('first', 'true')).code !== 0);
equal('the other does', (await open('second', 'hostname')).out, 'elm');
equal('it is recorded for the snapshot alone, which would bring it back', server.sql(`SELECT group_concat(name || is_removed) FROM (SELECT name, is_removed FROM vm_key WHERE vm_id = '${id}' ORDER BY name)`), 'first1,second0');
check('and not listed', !/>first</.test((await settings()).replace(/<details class="more near" id="add-key">[^]*?<\/details>/, '')));
equal('no seed is left then', seeds(), '');

// ---- a snapshot from before brings the key back, and the page says that the list is not in effect ----
const restored = await ada.send(`/vms/${id}/snapshots/${before}/restore`, `/vms/${id}/snapshots/${before}/restore`, []);
equal('a restore is taken', restored.status, 303);
await until(() => server.sql(`SELECT count(*) FROM job WHERE vm_id = '${id}' AND state IN ('queued', 'running')`) === '0');
equal('the removed key opens the restored VM', (await open('first', 'true')).code, 0);
check('which the page says', /not in effect yet/.test(await settings()));
await ada.send(`/vms/${id}/snapshots/${before}/clone`, `/vms/${id}/snapshots/${before}/clone`, [['name', 'ash'], ['size', 'nano']]);
const clone = server.sql("SELECT id FROM vm WHERE name = 'ash'");
check('a clone of it runs', clone && await until(() => vmOf('state', clone) === 'running'), vmOf('last_error', clone));
check('which the removed key does not open', (await open('first', 'true', clone)).code !== 0);
equal('but the other', (await open('second', 'hostname', clone)).out, 'ash');
await job('restart');
check('after a restart the key does not open it', (await open('first', 'true')).code !== 0);
equal('nor has its host key changed', vmOf('host_key_public'), hostKey);
check('and nothing is pending', !/not in effect yet/.test(await settings()));

// ---- the last key, and a key that is deleted from the team ----
const refused = await ada.send(`/vms/${id}/settings`, `/vms/${id}/keys/remove`, [['key', keyOf('second', 'fingerprint')]]);
equal('the last key is not removed without a question', refused.status, 422);
await ada.send('/keys', '/keys/delete', [['key', keyOf('second', 'id')], ['from_vms', 'yes']]);
await job('restart');
check('a key deleted from the team and its VMs opens none', (await open('second', 'true')).code !== 0);
check('of which the page says that it accepts none', /None. Add a key to connect/.test(await settings()));
await server.end();
finish();
