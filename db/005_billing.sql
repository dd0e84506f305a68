-- What teams subscribe to and pay. Stripe holds cards, addresses and the invoices themselves; this is
-- what is needed to determine a team's billing status, and to report its VMs' usage.

CREATE TABLE billing (
    team_id INTEGER PRIMARY KEY            -- team with this billing status | contract | account | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    plan TEXT NOT NULL                     -- billing status | contract | account | export | delete
        CHECK (plan IN ('none', 'trial', 'active', 'past_due', 'suspended', 'ended')),
    plan_at INTEGER NOT NULL,              -- since when | contract | account | export | delete
    until_at INTEGER,                      -- when it changes automatically | contract | account | export | delete
    warned_at INTEGER,                     -- when the owners were warned that VMs will be destroyed | contract | account | export | delete
    customer_key TEXT NOT NULL,            -- idempotency key, so that Stripe creates one customer | contract | account | withhold | delete
    customer_id TEXT UNIQUE,               -- the team at Stripe | contract | account | export | delete
    checkout_id TEXT,                      -- the open Checkout session | contract | account | withhold | delete
    subscription_id TEXT UNIQUE,           -- the subscription at Stripe | contract | account | export | delete
    status TEXT,                           -- Stripe's subscription status | contract | account | export | delete
    started_at INTEGER,                    -- when it started | contract | account | export | delete
    ended_at INTEGER,                      -- when it ended for good | contract | account | export | delete
    cancel_at INTEGER,                     -- when it will end | contract | account | export | delete
    trial_end_at INTEGER,                  -- end of the free trial | contract | account | export | delete
    period_start_at INTEGER,               -- start of the current billing period | contract | account | export | delete
    period_end_at INTEGER,                 -- and its end | contract | account | export | delete
    next_attempt_at INTEGER,               -- when a late payment is tried again | contract | account | export | delete
    metered_until_at INTEGER,              -- usage before this hour is in usage_report | contract | account | withhold | delete
    compared_at INTEGER,                   -- when it was last compared with Stripe's count | contract | account | withhold | delete
    synced_at INTEGER                      -- when all of this was last fetched from Stripe | contract | account | withhold | delete
) STRICT;
CREATE INDEX billing_by_plan ON billing(plan, until_at);

-- Invoices as far as they are listed. The links to the invoice itself are bearer links and are not kept.
CREATE TABLE invoice (
    team_id INTEGER NOT NULL               -- whose invoice | contract | account | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,           -- when it was created | contract | account | export | delete
    id TEXT NOT NULL UNIQUE,               -- the invoice at Stripe | contract | account | export | delete
    number TEXT,                           -- as printed on it | contract | account | export | delete
    status TEXT NOT NULL,                  -- draft, open, paid, void or uncollectible | contract | account | export | delete
    currency TEXT NOT NULL,                -- of all its amounts | contract | account | export | delete
    total_cents INTEGER NOT NULL,          -- with tax | contract | account | export | delete
    remaining_cents INTEGER NOT NULL,      -- not yet paid | contract | account | export | delete
    period_start_at INTEGER NOT NULL,      -- start of the billed period | contract | account | export | delete
    period_end_at INTEGER NOT NULL,        -- end of the billed period | contract | account | export | delete
    usage_cents INTEGER,                   -- amount of its usage line | contract | account | export | delete
    ledger_cents INTEGER,                  -- amount for that usage by our ledger | contract | account | export | delete
    PRIMARY KEY (team_id, created_at DESC, id)
) STRICT, WITHOUT ROWID;

-- Changes of a team's billing status, for its billing page.
CREATE TABLE billing_event (
    team_id INTEGER NOT NULL               -- team with this billing status | contract | account | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    at INTEGER NOT NULL,                   -- when | contract | account | export | delete
    id TEXT NOT NULL,                      -- deduplication key | contract | account | withhold | delete
    what TEXT NOT NULL,                    -- what happened, as text | contract | account | export | delete
    detail TEXT,                           -- more of it, e.g. an amount | contract | account | export | delete
    person_id INTEGER                      -- who did it; NULL: Stripe, or time | contract | account | withhold | anonymise
        REFERENCES person(id) ON DELETE SET NULL,
    PRIMARY KEY (team_id, at DESC, id),
    UNIQUE (team_id, id)
) STRICT, WITHOUT ROWID;

-- Billing requests to Stripe; the worker sends them, a page waits for the result.
CREATE TABLE billing_errand (
    id TEXT PRIMARY KEY,                   -- id in links, and idempotency key | contract | 1 days | withhold | delete
    team_id INTEGER NOT NULL               -- for which team | contract | 1 days | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    person_id INTEGER                      -- who requested it; only they get the result | contract | 1 days | withhold | delete
        REFERENCES person(id) ON DELETE CASCADE,
    kind TEXT NOT NULL                     -- what is requested | contract | 1 days | export | delete
        CHECK (kind IN ('checkout', 'portal', 'card', 'cancel', 'resume', 'invoice', 'pdf', 'end')),
    subject TEXT,                          -- the invoice, or the subscription to end | contract | 1 days | withhold | delete
    state TEXT NOT NULL                    -- processing state | contract | 1 days | export | delete
        CHECK (state IN ('queued', 'done', 'failed')),
    url TEXT,                              -- redirect target; valid for a few minutes | contract | 10 minutes | withhold | delete
    problem TEXT,                          -- why it failed, for the page | contract | 1 days | export | delete
    attempts INTEGER NOT NULL,             -- number of attempts | contract | 1 days | withhold | delete
    due_at_ms INTEGER NOT NULL,            -- earliest attempt | contract | 1 days | withhold | delete
    created_at INTEGER NOT NULL,           -- when it was requested | contract | 1 days | export | delete
    expires_at INTEGER NOT NULL            -- when the URL is deleted | contract | 1 days | withhold | delete
) STRICT, WITHOUT ROWID;
CREATE INDEX billing_errand_due ON billing_errand(due_at_ms) WHERE state = 'queued';
CREATE INDEX billing_errand_by_team ON billing_errand(team_id);

-- Usage per hour, as reported to Stripe's meter.
CREATE TABLE meter_push (
    team_id INTEGER NOT NULL               -- whose usage | contract | account | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    hour_at INTEGER NOT NULL,              -- start of the hour | contract | account | export | delete
    identifier TEXT NOT NULL UNIQUE,       -- deduplication identifier at Stripe | contract | account | export | delete
    value INTEGER NOT NULL,                -- cost in 1/1000 cents | contract | account | export | delete
    state TEXT NOT NULL                    -- processing state | contract | account | export | delete
        CHECK (state IN ('new', 'sent', 'confirmed', 'failed', 'different')),
    sent_at INTEGER,                       -- first attempt since Stripe last had no record of it | contract | account | withhold | delete
    attempts INTEGER NOT NULL,             -- number of attempts | contract | account | withhold | delete
    due_at INTEGER NOT NULL,               -- earliest attempt | contract | account | withhold | delete
    reason TEXT,                           -- why it failed, or what Stripe counts | contract | account | export | delete
    PRIMARY KEY (team_id, hour_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX meter_push_open ON meter_push(due_at) WHERE state IN ('new', 'sent');

-- Inconsistencies, for the operator.
CREATE TABLE billing_problem (
    id TEXT PRIMARY KEY,                   -- deduplication key | contract | 90 days | withhold | delete
    team_id INTEGER                        -- which team; NULL: all teams | contract | 90 days | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    seen_at INTEGER NOT NULL,              -- when it was last seen | contract | 90 days | withhold | delete
    what TEXT NOT NULL                     -- description | contract | 90 days | withhold | delete
) STRICT, WITHOUT ROWID;
CREATE INDEX billing_problem_by_team ON billing_problem(team_id);
