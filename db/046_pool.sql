-- VMs that are booted before anybody asks for one (worker/pool.c). They belong to nobody: whoever creates a VM that is
-- like one takes its row out and gets its id, disk and port (model/vm_pool.c).
CREATE TABLE pool_vm (
    id TEXT PRIMARY KEY,          -- its name on the host, and the id of the VM that it becomes | none | forever | withhold | keep
    region TEXT NOT NULL,         -- where it is | none | forever | withhold | keep
    image TEXT NOT NULL,          -- the image that it was made from | none | forever | withhold | keep
    image_version TEXT NOT NULL   -- the build of the image under its disk | none | forever | withhold | keep
        REFERENCES image_version(id),
    vcpus INTEGER NOT NULL,       -- its size | none | forever | withhold | keep
    memory_mb INTEGER NOT NULL,   -- the same | none | forever | withhold | keep
    disk_gb INTEGER NOT NULL,     -- the same | none | forever | withhold | keep
    ssh_port INTEGER,             -- its port, which no other VM gets; NULL: none yet | none | forever | withhold | keep
    state TEXT NOT NULL           -- whether it boots, can be taken, or is being removed | none | forever | withhold | keep
        CHECK (state IN ('making', 'ready', 'leaving')),
    state_at INTEGER NOT NULL     -- since when | none | forever | withhold | keep
) STRICT, WITHOUT ROWID;

-- What the operator wants to have ready, and why it is not: as the worker found it last.
CREATE TABLE pool (
    region TEXT NOT NULL,         -- where | none | forever | withhold | keep
    image TEXT NOT NULL,          -- of which image | none | forever | withhold | keep
    wanted INTEGER NOT NULL,      -- how many VMs, as configured | none | forever | withhold | keep
    problem TEXT,                 -- why there are not as many; NULL: nothing is in the way | none | forever | withhold | keep
    retry_at INTEGER NOT NULL,    -- when another is tried, after one that failed | none | forever | withhold | keep
    PRIMARY KEY (region, image)
) STRICT, WITHOUT ROWID;
