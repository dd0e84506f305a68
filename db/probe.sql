-- probe_start(region text, now_at int) done
INSERT INTO probe (region, started_at) VALUES (:region, :now_at)
ON CONFLICT (region) DO UPDATE SET ssh_port = NULL, started_at = :now_at;

-- probe_set_port(region text, ssh_port int) one
UPDATE probe SET ssh_port = :ssh_port WHERE region = :region;

-- probe_get(region text) row
SELECT region, ssh_port, started_at FROM probe WHERE region = :region;

-- probe_end(region text) done
DELETE FROM probe WHERE region = :region;
