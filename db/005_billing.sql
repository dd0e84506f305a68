-- What teams subscribe to and pay. Stripe holds cards, addresses and the invoices themselves; this is
-- what is needed to say where a team stands, and to hand in what its VMs used.

CREATE TABLE billing (
    team_id INTEGER PRIMARY KEY            -- whose plan | contract | account | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    plan TEXT NOT NULL                     -- where the team stands; see cgi/model/plan_state.c | contract | account | export | delete
        CHECK (plan IN ('none', 'trial', 'active', 'past_due', 'suspended', 'ended')),
    plan_at INTEGER NOT NULL,              -- since when | contract | account | export | delete
    until_at INTEGER,                      -- when that changes by itself | contract | account | export | delete
    warned_at INTEGER,                     -- when the owners were told that VMs will be destroyed | contract | account | export | delete
    customer_key TEXT NOT NULL,            -- so that Stripe makes one customer, however often it is asked | contract | account | withhold | delete
    customer_id TEXT UNIQUE,               -- the team at Stripe | contract | account | export | delete
    checkout_id TEXT,                      -- the payment page that is open | contract | account | withhold | delete
    subscription_id TEXT UNIQUE,           -- the subscription at Stripe | contract | account | export | delete
    status TEXT,                           -- what Stripe calls its state | contract | account | export | delete
    started_at INTEGER,                    -- when it began | contract | account | export | delete
    ended_at INTEGER,                      -- when it ended for good | contract | account | export | delete
    cancel_at INTEGER,                     -- when it will end | contract | account | export | delete
    trial_end_at INTEGER,                  -- until when it costs nothing | contract | account | export | delete
    period_start_at INTEGER,               -- of the period that the next invoice is for | contract | account | export | delete
    period_end_at INTEGER,                 -- and its end | contract | account | export | delete
    next_attempt_at INTEGER,               -- when a late payment is tried again | contract | account | export | delete
    metered_until_at INTEGER,              -- use before this hour stands in meter_push | contract | account | withhold | delete
    compared_at INTEGER,                   -- when Stripe's count was last compared with it | contract | account | withhold | delete
    synced_at INTEGER                      -- when all of this was last fetched from Stripe | contract | account | withhold | delete
) STRICT;
CREATE INDEX billing_by_plan ON billing(plan, until_at);

-- Invoices as far as they are listed. The links to the invoice itself are bearer links and are not kept.
CREATE TABLE invoice (
    team_id INTEGER NOT NULL               -- whose invoice | contract | account | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,           -- when it was made | contract | account | export | delete
    id TEXT NOT NULL UNIQUE,               -- the invoice at Stripe | contract | account | export | delete
    number TEXT,                           -- as printed on it | contract | account | export | delete
    status TEXT NOT NULL,                  -- draft, open, paid, void or uncollectible | contract | account | export | delete
    currency TEXT NOT NULL,                -- of all its amounts | contract | account | export | delete
    total_cents INTEGER NOT NULL,          -- with tax | contract | account | export | delete
    remaining_cents INTEGER NOT NULL,      -- not yet paid | contract | account | export | delete
    period_start_at INTEGER NOT NULL,      -- what it is for | contract | account | export | delete
    period_end_at INTEGER NOT NULL,        -- and until when | contract | account | export | delete
    usage_cents INTEGER,                   -- its line for use | contract | account | export | delete
    ledger_cents INTEGER,                  -- what our own ledger says of that use | contract | account | export | delete
    PRIMARY KEY (team_id, created_at DESC, id)
) STRICT, WITHOUT ROWID;

-- What happened to a team's plan, for its billing page.
CREATE TABLE billing_event (
    team_id INTEGER NOT NULL               -- whose plan | contract | account | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    at INTEGER NOT NULL,                   -- when | contract | account | export | delete
    id TEXT NOT NULL,                      -- names the occasion, so that it counts once | contract | account | withhold | delete
    what TEXT NOT NULL,                    -- what happened, in words | contract | account | export | delete
    detail TEXT,                           -- more of it, e.g. an amount | contract | account | export | delete
    person_id INTEGER                      -- who did it; NULL: Stripe, or time | contract | account | withhold | anonymise
        REFERENCES person(id) ON DELETE SET NULL,
    PRIMARY KEY (team_id, at DESC, id),
    UNIQUE (team_id, id)
) STRICT, WITHOUT ROWID;

-- What somebody has asked Stripe for; the worker asks, a page waits for the answer.
CREATE TABLE billing_errand (
    id TEXT PRIMARY KEY,                   -- names it in links, and to Stripe | contract | 1 days | withhold | delete
    team_id INTEGER NOT NULL               -- for which team | contract | 1 days | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    person_id INTEGER                      -- who asked, and who alone gets the answer | contract | 1 days | withhold | delete
        REFERENCES person(id) ON DELETE CASCADE,
    kind TEXT NOT NULL                     -- what is asked for | contract | 1 days | export | delete
        CHECK (kind IN ('checkout', 'portal', 'card', 'cancel', 'resume', 'invoice', 'pdf', 'end')),
    subject TEXT,                          -- the invoice, or the subscription to end | contract | 1 days | withhold | delete
    state TEXT NOT NULL                    -- how far it is | contract | 1 days | export | delete
        CHECK (state IN ('queued', 'done', 'failed')),
    url TEXT,                              -- where the browser goes on; for a few minutes | contract | 10 minutes | withhold | delete
    problem TEXT,                          -- why it failed, for the page | contract | 1 days | export | delete
    attempts INTEGER NOT NULL,             -- how often it was tried | contract | 1 days | withhold | delete
    due_at_ms INTEGER NOT NULL,            -- not before then | contract | 1 days | withhold | delete
    created_at INTEGER NOT NULL,           -- when it was asked for | contract | 1 days | export | delete
    expires_at INTEGER NOT NULL            -- the address is forgotten then | contract | 1 days | withhold | delete
) STRICT, WITHOUT ROWID;
CREATE INDEX billing_errand_due ON billing_errand(due_at_ms) WHERE state = 'queued';
CREATE INDEX billing_errand_by_team ON billing_errand(team_id);

-- Use, hour by hour, as handed in to Stripe's meter.
CREATE TABLE meter_push (
    team_id INTEGER NOT NULL               -- whose use | contract | account | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    hour_at INTEGER NOT NULL,              -- the hour's begin | contract | account | export | delete
    identifier TEXT NOT NULL UNIQUE,       -- its name there: counts once | contract | account | export | delete
    value INTEGER NOT NULL,                -- cost in 1/1000 cents | contract | account | export | delete
    state TEXT NOT NULL                    -- how far it is | contract | account | export | delete
        CHECK (state IN ('new', 'sent', 'confirmed', 'failed', 'different')),
    sent_at INTEGER,                       -- first tried, since Stripe last had nothing of it | contract | account | withhold | delete
    attempts INTEGER NOT NULL,             -- how often it was tried | contract | account | withhold | delete
    due_at INTEGER NOT NULL,               -- not before then | contract | account | withhold | delete
    reason TEXT,                           -- why it failed, or what Stripe counts | contract | account | export | delete
    PRIMARY KEY (team_id, hour_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX meter_push_open ON meter_push(due_at) WHERE state IN ('new', 'sent');

-- What does not add up: for the operator.
CREATE TABLE billing_problem (
    id TEXT PRIMARY KEY,                   -- names it: seen twice, told once | contract | 90 days | withhold | delete
    team_id INTEGER                        -- of which team; NULL: of all | contract | 90 days | withhold | delete
        REFERENCES team(id) ON DELETE CASCADE,
    seen_at INTEGER NOT NULL,              -- when it was seen last | contract | 90 days | withhold | delete
    what TEXT NOT NULL                     -- in words | contract | 90 days | withhold | delete
) STRICT, WITHOUT ROWID;
CREATE INDEX billing_problem_by_team ON billing_problem(team_id);
