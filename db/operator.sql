-- operator_totals() row (vms int, running int, vcpus int, memory_mb int, disk_gb int, teams int, orphans int, mails int, has_events int, parked int, attention int, loaded int, problems int) across teams
-- vcpus and memory_mb: of running VMs. disk_gb: of all, with their snapshots. mails: failed, or waiting after a failure.
SELECT (SELECT count(*) FROM vm_entry /* scan ok */) AS vms,
       (SELECT count(*) FROM vm_entry WHERE state = 'running' /* scan ok */) AS running,
       (SELECT ifnull(sum(vcpus), 0) FROM vm_entry WHERE state = 'running' /* scan ok */) AS vcpus,
       (SELECT ifnull(sum(memory_mb), 0) FROM vm_entry WHERE state = 'running' /* scan ok */) AS memory_mb,
       (SELECT ifnull(sum(disk_gb), 0) FROM vm_entry /* scan ok */)
         + (SELECT ifnull(sum(disk_gb), 0) FROM snapshot /* scan ok */) AS disk_gb,
       (SELECT count(*) FROM team /* scan ok */) AS teams,
       (SELECT count(*) FROM orphan /* scan ok */) AS orphans,
       (SELECT count(*) FROM mail WHERE state IN ('queued', 'failed') AND reason IS NOT NULL /* scan ok */) AS mails,
       EXISTS (SELECT 1 FROM event /* scan ok */) AS has_events,
       (SELECT count(*) FROM event WHERE state = 'parked' /* scan ok */) AS parked,
       (SELECT count(*) FROM vm_entry WHERE standing = 'attention' /* scan ok */) AS attention,
       (SELECT count(*) FROM vm v WHERE v.gone_at IS NULL AND v.id IN
         (SELECT id FROM vm WHERE cpu_full_at IS NOT NULL UNION SELECT id FROM vm WHERE limited_at IS NOT NULL)) AS loaded,
       (SELECT count(*) FROM billing_problem /* scan ok */) AS problems;

-- operator_job_totals(since_at int) row (open int, failed int) across teams
-- Those that wait or run, and that have failed since then.
SELECT ifnull(sum(state IN ('queued', 'running')), 0) AS open,
       ifnull(sum(state = 'failed' AND ended_at_ms > :since_at * 1000), 0) AS failed
FROM job WHERE state IN ('queued', 'running', 'failed') /* scan ok */;

-- operator_vm_list(own_team_id int, id text, search text, standing text, sort text, skip int, max int) rows (team text, last_error text, is_own int) across teams
-- A page of the existing VMs whose own or team's names contain `search`, of one standing, of those that
-- take much of the host ("loaded") or, if it is "", of all; `id`: that one alone, "": all; by name, team, standing ("state") or else newest first. is_own: of the operator's
-- team, so they can open its page. Only the page's rows are read as a whole.
SELECT v.id, v.name, v.team_id, t.name AS team, v.region, v.image, v.state, v.state_at, v.up_at, v.unresponsive_at,
       v.observed, v.observed_at, v.vcpus, v.memory_mb, v.disk_gb, v.ssh_host, v.ssh_port, v.cpu_full_at, v.limited_at, v.created_at,
       CASE WHEN v.last_error IS NOT NULL THEN ifnull((SELECT j.error FROM job j WHERE j.vm_id = v.id
         ORDER BY j.number DESC LIMIT 1), v.last_error) END AS last_error,
       v.team_id = :own_team_id AS is_own
FROM (SELECT m.team_id, m.created_at, m.id, m.standing FROM vm_entry m JOIN team o ON o.id = m.team_id
    WHERE :id IN ('', m.id) AND (:search = '' OR instr(lower(m.name || ' ' || o.name), lower(:search)))
      AND (:standing IN ('', m.standing) OR :standing = 'loaded' AND m.id IN
        (SELECT id FROM vm WHERE cpu_full_at IS NOT NULL UNION SELECT id FROM vm WHERE limited_at IS NOT NULL))
    ORDER BY CASE :sort WHEN 'name' THEN m.name WHEN 'team' THEN lower(o.name)
                        WHEN 'state' THEN m.standing END,
             m.created_at DESC, m.id LIMIT :max OFFSET :skip /* scan ok */) page
CROSS JOIN vm v ON v.team_id = page.team_id AND v.created_at = page.created_at AND v.id = page.id
JOIN team t ON t.id = v.team_id
ORDER BY CASE :sort WHEN 'name' THEN v.name WHEN 'team' THEN lower(t.name)
                    WHEN 'state' THEN page.standing END,
         v.created_at DESC, v.id /* sort ok */;

-- operator_vm_count(search text) row (total int, running int, stopped int, attention int, loaded int) across teams
-- How many VMs have `search` in their own or team's names, and how many of them have which standing.
SELECT count(*) AS total, ifnull(sum(v.standing = 'running'), 0) AS running,
       ifnull(sum(v.standing = 'stopped'), 0) AS stopped,
       ifnull(sum(v.standing = 'attention'), 0) AS attention,
       ifnull(sum(v.id IN (SELECT id FROM vm WHERE cpu_full_at IS NOT NULL UNION SELECT id FROM vm WHERE limited_at IS NOT NULL)), 0) AS loaded
FROM vm_entry v JOIN team t ON t.id = v.team_id
WHERE (:search = '' OR instr(lower(v.name || ' ' || t.name), lower(:search))) /* scan ok */;

-- operator_job_list(vm_id text, search text, filter text, skip int, max int) rows (team text, vm text, gone_at int, requested_at int, due_at int) across teams
-- A page of the jobs of all teams with `search` in the names of VM or team or in the kind, the newest first: those that
-- wait or run ("open"), have "failed", are "done", or, if it is "", all. `vm_id`: of that VM alone; "": of all.
SELECT j.number, j.kind, j.subject_kind, j.state, j.attempts, j.team_id, t.name AS team, j.vm_id, v.name AS vm, ifnull(v.gone_at, 0) AS gone_at, j.error,
       j.requested_at_ms / 1000 AS requested_at, j.due_at_ms / 1000 AS due_at
FROM job j JOIN team t ON t.id = j.team_id LEFT JOIN vm v ON v.id = j.vm_id
WHERE (:vm_id = '' OR j.vm_id = :vm_id)
  AND (:search = '' OR instr(lower(ifnull(v.name, '') || ' ' || t.name || ' ' || j.kind), lower(:search)))
  AND (:filter IN ('', j.state) OR :filter = 'open' AND j.state IN ('queued', 'running'))
ORDER BY j.number DESC LIMIT :max OFFSET :skip /* scan ok */;

-- operator_job_count(search text) row (total int, open int, failed int, done int) across teams
SELECT count(*) AS total, ifnull(sum(j.state IN ('queued', 'running')), 0) AS open,
       ifnull(sum(j.state = 'failed'), 0) AS failed, ifnull(sum(j.state = 'done'), 0) AS done
FROM job j JOIN team t ON t.id = j.team_id LEFT JOIN vm v ON v.id = j.vm_id
WHERE (:search = '' OR instr(lower(ifnull(v.name, '') || ' ' || t.name || ' ' || j.kind), lower(:search))) /* scan ok */;
