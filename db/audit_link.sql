-- audit_link_last(team_id int) row
-- Where the chain ends: its last place, or the signed end that it was cut at.
SELECT seq, hash FROM (
    SELECT * FROM (SELECT seq, hash FROM audit_link WHERE team_id = :team_id ORDER BY seq DESC LIMIT 1)
    UNION ALL
    SELECT * FROM (SELECT seq, hash FROM audit_head WHERE team_id = :team_id ORDER BY seq DESC LIMIT 1)
) ORDER BY seq DESC LIMIT 1 /* scan ok */ /* sort ok */;

-- audit_link_add(team_id int, seq int, entry_hash blob, hash blob, at_ms int, id text) done
INSERT INTO audit_link (team_id, seq, entry_hash, hash, at_ms, id)
VALUES (:team_id, :seq, :entry_hash, :hash, :at_ms, :id);

-- audit_link_list(team_id int, after_seq int, max int) rows (is_erased int, has_entry int, entry_seq int)
-- The chain from a place on, each with its entry if it is not erased. entry_seq: the place that the entry names.
SELECT l.seq, l.entry_hash, l.hash, l.id IS NULL AS is_erased, e.id IS NOT NULL AS has_entry, ifnull(e.seq, 0) AS entry_seq,
       e.at_ms, e.action, e.vm_id, e.object, e.what, e.detail, e.actor, e.person_id, e.salt,
       e.person_hash, e.result, e.took_ms
FROM audit_link l LEFT JOIN activity e ON e.team_id = l.team_id AND e.at_ms = l.at_ms AND e.id = l.id
WHERE l.team_id = :team_id AND l.seq > :after_seq ORDER BY l.seq LIMIT :max;

-- audit_link_teams() rows across teams
-- Whose chains there are; also those of which only a signed end is left.
SELECT team_id FROM audit_link UNION SELECT team_id FROM audit_head ORDER BY team_id /* scan ok */ /* sort ok */;

-- audit_link_outside() row (total int) across teams
-- Entries that name a place in a chain and do not stand there, or are over and have none.
SELECT count(*) AS total FROM activity e WHERE CASE WHEN e.seq IS NULL THEN e.result <> 'open' ELSE NOT EXISTS (
    SELECT 1 FROM audit_link l WHERE l.team_id = e.team_id AND l.seq = e.seq
      AND (l.id IS NULL OR (l.id = e.id AND l.at_ms = e.at_ms))) END /* scan ok */;

-- audit_link_delete_gone(before_at int, max int) done across teams
-- What happened to VMs that were destroyed before that: hash and place stay, so that the chain can be verified.
UPDATE audit_link SET at_ms = NULL, id = NULL WHERE (team_id, seq) IN (
    SELECT x.team_id, x.seq FROM vm v CROSS JOIN activity x ON x.vm_id = v.id
      CROSS JOIN audit_link l ON l.team_id = x.team_id AND l.seq = x.seq
    WHERE v.gone_at < :before_at AND l.id IS NOT NULL LIMIT :max);

-- audit_link_count_gone(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(v.gone_at), 0) AS oldest_at
FROM vm v CROSS JOIN activity x ON x.vm_id = v.id CROSS JOIN audit_link l ON l.team_id = x.team_id AND l.seq = x.seq
WHERE v.gone_at < :before_at AND l.id IS NOT NULL;
