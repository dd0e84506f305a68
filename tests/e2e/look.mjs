// The operator looks at the console of somebody's VM: not without a reason, not with a profile that says never,
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
const admin = (...options) => {
  const { status, stdout, stderr } = spawnSync(`${root}/cgi/admin.sh`, [server.dir, ...options], { encoding: 'utf8' });
  return { status, text: stdout + stderr };
};
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
equal('a look that ended with the VM has ended in the history', server.sql("SELECT group_concat(action, ' ') FROM (SELECT action FROM activity WHERE team_id <> 0 AND action LIKE 'look%' ORDER BY seq)"), 'look look_end look look_end');
equal('of a stopped VM there is nothing to see', admin('--reason', 'law', 'vm-look', id).status, 1);
equal('so it is not recorded', looks(), '4'); // two, in the history of the team, and in the operator's
equal("the operator's history names the VM", server.sql("SELECT DISTINCT actor || ' ' || object FROM activity WHERE team_id = 0 AND action = 'look'"), `operator ${id}`);

// ---- a profile that says never ----
await server.stop();
server.policyless();
const conf = fs.readFileSync(`${server.dir}/domicile.conf`, 'utf8');
server.put('domicile.conf', conf.replace(/^\[privacy\]$/m, '[privacy]\nprofile = shared-session').replace(/^(profile = shared-session\n[^[]*?)^profile = (?!shared-session).*\n/m, '$1'));
await server.start();
const refused = admin('--reason', 'law', 'vm-look', id);
check('where nobody looks, nobody can', refused.status === 1 && refused.text.includes('nobody looks inside VMs'), refused.text);
await bob.send(`/vms/${id}`, `/vms/${id}/destroy`, [['name', 'oak']]);
await until(() => vmOf('state') === 'gone');
await server.stop();
await box.close();
finish();
