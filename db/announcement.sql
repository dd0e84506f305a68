-- announcement_add(text text, level text, from_at int, until_at int, now_at int) row
INSERT INTO announcement (text, level, from_at, until_at, created_at)
VALUES (:text, :level, :from_at, :until_at, :now_at) RETURNING id;

-- announcement_set(id int, text text, level text, from_at int, until_at int) one
UPDATE announcement SET text = :text, level = :level, from_at = :from_at, until_at = :until_at WHERE id = :id;

-- announcement_end(id int, now_at int) one
-- From then on it is shown to nobody.
UPDATE announcement SET until_at = min(until_at, :now_at), from_at = min(from_at, :now_at) WHERE id = :id;

-- announcement_delete(id int, now_at int) one
-- NOT_FOUND: it is not over.
DELETE FROM announcement WHERE id = :id AND until_at <= :now_at;

-- announcement_get(id int) row
SELECT id, text, level, from_at, until_at FROM announcement WHERE id = :id;

-- announcement_now(now_at int, max int) rows
-- Those that are shown, warnings first, then the newest.
SELECT id, text, level, from_at, until_at FROM announcement
WHERE until_at > :now_at AND from_at <= :now_at ORDER BY level DESC, id DESC LIMIT :max /* sort ok */;

-- announcement_coming(now_at int, max int) rows
-- Those that are not over, in the same order.
SELECT id, text, level, from_at, until_at FROM announcement
WHERE until_at > :now_at ORDER BY level DESC, id DESC LIMIT :max /* sort ok */;

-- announcement_is_seen(id int, person_id int) row (is_seen int)
SELECT EXISTS (SELECT 1 FROM announcement_seen WHERE person_id = :person_id AND announcement_id = :id) AS is_seen;

-- announcement_list(now_at int, max int) rows (state text)
-- The newest, and how each of them is doing.
SELECT id, text, level, from_at, until_at,
       CASE WHEN until_at <= :now_at THEN 'over' WHEN from_at > :now_at THEN 'planned' ELSE 'shown' END AS state
FROM announcement ORDER BY id DESC LIMIT :max /* scan ok */;

-- announcement_dismiss(id int, person_id int) done
-- Of one that does not exist, nothing.
INSERT INTO announcement_seen (person_id, announcement_id)
SELECT :person_id, a.id FROM announcement a WHERE a.id = :id
ON CONFLICT (person_id, announcement_id) DO NOTHING;
