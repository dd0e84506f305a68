-- operator_vms(max int) rows (team text, last_error text) across teams
-- Every existing VM, for the operator.
SELECT v.id, v.name, t.name AS team, v.region, v.state, v.state_at, v.observed, v.observed_at,
       v.vcpus, v.memory_mb, v.disk_gb, v.ssh_host, v.ssh_port,
       CASE WHEN v.last_error IS NOT NULL THEN ifnull((SELECT j.error FROM job j WHERE j.vm_id = v.id
         ORDER BY j.number DESC LIMIT 1), v.last_error) END AS last_error
FROM vm v JOIN team t ON t.id = v.team_id WHERE v.gone_at IS NULL
ORDER BY v.name LIMIT :max /* scan ok */ /* sort ok */;
