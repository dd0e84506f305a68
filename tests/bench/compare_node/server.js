// The list of VMs as Node people write it: Fastify, better-sqlite3 with statements that are prepared once, and a
// compiled Eta template that escapes every value. Same database and same text as templates/vms.html shows of more
// VMs than a short list has, which is without activity; run.sh and the test of the peers (peers_check.sh) compare
// them.
//
// usage: node server.js STATE SOCKET SOFTWARE
import { createHash, createHmac, randomBytes } from 'node:crypto';
import Database from 'better-sqlite3';
import { Eta } from 'eta';
import Fastify from 'fastify';
import statements from './statements.js';

const [, , state, socket, software] = process.argv;
const QUOTA = { vms: 5, vcpus: 8, memory_mb: 8192, disk_gb: 60 };
const IMAGES = { tiny: ['Tiny Linux', 'dev'], 'debian-12': ['Debian 12', 'dev'] };
const HOURS_PER_MONTH = 730;
const STATES = { // label, class, what may be asked
  running: ['Running', 'on', ['stop', 'restart', 'snapshot', 'destroy']],
  stopped: ['Stopped', 'off', ['start', 'snapshot', 'destroy']],
  paused: ['Paused', 'wait', ['resume', 'stop', 'destroy']],
  failed: ['Failed', 'bad', ['retry', 'stop', 'destroy']],
};
const askLabels = { start: 'Start', resume: 'Resume', retry: 'Retry', stop: 'Stop', restart: 'Restart', snapshot: 'Create snapshot' };
const filters = [['', 'All'], ['running', 'Running'], ['stopped', 'Stopped'], ['attention', 'Problems']];
const themes = ['system', 'light', 'dark'];

const db = new Database(`${state}/data/main.db`);
const sql = Object.fromEntries(Object.entries(statements).map(([name, text]) => [name, db.prepare(text)]));
const eta = new Eta({ views: import.meta.dirname, cache: true });

const icon = (name) => `<svg class="i" aria-hidden="true"><use href="/static/sprite.929ee5341f2f.svg#${name}"/></svg>`;
const disk = (gb) => `${gb < 10 ? Math.round(gb * 10) / 10 : Math.round(gb)} GB`;
const memory = (mb) => (mb < 1024 ? `${mb} MB` : disk(mb / 1024));
const capital = (word) => word[0].toUpperCase() + word.slice(1);
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (n) => String(n).padStart(2, '0');

function span(seconds) {
  const minutes = Math.floor(seconds / 60);
  const [d, h, m] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  return d ? `${d} d${h ? ` ${h} h` : ''}` : h ? `${h} h${m ? ` ${m} min` : ''}` : `${m} min`;
}

function timeAt(at, text) {
  const date = new Date(at * 1000);
  const title = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}, ${two(date.getUTCHours())}:${two(date.getUTCMinutes())} UTC`;
  return `<time datetime="${date.toISOString().slice(0, 19)}Z" title="${title}">${text}</time>`;
}

function quotaView(used) {
  const left = QUOTA.vms - used.vms;
  const parts = [
    { words: `${used.vms} of ${QUOTA.vms} VMs${left > 0 && left < 3 ? `, ${left} left` : ''}`, share: used.vms / QUOTA.vms },
    { words: `${used.vcpus} of ${QUOTA.vcpus} vCPUs`, share: used.vcpus / QUOTA.vcpus },
    { words: `${memory(used.memory_mb)} of ${memory(QUOTA.memory_mb)} memory`, share: used.memory_mb / QUOTA.memory_mb },
    { words: `${disk(used.disk_gb)} of ${disk(QUOTA.disk_gb)} disk`, share: used.disk_gb / QUOTA.disk_gb },
  ];
  const most = Math.max(...parts.map((part) => part.share));
  return { parts, most, tightest: parts.findIndex((part) => part.share === most) };
}

function cost(vm, price) {
  const snapshots = price.snapshot_gb * vm.snapshot_gb;
  const rate = vm.observed === 'running' ? (price[vm.size] ?? 0) + snapshots
    : vm.observed === 'stopped' ? price.stopped_disk_gb * vm.disk_gb + snapshots : 0;
  return `€${(rate * HOURS_PER_MONTH / 100000).toFixed(2)}`;
}

function csrf(secret) {
  const salt = randomBytes(16);
  return Buffer.concat([salt, createHmac('sha256', secret).update('csrf1').update(salt).digest()]).toString('base64url');
}

function vmView(vm, price, now) {
  const [stateLabel, stateClass, asks] = STATES[vm.state] ?? [vm.state, 'wait', ['destroy']];
  const [imageLabel, user] = IMAGES[vm.image] ?? [vm.image, 'dev'];
  const host = vm.ssh_host ?? 'localhost';
  const at = vm.state === 'running' ? vm.up_at : vm.state_at;
  return {
    ...vm, stateLabel, stateClass, asks, imageLabel,
    sizeText: `${vm.vcpus} vCPU${vm.vcpus === 1 ? '' : 's'}, ${memory(vm.memory_mb)}`,
    diskText: disk(vm.disk_gb),
    since: timeAt(at, span(now - at)),
    cost: cost(vm, price),
    ssh: vm.state !== 'running' ? null : vm.ssh_port === 22 ? `ssh ${user}@${host}` : `ssh -p ${vm.ssh_port} ${user}@${host}`,
  };
}

const read = db.transaction((hash, now) => {
  const session = sql.session.get({ hash, now });
  if (!session) return null;
  const team = { team: session.team_id };
  const gone = sql.gone.all({ ...team, since: now - 30 * 86400 });
  return {
    session, gone, vms: sql.vms.all(team), used: sql.used.get(team), hosts: sql.hosts.all(),
    hasReceipts: gone.length > 0 || sql.receipt.get({ ...team, since: now - 7 * 366 * 86400 }) !== undefined,
    price: Object.fromEntries(sql.prices.all({ now }).map((row) => [row.item, row.millicents])),
  };
});

const app = Fastify({ logger: true, disableRequestLogging: true });
app.addHook('onResponse', async (request, reply) => {
  request.log.info({ method: request.method, route: request.routeOptions.url, status: reply.statusCode, ms: reply.elapsedTime }, 'request');
});
app.get('/node/vms', (request, reply) => {
  const now = Math.floor(Date.now() / 1000);
  const token = /(?:^|; )__Host-session=([^;]*)/.exec(request.headers.cookie ?? '')?.[1] ?? '';
  const data = read(createHash('sha256').update(token).digest(), now);
  if (!data) return reply.redirect('/signin', 303);
  reply.type('text/html; charset=utf-8').header('Cache-Control', 'no-store');
  return eta.render('./vms', {
    ...data, software, icon, capital, askLabels, filters, themes,
    token: csrf(data.session.csrf_secret),
    quota: quotaView(data.used),
    isEmulated: data.hosts.some((host) => host.accelerator === 'tcg'),
    vms: data.vms.map((vm) => vmView(vm, data.price, now)),
    gone: data.gone.map((vm) => ({ ...vm, goneAt: timeAt(vm.gone_at, `${span(now - vm.gone_at)} ago`) })),
  });
});
await app.listen({ path: socket });
