-- job_step_plan(team_id int, job_id int, position int, name text) done
INSERT INTO job_step (team_id, job_id, position, name) VALUES (:team_id, :job_id, :position, :name)
ON CONFLICT (job_id, position) DO NOTHING;

-- job_step_list(team_id int, job_id int) rows
SELECT position, name, started_at_ms, ended_at_ms FROM job_step
WHERE team_id = :team_id AND job_id = :job_id ORDER BY position;

-- job_step_start(team_id int, job_id int, position int, now_at_ms int) done
UPDATE job_step SET started_at_ms = :now_at_ms, ended_at_ms = NULL
WHERE team_id = :team_id AND job_id = :job_id AND position = :position;

-- job_step_end(team_id int, job_id int, position int, now_at_ms int) done
UPDATE job_step SET ended_at_ms = :now_at_ms
WHERE team_id = :team_id AND job_id = :job_id AND position = :position;
