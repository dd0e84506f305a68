// What server.js asks the database: apart from it, so that peers_check.sh can prepare them without better-sqlite3.
export default {
  session: `SELECT s.handle, s.person_id, s.current_team_id AS team_id, s.csrf_secret, p.email, p.name,
      p.theme, t.name AS team_name, t.cap_cents, m.role, b.status
    FROM session s JOIN person p ON p.id = s.person_id JOIN team t ON t.id = s.current_team_id
    JOIN membership m ON m.team_id = t.id AND m.person_id = p.id LEFT JOIN billing b ON b.team_id = t.id
    WHERE s.id_hash = :hash AND s.idle_at > :now AND s.expires_at > :now`,
  vms: `SELECT id, name, image, size, vcpus, memory_mb, disk_gb, state, state_at, up_at, observed,
      unresponsive_at, ssh_host, ssh_port, last_error, cpu_line, cpu_percent,
      (SELECT ifnull(sum(n.disk_gb), 0) FROM snapshot n WHERE n.vm_id = vm.id AND n.state = 'ready') AS snapshot_gb
    FROM vm WHERE team_id = :team AND gone_at IS NULL ORDER BY created_at DESC, id LIMIT 100`,
  used: `SELECT count(*) AS vms, ifnull(sum(vcpus), 0) AS vcpus, ifnull(sum(memory_mb), 0) AS memory_mb,
      ifnull(sum(disk_gb), 0) + ifnull((SELECT sum(s.disk_gb) FROM snapshot s
          WHERE s.team_id = :team AND s.state <> 'failed'), 0) AS disk_gb,
      ifnull(sum(standing = 'running'), 0) AS running, ifnull(sum(standing = 'stopped'), 0) AS stopped,
      ifnull(sum(standing = 'attention'), 0) AS attention
    FROM vm_entry WHERE team_id = :team`,
  gone: `SELECT id, name, gone_at FROM vm WHERE team_id = :team AND gone_at > :since
    ORDER BY gone_at DESC, id LIMIT 3`,
  receipt: 'SELECT 1 FROM vm WHERE team_id = :team AND gone_at > :since LIMIT 1',
  hosts: 'SELECT accelerator FROM region_status',
  prices: 'SELECT item, millicents FROM price WHERE from_at <= :now ORDER BY from_at',
};
