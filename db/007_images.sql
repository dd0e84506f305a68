-- Images as they were built: a VM keeps the build that it was created from, however often the image is
-- replaced afterwards.

CREATE TABLE image_version (
    id TEXT PRIMARY KEY,               -- hash of the files: names the build and its folder | none | forever | withhold | keep
    image TEXT NOT NULL,               -- which image of domicile.conf | none | forever | withhold | keep
    files TEXT NOT NULL,               -- size, time and inode of the stored files, to notice a change | none | forever | withhold | keep
    created_at INTEGER NOT NULL        -- when it was stored | none | forever | withhold | keep
) STRICT, WITHOUT ROWID;

CREATE TABLE image (
    name TEXT PRIMARY KEY,             -- section of domicile.conf | none | forever | withhold | keep
    version TEXT                       -- build that new VMs get, if it is usable | none | forever | withhold | keep
        REFERENCES image_version(id),
    source TEXT,                       -- size, time and inode of the operator's files when last read | none | forever | withhold | keep
    problem TEXT,                      -- why they cannot be used, for the operator | none | forever | withhold | keep
    checked_at INTEGER NOT NULL        -- when they were last looked at | none | forever | withhold | keep
) STRICT, WITHOUT ROWID;

ALTER TABLE vm ADD COLUMN image_version TEXT; -- build of the image under its disk; none in older VMs | contract | vm | withhold | delete
CREATE INDEX vm_by_image_version ON vm(image_version) WHERE gone_at IS NULL;
