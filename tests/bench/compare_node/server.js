// The list of VMs as Node people write it: Fastify, better-sqlite3 with statements that are prepared once, and a
// compiled Eta template that escapes every value. Same database, same text as templates/vms.html; run.sh
// compares them.
//
// usage: node server.js STATE SOCKET SOFTWARE
import { createHash, createHmac, randomBytes } from 'node:crypto';
import Database from 'better-sqlite3';
import { Eta } from 'eta';
import Fastify from 'fastify';

const [, , state, socket, software] = process.argv;
const QUOTA = { vms: 5, vcpus: 8, memory_mb: 8192, disk_gb: 60 };
const IMAGES = { tiny: ['Tiny Linux', 'dev'], 'debian-12': ['Debian 12', 'dev'] };
const HOURS_PER_MONTH = 730;
const STATES = { // label, class, what may be asked
  running: ['Running', 'on', ['stop', 'restart', 'snapshot', 'destroy']],
  stopped: ['Stopped', 'off', ['start', 'snapshot', 'destroy']],
  paused: ['Paused', 'wait', ['resume', 'stop', 'destroy']],
  failed: ['Failed', 'bad', ['retry', 'destroy']],
};

const db = new Database(`${state}/data/main.db`);
const sql = {
  session: db.prepare(`SELECT s.handle, s.person_id, s.current_team_id AS team_id, s.csrf_secret, p.email, p.name,
      p.theme, t.name AS team_name, t.cap_cents, m.role, b.status
    FROM session s JOIN person p ON p.id = s.person_id JOIN team t ON t.id = s.current_team_id
    JOIN membership m ON m.team_id = t.id AND m.person_id = p.id LEFT JOIN billing b ON b.team_id = t.id
    WHERE s.id_hash = :hash AND s.idle_at > :now AND s.expires_at > :now`),
  vms: db.prepare(`SELECT id, name, image, size, vcpus, memory_mb, disk_gb, state, state_at, up_at, observed,
      unresponsive_at, ssh_host, ssh_port, last_error, cpu_line, cpu_percent,
      (SELECT ifnull(sum(n.disk_gb), 0) FROM snapshot n WHERE n.vm_id = vm.id AND n.state = 'ready') AS snapshot_gb
    FROM vm WHERE team_id = :team AND gone_at IS NULL ORDER BY created_at DESC, id LIMIT 100`),
  used: db.prepare(`SELECT count(*) AS vms, ifnull(sum(vcpus), 0) AS vcpus, ifnull(sum(memory_mb), 0) AS memory_mb,
      ifnull(sum(disk_gb), 0) + ifnull((SELECT sum(s.disk_gb) FROM snapshot s
          WHERE s.team_id = :team AND s.state <> 'failed'), 0) AS disk_gb,
      ifnull(sum(standing = 'running'), 0) AS running, ifnull(sum(standing = 'stopped'), 0) AS stopped,
      ifnull(sum(standing = 'attention'), 0) AS attention
    FROM vm WHERE team_id = :team AND gone_at IS NULL`),
  gone: db.prepare(`SELECT id, name, gone_at FROM vm WHERE team_id = :team AND gone_at > :since
    ORDER BY gone_at DESC, id LIMIT 5`),
  hosts: db.prepare('SELECT accelerator, error FROM region_status'),
  keys: db.prepare('SELECT count(*) AS total FROM ssh_key WHERE team_id = :team'),
  prices: db.prepare('SELECT item, millicents FROM price WHERE from_at <= :now ORDER BY from_at'),
};
const eta = new Eta({ views: import.meta.dirname, cache: true });

const icon = (name) => `<svg class="i" aria-hidden="true"><use href="/static/sprite.dd1b7b21a98e.svg#${name}"/></svg>`;
const memory = (mb) => (mb < 1024 ? `${mb} MB` : `${Number((mb / 1024).toFixed(1))} GB`);
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (n) => String(n).padStart(2, '0');

function since(at, now) {
  const minutes = Math.floor((now - at) / 60);
  const [d, h, m] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  const text = d ? `${d} d${h ? ` ${h} h` : ''}` : h ? `${h} h${m ? ` ${m} min` : ''}` : `${m} min`;
  const date = new Date(at * 1000);
  const title = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}, ${two(date.getUTCHours())}:${two(date.getUTCMinutes())} UTC`;
  return `<time datetime="${date.toISOString().slice(0, 19)}Z" title="${title}">${text}</time>`;
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
  return {
    ...vm, stateLabel, stateClass, asks, imageLabel,
    sizeText: `${vm.vcpus} vCPU${vm.vcpus === 1 ? '' : 's'}, ${memory(vm.memory_mb)}`,
    since: since(vm.state === 'running' ? vm.up_at : vm.state_at, now),
    cost: cost(vm, price),
    ssh: vm.state !== 'running' ? null : vm.ssh_port === 22 ? `ssh ${user}@${host}` : `ssh -p ${vm.ssh_port} ${user}@${host}`,
  };
}

const read = db.transaction((hash, now) => {
  const session = sql.session.get({ hash, now });
  if (!session) return null;
  const team = { team: session.team_id };
  return {
    session, vms: sql.vms.all(team), used: sql.used.get(team), gone: sql.gone.all({ ...team, since: now - 86400 }),
    hosts: sql.hosts.all(), keys: sql.keys.get(team),
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
  const { used } = data;
  reply.type('text/html; charset=utf-8').header('Cache-Control', 'no-store');
  return eta.render('./vms', {
    ...data, software, icon, token: csrf(data.session.csrf_secret),
    vms: data.vms.map((vm) => vmView(vm, data.price, now)),
    quota: `${used.vms} of ${QUOTA.vms} VMs · ${used.vcpus} of ${QUOTA.vcpus} vCPUs · ${memory(used.memory_mb)} of ${memory(QUOTA.memory_mb)} memory · ${used.disk_gb} of ${QUOTA.disk_gb} GB disk`,
  });
});
await app.listen({ path: socket });
