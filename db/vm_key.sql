-- vm_key_add(team_id int, vm_id text, key_id text) done
-- Adds nothing if the key does not belong to the team.
INSERT INTO vm_key (team_id, vm_id, fingerprint, name, public_line)
SELECT k.team_id, :vm_id, k.fingerprint, k.name, k.public_line FROM ssh_key k
WHERE k.team_id = :team_id AND k.id = :key_id;

-- vm_key_copy(team_id int, vm_id text, source_vm_id text) done
-- A clone gets the keys of the VM it was cloned from.
INSERT INTO vm_key (team_id, vm_id, fingerprint, name, public_line)
SELECT team_id, :vm_id, fingerprint, name, public_line FROM vm_key
WHERE team_id = :team_id AND vm_id = :source_vm_id;

-- vm_key_list(team_id int, vm_id text) rows
SELECT fingerprint, name, public_line FROM vm_key
WHERE team_id = :team_id AND vm_id = :vm_id ORDER BY fingerprint;
