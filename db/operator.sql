-- operator_totals() row (vms int, running int, vcpus int, memory_mb int, teams int, orphans int, mails int, parked int) across teams
-- vcpus and memory_mb: of running VMs. mails: failed, or waiting after a failure.
SELECT (SELECT count(*) FROM vm WHERE gone_at IS NULL /* scan ok */) AS vms,
       (SELECT count(*) FROM vm WHERE gone_at IS NULL AND state = 'running' /* scan ok */) AS running,
       (SELECT ifnull(sum(vcpus), 0) FROM vm WHERE gone_at IS NULL AND state = 'running' /* scan ok */) AS vcpus,
       (SELECT ifnull(sum(memory_mb), 0) FROM vm WHERE gone_at IS NULL AND state = 'running' /* scan ok */) AS memory_mb,
       (SELECT count(*) FROM team /* scan ok */) AS teams,
       (SELECT count(*) FROM orphan /* scan ok */) AS orphans,
       (SELECT count(*) FROM mail WHERE state IN ('queued', 'failed') AND reason IS NOT NULL /* scan ok */) AS mails,
       (SELECT count(*) FROM event WHERE state = 'parked' /* scan ok */) AS parked;

-- operator_vms(own_team_id int, max int) rows (team text, last_error text, is_own int) across teams
-- Every existing VM, for the operator. is_own: of the operator's team, so they can open its page.
SELECT v.id, v.name, t.name AS team, v.region, v.state, v.state_at, v.observed, v.observed_at,
       v.vcpus, v.memory_mb, v.disk_gb, v.ssh_host, v.ssh_port,
       CASE WHEN v.last_error IS NOT NULL THEN ifnull((SELECT j.error FROM job j WHERE j.vm_id = v.id
         ORDER BY j.number DESC LIMIT 1), v.last_error) END AS last_error,
       v.team_id = :own_team_id AS is_own
FROM vm v JOIN team t ON t.id = v.team_id WHERE v.gone_at IS NULL
ORDER BY v.name LIMIT :max /* scan ok */ /* sort ok */;
