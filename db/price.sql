-- price_list() rows
-- All prices that ever held or are announced, the earliest first.
SELECT item, from_at, millicents FROM price ORDER BY from_at, item /* scan ok */;

-- price_add(item text, from_at int, millicents int) done
INSERT INTO price (item, from_at, millicents) VALUES (:item, :from_at, :millicents);

-- price_withdraw(now_at int) done
-- What was announced and has not begun may still change.
DELETE FROM price WHERE from_at > :now_at;

-- price_less_size() row (size text) across teams
-- A living VM's size that has no price at all.
SELECT v.size FROM vm v WHERE v.gone_at IS NULL AND v.size NOT IN (SELECT item FROM price /* scan ok */)
ORDER BY v.size LIMIT 1 /* sort ok */;
