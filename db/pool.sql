-- pool_put(region text, image text, wanted int, problem text?, retry_at int) done
INSERT INTO pool (region, image, wanted, problem, retry_at) VALUES (:region, :image, :wanted, :problem, :retry_at)
ON CONFLICT (region, image) DO UPDATE SET wanted = :wanted, problem = :problem, retry_at = :retry_at;

-- pool_get(region text, image text) row
SELECT wanted, problem, retry_at FROM pool WHERE region = :region AND image = :image;

-- pool_end(region text, image text) done
DELETE FROM pool WHERE region = :region AND image = :image;

-- pool_list() rows (vms int, ready int, making int, memory_mb int, is_full int)
-- vms and memory_mb: also of those that are being removed.
SELECT p.region, p.image, p.wanted, p.problem,
       (SELECT count(*) FROM pool_vm v WHERE v.region = p.region AND v.image = p.image AND v.state = 'ready' /* scan ok */) >= p.wanted AS is_full,
       (SELECT count(*) FROM pool_vm v WHERE v.region = p.region AND v.image = p.image /* scan ok */) AS vms,
       (SELECT count(*) FROM pool_vm v WHERE v.region = p.region AND v.image = p.image AND v.state = 'ready' /* scan ok */) AS ready,
       (SELECT count(*) FROM pool_vm v WHERE v.region = p.region AND v.image = p.image AND v.state = 'making' /* scan ok */) AS making,
       (SELECT ifnull(sum(v.memory_mb), 0) FROM pool_vm v WHERE v.region = p.region AND v.image = p.image /* scan ok */) AS memory_mb
FROM pool p ORDER BY p.image, p.region /* scan ok */ /* sort ok */;

-- pool_use(region text, now_at_ms int) row (vms int, memory_mb int, changed_at int, jobs int) across teams
-- What people's VMs that run, or are to run, have of a region, when one of them changed last, and how many of people's
-- jobs are under way anywhere.
SELECT count(*) AS vms, ifnull(sum(memory_mb), 0) AS memory_mb, ifnull(max(state_at), 0) AS changed_at,
       (SELECT count(*) FROM job WHERE state = 'running' AND vm_id IS NOT NULL /* scan ok */)
         + (SELECT count(*) FROM job WHERE state = 'queued' AND due_at_ms <= :now_at_ms AND vm_id IS NOT NULL) AS jobs
FROM vm WHERE region = :region AND gone_at IS NULL AND (wanted = 'running' OR observed = 'running');
