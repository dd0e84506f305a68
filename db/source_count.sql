-- source_count_put(day_at int, host text, visits int) done
INSERT INTO source_count (day_at, host, visits) VALUES (:day_at, :host, :visits);

-- source_count_list() rows
SELECT day_at, host, visits FROM source_count ORDER BY day_at, visits DESC, host /* scan ok */ /* sort ok */;

-- source_count_small(least int) row (total int, small int)
SELECT count(*) AS total, ifnull(sum(visits < :least), 0) AS small FROM source_count /* scan ok */;
