-- ssh_key_list(team_id int, search text, sort text, max_vms int, skip int, max int) rows (who text, vms int, some_vms text)
-- A page of the keys with `search` in them, by name or else newest first, with the number of
-- existing VMs that hold each, and the newest `max_vms` of them as lines of id, mark and name: '-' if
-- the VM accepts it until its next start, '+' from then on; 'r' or 'a' if its guest agent removes or adds it now; else
-- '='. They are read from indexes
-- alone: looking up each VM's row cost half of the page, so it is done of changes only. A removed key that
-- a VM has only in snapshots is left out. A key that no VM ever had
-- is not looked for in each of them: of two keys that was a quarter of the page. Sorted because a
-- team has at most LIMIT_KEYS_PER_TEAM of them.
SELECT id, name, type, fingerprint, comment, project, created_at,
       (SELECT p.name FROM person p WHERE p.id = person_id) AS who,
       iif(EXISTS (SELECT 1 FROM vm_key k
             WHERE k.team_id = :team_id AND k.fingerprint = ssh_key.fingerprint),
         (SELECT count(*) FROM vm_entry v CROSS JOIN vm_key k ON k.team_id = :team_id
             AND k.vm_id = v.id AND k.fingerprint = ssh_key.fingerprint
           WHERE v.team_id = :team_id
             AND (k.is_removed = 0 OR k.change > (SELECT t.setup_taken FROM vm t WHERE t.id = v.id))), 0) AS vms,
       iif(EXISTS (SELECT 1 FROM vm_key k
             WHERE k.team_id = :team_id AND k.fingerprint = ssh_key.fingerprint),
         (SELECT ifnull(group_concat(line, char(10)), '') FROM
           (SELECT v.id || ' ' || CASE WHEN k.change = 0 THEN '='
               WHEN k.is_removed = 0 AND k.change <= (SELECT t.setup_taken FROM vm t WHERE t.id = v.id) THEN '='
               WHEN (SELECT t.agent_started AND t.state = 'running'
                       AND NOT (t.agent_failed > t.setup_taken AND t.agent_failed >= t.setup_wanted)
                     FROM vm t WHERE t.id = v.id) THEN iif(k.is_removed, 'r', 'a')
               ELSE iif(k.is_removed, '-', '+') END
               || ' ' || v.name AS line FROM vm_entry v CROSS JOIN vm_key k
              ON k.team_id = :team_id AND k.vm_id = v.id AND k.fingerprint = ssh_key.fingerprint
             WHERE v.team_id = :team_id
               AND (k.is_removed = 0 OR k.change > (SELECT t.setup_taken FROM vm t WHERE t.id = v.id))
             ORDER BY v.created_at DESC, v.id LIMIT :max_vms)),
         '') AS some_vms
FROM ssh_key WHERE team_id = :team_id
  AND (:search = '' OR instr(lower(name || ' ' || comment || ' ' || fingerprint || ' ' || ifnull(project, '')), lower(:search)))
ORDER BY CASE :sort WHEN 'name' THEN lower(name) END, created_at DESC, id
LIMIT :max OFFSET :skip /* sort ok */;

-- ssh_key_match(team_id int, search text) row (total int)
-- How many keys have `search` in them.
SELECT count(*) AS total FROM ssh_key WHERE team_id = :team_id
  AND (:search = '' OR instr(lower(name || ' ' || comment || ' ' || fingerprint || ' ' || ifnull(project, '')), lower(:search)));

-- ssh_key_all(team_id int) rows
-- To choose from.
SELECT id, name, type, fingerprint, person_id FROM ssh_key WHERE team_id = :team_id
ORDER BY created_at DESC, id;

-- ssh_key_count(team_id int) row (total int, with_project int)
SELECT count(*) AS total, count(project) AS with_project FROM ssh_key WHERE team_id = :team_id;

-- ssh_key_get(team_id int, id text) row (who text)
-- `who`: who added it; NULL: somebody whose account is gone.
SELECT id, name, type, fingerprint, comment, public_line, project, person_id, created_at,
       (SELECT p.name FROM person p WHERE p.id = person_id) AS who FROM ssh_key
WHERE team_id = :team_id AND id = :id;

-- ssh_key_by_fingerprint(team_id int, fingerprint text) row
SELECT id, name FROM ssh_key WHERE team_id = :team_id AND fingerprint = :fingerprint;

-- ssh_key_create(team_id int, id text, person_id int, name text, type text, fingerprint text, comment text, public_line text, project text?, now_at int) done
INSERT INTO ssh_key (team_id, created_at, id, person_id, name, type, fingerprint, comment,
                     public_line, project)
VALUES (:team_id, :now_at, :id, :person_id, :name, :type, :fingerprint, :comment, :public_line, :project);

-- ssh_key_rename(team_id int, id text, name text, project text?) one
UPDATE ssh_key SET name = :name, project = :project WHERE team_id = :team_id AND id = :id;

-- ssh_key_delete(team_id int, id text) one
DELETE FROM ssh_key WHERE team_id = :team_id AND id = :id;

-- ssh_key_vms(team_id int, fingerprint text, max int) rows (others int, is_only int, is_ending int, is_coming int, is_now int)
-- The existing VMs that hold the key: with how many others that they are to accept, or until or from their next start;
-- `is_now`: its guest agent takes changes while it runs, as vm_keys_change_now() says.
SELECT id, name, is_now, is_ending, is_coming, others, is_ending = 0 AND others = 0 AS is_only FROM (
    SELECT v.id, v.name, v.agent_started AND v.state = 'running'
        AND NOT (v.agent_failed > v.setup_taken AND v.agent_failed >= v.setup_wanted) AS is_now,
        k.is_removed AS is_ending, k.is_removed = 0 AND k.change > v.setup_taken AS is_coming,
        (SELECT count(*) FROM vm_key o WHERE o.team_id = :team_id AND o.vm_id = v.id AND o.is_removed = 0
           AND o.public_line <> '' AND o.fingerprint <> k.fingerprint) AS others
    FROM vm_key k JOIN vm v ON v.id = k.vm_id
    WHERE k.team_id = :team_id AND k.fingerprint = :fingerprint AND v.gone_at IS NULL
      AND (k.is_removed = 0 OR k.change > v.setup_taken))
ORDER BY name LIMIT :max /* sort ok */;

-- ssh_key_projects(team_id int, max int) rows (total int)
-- The projects of a team's keys, those of most keys first.
SELECT project, count(*) AS total FROM ssh_key WHERE team_id = :team_id AND project IS NOT NULL
GROUP BY project ORDER BY total DESC, project LIMIT :max /* sort ok */;
