-- The project of a team's key, to find it among others.
ALTER TABLE ssh_key ADD COLUMN project TEXT; -- what the key is for, as its team names it | contract | account | export | delete
