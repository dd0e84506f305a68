-- restriction_of(team_id int, person_id int) row (closed_at int, team_reason text, is_owner_suspended int, restricted_at int, reason text)
-- What keeps a person from beginning something in a team; 0 and NULL: nothing. Without a person, what keeps everybody.
SELECT ifnull(t.closed_at, 0) AS closed_at, t.suspended_reason AS team_reason, o.suspended_at IS NOT NULL AS is_owner_suspended,
       ifnull(p.restricted_at, 0) AS restricted_at, p.suspended_reason AS reason
FROM team t LEFT JOIN person o ON o.id = t.personal_of LEFT JOIN person p ON p.id = :person_id
WHERE t.id = :team_id;
