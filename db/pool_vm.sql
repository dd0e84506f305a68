-- pool_vm_create(id text, region text, image text, image_version text, vcpus int, memory_mb int, disk_gb int, now_at int) done
INSERT INTO pool_vm (id, region, image, image_version, vcpus, memory_mb, disk_gb, state, state_at)
VALUES (:id, :region, :image, :image_version, :vcpus, :memory_mb, :disk_gb, 'making', :now_at);

-- pool_vm_list(region text) rows
-- Those of a region; what can be taken first, then in the order in which they were made.
SELECT id, image, image_version, vcpus, memory_mb, disk_gb, ssh_port, state, state_at
FROM pool_vm WHERE region = :region ORDER BY state <> 'ready', state_at, id /* scan ok */ /* sort ok */;

-- pool_vm_ids() rows
SELECT id FROM pool_vm /* scan ok */;

-- pool_vm_exists(id text) row (total int)
SELECT count(*) AS total FROM pool_vm WHERE id = :id;

-- pool_vm_find(region text, image text, image_version text, vcpus int, memory_mb int, disk_gb int) row
-- The one that has waited longest.
SELECT id, ssh_port FROM pool_vm
WHERE state = 'ready' AND region = :region AND image = :image AND image_version = :image_version
  AND vcpus = :vcpus AND memory_mb = :memory_mb AND disk_gb = :disk_gb
ORDER BY state_at, id LIMIT 1 /* scan ok */ /* sort ok */;

-- pool_vm_take(id text) one
DELETE FROM pool_vm WHERE id = :id AND state = 'ready';

-- pool_vm_set_port(id text, ssh_port int) one
UPDATE pool_vm SET ssh_port = :ssh_port WHERE id = :id;

-- pool_vm_set_state(id text, before text, state text, now_at int) one
-- NOT_FOUND: somebody has taken it since.
UPDATE pool_vm SET state = :state, state_at = :now_at WHERE id = :id AND state = :before;

-- pool_vm_end(id text) done
DELETE FROM pool_vm WHERE id = :id AND state = 'leaving';
