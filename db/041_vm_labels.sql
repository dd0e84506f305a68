-- What a team writes on its VMs: the project, tags to filter by, and a note.
ALTER TABLE vm ADD COLUMN project TEXT; -- the project that the team has it for; NULL: none | contract | vm | export | delete
ALTER TABLE vm ADD COLUMN tags TEXT; -- words to find it by, each once, in order, with spaces between; NULL: none | contract | vm | export | delete
ALTER TABLE vm ADD COLUMN note TEXT; -- what the team notes about it; NULL: nothing | contract | vm | export | delete
CREATE INDEX vm_labels ON vm(team_id, id, project, tags) WHERE gone_at IS NULL AND (project IS NOT NULL OR tags IS NOT NULL);
