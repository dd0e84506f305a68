// A browser without nginx: runs a program as plain CGI, one process per request, and keeps its one
// cookie. Also a fresh state folder, and the counting of checks. Used by signin.mjs and workos.mjs.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const COOKIE = '__Host-session';

let passed = 0;
let failed = 0;

export function check(what, is, detail = '') {
  if (is) passed++;
  else {
    failed++;
    console.log(`FAILED ${what}${detail === '' ? '' : `: ${JSON.stringify(detail)}`}`);
  }
}

export function equal(what, got, want) {
  check(what, got === want, { got, want });
}

export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}

// Somebody is responsible for the data, so that people can sign up.
export const responsible = (conf) => conf.replace('# controller =', 'controller = Test').replace('# address =', 'address = Here')
  .replace('# country =', 'country = ZZ');

// A state folder with a database of the newest schema; `edit` changes the configuration's text.
export class State {
  constructor(edit = (text) => text) {
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'domicile-signin-'));
    fs.mkdirSync(`${this.dir}/secrets`, { mode: 0o700 });
    fs.writeFileSync(`${this.dir}/domicile.conf`,
      edit(responsible(fs.readFileSync(`${root}/domicile.conf`, 'utf8'))).replace(/^# image_build .*/m, 'image_build = off'));
    for (const folder of ['data', 'inbox/stripe', 'inbox/workos']) fs.mkdirSync(`${this.dir}/${folder}`, { mode: 0o700, recursive: true });
    for (const [schema, file] of [['db', 'data/main.db'], ['db/inbox', 'inbox/stripe/inbox.db'], ['db/inbox', 'inbox/workos/inbox.db']]) {
      const migrations = fs.readdirSync(`${root}/${schema}`).filter((f) => /^\d{3}_.*\.sql$/.test(f)).sort();
      const all = migrations.map((f) => fs.readFileSync(`${root}/${schema}/${f}`, 'utf8')).join('\n');
      this.sql(`PRAGMA journal_mode=WAL; ${all} PRAGMA user_version=${migrations.length};`, file);
    }
    this.log = '';
  }

  secret(name, text) {
    fs.writeFileSync(`${this.dir}/secrets/${name}`, `${text}\n`, { mode: 0o400 });
  }

  // Rows as arrays of text.
  sql(text, file = 'data/main.db') {
    const out = execFileSync('sqlite3', ['-cmd', '.timeout 5000', '-separator', '\x1f',
      `${this.dir}/${file}`], { input: text, encoding: 'utf8' });
    return out.split('\n').filter(Boolean).map((line) => line.split('\x1f'));
  }

  one(text) {
    const rows = this.sql(text);
    return rows.length ? rows[0][0] : undefined;
  }

  end() {
    fs.rmSync(this.dir, { recursive: true });
  }
}

function answerRead(bytes) {
  const text = bytes.toString('utf8');
  const end = text.indexOf('\r\n\r\n');
  const headers = {};
  for (const line of text.slice(0, end).split('\r\n')) {
    const colon = line.indexOf(': ');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 2);
  }
  return { status: Number(headers.status), headers, body: text.slice(end + 4) };
}

export class Browser {
  constructor(program, state, publicUrl) {
    Object.assign(this, { program: path.resolve(program), state, publicUrl, cookie: '', page: '' });
  }

  async send(method, target, body = '', extra = {}) {
    const input = `${this.state.dir}/body-${Math.random()}`;
    fs.writeFileSync(input, body);
    const child = spawn(this.program, ['--state', this.state.dir], {
      stdio: [fs.openSync(input, 'r'), 'pipe', 'pipe'],
      env: {
        REQUEST_METHOD: method, REQUEST_URI: target, CONTENT_LENGTH: String(Buffer.byteLength(body)),
        HTTP_USER_AGENT: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0',
        HTTP_PROXY: 'http://127.0.0.1:1', http_proxy: 'http://127.0.0.1:1',
        ...(method === 'POST' && { CONTENT_TYPE: 'application/x-www-form-urlencoded',
          HTTP_SEC_FETCH_SITE: 'same-origin', HTTP_ORIGIN: this.publicUrl }),
        ...(this.cookie && { HTTP_COOKIE: `${COOKIE}=${this.cookie}` }),
        ASAN_OPTIONS: 'detect_leaks=0', // the sandbox forbids what the leak check needs
        ...extra,
      },
    });
    const out = [];
    child.stdout.on('data', (part) => out.push(part));
    child.stderr.on('data', (part) => { this.state.log += part; });
    const code = await new Promise((resolve) => child.on('close', resolve));
    fs.rmSync(input);
    if (code !== 0) check(`${method} ${target.split('?')[0]}: the program ends well`, false,
      this.state.log.split('\n').slice(-4));
    const answer = answerRead(Buffer.concat(out));
    const set = answer.headers['set-cookie'];
    if (set) this.cookie = set.match(new RegExp(`^${COOKIE}=([^;]*);`))[1];
    this.page = answer.body || this.page;
    return answer;
  }

  get(target) {
    return this.send('GET', target);
  }

  // Presses the button of the last page: its hidden fields and those given.
  post(target, fields = {}) {
    const all = {};
    for (const [, name, value] of this.page.matchAll(
      /<input type="hidden" name="([^"]*)" value="([^"]*)">/g)) all[name] = value;
    return this.send('POST', target, new URLSearchParams({ ...all, ...fields }).toString());
  }

  // Another browser with the same cookie, as a second tab or a thief has it.
  copy() {
    return Object.assign(new Browser(this.program, this.state, this.publicUrl),
      { cookie: this.cookie, page: this.page });
  }
}

export function title(answer) {
  return (answer.body.match(/<h1>([^<]*)<\/h1>/) || [])[1];
}

// ---- the outbound ledger ----

// The names of what a request of ours sent, as the table "outbound" has them; `body` is a form or parsed JSON.
export function namesSent({ url, body }) {
  const { pathname, searchParams } = new URL(url, 'http://service');
  const parts = pathname.split('/');
  const ids = parts.map((part, i) => (/^(?=.*_)(?=.*[0-9A-Z])/.test(part) ? `${parts[i - 1]}/{id}` : null)).filter(Boolean);
  const fields = typeof body === 'string' ? new URLSearchParams(body).keys() : Object.keys(body ?? {});
  return [...new Set([...ids, ...searchParams.keys(), ...fields])].join(', ');
}

// Holds the ledger against the requests that the double of a service has seen.
export function ledgerCheck(state, purpose, url, requests) {
  const seen = [...new Set(requests.map(namesSent))].sort();
  const mine = `purpose = '${purpose}'`;
  equal(`the ledger has the fields of every ${purpose} request, and no others`,
    state.sql(`SELECT DISTINCT fields FROM outbound WHERE ${mine};`).map((row) => row.join()).sort().join('\n'), seen.join('\n'));
  equal('of its host', state.sql(`SELECT DISTINCT host, was_listed FROM outbound WHERE ${mine};`).join('\n'), `${new URL(url).host},1`);
}
