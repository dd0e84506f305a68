-- job_create(team_id int, id text, vm_id text, kind text, person_id int?, snapshot_id text?,
--            now_at_ms int) done
-- A job for a VM.
INSERT INTO job (team_id, id, subject_kind, subject_id, vm_id, kind, state, person_id, snapshot_id,
                 requested_at_ms, due_at_ms, attempts)
VALUES (:team_id, :id, 'vm', :vm_id, :vm_id, :kind, 'queued', :person_id, :snapshot_id,
        :now_at_ms, :now_at_ms, 0);

-- job_create_about(team_id int, id text, subject_kind text, subject_id text, kind text,
--                  person_id int?, now_at_ms int) done
-- A job for any other subject.
INSERT INTO job (team_id, id, subject_kind, subject_id, kind, state, person_id, requested_at_ms,
                 due_at_ms, attempts)
VALUES (:team_id, :id, :subject_kind, :subject_id, :kind, 'queued', :person_id, :now_at_ms,
        :now_at_ms, 0);

-- job_drop_queued(team_id int, vm_id text, now_at_ms int) done
-- Drop queued jobs: destroying takes precedence over everything not started.
UPDATE job SET state = 'dropped', ended_at_ms = :now_at_ms
WHERE team_id = :team_id AND vm_id = :vm_id AND state = 'queued';

-- job_last(team_id int, vm_id text) row
SELECT number, id, kind, state, snapshot_id, requested_at_ms, due_at_ms, attempts, ended_at_ms, error
FROM job WHERE team_id = :team_id AND vm_id = :vm_id ORDER BY number DESC LIMIT 1;

-- job_working(team_id int, vm_id text) row (open_kind text, kind text, step text, requested_at_ms int)
-- The running job of a VM, of which there is at most one, and its step; NULL: none. `open_kind` is
-- also of one that waits.
SELECT max(j.kind) AS open_kind, max(CASE j.state WHEN 'running' THEN j.kind END) AS kind,
       ifnull(max(CASE j.state WHEN 'running' THEN j.requested_at_ms END), 0) AS requested_at_ms,
       max(CASE WHEN s.started_at_ms IS NOT NULL AND s.ended_at_ms IS NULL THEN s.name END) AS step
FROM job j LEFT JOIN job_step s ON s.job_number = j.number
WHERE j.team_id = :team_id AND j.vm_id = :vm_id AND j.state IN ('queued', 'running');

-- job_lease(is_billing int, now_at_ms int) row across teams
-- The oldest due job of the VMs, or of billing. A VM has one running job at a time.
UPDATE job SET state = 'running', attempts = attempts + 1
WHERE number = (SELECT j.number FROM job j
            WHERE j.state = 'queued' AND j.due_at_ms <= :now_at_ms
              AND (j.subject_kind <> 'vm') = :is_billing
              AND NOT EXISTS (SELECT 1 FROM job r WHERE r.vm_id = j.vm_id AND r.state = 'running')
            ORDER BY j.due_at_ms, j.number LIMIT 1)
RETURNING number, id, team_id, subject_id, vm_id, kind, person_id, snapshot_id, requested_at_ms,
          attempts;

-- job_next_due(is_billing int) row (due_at_ms int) across teams
-- Due time of the next queued job that job_lease would take; 0: none.
SELECT ifnull(min(j.due_at_ms), 0) AS due_at_ms FROM job j
WHERE j.state = 'queued' AND (j.subject_kind <> 'vm') = :is_billing
  AND NOT EXISTS (SELECT 1 FROM job r WHERE r.vm_id = j.vm_id AND r.state = 'running');

-- job_open() row (queued int, running int) across teams
-- Number of queued and running jobs.
SELECT (SELECT count(*) FROM job WHERE state = 'queued') AS queued,
       (SELECT count(*) FROM job WHERE state = 'running' /* scan ok */) AS running;

-- job_end(number int, state text, error text?, now_at_ms int) one across teams
UPDATE job SET state = :state, error = :error, ended_at_ms = :now_at_ms
WHERE number = :number;

-- job_later(number int, due_at_ms int, error text?) one across teams
-- Requeue for another attempt.
UPDATE job SET state = 'queued', due_at_ms = :due_at_ms, error = :error
WHERE number = :number;

-- job_recover(now_at_ms int) done across teams
-- At worker startup, requeue jobs that were running when it was killed. A job whose
-- VM has a newer queued one (a destroy) is dropped instead, so that one queued job remains.
UPDATE job SET state = CASE WHEN EXISTS (SELECT 1 FROM job q WHERE q.vm_id = job.vm_id
                                           AND q.state = 'queued') THEN 'dropped'
                            ELSE 'queued' END,
               ended_at_ms = CASE WHEN EXISTS (SELECT 1 FROM job q WHERE q.vm_id = job.vm_id
                                                 AND q.state = 'queued') THEN :now_at_ms END,
               due_at_ms = :now_at_ms, attempts = max(attempts - 1, 0)
WHERE state = 'running' /* scan ok */;

-- job_typical_ms(kind text) row (typical_ms int) across teams
-- Typical duration of the last ten jobs of a kind, whatever the image, from request to end, for "about 4 s"; 0: unknown.
SELECT CAST(ifnull(avg(took_ms), 0) AS INTEGER) AS typical_ms FROM (
    SELECT j.ended_at_ms - j.requested_at_ms AS took_ms FROM job j
    WHERE j.kind = :kind AND j.state = 'done' ORDER BY j.number DESC LIMIT 10);

-- job_typical_of_image(kind text, image text) row (typical_ms int) across teams
-- The same of those among them with VMs of an image.
SELECT CAST(ifnull(avg(took_ms), 0) AS INTEGER) AS typical_ms FROM (
    SELECT vm_id, ended_at_ms - requested_at_ms AS took_ms FROM job
    WHERE kind = :kind AND state = 'done' ORDER BY number DESC LIMIT 10)
WHERE (SELECT image FROM vm WHERE id = vm_id) = :image;

-- job_longest_boot(region text, image text) row (longest_ms int) across teams
-- The longest of the last ten waits for SSH of new VMs of this image; 0: unknown.
SELECT ifnull(max(took_ms), 0) AS longest_ms FROM (
    SELECT s.ended_at_ms - s.started_at_ms AS took_ms
    FROM job j JOIN vm v ON v.id = j.vm_id JOIN job_step s ON s.job_number = j.number
    WHERE v.region = :region AND v.image = :image AND j.kind = 'create'
      AND j.state = 'done' AND s.name = 'SSH ready' ORDER BY j.number DESC LIMIT 10);

-- job_delete_old(before_at int, max int) done across teams
-- Jobs of billing that have ended, with their results for pages.
DELETE FROM job WHERE subject_kind <> 'vm' AND state NOT IN ('queued', 'running')
  AND requested_at_ms < :before_at * 1000 LIMIT :max /* scan ok */;

-- job_count_old(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(requested_at_ms / 1000), 0) AS oldest_at FROM job
WHERE subject_kind <> 'vm' AND state NOT IN ('queued', 'running')
  AND requested_at_ms < :before_at * 1000 /* scan ok */;

-- job_delete_gone(before_at int, max int) done across teams
-- Of VMs that were destroyed before that.
DELETE FROM job WHERE vm_id IN (SELECT id FROM vm WHERE gone_at < :before_at) LIMIT :max;

-- job_count_gone(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(v.gone_at), 0) AS oldest_at
FROM vm v JOIN job x ON x.vm_id = v.id WHERE v.gone_at < :before_at;
