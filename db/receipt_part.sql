-- receipt_part_put(team_id int, vm_id text, position int, thing text, answer text, now_at int) done
INSERT INTO receipt_part (team_id, vm_id, position, thing, answer, removed_at)
VALUES (:team_id, :vm_id, :position, :thing, :answer, :now_at)
ON CONFLICT (team_id, vm_id, position) DO UPDATE SET answer = :answer,
                                                         removed_at = :now_at;

-- receipt_part_list(team_id int, vm_id text) rows
SELECT thing, answer, removed_at FROM receipt_part
WHERE team_id = :team_id AND vm_id = :vm_id ORDER BY position;

-- receipt_part_delete_old(before_at int, max int) done across teams
DELETE FROM receipt_part WHERE removed_at < :before_at LIMIT :max /* scan ok */;

-- receipt_part_count_old(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(removed_at), 0) AS oldest_at FROM receipt_part
WHERE removed_at < :before_at /* scan ok */;
