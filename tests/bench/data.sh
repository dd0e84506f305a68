#!/bin/bash
# Sourced by the benchmarks: what they measure on.
#
#   data_make STATE   a state directory with $data_teams teams (1,000) of 20 VMs each; team 1 has some more: two keys, 6
#                     activities, a day of usage, costs. $data_cookie is of its person, $data_vm one of its VMs. The
#                     day before $data_now (seconds; now) is measured, and its month has the costs. The policy is in force, and all of its promises are kept.
data_cookie="__Host-session=$(printf '%43s' '' | tr ' ' A)"
data_vm=vmaaaaaabaaaaaab
data_teams=${data_teams:-1000}
data_now=${data_now:-$(date +%s)}

data_make() {
    local hash month
    hash=$(printf '%43s' '' | tr ' ' A | sha256sum | cut -c1-64)
    month=$(date -u -d "$(date -u -d "@$data_now" +%Y-%m-01)" +%s)
    sed "s/^# image_build .*/image_build = off/" domicile.conf >"$1/domicile.conf"
    printf '[billing]\nbilling = stripe\n' >>"$1/domicile.conf"
    mkdir -p "$1/secrets"
    openssl rand -base64 32 >"$1/secrets/signing-key"
    chmod 400 "$1/secrets/signing-key"
    "$build/domicile-admin" --state "$1" migrate >/dev/null
    sqlite3 -cmd ".read tests/usage_quarter.sql" "$1/data/main.db" <<SQL
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $data_teams)
INSERT INTO person (id, identity, email, name, created_at) SELECT i, 'local:' || i, 'p' || i || '@example.org', 'Person ' || i, 1767225600 FROM n;
INSERT INTO team (id, name, personal_of, workos_organization_id, created_at) SELECT id, name, id, NULL, created_at FROM person;
INSERT INTO membership (team_id, person_id, role, created_at) SELECT id, id, 'owner', created_at FROM person;
INSERT INTO billing (team_id, status, status_at, customer_key) SELECT id, 'active', created_at, 'k' || id FROM team;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
INSERT INTO vm (team_id, created_at, id, person_id, name, region, image, size, vcpus, memory_mb, disk_gb,
                wanted, wanted_at, state, state_at, up_at, observed, observed_at, ssh_host, ssh_port, host_key_public, host_key_fingerprint, cpu_percent, cpu_line)
SELECT team.id, 1767225600 + i, replace(replace(replace(replace(printf('vm%07d%07d', team.id, i), '0', 'a'), '1', 'b'), '8', 'c'), '9', 'd'), team.id, 'machine-' || i, 'local', 'tiny', 'nano',
       1, 128, 1, 'running', 1767225600, 'running', 1767225600, 1767225600, 'running', 1767225600, NULL, team.id * 20 + i,
       'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI' || printf('%043d', i), 'SHA256:' || printf('%043d', i), 12,
       'M0 14.4l2.7 .3 2.7-.6 2.7 .3 2.7 .3 2.7-.3 2.7 .6 2.7-.9 2.7 .3 2.7 0 2.7 .3 2.7-.3 2.7 .6 2.7-.9 2.7 .3 2.7 0 2.7 .3'
FROM team, n;
INSERT INTO job (id, team_id, subject_kind, subject_id, vm_id, kind, state, person_id, requested_at_ms, due_at_ms, attempts, ended_at_ms)
SELECT 'j' || substr(id, 2), team_id, 'vm', id, id, 'create', 'done', 1, 1767225600000, 1767225600000, 1, 1767225604000 FROM vm WHERE team_id = 1;
INSERT INTO ssh_key (team_id, created_at, id, person_id, name, type, fingerprint, comment, public_line) VALUES
    (1, 1767225600, 'keykeykeykeykey1', 1, 'laptop', 'Ed25519', 'SHA256:one', 'a@b', 'ssh-ed25519 AAAA'),
    (1, 1767225601, 'keykeykeykeykey2', 1, 'yubikey', 'Ed25519', 'SHA256:two', 'a@c', 'ssh-ed25519 BBBB');
INSERT INTO vm_key (team_id, vm_id, fingerprint, name, public_line) SELECT 1, id, 'SHA256:one', 'laptop', 'ssh-ed25519 AAAA' FROM vm WHERE team_id = 1;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6)
INSERT INTO activity (team_id, at_ms, id, vm_id, what, person_id, action, actor, result) SELECT 1, 1767225600000 + i, 'act' || i, (SELECT id FROM vm WHERE team_id = 1 AND name = 'machine-' || i), 'Created', 1, 'vm', 'person', 'done' FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1440)
INSERT INTO usage_minute (team_id, vm_id, minute_at, cpu_ms, memory_mb, disk_bytes, read_bytes, written_bytes)
SELECT 1, '$data_vm', $data_now / 60 * 60 - i * 60, 6000 + (i * 7919) % 9000, 64 + i % 9, 100000000 + i, 1000, 2000 FROM n;
INSERT INTO usage_quarter (team_id, vm_id, quarter_at, minutes, cpu_ms, cpu_most_ms, memory_mb, disk_bytes, read_bytes, written_bytes)
SELECT team_id, vm_id, minute_at / 900 * 900, count(*), sum(cpu_ms), max(cpu_ms), max(memory_mb), max(disk_bytes), sum(read_bytes), sum(written_bytes)
FROM usage_minute GROUP BY 1, 2, 3;
INSERT INTO ledger (team_id, month_at, vm_id, from_at, until_at, is_open, vm_name, state, size, disk_gb, snapshot_gb)
SELECT 1, $month, id, $month + n.i * 3600, max($month + (n.i + 1) * 3600, (n.i = 99) * $data_now), n.i = 99, name, iif(n.i % 2, 'running', 'stopped'), 'nano', 1, 0
FROM vm, (WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99) SELECT i FROM n) AS n WHERE team_id = 1;
INSERT INTO ledger_sum SELECT * FROM ledger_sum_reckoned;
INSERT INTO ledger_day SELECT * FROM ledger_day_reckoned;
UPDATE policy_version SET announced_at = 1767225600, effective_at = 1767225600;
WITH id(id) AS (SELECT DISTINCT block.value ->> 'id' FROM policy_version, json_each(body, '\$.documents') AS document,
                json_each(document.value, '\$.blocks') AS block WHERE block.value ->> 'kind' = 'promise'),
     n(id, i) AS (SELECT id, row_number() OVER (ORDER BY id) FROM id)
INSERT INTO promise (id, position, topic, sentence, mechanism, every_s, state, unit, figure, figure_max, evidence, checked_at, changed_at)
SELECT id, i, 'Topic ' || i / 8, 'The record and activity of a destroyed VM are deleted after 90 days.', 'worker/retention.c, every hour', 3600,
       'green', iif(i % 2, 'seconds', 'count'), i % 2 * 1234567, i % 2 * 7783200, 'Age of the oldest row in the database.', $data_now, 1767225600 FROM n;
INSERT INTO session (id_hash, handle, person_id, current_team_id, csrf_secret, browser, created_at, seen_at, idle_at,
                     expires_at)
VALUES (x'$hash', 'h', 1, 1, zeroblob(32), 'b', 1767225600, 9999999999, 9999999999, 9999999999);
SQL
}
