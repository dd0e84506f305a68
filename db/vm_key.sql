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
WHERE v.team_id = :team_id AND k.team_id = :team_id AND v.vm_id = :source_vm_id AND v.is_removed = 0;

-- vm_key_add_all(team_id int, vm_id text, person_id int?) done
-- Every key that the person added to the team.
INSERT INTO vm_key (team_id, vm_id, fingerprint, name, public_line)
SELECT k.team_id, :vm_id, k.fingerprint, k.name, k.public_line FROM ssh_key k
WHERE k.team_id = :team_id AND k.person_id = :person_id;

-- vm_key_list(team_id int, vm_id text) rows (key_id text, is_pending int)
-- key_id: of the team's key, NULL once it is deleted. is_pending: the guest has not taken yet that it was added or removed.
-- Without those whose removal it has taken, which are kept for snapshots from before.
SELECT fingerprint, name, public_line, is_removed, change,
       (SELECT k.id FROM ssh_key k WHERE k.team_id = :team_id
          AND k.fingerprint = vm_key.fingerprint) AS key_id,
       change > (SELECT v.setup_taken FROM vm v WHERE v.id = :vm_id) AS is_pending FROM vm_key
WHERE team_id = :team_id AND vm_id = :vm_id
  AND iif(is_removed, change > (SELECT v.setup_taken FROM vm v WHERE v.id = :vm_id), 1) ORDER BY fingerprint /* sort ok */;

-- vm_key_put(team_id int, vm_id text, key_id text) one
-- Add a key to an existing VM, by the change that was counted last. NOT_FOUND if the key does not belong to the team, or
-- the VM has it. One whose removal is in no seed yet is simply kept.
INSERT INTO vm_key (team_id, vm_id, fingerprint, name, public_line, change)
SELECT k.team_id, v.id, k.fingerprint, k.name, k.public_line, v.setup_wanted
FROM ssh_key k JOIN vm v ON v.team_id = k.team_id AND v.id = :vm_id
WHERE k.team_id = :team_id AND k.id = :key_id
ON CONFLICT (team_id, vm_id, fingerprint) DO UPDATE SET is_removed = 0, name = excluded.name,
    public_line = excluded.public_line,
    change = CASE WHEN change > (SELECT v.setup_seeded FROM vm v WHERE v.id = :vm_id)
                   AND NOT EXISTS (SELECT 1 FROM job j WHERE j.vm_id = :vm_id AND j.state IN ('queued', 'running'))
                  THEN 0 ELSE excluded.change END
WHERE is_removed = 1;

-- vm_key_withdraw(team_id int, vm_id text, fingerprint text) done
-- Forget a key that was added, but is in no seed yet: the guest has never had it.
DELETE FROM vm_key WHERE team_id = :team_id AND vm_id = :vm_id AND fingerprint = :fingerprint AND is_removed = 0
  AND change > (SELECT v.setup_seeded FROM vm v WHERE v.id = :vm_id)
  AND NOT EXISTS (SELECT 1 FROM job j WHERE j.vm_id = :vm_id AND j.state IN ('queued', 'running'));

-- vm_key_remove(team_id int, vm_id text, fingerprint text) one
UPDATE vm_key SET is_removed = 1, change = (SELECT v.setup_wanted FROM vm v WHERE v.id = :vm_id)
WHERE team_id = :team_id AND vm_id = :vm_id AND fingerprint = :fingerprint AND is_removed = 0;

-- vm_key_wanted(team_id int, vm_id text, fingerprint text) row (others int)
-- A key that the VM is to accept, and how many others it will accept at its next start: of deleted accounts' keys the
-- lines are not known.
SELECT k.name, (SELECT count(*) FROM vm_key o WHERE o.team_id = :team_id AND o.vm_id = :vm_id AND o.is_removed = 0
                  AND o.public_line <> '' AND o.fingerprint <> :fingerprint) AS others
FROM vm_key k WHERE k.team_id = :team_id AND k.vm_id = :vm_id AND k.fingerprint = :fingerprint AND k.is_removed = 0;

-- vm_key_choice(team_id int, vm_id text) rows
-- The team's keys that the VM is not to accept.
SELECT k.id, k.name, k.type, k.fingerprint, k.person_id FROM ssh_key k WHERE k.team_id = :team_id
  AND NOT EXISTS (SELECT 1 FROM vm_key v WHERE v.team_id = :team_id AND v.vm_id = :vm_id
                    AND v.fingerprint = k.fingerprint AND v.is_removed = 0)
ORDER BY k.created_at DESC, k.id;

-- vm_key_holders(team_id int, fingerprint text) rows
-- The existing VMs that are to accept the key.
SELECT v.id, k.name FROM vm_key k JOIN vm v ON v.id = k.vm_id
WHERE k.team_id = :team_id AND k.fingerprint = :fingerprint AND k.is_removed = 0 AND v.gone_at IS NULL
  AND v.wanted <> 'gone';

-- vm_key_delete_taken(vm_id text) done across teams
-- What was removed, by the changes that the guest has taken, unless a snapshot brings it back; also keys of deleted
-- accounts, whose lines are not known.
DELETE FROM vm_key WHERE vm_id = :vm_id AND (is_removed = 1 OR public_line = '')
  AND change <= (SELECT v.setup_taken FROM vm v WHERE v.id = :vm_id)
  AND (public_line = '' OR NOT EXISTS (SELECT 1 FROM snapshot s WHERE s.vm_id = :vm_id AND s.setup_taken < vm_key.change));

-- vm_key_delete_gone(before_at int, max int) done across teams
-- Of VMs that were destroyed before that.
DELETE FROM vm_key WHERE vm_id IN (SELECT id FROM vm WHERE gone_at < :before_at) LIMIT :max;

-- vm_key_count_gone(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(v.gone_at), 0) AS oldest_at
FROM vm v JOIN vm_key x ON x.vm_id = v.id WHERE v.gone_at < :before_at;
