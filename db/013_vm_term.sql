-- The receipt of a destroyed VM stands by itself, and the VM's own record goes before it.

ALTER TABLE receipt RENAME TO receipt_part;

-- What is known of a destroyed VM for as long as its receipt is kept.
CREATE TABLE receipt (
    team_id INTEGER NOT NULL,          -- whose VM it was | legal | 7 years | withhold | keep
    gone_at INTEGER NOT NULL,          -- when it was completely destroyed | legal | 7 years | export | keep
    vm_id TEXT NOT NULL UNIQUE,        -- which VM | legal | 7 years | export | keep
    name TEXT NOT NULL,                -- its name then | legal | 7 years | export | keep
    region TEXT NOT NULL,              -- where it ran | legal | 7 years | export | keep
    image TEXT NOT NULL,               -- image it was created from | legal | 7 years | export | keep
    size TEXT NOT NULL,                -- entry of the price list | legal | 7 years | export | keep
    vcpus INTEGER NOT NULL,            -- its size | legal | 7 years | export | keep
    memory_mb INTEGER NOT NULL,        -- its size | legal | 7 years | export | keep
    disk_gb INTEGER NOT NULL,          -- its size | legal | 7 years | export | keep
    created_at INTEGER NOT NULL,       -- when it was requested | legal | 7 years | export | keep
    destroyed_by TEXT,                 -- who had it destroyed, as named then; NULL: unknown | legal | 7 years | export | anonymise
    took_ms INTEGER,                   -- how long that took; NULL: unknown | legal | 7 years | export | keep
    PRIMARY KEY (team_id, gone_at DESC, vm_id)
) STRICT, WITHOUT ROWID;
INSERT INTO receipt (team_id, gone_at, vm_id, name, region, image, size, vcpus, memory_mb, disk_gb,
    created_at, destroyed_by, took_ms)
SELECT v.team_id, v.gone_at, v.id, v.name, v.region, v.image, v.size, v.vcpus, v.memory_mb,
    v.disk_gb, v.created_at, CASE WHEN j.number IS NOT NULL THEN ifnull(p.name, 'Domicile') END,
    j.ended_at_ms - j.requested_at_ms
FROM vm v LEFT JOIN job j ON j.number = (SELECT max(d.number) FROM job d
    WHERE d.vm_id = v.id AND d.kind = 'destroy' AND d.state = 'done')
    LEFT JOIN person p ON p.id = j.person_id
WHERE v.gone_at IS NOT NULL;

DROP INDEX vm_by_gone;
CREATE INDEX vm_by_end ON vm(gone_at) WHERE gone_at IS NOT NULL;
