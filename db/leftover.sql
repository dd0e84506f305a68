-- leftover_put(region text, kind text, name text, now_at int) done
INSERT INTO leftover (region, kind, name, seen_at) VALUES (:region, :kind, :name, :now_at)
ON CONFLICT (region, kind, name) DO NOTHING;

-- leftover_list() rows
SELECT region, kind, name, seen_at FROM leftover ORDER BY region, kind, name /* scan ok */;

-- leftover_delete(region text, kind text, name text) done
DELETE FROM leftover WHERE region = :region AND kind = :kind AND name = :name;
