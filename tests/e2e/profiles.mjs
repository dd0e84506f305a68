// Each of the five profiles, as a running server: what the rows of templates/policy/rows.md say is done, and the
// pages say so, also where another profile promises the opposite. First with "profile = NAME" alone, then with
// every setting, mail and payments, as tests/policy/NAME.md (which unit/policy.sh checks) has the sentences.
//
//     node tests/e2e/profiles.mjs BUILD [PROFILE...]
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import { Browser, Server, Visitor, ask, check, equal, finish, keyMake, root, ssh, until } from './lib.mjs';

// By profile: whether its VM is waited for (the others are destroyed while they start), days of a destroyed VM's record, days of logs, whether requests and the sites that visitors come
// from are counted, TLS 1.3 alone, encrypted disks, whether the controller is named, how many cookies' sentences.
const STANCES = {
  'personal-vm': { vmDays: 90, logDays: 30, isBooted: true },
  desktop: { vmDays: 0, logDays: 30, isAlone: true },
  'agent-runs': { vmDays: 90, logDays: 30, isCounted: true },
  'sandbox-api': { vmDays: 90, logDays: 90, isCounted: true, hasReferrers: true, isModern: true, isSealed: true },
  'shared-session': { vmDays: 0, logDays: 30, isCounted: true },
};
const DOCUMENTS = ['privacy', 'terms', 'security', 'subprocessors', 'cookies'];
const PROVIDER_KEY = `sk-ant-api03-${'Zq7'.repeat(12)}`;
const PRIVATE_KEY = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAYm9iIGhhcyBwYXN0ZWQgaXQ\n-----END OPENSSH PRIVATE KEY-----';
const CANARY = 'canary-typed-in-a-vm';
const axe = fs.readFileSync(`${root}/node_modules/axe-core/axe.min.js`, 'utf8');

// Cells of a table in Markdown.
const table = (file) => fs.readFileSync(`${root}/${file}`, 'utf8').split('\n').filter((line) => line.startsWith('|')).slice(2)
  .map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
const ROWS = table('templates/policy/rows.md').map(([id, question]) => ({ id, question }));

const words = (html) => html.replace(/<[^>]*>/g, '').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&#39;/g, "'")
  .replace(/&amp;/g, '&').replace(/\s+/g, ' ').trim();

// ---- one server ----

class Case {
  constructor(profile, server) {
    Object.assign(this, { profile, server, ...STANCES[profile] });
  }

  sql(text) { return this.server.sql(text); }

  admin(...options) {
    const { status, stdout, stderr } = spawnSync(`${root}/cgi/admin.sh`, [this.server.dir, ...options], { encoding: 'utf8' });
    return { status, text: stdout + stderr, rows: () => stdout.trim().split('\n').filter(Boolean).map(JSON.parse) };
  }

  // All this asking is more than nginx lets an address have at times.
  async get(path) {
    return until(async () => {
      const answer = await ask(this.server, 'GET', path);
      return answer.status !== 429 && answer.status !== 503 && answer;
    });
  }

  equal(what, got, want) { equal(`${this.profile}: ${what}`, got, want); }

  check(what, is, detail) { check(`${this.profile}: ${what}`, is, detail); }

  // The five pages: { name: { main, vows: [{ id, text, proof, details }] } }.
  async read() {
    this.pages = {};
    for (const name of DOCUMENTS) {
      const { status, text } = await this.get(`/${name}`);
      this.equal(`/${name}`, status, 200);
      const main = text.match(/<main[^]*<\/main>/)[0];
      const vows = [...main.matchAll(/<div class="vow" id="([^"]+)"><p>([^]*?)<\/p>\n<div class="proof">([^]*?)<\/div>([^]*?)<\/div>\n/g)]
        .map(([, id, sentence, proof, details]) => ({ id, text: words(sentence), proof: words(proof), details: words(details) }));
      this.pages[name] = { main: words(main), html: main, vows };
    }
    this.vows = Object.values(this.pages).flatMap(({ vows }) => vows);
  }

  says(id, text) {
    const found = this.vows.filter((vow) => vow.id === id).map((vow) => vow.text);
    this.check(`"${text}" is said`, found.includes(text), found);
  }

  has(page, text) { this.check(`/${page} says "${text}"`, this.pages[page].main.includes(text)); }

  // Whether a text is in any file of the server, disks of VMs aside.
  holds(text) {
    return spawnSync('grep', ['-rlaF', '--exclude-dir=disks', '--exclude-dir=app', '-e', text, this.server.dir], { encoding: 'utf8' }).stdout.trim();
  }

  configure(text) { this.server.put('domicile.conf', text); }
}

// With nginx and the worker having come this far, no promise is without a measurement, or says why.
async function live(c) {
  await until(async () => {
    await c.read();
    return !c.vows.some(({ proof }) => proof === 'Not measured');
  });
  for (const { id, proof, details } of c.vows) {
    if (proof.startsWith('Not measurable')) c.check(`${id} says why it can't be measured`, details.startsWith('Why software can’t prove it'));
    else if (id === 'encrypted-disks') c.isBroken = !proof.startsWith('Kept');
    else if (!proof.startsWith('Kept')) c.check(`${id} is kept, or says why it is not measured`, /^Not measured.*Checked/.test(proof) && details.length > 60, [proof, details]);
    else c.check(`${id} is kept, by its page`, /Checked/.test(proof) && /Enforced by/.test(details), proof);
  }
}

const handshake = (c, version) => spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${c.server.port}`, '-servername', 'localhost', `-${version}`],
  { input: '', stdio: ['pipe', 'ignore', 'ignore'] }).status === 0;

const plain = (c) => new Promise((resolve, reject) => {
  http.get({ host: '127.0.0.1', port: c.server.port, path: '/privacy', headers: { Host: `localhost:${c.server.port}` } }, (answer) => {
    let text = '';
    answer.on('data', (part) => { text += part; });
    answer.on('end', () => resolve({ status: answer.statusCode, location: answer.headers.location, text }));
  }).on('error', reject);
});

// ---- what is there before the rows are looked at ----

// What is old enough to go, and what is not: destroyed VMs of 89 and 91 days ago. Their activity is not over: what
// is has a place in a chain, which this has not.
function plant(c) {
  const vm = (id, days) => `INSERT INTO vm (team_id, created_at, id, name, region, image, size, vcpus, memory_mb, disk_gb, wanted, wanted_at, state, state_at,
    observed, observed_at, gone_at) VALUES (77, 1, '${id}', '${id}', 'local', 'tiny', 'nano', 1, 1, 1, 'gone', 1, 'gone', 1, 'absent', 1, unixepoch() - ${days} * 86400);
INSERT INTO activity (team_id, at_ms, id, vm_id, what, action, actor, result) SELECT column1, column2, column3, column4, column5, 'vm', 'system', 'open' FROM (VALUES (77, 1, '${id}', '${id}', 'Destroyed'));
INSERT INTO receipt VALUES (77, unixepoch() - ${days} * 86400, '${id}', '${id}', 'local', 'tiny', 'nano', 1, 1, 1, 1, NULL, NULL, 0, NULL);`;
  c.sql(`PRAGMA foreign_keys = ON; INSERT INTO team (id, name, created_at) VALUES (77, 'old', 1); ${vm('now', 0.1)} ${vm('young', 89)} ${vm('old', 91)}`);
}

async function create(c) {
  const bob = c.bob;
  await bob.send('/keys', '/keys', [['key', keyMake(c.server, 'key')], ['name', 'first']]);
  await until(() => c.sql("SELECT version IS NOT NULL FROM image WHERE name = 'tiny';") === '1');
  const made = await bob.send('/vms/new', '/vms', [['name', 'oak'], ['image', 'tiny'], ['size', 'nano'], ['region', 'local'], ['key', c.sql('SELECT id FROM ssh_key;')]]);
  if (c.isSealed && c.isBroken) {
    c.equal('a VM is refused where disks are not encrypted', made.status, 422);
    c.check('and it says so', words(made.text).includes('The disks of this server are not encrypted, as it promises.'), words(made.text));
    c.equal('nothing was begun', c.sql('SELECT count(*) FROM vm WHERE gone_at IS NULL'), '0');
    return;
  }
  c.equal('a VM is asked for', made.status, 303);
  c.vm = c.sql("SELECT id FROM vm WHERE name = 'oak'");
  if (!c.isBooted) return;
  c.check('it runs', await until(() => c.sql("SELECT state FROM vm WHERE name = 'oak' AND observed = 'running';") === 'running'));
  const [port, key] = c.sql("SELECT ssh_port, host_key_public FROM vm WHERE name = 'oak'").split('|');
  Object.assign(c, { port, known: `[localhost]:${port} ${key}` });
}

async function destroy(c) {
  await c.bob.send(`/vms/${c.vm}`, `/vms/${c.vm}/destroy`, [['name', 'oak']]);
  await until(async () => (await c.bob.ask('GET', `/vms/${c.vm}`)).text.includes('<h1>Receipt of destruction</h1>'));
}

const remains = (c) => ['disks', 'seeds'].flatMap((folder) => fs.readdirSync(`${c.server.dir}/${folder}`)).filter((name) => name.includes(c.vm)).join(' ');
const route = async (c, path) => (await c.bob.ask('GET', path)).status;

// What the terms name as not offered.
const MISSING = { terminal: 'A terminal or a desktop in the browser', prompts: 'Runs of coding agents', 'command-audit': 'A record of commands', repositories: 'Connected repositories',
  webhooks: 'Webhooks to your own services', 'share-links': 'Links that share a VM', billing: 'The use of this server is free of charge.' };

// Not offered: the terms say so, and nothing answers at the addresses it would have.
const notOffered = (...paths) => ({ alone: async (c, row) => {
  c.has('terms', MISSING[row.id]);
  for (const path of paths) c.equal(`${path} is nothing`, await route(c, path), 404);
} });

// ---- the rows ----

// `alone`: under the profile's name alone; `full`: with all settings. In this order.
const PROOFS = {
  'vm-life': { alone: async (c) => {
    if (!c.isBooted) return;
    c.sql(`UPDATE vm SET created_at = created_at - 400 * 86400, state_at = state_at - 400 * 86400 WHERE id = '${c.vm}'`);
    c.equal('a sweep', c.admin('sweep').status, 0);
    c.equal('a VM of 400 days ago runs on', c.sql(`SELECT state, wanted FROM vm WHERE id = '${c.vm}'`), 'running|running');
  } },
  'vm-default': { alone: async (c) => {
    const { text } = await c.bob.ask('GET', '/vms/new');
    const life = { 'agent-runs': 'ephemeral', 'sandbox-api': 'ephemeral', 'shared-session': 'idle_destroy-60' }[c.profile] ?? 'persistent';
    c.check('the form has it chosen', new RegExp(`<option value="${life}" selected>`).test(text));
    if (c.vm) c.equal('and a VM that was made without a choice has it', c.sql(`SELECT life || ifnull('-' || life_minutes, '') FROM vm WHERE id = '${c.vm}'`), life);
  } },
  usage: { alone: async (c) => {
    if (!c.isBooted) return;
    c.check('CPU time and memory are recorded', await until(() => c.sql(`SELECT count(*) FROM usage_minute WHERE vm_id = '${c.vm}' AND cpu_ms > 0 AND disk_bytes > 0`) !== '0'));
    c.sql(`INSERT INTO usage_day (team_id, vm_id, day_at, from_at, quarters) SELECT team_id, id, at, at, zeroblob(13824) FROM vm, (SELECT unixepoch() / 86400 * 86400 - d * 86400 AS at
      FROM (SELECT 29 AS d UNION SELECT 32)) WHERE id = '${c.vm}'`);
    c.admin('sweep');
    c.equal('after 30 days they are deleted', c.sql(`SELECT group_concat(unixepoch() / 86400 - day_at / 86400) FROM usage_day WHERE vm_id = '${c.vm}' AND day_at < unixepoch() - 5 * 86400`), '29');
  } },
  'ssh-keys': { alone: async (c) => {
    const answer = await c.bob.send('/keys', '/keys', [['key', PRIVATE_KEY], ['name', 'private']]);
    c.check('a private key is refused', answer.status === 422, answer.status);
    c.equal('and in no file', c.holds('b3BlbnNzaC1rZXktdjEAYm9iIGhhcyBwYXN0ZWQgaXQ'), '');
    if (!c.isBooted) return;
    keyMake(c.server, 'other');
    const login = (key) => ssh(c.server, `ssh -p ${c.port} dev@localhost`, c.known, `echo ${CANARY}`, key);
    c.equal('the key lets its owner in', (await login('key')).out, CANARY);
    c.equal('another does not', (await login('other')).code, 255);
  } },
  isolation: { alone: (c) => {
    const promise = c.vows.find(({ id }) => id === 'isolation');
    c.check('how the VM is run is compared with the rules', promise.proof.startsWith('Kept'), promise);
    if (c.isBooted) c.check('its network has no way out', c.server.processes().some(({ argv }) => argv.some((word) => word.startsWith('guest=domicile-')) && argv.join(' ').includes('restrict')));
  } },
  terminal: notOffered('/terminal', '/desktop'),
  'terminal-content': { alone: (c) => c.equal('what is typed in a VM is in no file', c.holds(CANARY), '') },
  prompts: notOffered('/runs'),
  'command-audit': notOffered('/audit'),
  repositories: notOffered('/repositories'),
  webhooks: notOffered('/webhooks'),
  'share-links': notOffered('/share'),
  'provider-keys': { alone: async (c) => {
    const forms = [['/keys', '/keys', 'key'], ['/keys', '/keys', 'name'], ['/account', '/account/name', 'name'], ['/vms/new', '/vms', 'name'],
      ['/vms/new', '/vms', 'image'], ...(c.vm ? [[`/vms/${c.vm}`, `/vms/${c.vm}/rename`, 'name'], [`/vms/${c.vm}`, `/vms/${c.vm}/resize`, 'size'],
        [`/vms/${c.vm}`, `/vms/${c.vm}/snapshots`, 'name'], [`/vms/${c.vm}`, `/vms/${c.vm}/destroy`, 'name']] : [])];
    for (const [page, action, field] of forms) {
      const { status } = await c.bob.send(page, action, [[field, PROVIDER_KEY]]);
      c.check(`${action}: a provider's key as ${field} is refused`, status >= 400 && status < 500, status);
    }
    await ask(c.server, 'GET', `/signin?next=/${PROVIDER_KEY}`);
    c.equal('it is in no file', c.holds(PROVIDER_KEY), '');
  } },
  lifecycle: { alone: async (c) => {
    if (!c.vm) return;
    const shown = words((await c.bob.ask('GET', '/activity')).text);
    c.check('the team sees what happened', /created|requested/i.test(shown) && shown.includes('oak'), shown);
  } },
  'looking-inside': { alone: async (c) => {
    if (!c.vm) return;
    for (const path of ['', '/snapshots', '/activity', '/settings', '/receipt.zip']) {
      c.equal(`the operator can't open ${path} of a VM of others`, (await c.operator.ask('GET', `/vms/${c.vm}${path}`)).status, 404);
    }
    // A console is not shown without a reason, and not at all where nobody looks (look.mjs looks at one).
    const isNever = ['desktop', 'shared-session'].includes(c.profile);
    c.equal('no look without a reason', c.admin('vm-look', c.vm).status, 1);
    if (isNever) c.check('nor with one', c.admin('--reason', 'law', 'vm-look', c.vm).text.includes('nobody looks inside VMs'));
    c.equal('nothing was looked at', c.sql("SELECT count(*) FROM activity WHERE action = 'look'"), '0');
  } },
  destroy: { alone: async (c) => {
    if (!c.vm) return;
    if (c.isBooted) {
      await c.bob.send(`/vms/${c.vm}`, `/vms/${c.vm}/snapshots`, [['name', 'one']]);
      c.check('a snapshot is made', await until(() => c.sql(`SELECT count(*) FROM snapshot WHERE vm_id = '${c.vm}' AND state = 'ready'`) === '1'));
    }
    c.check('it has a disk', await until(() => remains(c).includes(c.vm)));
    await destroy(c);
    c.check('nothing of it is left on the host', await until(() => remains(c) === ''), remains(c));
    c.equal('nor a guest', c.server.processes().filter(({ argv }) => argv.some((word) => word.includes(`guest=domicile-${c.vm}`))).length, 0);
  } },
  'vm-record': { alone: async (c) => {
    plant(c);
    if (c.vm) c.check('a destroyed VM has a record until the sweep', c.vmDays === 0 || c.sql(`SELECT count(*) FROM activity WHERE vm_id = '${c.vm}'`) > 0);
    c.admin('sweep');
    const left = c.vmDays ? 'now,young' : '';
    c.equal('records that are left', c.sql("SELECT group_concat(id) FROM (SELECT id FROM vm WHERE team_id = 77 ORDER BY id)"), left);
    c.equal('activity that is left', c.sql("SELECT group_concat(vm_id) FROM (SELECT vm_id FROM activity WHERE team_id = 77 ORDER BY vm_id)"), left);
    c.equal('receipts stay', c.sql('SELECT count(*) FROM receipt WHERE team_id = 77'), '3');
    if (!c.vm) return;
    const traces = () => c.sql(`SELECT (SELECT count(*) FROM vm WHERE id = '${c.vm}') || (SELECT count(*) > 0 FROM activity WHERE vm_id = '${c.vm}') || (SELECT count(*) FROM receipt WHERE vm_id = '${c.vm}')`);
    if (c.vmDays) c.equal('so it is with the VM that has run', traces(), '111');
    // Not in the second in which it ended.
    else c.check('so it is with the VM that has run', await until(() => c.admin('sweep').status === 0 && traces() === '001'));
  } },
  analytics: { alone: async (c) => {
    await ask(c.server, 'GET', '/about', { headers: { Referer: 'https://news.example/item?of=ada' } });
    const line = await until(() => c.server.log().split('\n').findLast((text) => / route=\/about /.test(text)));
    c.equal('whether it is counted', / counted=visitor/.test(line), Boolean(c.isCounted));
    c.equal('from where', line.match(/ from=(\S+)/)?.[1], c.hasReferrers ? 'news.example' : undefined);
    c.check('no more of the address', !c.server.log().includes('of=ada'));
    c.equal('the account page lets one opt out', (await c.bob.ask('GET', '/account')).text.includes('action="/account/statistics"'), Boolean(c.isCounted));
  }, full: async (c) => {
    // Days that are over were planted before this start.
    if (c.isCounted) c.check('days that are over are counted', await until(() => c.admin('--json', 'counts').rows().some(({ who, requests, crowd }) => who === 'visitors' && requests >= 12 && crowd >= 10)));
    else c.equal('nothing is counted', c.admin('--json', 'counts').text, '');
  } },
  logs: { full: (c) => {
    const kept = (days) => fs.existsSync(`${c.server.dir}/log/${dayOf(days)}`);
    c.equal('logs of 2, 28, 32, 88 and 92 days ago that are kept', [2, 28, 32, 88, 92].filter(kept).join(), [2, 28, 32, 88, 92].filter((days) => days < c.logDays).join());
  } },
  cookies: { alone: async (c) => {
    c.equal('one cookie', c.cookie.replace(/=[\w-]{43};/, '=X;').replace(/; Max-Age=\d+/, ''), '__Host-session=X; Path=/; Secure; HttpOnly; SameSite=Lax');
    for (const path of ['/', '/privacy', '/about', '/nothing']) c.equal(`${path} sets none`, (await c.get(path)).headers['set-cookie'], undefined);
    c.equal('the sign-in page sets it', (await c.get('/signin')).headers['set-cookie'].map((text) => text.split('=')[0]).join(), '__Host-session');
  } },
  tls: { alone: async (c) => {
    c.equal('TLS 1.2', handshake(c, 'tls1_2'), !c.isModern);
    c.equal('TLS 1.3', handshake(c, 'tls1_3'), true);
    const answer = await plain(c);
    c.equal('plain HTTP leads to HTTPS', `${answer.status} ${answer.location}`, `308 ${c.server.url}/privacy`);
    c.check('without content', !/Privacy|Domicile/.test(answer.text), answer.text);
  } },
  'at-rest': { alone: (c) => {
    c.equal('encrypted disks are promised', c.vows.some(({ id }) => id === 'encrypted-disks'), Boolean(c.isSealed));
    c.equal('the opposite is said', c.vows.some(({ text }) => text === 'Disks are not encrypted by this server.'), !c.isSealed);
    if (!c.isSealed) return;
    c.equal('where they are not, the page says so', c.vows.find(({ id }) => id === 'encrypted-disks').proof.startsWith('Broken'), c.isBroken);
  } },
  rights: { alone: async (c) => {
    for (const path of ['/account', '/keys', '/vms', '/activity', '/data']) c.equal(`see: ${path}`, await route(c, path), 200);
    await c.bob.send('/account', '/account/name', [['name', 'Bob the Second']]);
    c.equal('correct', c.sql("SELECT name FROM person WHERE email = 'bob@example.org'"), 'Bob the Second');
    c.sql('UPDATE session SET created_at = unixepoch() WHERE person_id NOT NULL');
    await c.bob.send('/account', '/account/copy', []);
    c.check('a request by mail has a day', c.admin('request-add', 'bob@example.org', '--kind', 'other', '--received', new Date().toISOString().slice(0, 10)).text.includes(' is due on '));
    c.sql('UPDATE rights_request SET due_at = unixepoch() - 1');
    c.check('one that is overdue is said', c.admin('promises', '--now').text.includes('(1 found. Requests in the register'));
    c.check('and answered', c.admin('request-answer', '1', '--how', 'Done.').status === 0);
    c.check('it is no longer', !c.admin('promises', '--now').text.includes('Requests in the register'));
    c.check('get a copy', await until(async () => (await c.bob.ask('GET', '/account')).text.includes('Download (')));
  } },
  'legal-basis': { alone: (c) => {
    for (const article of ['Art. 6(1)(b)', 'Art. 6(1)(c)', 'Art. 6(1)(f)']) c.has('privacy', article);
    c.check('every record has one', c.admin('--json', 'records').rows().every(({ basis }) => basis));
  } },
  age: { alone: async (c) => {
    const { pathname, search } = new URL(c.server.signinLink('carol@example.org'));
    c.check('who signs up is told', words((await c.get(pathname + search)).text).includes('at least 16 years old'));
  } },
  authority: { alone: (c) => c.has('privacy', 'Ours is [privacy] authority is not set, [privacy] authority_url is not set.') },
  controller: { alone: (c) => c.has('privacy', 'Test, Here, Example Country.') },
  subprocessors: { alone: (c) => {
    for (const page of ['privacy', 'subprocessors']) c.check(`/${page} lists nobody`, /no others\.[^]*?<p>None\.<\/p>/.test(c.pages[page].html));
    c.equal('nothing was sent', c.sql('SELECT count(*) FROM outbound'), '0');
  }, full: (c) => {
    const rows = [...c.pages.subprocessors.html.matchAll(/<td data-th="Recipient">([^<]*)</g)].map(([, name]) => name);
    c.equal('those that are enabled are listed', rows.map((name) => name.split(' (')[0]).join(), c.isAlone ? 'Mail server' : 'Stripe,Mail server');
  } },
  mails: { alone: async (c) => {
    c.says('mails', 'This server sends no email.');
    c.check('no link is offered by mail', !(await c.get('/signin')).text.includes('action="/signin/mail"'));
    c.equal('nor is one in the queue', c.sql("SELECT count(*) FROM mail WHERE state <> 'sent' AND kind = 'signin_link'"), '0');
  }, full: async (c) => {
    c.check('a link is offered by mail', (await c.get('/signin')).text.includes('action="/signin/mail"'));
    const kinds = c.sql("SELECT sql FROM sqlite_schema WHERE name = 'mail'").match(/kind IN \(([^)]*)\)/)[1].match(/\w+/g);
    c.equal('there is no mail for advertising', kinds.sort().join(), 'access_requested,account_closed,account_deletion,account_kept,account_restored,account_suspended,copy_downloaded,email_approve,email_changed,email_confirm,email_former,email_taken,invited,key_added,key_removed,member_removed,new_signin,passkey_added,passkey_refused,passkey_removed,payment_failed,policy_change,promise_broken,request_answered,request_extended,request_refused,role_changed,signin_link,spend_full,spend_near,suspended,team_closed,team_deletion,team_kept,vm_destroyed,vm_disk_look,vm_ends_soon,vm_look,vm_stops_soon,weekly_summary');
  } },
  'no-sale': { full: async (c) => c.equal('no request to others, no policy of the browser violated', [...c.browser.foreign, ...c.browser.violations, ...c.browser.errors].join(), '') },
  places: { full: (c) => {
    c.check('the region\'s country is named', /<td data-th="Region">This computer<\/td><td data-th="Country">Germany \(declared by the operator\)</.test(c.pages.privacy.html));
    const conf = c.conf;
    c.configure(conf.replace('accelerator = auto\ncountry = DE', 'accelerator = auto\ncountry = US'));
    const { status, text } = c.admin('check');
    c.equal('outside of the EU, one country in it is refused', /profile = desktop keeps data in/.test(text) && status, c.isAlone ? 1 : false);
    c.configure(conf);
  } },
  billing: { full: (c) => {
    if (c.isAlone) {
      c.configure(c.conf.replace('billing = off', 'billing = stripe'));
      c.check('no company gets data, so payments are refused', /profile = desktop shares data with no company/.test(c.admin('check').text));
      c.configure(c.conf);
      return;
    }
    c.sql(`INSERT INTO invoice (team_id, created_at, id, status, currency, total_cents, remaining_cents, period_start_at, period_end_at)
      SELECT 77, unixepoch() - d * 86400, 'in_' || d, 'paid', 'EUR', 1, 0, 1, 1 FROM (SELECT 2500 AS d UNION SELECT 2600)`);
    c.admin('sweep');
    c.equal('invoices are kept for 7 years', c.sql('SELECT group_concat(id) FROM invoice'), 'in_2500');
  } },
  changes: { full: async (c) => {
    c.configure(`${c.conf}\n[privacy]\nlog_days = 400\n`);
    const early = c.admin('--from', dayOf(-13), 'policy', 'schedule');
    c.check('notice is not cut short', early.status === 1 && early.text.includes('too early'), early.text);
    const shown = async () => (await c.get('/privacy')).text.includes('This policy changes on');
    for (let i = 0; i < 8; i++) c.equal('before it is announced', await shown(), false);
    c.check('it is announced', c.admin('policy', 'schedule').status === 0);
    for (let i = 0; i < 8; i++) c.equal('everybody is shown it at once', await shown(), true);
    const days = Number(c.sql('SELECT (effective_at - announced_at) / 86400.0 FROM policy_version WHERE number = (SELECT max(number) FROM policy_version)'));
    c.check('at least 14 days before', days >= 14 && days <= 15, days);
    c.number = c.sql('SELECT max(number) FROM policy_version');
    const history = words((await c.get('/privacy/history')).text);
    c.check('every version is listed', history.includes(`Version ${c.number}`) && history.includes('Version 1'), history);
    c.configure(c.conf);
  } },
  account: { full: async (c) => {
    const signIn = async () => (await new Visitor(c.server).signIn(c.server.signinLink('bob@example.org'))).headers.location;
    c.equal('an open account', await signIn(), '/vms');
    const days = c.sql("SELECT number FROM policy_fact WHERE name = 'closed_days' ORDER BY version DESC LIMIT 1");
    const path = new URL(c.admin('account-close', 'bob@example.org').text.match(/https:\S+/)[0]).pathname;
    c.equal('closed for the days of the profile', c.sql("SELECT (due_at - requested_at) / 86400 FROM erasure ORDER BY requested_at DESC LIMIT 1"), days);
    if (days === '0') {
      c.check('it is deleted at once', await until(async () => (await c.get(path)).text.includes('Receipt of deletion')));
      c.equal('nothing of it is left', c.sql("SELECT count(*) FROM person WHERE email = 'bob@example.org'"), '0');
    } else c.check('nobody signs in to a closed one', /^[/]deletion[/][\w-]{43}$/.test(await signIn()));
  } },
};

function dayOf(ago) {
  const day = new Date();
  day.setUTCDate(day.getUTCDate() - ago);
  return day.toISOString().slice(0, 10);
}

async function prove(c, phase) {
  for (const [id, proof] of Object.entries(PROOFS)) {
    const row = ROWS.find((one) => one.id === id);
    await proof[phase]?.(c, row);
  }
}

// ---- the pages ----

async function pages(c) {
  const expected = table(`tests/policy/${c.profile}.md`);
  for (const { id } of ROWS) c.check(`${id} is in the table of sentences`, expected.some(([row]) => row === id));
  for (const [id, sentence, kind] of expected) {
    if (kind === '-') c.check(`${id} is not offered, which the terms say`, c.pages.terms.main.includes(MISSING[id]));
    else if (!(c.isAlone && kind === 'promise:invoices')) c.says(kind.split(':')[1], sentence.replace(/vm\.example\.org/g, 'localhost').replace('op@example.org', 'operator@localhost'));
  }
  for (const [name, { main }] of Object.entries(c.pages)) {
    c.check(`/${name} is complete`, main.length > 500 && !/[{}]|NULL|\[privacy\]|undefined/.test(main), main.match(/.{40}([{}]|NULL|\[privacy\]|undefined).{20}/)?.[0]);
    c.check(`/${name} says nothing of hardware that separates VMs, which is not sure here`, !/hardware virtualization|separates the memory/.test(main));
    const dead = [...c.pages[name].html.matchAll(/href="#([^"]*)"/g)].map(([, anchor]) => anchor).filter((anchor) => !anchor || !c.pages[name].html.includes(`id="${anchor}"`));
    c.equal(`/${name}: places that links lead to on the page`, dead.join(), '');
  }
}

async function axeFinds(page) {
  await page.evaluate(axe);
  return page.evaluate(async () => (await window.axe.run(document)).violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).slice(0, 4).join(' ')}`).join('\n'));
}

async function look(c) {
  const page = await c.browser.page({ bypassCsp: true });
  for (const path of ['/privacy', '/terms', '/privacy/history', `/privacy/history/${c.number}`]) {
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(c.server.url + path, { waitUntil: 'load' });
    c.equal(`${path}: axe`, await axeFinds(page), '');
    await page.setViewport({ width: 360, height: 740 });
    const width = await page.evaluate(() => document.scrollingElement.scrollWidth);
    c.check(`${path}: no sideways scroll at 360`, width <= 360, width);
  }
  c.check('the version shows what changes', await page.$$eval('.diff ins', (all) => all.some((e) => e.textContent.includes('400'))));
  // By keyboard, from the top of the page.
  await page.goto(`${c.server.url}/privacy`, { waitUntil: 'load' });
  const summaries = await page.$$eval('.policy summary', (all) => all.map((e, i) => { e.dataset.at = i; return i; }));
  const reached = new Set();
  for (let i = 0; i < 400 && reached.size < summaries.length; i++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => document.activeElement.dataset?.at);
    if (at !== undefined) reached.add(at);
  }
  c.equal('the keyboard reaches every explanation', reached.size, summaries.length);
  await page.keyboard.press('Enter');
  c.check('and opens it', await page.evaluate(() => document.activeElement.parentNode.open && document.activeElement.nextElementSibling.checkVisibility()));
  // On paper, and without JavaScript.
  const sentences = () => page.$$eval('.policy h2, .policy > section > p, .policy li, .vow > p, .policy td', (all) => all.filter((e) => e.checkVisibility()).map((e) => e.innerText.replace(/\s+/g, ' ').trim()).join('\n'));
  const screen = await sentences();
  await page.emulateMediaType('print');
  c.equal('on paper it is complete', await sentences(), screen);
  c.check('it prints', (await page.pdf()).length > 10000);
  await page.emulateMediaType(null);
  const bare = await c.browser.page({ javascript: false });
  await bare.goto(`${c.server.url}/privacy`);
  const main = words((await bare.content()).match(/<main[^]*<\/main>/)[0]);
  c.check('without JavaScript it is complete', screen.split('\n').every((line) => main.includes(line)));
}

// ---- all of it ----

// The log of today, as if it were of those days.
function age(c) {
  const today = `${c.server.dir}/log/${dayOf(0)}`;
  const text = fs.readFileSync(today, 'utf8'), { uid, gid } = fs.statSync(today);
  for (const days of [2, 28, 32, 88, 92]) {
    const file = `${c.server.dir}/log/${dayOf(days)}`;
    fs.writeFileSync(file, text.replaceAll(dayOf(0), dayOf(days)), { mode: 0o600 });
    fs.chownSync(file, uid, gid);
  }
}

async function start(profile) {
  const server = await Server.make(process.argv[2], (text) => text.replace(/^# profile .*/m, `profile = ${profile}`));
  const c = new Case(profile, server);
  await server.start();
  await live(c);
  c.operator = new Visitor(server);
  await c.operator.signIn(server.link);
  c.bob = new Visitor(server);
  c.cookie = (await c.bob.signIn(server.signinLink('bob@example.org'))).headers['set-cookie'].join(' and ');
  return c;
}

async function settle(c) {
  for (let i = 0; i < 12; i++) await c.get('/about');
  await c.server.stop();
  age(c);
  c.server.policyless();
  const payments = c.isAlone ? '[billing]\nbilling = off\n' : '[billing]\nbilling = stripe\n[stripe]\nurl = http://127.0.0.1:9\n';
  c.conf = `${fs.readFileSync(`${c.server.dir}/domicile.conf`, 'utf8').replace('controller = Test', 'controller = Example Ltd').replace('address = Here', 'address = 1 Main St, Town')
    .replace('country = ZZ', 'country = DE').replace('# authority =', 'authority = The authority').replace('# authority_url =', 'authority_url = https://authority.example.org')}
[region local]
label = This computer
uri = qemu:///session
accelerator = auto
country = DE
[mail]
mail = smtp
url = smtp://localhost:9
from = vm@example.org
country = DE
${payments}`;
  c.configure(c.conf);
  c.server.put('secrets/stripe-api-key', 'sk_test_nobody');
  await c.server.start();
}

const chosen = process.argv.slice(3);
for (const { id } of ROWS) check(`${id} has a proof`, PROOFS[id]);
for (const id of Object.keys(PROOFS)) check(`${id} is a row`, ROWS.some((row) => row.id === id));
async function run(profile) {
  const c = await start(profile);
  await create(c);
  await prove(c, 'alone');
  await settle(c);
  await live(c);
  await pages(c);
  c.browser = await Browser.launch(c.server);
  const page = await c.browser.page();
  for (const name of DOCUMENTS) await page.goto(`${c.server.url}/${name}`, { waitUntil: 'load' });
  await prove(c, 'full');
  await look(c);
  await c.browser.end();
  await c.server.end();
}

// Two at a time: much of it is waiting for the worker.
const waiting = chosen.length ? chosen : Object.keys(STANCES);
await Promise.all([1, 2].map(async () => {
  while (waiting.length) await run(waiting.shift());
}));
finish();
