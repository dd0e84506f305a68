// The history of a team, downloaded from a running server: verified by the command, and by a verifier that is
// written here from the description in templates/docs/data.md alone, with node:crypto. Both find what was changed.
//
//     node tests/e2e/audit.mjs BUILD
import { spawnSync } from 'node:child_process';
import { createHash, createPublicKey, verify } from 'node:crypto';
import fs from 'node:fs';
import { Server, Visitor, ask, check, equal, finish, root, until } from './lib.mjs';

// ---- the verifier ----

const text = (value) => `${Buffer.byteLength(String(value ?? ''))}:${value ?? ''},`;
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const hashOf = (...texts) => sha256(texts.map(text).join(''));
const isSigned = (pem, signature, ...texts) => verify(null, Buffer.from(texts.map(text).join('')), createPublicKey(pem), Buffer.from(signature, 'base64'));

// What is wrong with a file; null: nothing. `keys` are those of /.well-known/domicile-keys.json.
function wrong(file, keys) {
  const lines = file.trimEnd().split('\n').map((line) => JSON.parse(line));
  const [first, last] = [lines[0], lines.at(-1)];
  if (first.format !== 'domicile-audit-2' || !('head_seq' in last)) return 'not a chain';
  let [seq, hash] = [first.after, first.after_hash];
  if (!seq && /[^0]/.test(hash)) return 'start';
  for (const line of lines.slice(1, -1)) {
    if (line.seq !== seq + 1) return `place ${seq + 1}`;
    const names = ['seq', 'at_ms', 'action', 'vm_id', 'object', 'actor', 'person', 'result', 'what', 'detail', 'took_ms'];
    if ('action' in line && hashOf(first.team_id, ...names.map((name) => line[name])) !== line.entry_hash) return `entry ${line.seq}`;
    if (hashOf('domicile-audit-2', hash, line.entry_hash) !== line.hash) return `hash ${line.seq}`;
    if (line.salt && sha256(Buffer.concat([Buffer.from(line.salt, 'hex'), Buffer.from(String(line.person_id))])) !== line.person) return `person ${line.seq}`;
    if (last.head_seq === line.seq && last.head_hash !== line.hash) return 'signed end';
    [seq, hash] = [line.seq, line.hash];
  }
  if (!last.head_seq) return null;
  if (last.head_seq > seq && !last.more_after) return 'missing end';
  const key = keys.find(({ id }) => id === last.key_id);
  if (!key || !isSigned(key.pem, last.signature, 'domicile-audit-head-1', first.team_id, last.head_seq, last.head_hash, last.head_at)) return 'signature';
  return null;
}

// ---- the server ----

const server = await Server.make(process.argv[2], (conf) => `${conf}\n[region local]\nuri = test:///default\n`);
await server.start();
const admin = (...options) => {
  const { status, stdout, stderr } = spawnSync(`${root}/cgi/admin.sh`, [server.dir, ...options], { encoding: 'utf8', stdio: [input, 'pipe', 'pipe'] });
  return { status, text: stdout + stderr };
};
let input = 'ignore'; // of the command
const KEYS = ['AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl', 'AAAAC3NzaC1lZDI1NTE5AAAAIGTS/6E+nCelewpRxzJo/ri9QWqHnjsGlx8E5f9aErVx'];
const alice = new Visitor(server);
equal('alice signs in', (await alice.signIn(server.link)).status, 303);
const bob = new Visitor(server);
equal('bob signs in', (await bob.signIn(server.signinLink('bob@example.org'))).status, 303);
for (const [i, key] of KEYS.entries()) equal('a key', (await alice.send('/keys', '/keys', [['name', `key ${i} → ü`], ['key', `ssh-ed25519 ${key} x`]])).status, 303);
const keyOf = async (name) => server.sql(`SELECT id FROM ssh_key WHERE name LIKE '${name}%'`);
const first = await keyOf('key 0');
equal('it is renamed', (await alice.send(`/keys/${first}`, `/keys/${first}/rename`, [['name', 'renamed']])).status, 303);
equal('and deleted', (await alice.send(`/keys/delete?key=${first}`, '/keys/delete', [['key', first]])).status, 303);
check('and searched for', await until(() => server.sql("SELECT count(*) FROM activity WHERE action = 'key_gone'") === '1'));
equal('not counted', (await alice.send('/account', '/account/name', [['name', 'Alice Changed']])).status, 303);
// A VM: whether this driver can boot it or not, its job ends.
const made = await alice.send('/vms/new', '/vms', [['name', 'one'], ['size', 'nano'], ['image', 'tiny'], ['region', 'local'], ['key', await keyOf('key 1')]]);
equal('a VM is requested', made.status, 303);
await until(() => Number(server.sql("SELECT count(*) FROM activity WHERE action = 'create' AND seq IS NOT NULL")) === 1);

// The day ends: the worker signs at its start unless it has today.
await server.stop();
server.sql('DELETE FROM audit_publication');
await server.start();
await until(() => server.sql('SELECT count(*) FROM audit_publication') === '1');
const keys = JSON.parse((await ask(server, 'GET', '/.well-known/domicile-keys.json')).text).keys;
const ends = JSON.parse((await ask(server, 'GET', '/.well-known/domicile-audit.json')).text);
equal('the published hash is that of the ends',
  ends.hash, sha256(server.sql("SELECT team_id || ' ' || max(seq) || ' ' || lower(hex(hash)) FROM audit_head GROUP BY team_id ORDER BY team_id")
    .split('\n').map((line) => line.split(' ').map(text).join('')).join('')));
check('and signed', isSigned(keys.find(({ id }) => id === ends.key_id).pem, ends.signature, 'domicile-audit-ends-1', ends.hash, ends.at));

// ---- the file ----

const page = await alice.ask('GET', '/activity');
for (const title of ['Signed in', 'SSH key <b>renamed</b> deleted', 'Name changed', 'signed it up to entry']) check(`the page shows ${title}`, page.text.includes(title));
const answer = await alice.ask('GET', '/activity.jsonl');
equal('the owner gets the file', `${answer.status} ${answer.headers['content-type']}`, '200 application/jsonl; charset=utf-8');
const file = answer.text;
const actions = file.match(/(?<="action":")\w+/g);
equal('what happened', actions.filter((action) => !['report'].includes(action)).join(' '),
  'sign_in key_add key_add key_rename key_delete key_gone person_rename create activity_file');
// Ids and hashes are random, and may have any three letters.
const words = file.trimEnd().split('\n').slice(1).map((line) => ({ ...JSON.parse(line), hash: '', entry_hash: '', object: '', vm_id: '', signature: '', key_id: '' }));
check('no name of a person is in it', !/Changed|bob|localhost/.test(JSON.stringify(words)));
const path = `${server.dir}/chain.jsonl`;
const command = (content) => { fs.writeFileSync(path, content); fs.chmodSync(path, 0o644); return admin('verify-chain', path); };
equal('it verifies here', wrong(file, keys), null);
const verified = command(file);
equal('and by the command', `${verified.status} ${verified.text.match(/^ok/mg)?.length}`, '0 3');
// The file's own entry at least is younger than the signature; the worker's may be too.
const unsigned = JSON.parse(file.trimEnd().split('\n').at(-2)).seq - Number(file.match(/"head_seq":(\d+)/)[1]);
check('an entry is not signed yet', unsigned >= 1);
check('which says what is signed, and what is not yet',
  verified.text.includes(`\nok    ${unsigned} entries not yet signed are those in this server's database\n`) && /^ok {4}\d+ of them signed at place /m.test(verified.text), verified.text);

const lines = file.trimEnd().split('\n');
const changed = (from, to) => { check(`there is ${from}`, file.includes(from)); return file.replace(from, to); };
const without = (...places) => `${lines.filter((_, i) => !places.includes(i)).join('\n')}\n`;
for (const [what, content] of [
  ['a text', changed('renamed', 'another')],
  ['a result', changed('"result":"done"', '"result":"failed"')],
  ['a person', changed('"person_id":1', '"person_id":2')],
  ['a time', file.replace(/"at_ms":1/, '"at_ms":2')],
  ['a line that is missing', without(3)],
  ['two that are exchanged', `${[lines[0], lines[2], lines[1], ...lines.slice(3)].join('\n')}\n`],
  ['an end that is missing', without(...[...lines.keys()].filter((i) => i > 3 && i < lines.length - 1))],
  ['a place of the signed end', file.replace(/"head_seq":(\d+)/, (_, seq) => `"head_seq":${seq - 1}`)],
  ['a time of the signed end', file.replace(/"head_at":(\d+)/, (_, at) => `"head_at":${at - 1}`)],
  ['another team', changed('"team_id":1', '"team_id":2')],
]) {
  check(`${what} is found here`, wrong(content, keys));
  equal(`${what} is found by the command`, command(content).status, 1);
}
// Entries behind the signed end can be invented by anybody, hashes and all.
const end = JSON.parse(lines.at(-2));
const invented = { seq: end.seq + 1, at_ms: end.at_ms + 1, action: 'key_add', vm_id: null, object: null, actor: 'system', person: null, result: 'done', what: 'SSH key added', detail: null, took_ms: null };
const inventedHash = hashOf(1, ...Object.values(invented));
const inventedFile = `${[...lines.slice(0, -1), JSON.stringify({ ...invented, entry_hash: inventedHash, hash: hashOf('domicile-audit-2', end.hash, inventedHash) }), lines.at(-1)].join('\n')}\n`;
equal('an entry is invented, and follows', wrong(inventedFile, keys), null);
const inventedFound = command(inventedFile);
check('the command compares it with the database', inventedFound.status === 1 && inventedFound.text.includes(`FAIL  ${unsigned + 1} entries not yet signed are not those in this server's database`), inventedFound.text);
// What is no file of a chain ends at once, with the true cause.
const fifo = `${server.dir}/fifo`;
spawnSync('mkfifo', [fifo]);
for (const [name, cause] of [['/dev/zero', 'not a file'], ['/tmp', 'not a file'], [fifo, 'not a file'], ['/nowhere', 'No such file']]) {
  const { status, text: said } = admin('verify-chain', name);
  check(`${name} is no chain`, status === 1 && said.includes(`${name}: ${cause}`), said);
}
for (const [name, cause] of [['/dev/zero', 'this is not text'], ['/dev/null', 'ends before its last line']]) {
  input = fs.openSync(name, 'r');
  const { status, text: said } = admin('verify-chain', '-');
  check(`${name} as standard input is no chain`, status === 1 && said.includes(cause), said);
}
input = fs.openSync(path, 'w+');
fs.writeSync(input, 'x'.repeat(1 << 20));
fs.closeSync(input);
input = fs.openSync(path, 'r');
check('a file of one line is no chain', admin('verify-chain', '-').text.includes('this line is too long for one of a chain'));
input = 'ignore';
const own = await bob.ask('GET', '/activity.jsonl');
equal('each team has its own', `${own.text.includes('renamed')} ${wrong(own.text, keys)}`, 'false null');

// ---- a person is erased, and what the operator did ----
server.sql('UPDATE activity SET person_id = NULL, salt = NULL WHERE person_id = 1');
const erased = (await alice.ask('GET', '/activity.jsonl')).text;
equal('without a person it verifies', `${wrong(erased, keys)} ${command(erased).status}`, 'null 0');
check('and names them no longer, but for the download', erased.match(/"person_id":1/g).length === 1);
const chain = admin('chain').text;
// One link of each start, and bob's.
equal("the operator's chain verifies", `${wrong(chain, keys)} ${chain.match(/signin_link/g).length}`, 'null 3');

// ---- the promise ----
const promise = () => JSON.parse(`[${admin('--json', 'promises', '--now').text.trim().split('\n').filter((line) => line.startsWith('{')).join(',')}]`).find(({ id }) => id === 'audit-chain')?.state;
equal('the promise is kept', promise(), 'green');
server.sql("UPDATE activity SET detail = 'another' WHERE action = 'key_delete'");
equal('and broken by a change', promise(), 'red');
server.sql("UPDATE activity SET detail = 'renamed' WHERE action = 'key_delete'");
equal('and kept again', promise(), 'green');

// ---- an entry of a team that does not exist ----
await server.stop();
server.sql("INSERT INTO activity (team_id, at_ms, id, action, what, actor, result) VALUES (99, 1, 'x', 'key_add', 'x', 'system', 'done'); DELETE FROM audit_publication");
await server.start();
check('the worker starts and works', await until(() => server.sql('SELECT count(*) FROM audit_publication') === '1'));
check('and says what is wrong', /level=error program=worker event=audit error="the activity of team 99: /.test(server.log()));
equal('the promise is broken', promise(), 'red');
await server.stop();
finish();
