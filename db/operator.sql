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

-- operator_vm_list(own_team_id int, search text, standing text, sort text, skip int, max int) rows (team text, last_error text, is_own int) across teams
-- A page of the existing VMs whose own or team's names contain `search`, of one standing, of those that
-- take much of the host ("loaded") or, if it is "", of all; by name, team, standing ("state") or else newest first. is_own: of the operator's
-- team, so they can open its page. Only the page's rows are read as a whole.
SELECT v.id, v.name, v.team_id, t.name AS team, v.region, v.image, v.state, v.state_at, v.up_at, v.unresponsive_at,
       v.observed, v.observed_at, v.vcpus, v.memory_mb, v.disk_gb, v.ssh_host, v.ssh_port, v.cpu_full_at, v.limited_at,
       CASE WHEN v.last_error IS NOT NULL THEN ifnull((SELECT j.error FROM job j WHERE j.vm_id = v.id
         ORDER BY j.number DESC LIMIT 1), v.last_error) END AS last_error,
       v.team_id = :own_team_id AS is_own
FROM (SELECT m.team_id, m.created_at, m.id, m.standing FROM vm_entry m JOIN team o ON o.id = m.team_id
    WHERE (:search = '' OR instr(lower(m.name || ' ' || o.name), lower(:search)))
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
