-- region_status_put(region text, accelerator text, error text?, now_at int) done
INSERT INTO region_status (region, accelerator, checked_at, error)
VALUES (:region, :accelerator, :now_at, :error)
ON CONFLICT (region) DO UPDATE SET accelerator = :accelerator, checked_at = :now_at, error = :error;

-- region_status_get(region text) row
SELECT region, accelerator, checked_at, error FROM region_status WHERE region = :region;

-- region_status_list() rows
SELECT region, accelerator, checked_at, error FROM region_status ORDER BY region /* scan ok */;
