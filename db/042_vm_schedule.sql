-- Schedules of VMs: when one is started and stopped each week, and when a snapshot is taken each day.
ALTER TABLE vm ADD COLUMN zone TEXT; -- time zone of its schedules, by its name in the tz database; NULL: it has none | contract | vm | export | delete
ALTER TABLE vm ADD COLUMN run_days INTEGER NOT NULL DEFAULT 0; -- days on which it is started or stopped: 1 Monday, 2 Tuesday, 4 Wednesday ... | contract | vm | export | delete
ALTER TABLE vm ADD COLUMN start_minute INTEGER; -- minute of the day at which it is started; NULL: it is not | contract | vm | export | delete
ALTER TABLE vm ADD COLUMN stop_minute INTEGER; -- minute of the day at which it is stopped; NULL: it is not | contract | vm | export | delete
ALTER TABLE vm ADD COLUMN snapshot_minute INTEGER; -- minute of each day at which a snapshot is taken; NULL: none is | contract | vm | export | delete
ALTER TABLE vm ADD COLUMN snapshot_keep INTEGER; -- how many of those snapshots are kept; NULL: none is taken | contract | vm | export | delete
ALTER TABLE vm ADD COLUMN run_done_at INTEGER; -- until when its starts and stops are done | contract | vm | export | delete
ALTER TABLE vm ADD COLUMN snapshot_done_at INTEGER; -- until when its snapshots are done | contract | vm | export | delete
CREATE INDEX vm_schedules ON vm(team_id, id) WHERE gone_at IS NULL AND zone IS NOT NULL;
ALTER TABLE snapshot ADD COLUMN is_scheduled INTEGER NOT NULL DEFAULT 0; -- whether the schedule had it taken, and has it deleted | contract | vm | export | delete
