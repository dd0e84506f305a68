-- audit_head_add(team_id int, seq int, hash blob, now_at int, key_id text, signature blob) done
INSERT INTO audit_head (team_id, seq, hash, at, key_id, signature)
VALUES (:team_id, :seq, :hash, :now_at, :key_id, :signature) ON CONFLICT DO NOTHING;

-- audit_head_last(team_id int) row
-- The newest signed end of a chain.
SELECT h.seq, h.hash, h.at, h.key_id, h.signature, k.public_key FROM audit_head h JOIN signing_key k ON k.id = h.key_id
WHERE h.team_id = :team_id ORDER BY h.seq DESC LIMIT 1;

-- audit_head_list(team_id int) rows
-- All signed ends of a chain, oldest first.
SELECT h.seq, h.hash, h.at, h.is_start, h.key_id, h.signature, k.public_key FROM audit_head h JOIN signing_key k ON k.id = h.key_id
WHERE h.team_id = :team_id ORDER BY h.seq;

-- audit_head_ends() rows (seq int) across teams
-- The newest signed end of each chain.
SELECT team_id, max(seq) AS seq, hash FROM audit_head GROUP BY team_id ORDER BY team_id /* scan ok */;

-- audit_head_missing() rows (team_id int) across teams
-- Chains of which no end is signed yet.
SELECT t.id AS team_id FROM (SELECT id FROM team UNION ALL SELECT 0) t
WHERE EXISTS (SELECT 1 FROM audit_link l WHERE l.team_id = t.id)
  AND NOT EXISTS (SELECT 1 FROM audit_head h WHERE h.team_id = t.id) /* scan ok */;

-- audit_head_publish(hash blob, now_at int, key_id text, signature blob) done
INSERT INTO audit_publication (at, hash, key_id, signature) VALUES (:now_at, :hash, :key_id, :signature)
ON CONFLICT DO NOTHING;

-- audit_head_published() row
SELECT p.at, p.hash, p.key_id, p.signature, k.public_key FROM audit_publication p JOIN signing_key k ON k.id = p.key_id
ORDER BY p.at DESC LIMIT 1 /* scan ok */;
