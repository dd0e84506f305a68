-- audit_cut_start() done across teams
-- Of each chain, the last signed end before which no entry is left: the chain begins behind it.
UPDATE audit_head SET is_start = 1 WHERE is_start = 0 AND (team_id, seq) IN (
    SELECT h.team_id, max(h.seq) FROM audit_head h WHERE h.seq < ifnull((
        SELECT l.seq FROM audit_link l WHERE l.team_id = h.team_id AND l.id IS NOT NULL
        ORDER BY l.seq LIMIT 1), 9223372036854775807) GROUP BY h.team_id) /* scan ok */;

-- audit_cut_links() done across teams
DELETE FROM audit_link WHERE seq <= (SELECT max(h.seq) FROM audit_head h
    WHERE h.team_id = audit_link.team_id AND h.is_start = 1) /* scan ok */;

-- audit_cut_heads() done across teams
DELETE FROM audit_head WHERE seq < (SELECT max(h.seq) FROM audit_head h
    WHERE h.team_id = audit_head.team_id AND h.is_start = 1) /* scan ok */;
