// What the docs say is so. On a fresh server every block marked ```sh is run, in the order of the pages, in one
// shell in which `var` is the state directory; what is marked "sh no-run REASON" is not. Commands and options of
// domicile-admin, settings of domicile.conf, metrics, promises and pages that the docs name exist, and each
// command is described.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { Server, Visitor, ask, check, equal, finish, root, until } from './lib.mjs';

const folder = `${root}/templates/docs`;
const read = (name) => fs.readFileSync(`${folder}/${name}.md`, 'utf8');
const names = [...read('index').matchAll(/^- \[[^\]]*\]\(\/docs\/([a-z0-9-]+)\)/gm)].map(([, name]) => name);
const pages = ['index', ...names].map((name) => ({ name, text: read(name) }));

// Blocks of code, also those of list items: [{ info, code, line }].
function blocks(text) {
  const found = [];
  let open = null;
  for (const [at, line] of text.split('\n').entries()) {
    const fence = line.match(/^( *)```(.*)$/);
    if (fence && open) {
      found.push(open);
      open = null;
    } else if (fence) {
      open = { info: fence[2], code: '', line: at + 1, indent: fence[1].length };
    } else if (open) {
      open.code += `${line.slice(open.indent)}\n`;
    }
  }
  return found;
}

const server = await Server.make(process.argv[2], null);
await server.start();

// ---- commands that are shown ----
const run = pages.flatMap(({ name, text }) => blocks(text).filter(({ info }) => info === 'sh').map((block) => ({ ...block, at: `${name}.md:${block.line}` })));
check('there are commands to run', run.length >= 20, run.length);
{
  // The worker has begun.
  await until(async () => (await ask(server, 'GET', '/healthz')).status === 200);
  const home = fs.mkdtempSync(`${server.tmp}/shell.`);
  fs.symlinkSync(`${root}/cgi`, `${home}/cgi`);
  fs.symlinkSync(server.dir, `${home}/var`);
  // A new server has had no review yet, so that one promise is unknown.
  const script = run.map(({ code, at }) => `at=${at}\n${code.replaceAll('localhost:8443', `localhost:${server.port}`)
    .replace(/^domicile-admin promises.*$/gm, '$& || [ $? = 3 ]')}`).join('\n');
  let said;
  try {
    said = execFileSync('bash', ['-c', `set -eu\ntrap 'echo "$at exits with $?: $BASH_COMMAND"' ERR\nset -E\n${script}\necho all of them`],
      { cwd: home, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, STATE: '', HOME: home } });
  } catch (e) {
    said = `${e.stdout}${e.stderr}`;
  }
  check('every command succeeds', said.endsWith('all of them\n'), said.split('\n').slice(-8).join('\n'));
  check('a policy is verified', said.includes('Signature Verified Successfully'));
  check('a copy of the database is whole', said.includes('\nok\n'));
}

// ---- commands that are named ----
const usage = execFileSync(`${root}/cgi/admin.sh`, [server.dir, '--help'], { encoding: 'utf8' });
const commands = [...usage.matchAll(/^ {2}([a-z][a-z-]*) /gm)].map(([, name]) => name);
const source = fs.readFileSync(`${root}/cgi/admin/admin.c`, 'utf8');
const options = [...source.matchAll(/\{ "([a-z-]+)", (?:no|required)_argument/g)].map(([, name]) => `--${name}`);
check('the usage lists commands', commands.length >= 18, commands);
check('there are options', options.length >= 8, options);
for (const { name, text } of pages) {
  for (const [at, line] of text.split('\n').entries()) {
    for (const [, before, command, after] of line.matchAll(/\bdomicile-admin((?: --[a-z-]+(?:[ =](?:[A-Z]+|[0-9/][^ `]*))?)*) ([a-z][a-z-]*)([^`|>]*)/g)) {
      check(`${name}.md:${at + 1}: there is a command "${command}"`, commands.includes(command));
      for (const [option] of `${before}${after}`.matchAll(/--[a-z-]+/g)) check(`${name}.md:${at + 1}: there is an option "${option}"`, options.includes(option));
    }
  }
}
const described = [...read('commands').matchAll(/^\| `([a-z-]+)/gm)].map(([, name]) => name);
equal('each command is described', commands.filter((name) => !described.includes(name)).join(), '');
equal('each that is described exists', described.filter((name) => !commands.includes(name)).join(), '');

// ---- settings ----
// Of each section the keys that domicile.conf lists, also those in a comment. Sections with a name: the first word.
const keys = new Map();
let section = '';
for (const line of fs.readFileSync(`${root}/domicile.conf`, 'utf8').split('\n')) {
  section = line.match(/^#? ?\[([a-z]+)[^\]]*\]$/)?.[1] ?? section;
  const key = line.match(/^#? ?([a-z_]+) *=/)?.[1];
  if (key) keys.set(section, [...keys.get(section) ?? [], key]);
}
check('domicile.conf has sections', keys.size >= 11, [...keys.keys()]);
for (const { name, text } of pages) {
  for (const [, of, key] of text.matchAll(/`\[([a-z]+)[^\]`]*\] ([a-z_]+)`/g)) {
    check(`${name}.md: there is a setting [${of}] ${key}`, keys.get(of)?.includes(key));
  }
  for (const { code, line } of blocks(text).filter(({ info }) => info === 'ini')) {
    let of = '';
    for (const text of code.split('\n').filter(Boolean)) {
      of = text.match(/^\[([a-z]+)/)?.[1] ?? of;
      const key = text.match(/^([a-z_]+) *=/)?.[1];
      check(`${name}.md:${line}: "${text}" is a section or a setting of [${of}]`, keys.has(of) && (text.startsWith('[') || keys.get(of).includes(key)));
    }
  }
}

// ---- the rest that is named ----
const metrics = (await ask(server, 'GET', '/metrics')).text;
for (const [, name] of read('monitoring').matchAll(/`(domicile_[a-z_]+)/g)) check(`there is a metric ${name}`, metrics.includes(`\n${name}`));
for (const [, name] of metrics.matchAll(/^# TYPE (\S+)/gm)) check(`the metric ${name} is described`, read('monitoring').includes(`\`${name}`));
// Of one that is measured once a day there is no row yet.
const promises = [...fs.readFileSync(`${root}/cgi/worker/promise_list.c`, 'utf8').matchAll(/\b(?:ROWS|ROWS_BY|FILES|FRONT)\(\s*"([a-z-]+)"|\.id = "([a-z-]+)"/g)].map(([, a, b]) => a ?? b);
check('there are promises', promises.length >= 32, promises.length);
for (const { name, text } of pages) {
  const named = [...text.matchAll(/promises? `([a-z-]+)`|see `([a-z-]+)` on the \[promises/g)].map(([, a, b]) => a ?? b);
  if (name === 'incidents') named.push(...[...text.matchAll(/^\| `([a-z-]+)`(?:, `([a-z-]+)`)? \| (?!Revoke|Stop)/gm)].flatMap(([, a, b]) => (b ? [a, b] : [a])));
  for (const id of named) check(`${name}.md: there is a promise ${id}`, promises.includes(id), id);
}
{
  const visitor = new Visitor(server);
  await visitor.signIn(server.link);
  const links = new Set(pages.flatMap(({ text }) => [...text.matchAll(/\]\((\/[^)#]*)/g)].map(([, path]) => path)));
  check('there are links', links.size >= 30, links.size);
  for (const path of links) {
    const { status } = await visitor.ask('GET', path);
    check(`${path} is there`, status === 200 || status === 303, status); // 303: who is signed in has no use for it
  }
}

await server.end();
finish();
