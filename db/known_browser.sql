-- known_browser_count(person_id int, browser text) row (total int, same int)
SELECT count(*) AS total, count(CASE WHEN browser = :browser THEN 1 END) AS same
FROM known_browser WHERE person_id = :person_id;

-- known_browser_seen(person_id int, browser text, now_at int) done
INSERT INTO known_browser (person_id, browser, seen_at) VALUES (:person_id, :browser, :now_at)
ON CONFLICT (person_id, browser) DO UPDATE SET seen_at = :now_at;

-- known_browser_delete_old(before_at int, max int) done
DELETE FROM known_browser WHERE seen_at < :before_at LIMIT :max /* scan ok */;

-- known_browser_count_old(before_at int) row (total int, oldest_at int)
SELECT count(*) AS total, ifnull(min(seen_at), 0) AS oldest_at FROM known_browser
WHERE seen_at < :before_at /* scan ok */;
