-- cloud-init user data of VMs that have not started yet; see cgi/model/user_data.h.

-- vm_user_data_put(team_id int, vm_id text, content text, now_at int) done
INSERT INTO vm_user_data (vm_id, team_id, created_at, content) VALUES (:vm_id, :team_id, :now_at, :content);

-- vm_user_data_note(team_id int, vm_id text) one
UPDATE vm SET has_user_data = 1 WHERE team_id = :team_id AND id = :vm_id;

-- vm_user_data_get(team_id int, vm_id text) row
SELECT content FROM vm_user_data WHERE vm_id = :vm_id AND team_id = :team_id;

-- vm_user_data_delete(team_id int, vm_id text) done
DELETE FROM vm_user_data WHERE vm_id = :vm_id AND team_id = :team_id;

-- vm_user_data_delete_old(before_at int, max int) done across teams
-- Of VMs that could not be started for that long.
DELETE FROM vm_user_data WHERE created_at < :before_at LIMIT :max;

-- vm_user_data_count_old(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(created_at), 0) AS oldest_at FROM vm_user_data WHERE created_at < :before_at;
