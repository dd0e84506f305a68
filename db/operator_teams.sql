-- operator_teams_list(search text, filter text, sort text, skip int, max int) rows (state text, people int, vms int, has_quota int) across teams
-- A page of the teams whose names contain `search`, of one state or, if it is "", of all; by name, by their number of VMs or
-- else newest first. A person's own team is suspended with its account.
SELECT t.id, t.name, t.created_at,
       CASE WHEN t.closed_at IS NOT NULL THEN 'closed'
            WHEN t.suspended_at IS NOT NULL OR p.suspended_at IS NOT NULL THEN 'suspended' ELSE 'active' END AS state,
       (SELECT count(*) FROM membership m WHERE m.team_id = t.id) AS people,
       (SELECT count(*) FROM vm_entry v WHERE v.team_id = t.id) AS vms,
       coalesce(t.quota_vms, t.quota_vcpus, t.quota_memory_mb, t.quota_disk_gb) IS NOT NULL AS has_quota
FROM team t LEFT JOIN person p ON p.id = t.personal_of
WHERE (:search = '' OR instr(lower(t.name), lower(:search)))
  AND :filter IN ('', CASE WHEN t.closed_at IS NOT NULL THEN 'closed'
                           WHEN t.suspended_at IS NOT NULL OR p.suspended_at IS NOT NULL THEN 'suspended' ELSE 'active' END)
ORDER BY CASE :sort WHEN 'name' THEN lower(t.name) END,
         CASE :sort WHEN 'vms' THEN -(SELECT count(*) FROM vm_entry v WHERE v.team_id = t.id) END,
         t.created_at DESC, t.id LIMIT :max OFFSET :skip /* scan ok */ /* sort ok */;

-- operator_teams_count(search text) row (total int, active int, suspended int, closed int)
SELECT count(*) AS total,
       ifnull(sum(t.closed_at IS NULL AND t.suspended_at IS NULL AND p.suspended_at IS NULL), 0) AS active,
       ifnull(sum(t.closed_at IS NULL AND (t.suspended_at IS NOT NULL OR p.suspended_at IS NOT NULL)), 0) AS suspended,
       ifnull(sum(t.closed_at IS NOT NULL), 0) AS closed
FROM team t LEFT JOIN person p ON p.id = t.personal_of
WHERE (:search = '' OR instr(lower(t.name), lower(:search))) /* scan ok */;

-- operator_teams_get(team_id int) row (owner_suspended int, billing text, quota_vms int, quota_vcpus int, quota_memory_mb int, quota_disk_gb int)
-- A team; of the quota, -1 is the server's default.
SELECT t.id, t.name, t.created_at, t.personal_of, t.closed_at, t.suspended_at, t.suspended_reason,
       EXISTS (SELECT 1 FROM person p WHERE p.id = t.personal_of AND p.suspended_at IS NOT NULL) AS owner_suspended,
       (SELECT b.status FROM billing b WHERE b.team_id = :team_id) AS billing,
       ifnull(t.quota_vms, -1) AS quota_vms, ifnull(t.quota_vcpus, -1) AS quota_vcpus,
       ifnull(t.quota_memory_mb, -1) AS quota_memory_mb, ifnull(t.quota_disk_gb, -1) AS quota_disk_gb
FROM team t WHERE t.id = :team_id;

-- operator_teams_vms(team_id int, max int) rows
-- Its existing VMs, by name.
SELECT id, name, vcpus, memory_mb, disk_gb, state, state_at, up_at, unresponsive_at, last_error FROM vm
WHERE team_id = :team_id AND gone_at IS NULL ORDER BY name, id LIMIT :max /* sort ok */;
