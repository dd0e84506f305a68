-- orphan_put(region text, kind text, name text, now_at int) done
INSERT INTO orphan (region, kind, name, seen_at) VALUES (:region, :kind, :name, :now_at)
ON CONFLICT (region, kind, name) DO NOTHING;

-- orphan_list(search text, sort text, skip int, max int) rows
-- A page of those with `search` in them; the newest first, by name, or else in the order of the key.
SELECT region, kind, name, seen_at FROM orphan
WHERE :search = '' OR instr(lower(name || ' ' || kind || ' ' || region), lower(:search))
ORDER BY CASE :sort WHEN 'newest' THEN -seen_at WHEN 'name' THEN lower(name) END,
         region, kind, name LIMIT :max OFFSET :skip /* scan ok */ /* sort ok */;

-- orphan_count(search text) row (total int)
SELECT count(*) AS total FROM orphan
WHERE :search = '' OR instr(lower(name || ' ' || kind || ' ' || region), lower(:search)) /* scan ok */;

-- orphan_delete(region text, kind text, name text) done
DELETE FROM orphan WHERE region = :region AND kind = :kind AND name = :name;
