-- request_count_put(day_at int, from_at int, who text, program text, route text, status_class int, requests int, took_ms int, crowd int) done
INSERT INTO request_count (day_at, from_at, who, program, route, status_class, requests, took_ms,
                           crowd)
VALUES (:day_at, :from_at, :who, :program, :route, :status_class, :requests, :took_ms, :crowd);

-- request_count_list() rows
SELECT day_at, from_at, who, program, route, status_class, requests, took_ms, crowd
FROM request_count ORDER BY day_at, who, program, route, status_class /* scan ok */;

-- request_count_small(least int) row (total int, small int)
-- All counts, and those of too few.
SELECT count(*) AS total, ifnull(sum(min(crowd, requests) < :least), 0) AS small
FROM request_count /* scan ok */;
