-- region_status_put(region text, accelerator text, error text?, now_at int) done
INSERT INTO region_status (region, accelerator, checked_at, error)
VALUES (:region, :accelerator, :now_at, :error)
ON CONFLICT (region) DO UPDATE SET accelerator = :accelerator, checked_at = :now_at, error = :error;

-- region_status_capacity(region text, vcpus int, memory_mb int, disk_gb int, free_gb int, internet int) one
UPDATE region_status SET vcpus = :vcpus, memory_mb = :memory_mb, disk_gb = :disk_gb, free_gb = :free_gb, internet = :internet
WHERE region = :region;

-- region_status_get(region text) row
SELECT region, accelerator, checked_at, error, internet FROM region_status WHERE region = :region;

-- region_status_list() rows
SELECT region, accelerator, checked_at, error, vcpus, memory_mb, disk_gb, free_gb, internet
FROM region_status ORDER BY region /* scan ok */;
