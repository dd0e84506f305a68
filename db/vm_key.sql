-- vm_key_add(team_id int, vm_id text, key_id text) one
-- NOT_FOUND if the key does not belong to the team.
INSERT INTO vm_key (team_id, vm_id, fingerprint, name, public_line)
SELECT k.team_id, :vm_id, k.fingerprint, k.name, k.public_line FROM ssh_key k
WHERE k.team_id = :team_id AND k.id = :key_id;

-- vm_key_copy(team_id int, vm_id text, source_vm_id text) done
-- A clone gets the keys of the VM it was cloned from, except those that were removed since.
INSERT INTO vm_key (team_id, vm_id, fingerprint, name, public_line)
SELECT v.team_id, :vm_id, v.fingerprint, v.name, v.public_line
FROM vm_key v JOIN ssh_key k ON k.team_id = v.team_id AND k.fingerprint = v.fingerprint
WHERE v.team_id = :team_id AND k.team_id = :team_id AND v.vm_id = :source_vm_id;

-- vm_key_add_all(team_id int, vm_id text, person_id int?) done
-- Every key that the person added to the team.
INSERT INTO vm_key (team_id, vm_id, fingerprint, name, public_line)
SELECT k.team_id, :vm_id, k.fingerprint, k.name, k.public_line FROM ssh_key k
WHERE k.team_id = :team_id AND k.person_id = :person_id;

-- vm_key_list(team_id int, vm_id text) rows (key_id text)
-- key_id: of the team's key, NULL once it is deleted.
SELECT fingerprint, name, public_line,
       (SELECT k.id FROM ssh_key k WHERE k.team_id = :team_id
          AND k.fingerprint = vm_key.fingerprint) AS key_id FROM vm_key
WHERE team_id = :team_id AND vm_id = :vm_id ORDER BY fingerprint;

-- vm_key_delete_gone(before_at int, max int) done across teams
-- Of VMs that were destroyed before that.
DELETE FROM vm_key WHERE vm_id IN (SELECT id FROM vm WHERE gone_at < :before_at) LIMIT :max;

-- vm_key_count_gone(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(v.gone_at), 0) AS oldest_at
FROM vm v JOIN vm_key x ON x.vm_id = v.id WHERE v.gone_at < :before_at;
