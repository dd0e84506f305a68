-- What lists, counts and quotas read of the existing VMs comes from an index alone, not from their
-- rows. SQLite never takes a generated column from an index, so the expression moves to a view;
-- gone_at is in the index because its condition would be looked up in the row otherwise.

ALTER TABLE vm DROP COLUMN standing;
CREATE INDEX vm_entries ON vm(team_id, gone_at, created_at DESC, id, name, state, unresponsive_at,
                              last_error, vcpus, memory_mb, disk_gb) WHERE gone_at IS NULL;
CREATE VIEW vm_entry AS -- existing VMs; standing: how one is doing, in four words
SELECT team_id, created_at, id, name, state, vcpus, memory_mb, disk_gb,
       CASE WHEN state IN ('failed', 'paused') OR unresponsive_at IS NOT NULL
                OR (state = 'destroying' AND last_error IS NOT NULL) THEN 'attention'
            WHEN state IN ('running', 'stopped') THEN state
            ELSE 'busy' END AS standing
FROM vm INDEXED BY vm_entries WHERE gone_at IS NULL;
