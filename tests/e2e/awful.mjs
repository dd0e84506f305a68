// Rows that no page likes: the longest names without a place to break, long errors, many VMs, events and
// leftovers. For pages.mjs, in a database whose worker stands still.
const LONG = 'abcdefghijklmnopqrstuvwxyz0123456789'.repeat(8);
const DAY = 86400;

const quoted = (value) => (value === null ? 'NULL' : typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`);
const insert = (table, columns) => `INSERT INTO ${table} (${Object.keys(columns).join(', ')}) VALUES (${Object.values(columns).map(quoted).join(', ')});`;

// VMs in every state, each with a page of its own.
export const AWFUL_IDS = ['running', 'silent', 'failed', 'creating', 'destroying', 'stopped', 'paused', 'gone'].map((state) => `awful${state}`.padEnd(16, 'z'));

// Statements after which the sums of the ledger are again what its intervals add up to, once those were changed by hand.
export const SUMMED = `DELETE FROM ledger_sum; DELETE FROM ledger_day;
  INSERT INTO ledger_sum SELECT * FROM ledger_sum_reckoned; INSERT INTO ledger_day SELECT * FROM ledger_day_reckoned;`;

export function awful(teamId, personId, keyLine) {
  const now = Math.floor(Date.now() / 1000);
  const error = `disk: ${LONG.slice(0, 120)} Failed to get "write" lock: is another process using the image ${LONG.slice(0, 60)}?`;
  // The team is as old as its oldest VM, or the ledger would not be its own.
  const sql = ['BEGIN;', `UPDATE team SET created_at = ${now - 400 * DAY} WHERE id = ${teamId};`, `UPDATE person SET name = ${quoted(LONG.slice(0, 100))} WHERE id = ${personId};`];
  const base = { team_id: teamId, person_id: personId, region: 'local', image: 'tiny', size: 'small', vcpus: 64, memory_mb: 1048575,
    disk_gb: 99999, wanted: 'running', wanted_at: now - DAY, state_at: now - 400 * DAY, up_at: now - 400 * DAY,
    observed: 'running', observed_at: now - 3 * DAY, ssh_port: null, host_key_public: `ssh-ed25519 ${'A'.repeat(68)}`,
    host_key_fingerprint: `SHA256:${'W'.repeat(43)}`, last_error: null, gone_at: null, unresponsive_at: null };
  AWFUL_IDS.forEach((id, i) => {
    const state = id.replace(/^awful/, '').replace(/z+$/, '');
    sql.push(insert('vm', { ...base, created_at: now - i * DAY, id, name: `${LONG.slice(0, 60)}-${i}x`, ssh_port: 22990 + i,
      state: state === 'silent' ? 'running' : state, unresponsive_at: state === 'silent' ? now - 500 : null,
      last_error: ['failed', 'paused', 'destroying'].includes(state) ? error : null, gone_at: state === 'gone' ? now : null,
      wanted: ['destroying', 'gone'].includes(state) ? 'gone' : 'running' }));
    if (state === 'gone') {
      sql.push(insert('receipt', { team_id: teamId, gone_at: now, vm_id: id, name: `${LONG.slice(0, 60)}-${i}x`, region: 'local', image: 'tiny', size: 'small', vcpus: 64, memory_mb: 1048575,
        disk_gb: 99999, created_at: now - i * DAY, is_systems: 0, took_ms: 99999999 }));
    }
    const isOver = !['creating', 'destroying'].includes(state);
    sql.push(insert('job', { number: 900000 + i, id: `job${i}`.padEnd(16, 'x'), team_id: teamId, subject_kind: 'vm', subject_id: id, vm_id: id, kind: state === 'destroying' ? 'destroy' : 'create', state: isOver ? 'done' : 'queued',
      person_id: personId, requested_at_ms: (now - 5000) * 1000, due_at_ms: 99999999999000, attempts: 12345,
      ended_at_ms: isOver ? now * 1000 : null, error: isOver ? null : error }));
    ['Disk', 'Seed', 'Define', 'Boot', 'Network', 'SSH ready'].forEach((name, position) => sql.push(insert('job_step', { team_id: teamId,
      job_number: 900000 + i, position, name, started_at_ms: isOver || position < 3 ? (now - 4000) * 1000 : null, ended_at_ms: isOver || position < 2 ? now * 1000 : null })));
    for (let k = 0; k < 20; k++) {
      sql.push(insert('snapshot', { team_id: teamId, vm_id: id, created_at: now - k * DAY, id: `s${i}x${k}`.padEnd(16, 'z'), name: k % 2 ? LONG.slice(0, 100) : `nightly ${k}`,
        state: ['ready', 'taking', 'failed', 'deleting'][k % 7 > 3 ? 0 : k % 4], has_memory: k % 2, size_bytes: 2 ** 40, vcpus: 1, memory_mb: 128, disk_gb: 1 }));
      sql.push(insert('activity', { team_id: teamId, at_ms: (now - k * DAY) * 1000 + i, id: `e${i}x${k}`, vm_id: id, what: k % 3 ? 'Creation failed' : 'Creation requested', detail: k % 3 ? error : null, person_id: personId, action: 'create', actor: 'person', result: k % 3 ? 'failed' : 'done' }));
      sql.push(insert('receipt_part', { team_id: teamId, vm_id: id, position: k, thing: ['domain', 'disk', 'seed', 'saved memory'][k % 4], answer: error, removed_at: now }));
      sql.push(insert('usage_minute', { team_id: teamId, vm_id: id, minute_at: now - (now % 60) - 60 * (20 - k), cpu_ms: 999999 * k, memory_mb: 1048575, disk_bytes: 2 ** 50, read_bytes: 2 ** 49,
        written_bytes: 2 ** 49, received_bytes: 2 ** 48, sent_bytes: 2 ** 48 }));
      sql.push(insert('usage_quarter', { team_id: teamId, vm_id: id, quarter_at: now - (now % 900) - 900 * (20 - k), minutes: 15, cpu_ms: 999999 * k, cpu_most_ms: 999999, memory_mb: 1048575,
        disk_bytes: 2 ** 50, read_bytes: 2 ** 49, written_bytes: 2 ** 49, received_bytes: 2 ** 48, sent_bytes: 2 ** 48 }));
      sql.push(insert('vm_key', { team_id: teamId, vm_id: id, fingerprint: `SHA256:${k}${'f'.repeat(42)}`, name: k % 2 ? LONG.slice(0, 100) : 'laptop', public_line: keyLine }));
    }
  });
  for (let k = 0; k < 60; k++) {
    sql.push(insert('vm', { ...base, created_at: now - 100 * DAY - k, id: `many${k}`.padEnd(16, 'z'), name: `many-${k}`, ssh_port: 22900 + k,
      state: ['running', 'stopped', 'failed'][k % 3], last_error: k % 3 === 2 ? error : null }));
    sql.push(insert('ssh_key', { team_id: teamId, created_at: now - k, id: `key${k}`.padEnd(16, 'z'), person_id: personId, name: k % 2 ? LONG.slice(0, 100) : `key ${k}`, type: 'Security key ECDSA P-256',
      fingerprint: `SHA256:${k}${'f'.repeat(42)}`, comment: k % 2 ? LONG.slice(0, 255) : '', public_line: `ssh-rsa ${'A'.repeat(1400)}`, project: k % 3 ? LONG.slice(0, 40) : `project ${k}` }));
    sql.push(insert('orphan', { region: 'local', kind: 'domain', name: `domicile-${LONG.slice(0, 100)}${k}`, seen_at: now }));
    sql.push(insert('event', { source: k % 2 ? 'stripe' : 'workos', id: `evt_${'x'.repeat(90)}${k}`, type: k % 3 ? LONG.slice(0, 100) : 'invoice.paid', received_at: now - k * 900, state: 'parked',
      attempts: 999999, due_at_ms: 0, reason: k % 4 ? error : LONG }));
    sql.push(insert('mail', { id: `mail${k}`.padEnd(16, 'z'), kind: 'payment_failed', to_email: `${LONG.slice(0, 60)}@example.org`, once: `awful-${k}`, state: k % 2 ? 'failed' : 'queued', attempts: 999999,
      due_at: now + 3600, created_at: now - k * 900, reason: k % 4 ? error : LONG }));
  }
  sql.push(insert('image', { name: LONG.slice(0, 40), version: null, source: '', problem: error, checked_at: now }));
  // More VMs in the ledger than the page has lines for, the dearest a fortune; since the month began.
  const month = Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth()) / 1000;
  for (let k = 0; k < 150; k++) {
    const known = k < AWFUL_IDS.length ? AWFUL_IDS[k] : k < 60 ? `many${k}`.padEnd(16, 'z') : `past${k}`.padEnd(16, 'z');
    const used = { team_id: teamId, month_at: month, vm_id: known, vm_name: LONG.slice(0, 63), size: 'medium', disk_gb: 99999, snapshot_gb: 1999980 };
    const middle = month + Math.floor((now - month) * (k + 1) / 152);
    sql.push(insert('ledger', { ...used, from_at: month, until_at: middle, is_open: 0, state: ['running', 'stopped', 'unreachable', 'paused', 'absent'][k % 5] }));
    sql.push(insert('ledger', { ...used, from_at: middle, until_at: now, is_open: k < 60 ? 1 : 0, state: k % 3 ? 'stopped' : 'running' }));
  }
  sql.push(SUMMED);
  sql.push(`UPDATE team SET cap_cents = 99999999 WHERE id = ${teamId};`);
  for (let k = 0; k < 30; k++) {
    sql.push(`INSERT INTO session (id_hash, handle, person_id, current_team_id, csrf_secret, browser, created_at, seen_at, idle_at, expires_at)
      VALUES (randomblob(32), 'h${k}', ${personId}, ${teamId}, randomblob(32), ${quoted(`${LONG.slice(0, 60)} ${k}`)}, ${now}, ${now}, ${now + DAY}, ${now + DAY});`);
  }
  sql.push(`UPDATE region_status SET error = ${quoted(error)};`, 'COMMIT;');
  return sql.join('\n');
}

// What is printed over something else in the rows of a list: "name: state, button", once for each two.
export function overlaps(page) {
  return page.$$eval('.vms tbody tr', (rows) => rows.flatMap((row) => {
    const boxes = [...row.querySelectorAll('.what, .state, .mo, .load, .doing, .cause, .ad code, .do > .btn, .menu > summary')].filter((e) => e.checkVisibility()).map((e) => {
      const words = document.createRange();
      words.selectNodeContents(e);
      return [e.className, (e.matches('.mo') ? words : e).getBoundingClientRect()];
    });
    const over = ([, a], [, b]) => a.left < b.right - .5 && b.left < a.right - .5 && a.top < b.bottom - .5 && b.top < a.bottom - .5;
    return boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => over(a, b)).map((b) => `${row.querySelector('.what').textContent.slice(0, 20)}: ${a[0]}, ${b[0]}`));
  }).slice(0, 4).join('; '));
}
