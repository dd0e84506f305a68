-- email_request_add(person_id int, new_email text, now_at int) done
INSERT INTO email_request (person_id, new_email, requested_at) VALUES (:person_id, :new_email, :now_at);

-- email_request_count(person_id int, new_email text, since_at int) row (own int, total int, own_total int)
-- The person's, those for the address, and the person's for the address.
SELECT (SELECT count(*) FROM email_request
        WHERE person_id = :person_id AND requested_at > :since_at) AS own,
       count(*) AS total, ifnull(sum(person_id = :person_id), 0) AS own_total
FROM email_request WHERE new_email = :new_email AND requested_at > :since_at;

-- email_request_delete_old(before_at int, max int) done
DELETE FROM email_request WHERE requested_at < :before_at LIMIT :max;

-- email_request_count_old(before_at int) row (total int, oldest_at int)
SELECT count(*) AS total, ifnull(min(requested_at), 0) AS oldest_at FROM email_request
WHERE requested_at < :before_at;
