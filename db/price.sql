-- price_list() rows
-- All past, current and announced prices, earliest first.
SELECT item, from_at, millicents FROM price ORDER BY from_at, item /* scan ok */;

-- price_add(item text, from_at int, millicents int) done
INSERT INTO price (item, from_at, millicents) VALUES (:item, :from_at, :millicents);

-- price_withdraw(now_at int) done
-- Delete announced prices that have not taken effect; these may still change.
DELETE FROM price WHERE from_at > :now_at;

-- price_less_size() row (size text) across teams
-- A size in use by an existing VM that has no price at all.
SELECT v.size FROM vm v WHERE v.gone_at IS NULL AND v.size NOT IN (SELECT item FROM price /* scan ok */)
ORDER BY v.size LIMIT 1 /* sort ok */;
