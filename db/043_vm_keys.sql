-- Keys and name of an existing VM, which its guest takes from a seed at a start. Changes are numbered for each VM: a
-- guest that has taken number 3 lacks what has a higher one.
ALTER TABLE vm ADD COLUMN setup_wanted INTEGER NOT NULL DEFAULT 0; -- number of the last change of its keys or its name | contract | vm | withhold | delete
ALTER TABLE vm ADD COLUMN setup_seeded INTEGER NOT NULL DEFAULT 0; -- the last change in the seed that it was started with | contract | vm | withhold | delete
ALTER TABLE vm ADD COLUMN setup_taken INTEGER NOT NULL DEFAULT 0; -- the last change that its guest has taken | contract | vm | withhold | delete
ALTER TABLE vm_key ADD COLUMN change INTEGER NOT NULL DEFAULT 0; -- number of the change that added or removed it; 0: the VM was made with it | contract | vm | withhold | delete
ALTER TABLE vm_key ADD COLUMN is_removed INTEGER NOT NULL DEFAULT 0; -- 1: to be removed, but the VM accepts it until it has taken the change | contract | vm | export | delete
ALTER TABLE snapshot ADD COLUMN setup_taken INTEGER NOT NULL DEFAULT 0; -- the last change that the guest had taken then | contract | vm | withhold | delete
