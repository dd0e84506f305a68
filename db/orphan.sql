-- orphan_put(region text, kind text, name text, now_at int) done
INSERT INTO orphan (region, kind, name, seen_at) VALUES (:region, :kind, :name, :now_at)
ON CONFLICT (region, kind, name) DO NOTHING;

-- orphan_list(max int) rows
SELECT region, kind, name, seen_at FROM orphan ORDER BY region, kind, name LIMIT :max /* scan ok */;

-- orphan_delete(region text, kind text, name text) done
DELETE FROM orphan WHERE region = :region AND kind = :kind AND name = :name;
