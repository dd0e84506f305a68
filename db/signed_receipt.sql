-- signed_receipt_last() row (hash blob) across teams
-- The newest, which the next one is chained to.
SELECT hash FROM signed_receipt ORDER BY number DESC LIMIT 1 /* scan ok */;

-- signed_receipt_given() row (number int)
-- The last number that was given; 0: none.
SELECT ifnull(max(seq), 0) AS number FROM sqlite_sequence WHERE name = 'signed_receipt' /* scan ok */;

-- signed_receipt_after(number int, max int) rows across teams
-- Those that follow, in their order.
SELECT r.number, r.kind, r.subject_id, r.body, r.hash, r.signature, r.created_at, k.id AS key_id, k.public_key
FROM signed_receipt r JOIN signing_key k ON k.id = r.key_id
WHERE r.number > :number ORDER BY r.number LIMIT :max;

-- signed_receipt_add(number int, kind text, subject_id text, team_id int?, body text, hash blob, signature blob, key_id text, now_at int) done
INSERT INTO signed_receipt (number, kind, subject_id, team_id, body, hash, signature, key_id, created_at)
VALUES (:number, :kind, :subject_id, :team_id, :body, :hash, :signature, :key_id, :now_at);

-- signed_receipt_get(kind text, subject_id text) row across teams
SELECT r.number, r.body, r.hash, r.signature, r.key_id, r.created_at, k.public_key
FROM signed_receipt r JOIN signing_key k ON k.id = r.key_id
WHERE r.subject_id = :subject_id AND r.kind = :kind;

-- signed_receipt_by_number(number int) row across teams
SELECT body, hash FROM signed_receipt WHERE number = :number;

-- signed_receipt_delete_old(before_at int, max int) done across teams
-- Number and hash stay: the chain of the others is whole.
UPDATE signed_receipt SET subject_id = NULL, team_id = NULL, body = NULL, signature = NULL
WHERE body IS NOT NULL AND created_at < :before_at LIMIT :max /* scan ok */;

-- signed_receipt_count_old(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(created_at), 0) AS oldest_at FROM signed_receipt
WHERE body IS NOT NULL AND created_at < :before_at /* scan ok */;
