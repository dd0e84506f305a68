-- The guest agent of a VM, by which its SSH keys change while it runs.
ALTER TABLE vm ADD COLUMN has_agent INTEGER NOT NULL DEFAULT 0; -- whether its guest agent may change its SSH keys while it runs | contract | vm | export | delete
ALTER TABLE vm ADD COLUMN agent_started INTEGER NOT NULL DEFAULT 0; -- whether it was last started with that | contract | vm | export | delete
ALTER TABLE vm ADD COLUMN agent_failed INTEGER NOT NULL DEFAULT 0; -- the last change of its keys that its agent did not take | contract | vm | withhold | delete
ALTER TABLE vm ADD COLUMN setup_name INTEGER NOT NULL DEFAULT 0; -- number of the last change of its name, which only a start brings | contract | vm | withhold | delete
CREATE INDEX vm_agents ON vm(id) WHERE agent_started = 1 AND gone_at IS NULL;
ALTER TABLE image ADD COLUMN has_agent INTEGER NOT NULL DEFAULT 0; -- whether its VMs have a guest agent that changes SSH keys and does nothing else | none | forever | withhold | keep
-- Whether those that are there do is found out when they are read anew.
UPDATE image SET source = NULL;
