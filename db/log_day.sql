-- log_day_last() row (day_at int)
-- 0: no day has been counted.
SELECT ifnull(max(day_at), 0) AS day_at FROM log_day;

-- log_day_put(day_at int, who text, state text) done
INSERT INTO log_day (day_at, who, state) VALUES (:day_at, :who, :state);

-- log_day_pending(who text, from_at int, day_at int) rows
SELECT day_at FROM log_day
WHERE day_at >= :from_at AND day_at < :day_at AND who = :who AND state = 'pending'
ORDER BY day_at;

-- log_day_end(who text, from_at int, before_at int, state text) done
-- What becomes of the days that waited.
UPDATE log_day SET state = :state
WHERE day_at >= :from_at AND day_at < :before_at AND who = :who AND state = 'pending';
