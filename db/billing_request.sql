-- billing_request_add(team_id int, job_id text, expires_at int) done
INSERT INTO billing_request (job_id, team_id, expires_at) VALUES (:job_id, :team_id, :expires_at);

-- billing_request_get(team_id int, person_id int, id text) row
-- For the page of the person who requested it.
SELECT j.id, j.kind, j.state, b.url, b.problem
FROM job j JOIN billing_request b ON b.job_id = j.id
WHERE j.id = :id AND j.team_id = :team_id AND b.team_id = :team_id AND j.person_id = :person_id;

-- billing_request_waiting(team_id int) row (total int)
SELECT count(*) AS total FROM job
WHERE team_id = :team_id AND subject_kind <> 'vm' AND state IN ('queued', 'running');

-- billing_request_set(team_id int, job_id text, url text?, problem text?) one
UPDATE billing_request SET url = :url, problem = :problem
WHERE team_id = :team_id AND job_id = :job_id;

-- billing_request_forget_url(now_at int) done across teams
-- Delete expired URLs.
UPDATE billing_request SET url = NULL WHERE expires_at <= :now_at AND url IS NOT NULL /* scan ok */;
