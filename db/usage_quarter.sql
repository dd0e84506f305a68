-- usage_quarter_delete_old(before_at int, max int) done across teams
-- Of days that have others, which stay: 144 bytes each become 0.
UPDATE usage_day SET from_at = (:before_at + 899) / 900 * 900,
    quarters = CAST(zeroblob(((:before_at + 899) / 900 * 900 - day_at) / 900 * 144)
        || substr(quarters, ((:before_at + 899) / 900 * 900 - day_at) / 900 * 144 + 1) AS BLOB)
WHERE from_at < :before_at AND day_at >= :before_at - 85500 LIMIT :max;

-- usage_quarter_count_old(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(from_at), 0) AS oldest_at FROM usage_day
WHERE from_at < :before_at AND day_at >= :before_at - 85500;
