-- How long jobs of a kind take is read from the index alone.
DROP INDEX job_done;
CREATE INDEX job_done ON job(kind, number, requested_at_ms, ended_at_ms) WHERE state = 'done';
