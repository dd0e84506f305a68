-- policy_ack_add(person_id int, version int, now_at int) done
INSERT INTO policy_ack (person_id, version, at) VALUES (:person_id, :version, :now_at)
ON CONFLICT (person_id, version) DO NOTHING;

-- policy_ack_last(person_id int) row (version int, at int)
SELECT version, at FROM policy_ack WHERE person_id = :person_id ORDER BY version DESC LIMIT 1;

-- policy_ack_count(version int) row (total int)
SELECT count(*) AS total FROM policy_ack WHERE version >= :version /* scan ok */;
