-- How the pages look.

ALTER TABLE person ADD COLUMN theme TEXT -- colours of the pages; NULL: as the system | contract | account | export | delete
    CHECK (theme IN ('light', 'dark'));

-- What the list of VMs shows and filters.
ALTER TABLE vm ADD COLUMN cpu_line TEXT;       -- its CPU usage of the last hour as the path of a small chart; NULL: not measured | contract | vm | withhold | delete
ALTER TABLE vm ADD COLUMN cpu_percent INTEGER; -- of all its CPUs in the last minute of that hour | contract | vm | withhold | delete
ALTER TABLE vm ADD COLUMN standing TEXT GENERATED ALWAYS AS ( -- how it is doing, in four words for the list | contract | vm | withhold | delete
    CASE WHEN state IN ('failed', 'paused') OR unresponsive_at IS NOT NULL
            OR (state = 'destroying' AND last_error IS NOT NULL) THEN 'attention'
        WHEN state IN ('running', 'stopped') THEN state
        ELSE 'busy' END) VIRTUAL;
ALTER TABLE vm ADD COLUMN up_at INTEGER; -- when it last booted; NULL: it is off | contract | vm | export | delete
UPDATE vm SET up_at = state_at WHERE state = 'running';
CREATE INDEX vm_by_gone ON vm(team_id, gone_at DESC, id, name) WHERE gone_at IS NOT NULL;

-- One entry of the activity for each job, from its request to its end.
ALTER TABLE activity ADD COLUMN job_number INTEGER -- the job that it tells of; NULL: none | contract | vm | withhold | delete
    REFERENCES job(number) ON DELETE SET NULL;
ALTER TABLE activity ADD COLUMN took_ms INTEGER; -- how long that took; NULL: it is not done | contract | vm | export | delete
CREATE UNIQUE INDEX activity_by_job ON activity(job_number) WHERE job_number IS NOT NULL;
UPDATE activity SET what = CASE what WHEN 'create asked' THEN 'Creation requested'
    WHEN 'creation asked again' THEN 'Creation requested'
    WHEN 'snapshot taken' THEN 'Snapshot created'
    ELSE upper(substr(what, 1, 1)) || replace(substr(what, 2), ' asked', ' requested') END;
