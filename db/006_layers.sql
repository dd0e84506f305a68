-- Tables and columns under their standard names; the states of a VM as a CHECK, from which sqlc generates
-- constants. Receipts and billing records refer to team, VM and person by id only and outlive
-- them. A team (and so a person) with VMs cannot be deleted: delete the VMs first, then the team.

ALTER TABLE vm_event RENAME TO activity;
DROP INDEX vm_event_by_vm;
CREATE INDEX activity_by_vm ON activity(vm_id, at_ms);
ALTER TABLE leftover RENAME TO orphan;
ALTER TABLE billing RENAME COLUMN status TO stripe_status;
ALTER TABLE billing RENAME COLUMN plan TO status;
ALTER TABLE billing RENAME COLUMN plan_at TO status_at;
DROP INDEX billing_by_plan;
CREATE INDEX billing_by_status ON billing(status, until_at);

CREATE TABLE vm_new (
    team_id INTEGER NOT NULL           -- whose VM it is | contract | vm | withhold | delete
        REFERENCES team(id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL,       -- when it was requested | contract | vm | export | delete
    id TEXT NOT NULL UNIQUE,           -- names it in links and on the host | contract | vm | export | delete
    person_id INTEGER                  -- who requested it | contract | vm | withhold | delete
        REFERENCES person(id) ON DELETE SET NULL,
    name TEXT NOT NULL,                -- name given by the team, also its host name | contract | vm | export | delete
    region TEXT NOT NULL,              -- where it runs | contract | vm | export | delete
    image TEXT NOT NULL,               -- image it was created from | contract | vm | export | delete
    size TEXT NOT NULL,                -- entry of the price list | contract | vm | export | delete
    vcpus INTEGER NOT NULL,            -- its size, counted in the quota | contract | vm | export | delete
    memory_mb INTEGER NOT NULL,        -- its size, counted in the quota | contract | vm | export | delete
    disk_gb INTEGER NOT NULL,          -- its size, counted in the quota | contract | vm | export | delete
    wanted TEXT NOT NULL               -- desired state | contract | vm | export | delete
        CHECK (wanted IN ('running', 'stopped', 'gone')),
    wanted_at INTEGER NOT NULL,        -- when the desired state was set | contract | vm | export | delete
    state TEXT NOT NULL                -- what the pages show | contract | vm | export | delete
        CHECK (state IN ('creating', 'starting', 'running', 'stopping', 'stopped', 'restarting',
                         'resizing', 'snapshotting', 'restoring', 'paused', 'resuming', 'failed',
                         'destroying', 'gone')),
    state_at INTEGER NOT NULL,         -- since when | contract | vm | export | delete
    observed TEXT NOT NULL             -- last state observed on the host | contract | vm | export | delete
        CHECK (observed IN ('absent', 'stopped', 'running', 'paused')),
    observed_at INTEGER NOT NULL,      -- when it was observed | contract | vm | export | delete
    unresponsive_at INTEGER,           -- since when the running guest has not responded | contract | vm | export | delete
    ssh_port INTEGER,                  -- host port forwarded to its SSH | contract | vm | export | delete
    host_key_public TEXT,              -- for the known_hosts line | contract | vm | export | delete
    host_key_fingerprint TEXT,         -- to compare at the first login | contract | vm | export | delete
    source_vm_id TEXT,                 -- the VM whose snapshot it was cloned from | contract | vm | export | delete
    source_snapshot_id TEXT,           -- that snapshot | contract | vm | export | delete
    last_error TEXT,                   -- why the last operation failed | contract | vm | export | delete
    gone_at INTEGER,                   -- when it was completely destroyed | contract | vm | export | delete
    PRIMARY KEY (team_id, created_at DESC, id)
) STRICT, WITHOUT ROWID;
INSERT INTO vm_new (team_id, created_at, id, person_id, name, region, image, size, vcpus,
    memory_mb, disk_gb, wanted, wanted_at, state, state_at, observed, observed_at,
    unresponsive_at, ssh_port, host_key_public, host_key_fingerprint, source_vm_id,
    source_snapshot_id, last_error, gone_at)
SELECT team_id, created_at, id, person_id, name, region, image, size, vcpus, memory_mb, disk_gb,
    wanted, wanted_at, state, state_at, observed, observed_at, silent_at, ssh_port,
    host_key_public, host_key_fingerprint, source_vm_id, source_snapshot_id, last_error, gone_at
    FROM vm;
DROP TABLE vm;
ALTER TABLE vm_new RENAME TO vm;
CREATE UNIQUE INDEX vm_by_name ON vm(team_id, name) WHERE gone_at IS NULL;
CREATE UNIQUE INDEX vm_by_port ON vm(region, ssh_port) WHERE gone_at IS NULL AND ssh_port IS NOT NULL;
CREATE INDEX vm_alive ON vm(region, id) WHERE gone_at IS NULL;

CREATE TABLE receipt_new (
    team_id INTEGER NOT NULL,          -- whose VM it was | legal | 7 years | withhold | keep
    vm_id TEXT NOT NULL,               -- which VM | legal | 7 years | export | keep
    position INTEGER NOT NULL,         -- order on the page | legal | 7 years | withhold | keep
    thing TEXT NOT NULL,               -- domain, snapshots, disk, seed, port | legal | 7 years | export | keep
    answer TEXT NOT NULL,              -- response of the host | legal | 7 years | export | keep
    removed_at INTEGER NOT NULL,       -- when the host confirmed it | legal | 7 years | export | keep
    PRIMARY KEY (team_id, vm_id, position)
) STRICT, WITHOUT ROWID;
INSERT INTO receipt_new (team_id, vm_id, position, thing, answer, removed_at)
SELECT team_id, vm_id, position, thing, answer, removed_at FROM receipt;
DROP TABLE receipt;
ALTER TABLE receipt_new RENAME TO receipt;

CREATE TABLE invoice_new (
    team_id INTEGER NOT NULL,              -- whose invoice | legal | 7 years | withhold | keep
    created_at INTEGER NOT NULL,           -- when it was created | legal | 7 years | export | keep
    id TEXT NOT NULL UNIQUE,               -- the invoice at Stripe | legal | 7 years | export | keep
    number TEXT,                           -- as printed on it | legal | 7 years | export | keep
    status TEXT NOT NULL,                  -- draft, open, paid, void or uncollectible | legal | 7 years | export | keep
    currency TEXT NOT NULL,                -- of all its amounts | legal | 7 years | export | keep
    total_cents INTEGER NOT NULL,          -- with tax | legal | 7 years | export | keep
    remaining_cents INTEGER NOT NULL,      -- not yet paid | legal | 7 years | export | keep
    period_start_at INTEGER NOT NULL,      -- start of the billed period | legal | 7 years | export | keep
    period_end_at INTEGER NOT NULL,        -- end of the billed period | legal | 7 years | export | keep
    usage_cents INTEGER,                   -- amount of its usage line | legal | 7 years | export | keep
    ledger_cents INTEGER,                  -- amount for that usage by our ledger | legal | 7 years | export | keep
    PRIMARY KEY (team_id, created_at DESC, id)
) STRICT, WITHOUT ROWID;
INSERT INTO invoice_new (team_id, created_at, id, number, status, currency, total_cents,
    remaining_cents, period_start_at, period_end_at, usage_cents, ledger_cents)
SELECT team_id, created_at, id, number, status, currency, total_cents, remaining_cents,
    period_start_at, period_end_at, usage_cents, ledger_cents FROM invoice;
DROP TABLE invoice;
ALTER TABLE invoice_new RENAME TO invoice;

CREATE TABLE billing_activity_new (
    team_id INTEGER NOT NULL,              -- team with this billing status | legal | 7 years | withhold | keep
    at INTEGER NOT NULL,                   -- when | legal | 7 years | export | keep
    id TEXT NOT NULL,                      -- deduplication key | legal | 7 years | withhold | keep
    what TEXT NOT NULL,                    -- what happened, as text | legal | 7 years | export | keep
    detail TEXT,                           -- more of it, e.g. an amount | legal | 7 years | export | keep
    person_id INTEGER,                     -- who did it; NULL: Stripe, or time | legal | 7 years | withhold | anonymise
    PRIMARY KEY (team_id, at DESC, id),
    UNIQUE (team_id, id)
) STRICT, WITHOUT ROWID;
INSERT INTO billing_activity_new (team_id, at, id, what, detail, person_id)
SELECT team_id, at, id, what, detail, person_id FROM billing_event;
DROP TABLE billing_event;
ALTER TABLE billing_activity_new RENAME TO billing_activity;

CREATE TABLE usage_report_new (
    team_id INTEGER NOT NULL,              -- whose usage | legal | 7 years | withhold | keep
    hour_at INTEGER NOT NULL,              -- start of the hour | legal | 7 years | export | keep
    identifier TEXT NOT NULL UNIQUE,       -- deduplication identifier at Stripe | legal | 7 years | export | keep
    value INTEGER NOT NULL,                -- cost in 1/1000 cents | legal | 7 years | export | keep
    state TEXT NOT NULL                    -- processing state | legal | 7 years | export | keep
        CHECK (state IN ('new', 'sent', 'confirmed', 'failed', 'different')),
    sent_at INTEGER,                       -- first attempt since Stripe last had no record of it | legal | 7 years | withhold | keep
    attempts INTEGER NOT NULL,             -- number of attempts | legal | 7 years | withhold | keep
    due_at INTEGER NOT NULL,               -- earliest attempt | legal | 7 years | withhold | keep
    reason TEXT,                           -- why it failed, or what Stripe counts | legal | 7 years | export | keep
    PRIMARY KEY (team_id, hour_at)
) STRICT, WITHOUT ROWID;
INSERT INTO usage_report_new (team_id, hour_at, identifier, value, state, sent_at, attempts,
    due_at, reason)
SELECT team_id, hour_at, identifier, value, state, sent_at, attempts, due_at, reason FROM
    meter_push;
DROP TABLE meter_push;
ALTER TABLE usage_report_new RENAME TO usage_report;
CREATE INDEX usage_report_open ON usage_report(due_at) WHERE state IN ('new', 'sent');

-- Jobs of every kind: for a VM, or for another subject, such as a billing request.
CREATE TABLE job_new (
    number INTEGER PRIMARY KEY,        -- order in which jobs were requested | contract | vm | export | delete
    id TEXT NOT NULL UNIQUE,           -- names the job in links and to other services | contract | vm | export | delete
    team_id INTEGER NOT NULL           -- whose job | contract | vm | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    subject_kind TEXT NOT NULL         -- subject or occasion | contract | vm | export | delete
        CHECK (subject_kind IN ('vm', 'team', 'invoice', 'subscription')),
    subject_id TEXT NOT NULL,          -- id of the subject: ours, or at Stripe | contract | vm | withhold | delete
    vm_id TEXT                         -- the VM that it operates on, if any | contract | vm | export | delete
        REFERENCES vm(id) ON DELETE CASCADE,
    kind TEXT NOT NULL,                -- what is to be done, with a VM: create, start, stop, restart, resize, snapshot, snapshot_delete, restore, resume, destroy; at Stripe: checkout, portal, card, cancel, resume, invoice, pdf, end | contract | vm | export | delete
    state TEXT NOT NULL                -- processing state | contract | vm | export | delete
        CHECK (state IN ('queued', 'running', 'done', 'failed', 'dropped')),
    person_id INTEGER                  -- who requested it | contract | vm | withhold | delete
        REFERENCES person(id) ON DELETE SET NULL,
    snapshot_id TEXT,                  -- of snapshot, restore, snapshot_delete | contract | vm | export | delete
    requested_at_ms INTEGER NOT NULL,  -- when it was requested | contract | vm | export | delete
    due_at_ms INTEGER NOT NULL,        -- earliest start (delayed for a retry) | contract | vm | withhold | delete
    attempts INTEGER NOT NULL,         -- number of attempts | contract | vm | export | delete
    ended_at_ms INTEGER,               -- when it was done or given up | contract | vm | export | delete
    error TEXT                         -- why the last attempt failed | contract | vm | export | delete
) STRICT;
INSERT INTO job_new (number, id, team_id, subject_kind, subject_id, vm_id, kind, state, person_id,
    snapshot_id, requested_at_ms, due_at_ms, attempts, ended_at_ms, error)
SELECT id, replace(replace(replace(replace(lower(hex(randomblob(8))), '0', 'g'), '1', 'h'), '8',
    'i'), '9', 'j'), team_id, 'vm', vm_id, vm_id, kind, state, person_id, snapshot_id,
    requested_at_ms, due_at_ms, attempts, ended_at_ms, error FROM job;
INSERT INTO job_new (id, team_id, subject_kind, subject_id, kind, state, person_id,
    requested_at_ms, due_at_ms, attempts)
SELECT id, team_id, CASE WHEN kind IN ('invoice', 'pdf') THEN 'invoice' WHEN kind = 'end'
    THEN 'subscription' ELSE 'team' END, ifnull(subject, team_id), kind, state, person_id,
    created_at * 1000, due_at_ms, attempts FROM billing_errand;

CREATE TABLE job_step_new (
    team_id INTEGER NOT NULL           -- whose job | contract | vm | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    job_number INTEGER NOT NULL        -- which job | contract | vm | export | delete
        REFERENCES job(number) ON DELETE CASCADE,
    position INTEGER NOT NULL,         -- order of the steps, from 0 | contract | vm | export | delete
    name TEXT NOT NULL,                -- what is being done | contract | vm | export | delete
    started_at_ms INTEGER,             -- last start | contract | vm | export | delete
    ended_at_ms INTEGER,               -- when it was done | contract | vm | export | delete
    PRIMARY KEY (job_number, position)
) STRICT, WITHOUT ROWID;
INSERT INTO job_step_new SELECT team_id, job_id, position, name, started_at_ms, ended_at_ms
FROM job_step;
DROP TABLE job_step;
DROP TABLE job;
ALTER TABLE job_new RENAME TO job;
ALTER TABLE job_step_new RENAME TO job_step;
CREATE UNIQUE INDEX job_queued ON job(vm_id) WHERE state = 'queued' AND vm_id IS NOT NULL;
CREATE UNIQUE INDEX job_running ON job(vm_id) WHERE state = 'running' AND vm_id IS NOT NULL;
CREATE INDEX job_due ON job(due_at_ms) WHERE state = 'queued';
CREATE INDEX job_open_billing ON job(due_at_ms)
    WHERE state IN ('queued', 'running') AND subject_kind <> 'vm';
CREATE INDEX job_by_vm ON job(vm_id, number);
CREATE INDEX job_by_team ON job(team_id);
CREATE INDEX job_done ON job(kind, number) WHERE state = 'done';
CREATE INDEX job_step_by_team ON job_step(team_id);

-- The result of a billing job, for the page that waits for it.
CREATE TABLE billing_request (
    job_id TEXT PRIMARY KEY                -- which job | contract | 1 days | export | delete
        REFERENCES job(id) ON DELETE CASCADE,
    team_id INTEGER NOT NULL               -- for which team | contract | 1 days | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    url TEXT,                              -- redirect target; valid for a few minutes | contract | 10 minutes | withhold | delete
    problem TEXT,                          -- why it failed, for the page | contract | 1 days | export | delete
    expires_at INTEGER NOT NULL            -- when the URL is deleted | contract | 1 days | withhold | delete
) STRICT, WITHOUT ROWID;
CREATE INDEX billing_request_by_team ON billing_request(team_id);
INSERT INTO billing_request SELECT id, team_id, url, problem, expires_at FROM billing_errand;
DROP TABLE billing_errand;
