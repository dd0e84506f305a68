// A whole Domicile for a test: cgi/run.sh with every program, nginx and libvirt in a fresh short state
// folder, the sign-in links, the database, ssh, and a Chromium that tells what it did. Ends what it
// started, by process id. Used by browser.mjs, pages.mjs, front.mjs and workos_browser.mjs.
import { execFile, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { promisify } from 'node:util';
import puppeteer from 'puppeteer-core';
import { check, responsible } from './cgi.mjs';

export { check, equal, finish } from './cgi.mjs';

export const root = path.resolve(import.meta.dirname, '../..');
const QUARTERS = fs.readFileSync(`${root}/tests/usage_quarter.sql`, 'utf8');
const isRoot = process.getuid() === 0;
const asUser = isRoot ? ['setpriv', '--reuid=domicile', '--regid=domicile', '--init-groups', '--'] : [];

export const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// Asks again until `probe` says something true. How long it may take is no business of a test: the limit is
// beyond what anything takes on a slow and busy machine, so reaching it is a failure, whatever is checked next.
const LIMIT_MS = 180000;
export async function until(probe, everyMs = 200) {
  const end = Date.now() + LIMIT_MS;
  for (;;) {
    const answer = await probe();
    if (answer) return answer;
    if (Date.now() > end) {
      check(`waited for ${probe}`, false);
      return answer;
    }
    await sleep(everyMs);
  }
}

// The first of a hundred ports that no other test has.
export const freePort = () => Number(execFileSync(`${root}/tests/ports.sh`, [String(process.pid)], { encoding: 'utf8' }));

// ---- the server ----

export class Server {
  // `edit` changes the text of domicile.conf, which is there before the first start; with null, cgi/run.sh
  // writes it as for somebody who has just begun.
  static async make(build, edit = (text) => text) {
    const server = new Server();
    server.build = path.resolve(build);
    server.dir = fs.mkdtempSync('/tmp/dom.'); // unix sockets: a short path
    server.tmp = fs.mkdtempSync('/tmp/domicile-e2e.');
    server.port = freePort();
    server.url = `https://localhost:${server.port}`;
    server.errors = '';
    if (isRoot) {
      try {
        execFileSync('id', ['domicile'], { stdio: 'ignore' });
      } catch {
        execFileSync('useradd', ['--system', '--user-group', '--home-dir', '/nonexistent', '--shell',
          '/usr/sbin/nologin', 'domicile']);
      }
    }
    if (edit) {
      server.put('domicile.conf', edit(responsible(fs.readFileSync(`${root}/domicile.conf`, 'utf8')))
        .replace(/^# image_build .*/m, 'image_build = off')
        .replace(/^public_url = .*/m, `public_url = ${server.url}`)
        .replace(/^ssh_ports .*/m, `ssh_ports = ${server.port + 1}-${server.port + 99}`));
    }
    process.once('exit', () => server.endNow());
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
    return server;
  }

  // A file of the state folder, readable by its user alone.
  put(name, text) {
    const file = `${this.dir}/${name}`;
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    fs.writeFileSync(file, text, { mode: 0o400 });
    fs.chmodSync(file, name === 'domicile.conf' ? 0o600 : 0o400);
    if (isRoot) {
      execFileSync('chown', ['domicile:', file, path.dirname(file)]);
    }
  }

  // As on a server that has never published a policy: its people were told nothing, so nothing that the
  // configuration weakens is held back at the next start.
  policyless() {
    this.sql('PRAGMA foreign_keys = OFF; DELETE FROM policy_fact; DELETE FROM policy_version');
  }

  // Until the first page has come through. With `cache`, images are built there.
  async start() {
    let output = '';
    this.child = spawn('bash', [`${root}/cgi/run.sh`, this.build, this.dir, String(this.port), ...(this.cache ? [this.cache] : [])],
      { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.exited = new Promise((resolve) => { this.child.once('close', resolve); });
    this.child.stdout.on('data', (part) => { output += part; });
    this.child.stderr.on('data', (part) => { this.errors += part; });
    await until(() => /^ready /m.test(output) || this.child.exitCode !== null, 20);
    if (!/^ready /m.test(output)) throw new Error(`not ready: ${output}${this.log()}`);
    const isLocal = !/^identity *= *workos/m.test(fs.readFileSync(`${this.dir}/domicile.conf`, 'utf8'));
    this.link = isLocal && await until(() => output.match(/https:\S+\/signin\/link\?token=[\w-]{43}/)?.[0], 20);
  }

  // As Ctrl-C does: what was started ends, guests stay.
  async stop() {
    if (!this.child) return;
    process.kill(this.child.pid, 'SIGINT');
    await this.exited;
    this.child = null;
  }

  // What the programs have said.
  log() {
    const folder = `${this.dir}/log`;
    const files = fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [];
    return this.errors + files.map((name) => fs.readFileSync(`${folder}/${name}`, 'utf8')).join('');
  }

  signinLink(email) {
    const output = execFileSync(`${root}/cgi/admin.sh`, [this.dir, 'signin', email], { encoding: 'utf8' });
    return output.match(/https:\S+/)[0];
  }

  // As the user who owns the files, so that none of the database becomes root's.
  sql(text) { return this.sqlOf('data/main.db', QUARTERS + text); }

  inboxSql(source, text) { return this.sqlOf(`inbox/${source}/inbox.db`, text); }

  sqlOf(file, text) {
    const command = [...asUser, 'sqlite3', '-cmd', '.timeout 5000', `${this.dir}/${file}`];
    return execFileSync(command[0], command.slice(1), { input: text, encoding: 'utf8', cwd: '/' }).trim();
  }

  // Processes of this state folder: [{ pid, argv }].
  processes() {
    const found = [];
    for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const command = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        // The programs' environment is closed to all but root; their command line says enough.
        const isOurs = command.includes(`${this.dir}/`)
          || fs.readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`${this.dir}/`);
        if (Number(pid) !== process.pid && command && isOurs) {
          found.push({ pid: Number(pid), argv: command.split('\0') });
        }
      } catch { /* it has just ended, or is another user's */ }
    }
    return found;
  }

  // Of one program (site, worker, ...), without the multiwatch above it.
  pidsOf(program) {
    return this.processes().filter(({ argv }) => argv[0] === `${this.dir}/app/bin/${program}`)
      .map(({ pid }) => pid);
  }

  // Also from an exit handler, hence without waiting for promises.
  endNow() {
    if (this.isEnded) return;
    this.isEnded = true;
    const kill = (pid, signal) => { try { process.kill(pid, signal); } catch { /* gone */ } };
    const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    if (this.child) kill(this.child.pid, 'SIGINT');
    for (let round = 0; round < 100; round++) {
      const left = this.processes();
      if (left.length === 0) break;
      for (const { pid, argv } of left) {
        kill(pid, 'SIGCONT');
        // Guests at once; daemons after what uses them.
        if (round > 60 || /qemu-system/.test(argv[0])) kill(pid, 'SIGKILL');
        else if (round > 20 || (round > 5 && /virt/.test(argv[0]))) kill(pid, 'SIGTERM');
      }
      pause(100);
    }
    fs.rmSync(this.dir, { recursive: true, force: true });
    fs.rmSync(this.tmp, { recursive: true, force: true });
  }

  async end() {
    await this.stop();
    this.endNow();
  }
}

// ---- ssh ----

export const run = promisify(execFile);

// A new key pair; the public line.
export function keyMake(server, name) {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', `${name}@e2e`, '-f', `${server.tmp}/${name}`]);
  return fs.readFileSync(`${server.tmp}/${name}.pub`, 'utf8').trim();
}

// The command as the page shows it, with a known_hosts file that holds the shown line alone. Resolves
// to { code, out, error }.
export async function ssh(server, shown, knownLine, command, key = 'key') {
  const known = `${server.tmp}/known_hosts`;
  fs.writeFileSync(known, `${knownLine}\n`);
  const words = shown.split(' ');
  try {
    const { stdout } = await run(words[0], ['-F', 'none', '-i', `${server.tmp}/${key}`, '-o', 'IdentitiesOnly=yes',
      '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes', '-o', `UserKnownHostsFile=${known}`,
      '-o', 'GlobalKnownHostsFile=none', '-o', 'ConnectTimeout=120', ...words.slice(1), command], { timeout: LIMIT_MS });
    return { code: 0, out: stdout.trim(), error: '' };
  } catch (e) {
    return { code: e.code ?? 1, out: String(e.stdout).trim(), error: String(e.stderr || e) };
  }
}

// ---- requests without a browser ----

// One request. `headers` may hold arrays (sent as repeated lines). Resolves to
// { status, headers, raw, body }; raw keeps every header line.
export function ask(server, method, target, { headers = {}, body = '', agent, from, host = 'localhost' } = {}) {
  return new Promise((resolve, reject) => {
    const request = https.request({ host: '127.0.0.1', port: server.port, servername: host, method, path: target,
      agent: agent ?? false, localAddress: from, rejectUnauthorized: false,
      headers: { Host: `${host}:${server.port}`, ...(body ? { 'Content-Length': Buffer.byteLength(body) } : {}), ...headers } },
    (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, raw: answer.rawHeaders,
        body: Buffer.concat(parts), text: Buffer.concat(parts).toString() }));
      answer.on('error', reject);
    });
    request.on('error', reject);
    request.setTimeout(LIMIT_MS, () => request.destroy(new Error('no answer')));
    request.end(body);
  });
}

// A signed-in visitor without a browser: keeps the one cookie and sends forms with their token.
export class Visitor {
  constructor(server) {
    this.server = server;
    this.cookie = '';
  }

  async ask(method, target, options = {}) {
    const answer = await ask(this.server, method, target, { ...options,
      headers: { ...(this.cookie && { Cookie: this.cookie }), ...options.headers } });
    const cookie = answer.headers['set-cookie']?.[0];
    if (cookie) this.cookie = cookie.split(';')[0];
    return answer;
  }

  // Sends the form of `page` whose action is `action`.
  async send(page, action, fields) {
    const { text } = await this.ask('GET', page);
    const csrf = text.match(/name="csrf" value="([^"]+)"/)[1];
    return this.ask('POST', action, { body: String(new URLSearchParams([['csrf', csrf], ...fields])),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'Sec-Fetch-Site': 'same-origin' } });
  }

  async signIn(link) {
    const { pathname, search, searchParams } = new URL(link);
    return this.send(pathname + search, '/signin/link', [['token', searchParams.get('token')]]);
  }
}

// ---- the browser ----

// What all pages of one browser did: third-party requests, policy violations, errors on the console.
export class Browser {
  static async launch(server) {
    const browser = new Browser();
    browser.server = server;
    browser.foreign = [];
    browser.violations = [];
    browser.errors = [];
    browser.allowed = [server.url];
    browser.chromium = await puppeteer.launch({
      executablePath: '/usr/bin/chromium', acceptInsecureCerts: true, protocolTimeout: LIMIT_MS,
      userDataDir: `${server.tmp}/chromium`, pipe: true, headless: true,
      args: ['--no-sandbox', '--headless=new', '--disable-gpu', '--disable-background-networking',
        '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic', '--disable-dev-shm-usage',
        '--ignore-certificate-errors'],
    });
    return browser;
  }

  // A page in a profile of its own: a fresh "other browser".
  async page({ javascript = true, width = 1280, bypassCsp = false } = {}) {
    const context = await this.chromium.createBrowserContext();
    const page = await context.newPage();
    page.setDefaultTimeout(LIMIT_MS);
    await page.setViewport({ width, height: 900 });
    await page.setJavaScriptEnabled(javascript);
    if (bypassCsp) await page.setBypassCSP(true);
    await page.evaluateOnNewDocument(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.log(`csp-violation ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
      });
    });
    page.on('console', (message) => {
      const text = message.text();
      if (/^csp-violation|Content.Security.Policy/i.test(text)) this.violations.push(text);
      // A page that answers 4xx is logged as an error as well.
      else if (message.type() === 'error' && !/Failed to load resource: the server responded/.test(text)) this.errors.push(text);
    });
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol !== 'data:' && !this.allowed.includes(origin)) this.foreign.push(request.url());
    });
    return page;
  }

  async end() {
    await this.chromium.close();
  }
}

export const text = (page, selector) => page.$eval(selector, (e) => e.textContent.replace(/\s+/g, ' ').trim()).catch(() => null);

// Clicks what leads to another page, and waits for that page.
export async function follow(page, selector) {
  const [answer] = await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.click(selector)]);
  return answer;
}

// Replaces what a field holds, as a person would.
export async function fill(page, selector, words) {
  await page.focus(selector);
  await page.$eval(selector, (e) => e.select());
  await page.keyboard.press('Backspace');
  await page.keyboard.type(words);
}

export async function signIn(page, link) {
  await page.goto(link);
  return follow(page, 'main button[type=submit]');
}
