-- image_list() rows (short_version text)
SELECT name, version, substr(version, 1, 12) AS short_version, source, problem, ready_at, checked_at, takes_user_data, has_agent FROM image ORDER BY name /* scan ok */;

-- image_get(name text) row
SELECT name, version, source, problem, ready_at, checked_at, takes_user_data, has_agent FROM image WHERE name = :name;

-- image_put(name text, version text?, source text?, problem text?, ready_at int?, takes_user_data int, has_agent int, now_at int) done
INSERT INTO image (name, version, source, problem, ready_at, takes_user_data, has_agent, checked_at)
VALUES (:name, :version, :source, :problem, :ready_at, :takes_user_data, :has_agent, :now_at)
ON CONFLICT (name) DO UPDATE SET version = :version, source = :source, problem = :problem,
    ready_at = :ready_at, takes_user_data = :takes_user_data, has_agent = :has_agent, checked_at = :now_at;

-- image_delete_unused(name text) done across teams
-- Unless an existing VM was made from it.
DELETE FROM image WHERE name = :name
  AND NOT EXISTS (SELECT 1 FROM vm WHERE image = :name AND gone_at IS NULL /* scan ok */);

-- image_version_put(id text, image text, files text, now_at int) done
INSERT INTO image_version (id, image, files, created_at) VALUES (:id, :image, :files, :now_at)
ON CONFLICT (id) DO UPDATE SET files = :files;

-- image_version_get(id text) row
SELECT id, image, files, created_at FROM image_version WHERE id = :id;

-- image_version_list() rows (vms int) across teams
SELECT v.id, v.image, v.files, v.created_at,
       (SELECT count(*) FROM vm WHERE vm.image_version = v.id AND vm.gone_at IS NULL) AS vms
FROM image_version v ORDER BY v.id /* scan ok */;

-- image_version_delete_unused(id text) done across teams
-- Neither new VMs get it nor any VM has it, of people or of a pool.
DELETE FROM image_version WHERE id = :id
  AND NOT EXISTS (SELECT 1 FROM image WHERE version = :id /* scan ok */)
  AND NOT EXISTS (SELECT 1 FROM vm WHERE image_version = :id AND gone_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM pool_vm WHERE image_version = :id /* scan ok */);
