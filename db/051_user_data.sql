-- cloud-init user data of a new VM: it is kept until the VM has started, since it may hold secrets.
CREATE TABLE vm_user_data (
    vm_id TEXT PRIMARY KEY             -- which VM | contract | 1 days | export | delete
        REFERENCES vm(id) ON DELETE CASCADE,
    team_id INTEGER NOT NULL           -- whose VM | contract | 1 days | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,       -- when it was given | contract | 1 days | export | delete
    content TEXT NOT NULL              -- what cloud-init does in the VM at its first start; deleted once the VM has started | contract | 1 days | export | delete
) STRICT, WITHOUT ROWID;
CREATE INDEX vm_user_data_by_team ON vm_user_data(team_id);
CREATE INDEX vm_user_data_by_time ON vm_user_data(created_at);
ALTER TABLE vm ADD COLUMN has_user_data INTEGER NOT NULL DEFAULT 0; -- whether it was created with cloud-init user data | contract | vm | export | delete
ALTER TABLE image ADD COLUMN takes_user_data INTEGER NOT NULL DEFAULT 0; -- whether its VMs apply user data | none | forever | withhold | keep
-- Whether those that are there do is found out when they are read anew.
UPDATE image SET source = NULL;
