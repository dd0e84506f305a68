-- job_step_plan(team_id int, job_number int, position int, name text) done
INSERT INTO job_step (team_id, job_number, position, name) VALUES (:team_id, :job_number, :position, :name)
ON CONFLICT (job_number, position) DO NOTHING;

-- job_step_list(team_id int, job_number int) rows
SELECT position, name, started_at_ms, ended_at_ms FROM job_step
WHERE team_id = :team_id AND job_number = :job_number ORDER BY position;

-- job_step_took(team_id int, jobs text) rows (took_ms int)
-- How long the steps of some jobs took, and what hosts answered, whose numbers are a JSON array; by job, in their order.
SELECT s.job_number, s.name, s.answer, s.ended_at_ms - s.started_at_ms AS took_ms
FROM json_each(:jobs) e CROSS JOIN job_step s ON s.job_number = e.value
WHERE s.team_id = :team_id AND s.ended_at_ms IS NOT NULL
ORDER BY s.job_number, s.position /* scan ok */ /* sort ok */;

-- job_step_start(team_id int, job_number int, position int, now_at_ms int) one
UPDATE job_step SET started_at_ms = :now_at_ms, ended_at_ms = NULL, answer = NULL
WHERE team_id = :team_id AND job_number = :job_number AND position = :position;

-- job_step_end(team_id int, job_number int, position int, answer text?, now_at_ms int) one
UPDATE job_step SET ended_at_ms = :now_at_ms, answer = :answer
WHERE team_id = :team_id AND job_number = :job_number AND position = :position;

-- job_step_delete_gone(before_at int, max int) done across teams
-- Of VMs that were destroyed before that.
DELETE FROM job_step WHERE job_number IN (SELECT j.number FROM vm v JOIN job j ON j.vm_id = v.id
    WHERE v.gone_at < :before_at) LIMIT :max;

-- job_step_count_gone(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(v.gone_at), 0) AS oldest_at
FROM vm v CROSS JOIN job j ON j.vm_id = v.id CROSS JOIN job_step s ON s.job_number = j.number
WHERE v.gone_at < :before_at;
