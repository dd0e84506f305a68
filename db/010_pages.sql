-- How the pages look.

ALTER TABLE person ADD COLUMN theme TEXT -- colours of the pages; NULL: as the system | contract | account | export | delete
    CHECK (theme IN ('light', 'dark'));

-- One entry of the activity for each job, from its request to its end.
ALTER TABLE activity ADD COLUMN job_number INTEGER -- the job that it tells of; NULL: none | contract | vm | withhold | delete
    REFERENCES job(number) ON DELETE SET NULL;
ALTER TABLE activity ADD COLUMN took_ms INTEGER; -- how long that took; NULL: it is not done | contract | vm | export | delete
CREATE UNIQUE INDEX activity_by_job ON activity(job_number) WHERE job_number IS NOT NULL;
UPDATE activity SET what = CASE what WHEN 'create asked' THEN 'Creation requested'
    WHEN 'creation asked again' THEN 'Creation requested'
    WHEN 'snapshot taken' THEN 'Snapshot created'
    ELSE upper(substr(what, 1, 1)) || replace(substr(what, 2), ' asked', ' requested') END;
