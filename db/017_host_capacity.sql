-- What a host has, for the admin; 0 until the worker has asked it.
ALTER TABLE region_status ADD COLUMN vcpus INTEGER NOT NULL DEFAULT 0;     -- its processors | none | forever | withhold | keep
ALTER TABLE region_status ADD COLUMN memory_mb INTEGER NOT NULL DEFAULT 0; -- its memory | none | forever | withhold | keep
ALTER TABLE region_status ADD COLUMN disk_gb INTEGER NOT NULL DEFAULT 0;   -- the file system of the disks | none | forever | withhold | keep
ALTER TABLE region_status ADD COLUMN free_gb INTEGER NOT NULL DEFAULT 0;   -- what is free of it | none | forever | withhold | keep
