/* Every limit, defined once. nginx.conf repeats the two body sizes, which it enforces first. */
#pragma once

enum {
    /* A request (security.md: "too large is 413, malformed is 400"). */
    LIMIT_BODY_BYTES = 64 * 1024, /* forms; nginx: client_max_body_size */
    /* The form for a new VM, whose user data takes up to three times as much in it; nginx: /vms */
    LIMIT_NEW_VM_BYTES = 256 * 1024,
    LIMIT_USER_DATA_BYTES = 64 * 1024,
    LIMIT_AGENT_S = 5,                  /* for an answer of a guest agent */
    LIMIT_USER_DATA_KEEP_S = 24 * 3600, /* of a VM that has not started */
    LIMIT_PATH_BYTES = 1024,
    LIMIT_QUERY_BYTES = 2048,
    LIMIT_COOKIE_BYTES = 4096,
    LIMIT_FORM_FIELDS = 128, /* a new VM with every key of its team */
    LIMIT_ENVIRONMENT = 128, /* FastCGI parameters of one request */
    LIMIT_REQUEST_ARENA_BYTES = 8 * 1024 * 1024,
    LIMIT_KEPT_PAGES = 16,                        /* for visitors without a session */
    LIMIT_POLICY_ARENA_BYTES = 8 * 1024 * 1024,   /* of a published policy, parsed */
    LIMIT_AUDIT_ARENA_BYTES = 4 * 1024 * 1024,    /* of LIMIT_AUDIT_ROWS places of a chain */
    LIMIT_AUDIT_LINE_BYTES = 64 * 1024,           /* of a file with a chain */
    LIMIT_AUDIT_INPUT_BYTES = 1024 * 1024 * 1024, /* of all parts of one, on standard input */
    LIMIT_AUDIT_FILE_BYTES = 1024 * 1024,         /* of such a file, about */
    LIMIT_LOOK_S = 15 * 60,                       /* of the operator at a console or a disk */
    LIMIT_CONSOLE_BYTES = 64 * 1024, /* of a VM that cannot be reached: the last ones */
    LIMIT_CONSOLES = 16,             /* that are read at once */
    LIMIT_CONSOLE_EVERY_MS = 1000,   /* a look at which these are */
    LIMIT_CONSOLE_ASK_MS = 3000,     /* a page waits for one */
    LIMIT_AUDIT_ROWS = 500,          /* that are read, or chained, at once */
    LIMIT_RECEIPT_ROWS = 200,        /* signed receipts that are verified at once */
    LIMIT_RECEIPT_ARENA_BYTES = 16 * 1024 * 1024,
    LIMIT_JOB_ARENA_BYTES = 16 * 1024 * 1024,
    LIMIT_LIST_ROWS = 25,    /* of one page of a list */
    LIMIT_CHART_TICKS = 40,  /* events in the charts of a VM */
    LIMIT_CONNECTIONS = 512, /* kept open by one FastCGI process */

    /* Webhooks (security.md section 0). */
    LIMIT_EVENT_BYTES = 1024 * 1024, /* nginx: client_max_body_size of /webhooks/ */
    LIMIT_SIGNATURE_BYTES = 1024,    /* the header: several values while a secret is rotated */
    LIMIT_EVENT_ID_BYTES = 100,
    LIMIT_EVENT_TYPE_BYTES = 100,
    LIMIT_STRIPE_SKEW_S = 300, /* between a signature's time and ours, in either direction */
    LIMIT_WORKOS_SKEW_S = 180,
    LIMIT_EVENT_ATTEMPTS = 16,   /* with the delays below: about five hours, then it is parked */
    LIMIT_EVENT_PAUSE_MS = 1000, /* after the first failure, doubled after each further one */
    LIMIT_EVENT_PAUSE_MAX_MS = 3600 * 1000,
    LIMIT_EVENT_GAP_MS = 2,              /* between two events, in which others can write */
    LIMIT_EVENT_KEEP_S = 90 * 24 * 3600, /* how long a repeated event is recognized */
    LIMIT_EVENT_AFTER_S = 30 * 60, /* longer than in its inbox: there alone it would look new */
    LIMIT_INBOX_SWEEP_S = 10 * 60,
    LIMIT_EVENT_BACKFILL_S = 5 * 60, /* how often missed events are fetched from WorkOS */
    LIMIT_BATCH = 64,                /* events that share a commit */
    LIMIT_BATCH_BYTES = 8 * 1024 * 1024,
    LIMIT_RECEIVER_ARENA_BYTES = 64 * 1024 * 1024,

    /* The log. */
    LIMIT_LOG_LINES = 16,      /* different lines of a process of which repeats are noticed */
    LIMIT_LOG_EVERY_MS = 1000, /* between two that are alike */
    LIMIT_LOG_DAY_BYTES = 64 * 1024 * 1024, /* of a day, twice: see helper/log_keeper.c */
    LIMIT_CROWD = 10, /* teams, or requests of visitors: fewer are not counted by themselves */
    LIMIT_CROWD_CELLS = 128,                /* kinds of requests of a program */
    LIMIT_COUNT_CELLS = 2048,               /* kinds of requests of a day */
    LIMIT_SOURCE_BYTES = 100,               /* the host that a visitor comes from */
    LIMIT_COUNT_TOOK_US = 10 * 1000 * 1000, /* one request that took longer does not stand out */
    LIMIT_COUNT_AFTER_S = 10 * 60,          /* from the end of a day until its log is complete */
    LIMIT_FAILURE_PAUSE_MS = 1000,          /* after a failure in a loop of the worker */
    LIMIT_START_PAUSE_MS = 5000, /* after a failed start: the program is started again at once */

    /* The network of guests. */
    LIMIT_PORTS = 40000,                 /* of a region; each may need one for a resolver */
    LIMIT_INTERNET_NAMES = 32,           /* that a VM may reach, if not all; see guest_access.sh */
    LIMIT_GUEST_FRAMES = 256,            /* of a guest that has no time for them yet */
    LIMIT_GUEST_CONNECTIONS_S = 50,      /* that a guest may begin in a second */
    LIMIT_GUEST_CONNECTIONS_BURST = 200, /* and at once, after a pause */

    /* The database. */
    LIMIT_DB_BUSY_MS = 5000,
    LIMIT_DB_LOG_EVERY_S = 5, /* how long deleted content may stay in the write-ahead log */
    LIMIT_DB_LOG_WAIT_MS = 50,
    LIMIT_DB_COMPACT_EVERY_S = 24 * 3600,
    LIMIT_DB_COMPACT_BYTES = 256 * 1024 * 1024, /* in memory while it is written anew */
    LIMIT_SWEEP_ROWS = 500,                     /* deleted by age in one transaction */
    LIMIT_SWEEP_TRANSACTIONS = 10,              /* then other work of the worker has its turn */
    LIMIT_SWEEP_GAP_MS = 10,                    /* between two of them, in which others can write */

    /* A session (ASVS 5.0 7.3.1, 7.3.2: both limits documented). */
    LIMIT_SESSION_IDLE_S = 14 * 24 * 3600,
    LIMIT_WORKOS_SESSION_IDLE_S = 7 * 24 * 3600, /* see model/term.h */
    LIMIT_SESSION_S = 30 * 24 * 3600,
    LIMIT_SIGNED_OUT_SESSION_S = 10 * 60, /* a sign-in in progress */
    LIMIT_FRESH_S = 10 * 60,              /* how long a sign-in suffices for what is sensitive */
    LIMIT_ADMIN_S = 12 * 3600,            /* and for the admin's pages */
    LIMIT_SUSPENSION_REASON = 200,        /* characters */
    LIMIT_ANNOUNCEMENT = 500,             /* the same */
    LIMIT_ANNOUNCEMENTS = 3,              /* that the status page shows */
    LIMIT_ANNOUNCEMENTS_KEPT = 20,        /* by each process, of now and later */
    LIMIT_ANNOUNCEMENT_ARENA_BYTES = 256 * 1024, /* for these */
    LIMIT_ANNOUNCEMENT_DAYS = 90,                /* for how long one is shown at most */
    LIMIT_QUOTA = 1000000,                       /* of any part of a team's quota */
    LIMIT_SEEN_EVERY_S = 60,                     /* how often "last seen" is written */
    LIMIT_SIGNIN_LINK_S = 10 * 60,
    LIMIT_ACCESS_REQUEST_S = 30 * 24 * 3600, /* from when it was made */
    LIMIT_ACCESS_REQUESTS = 500,
    LIMIT_ACCESS_REQUESTS_PER_HOUR = 30,
    LIMIT_ACCESS_NOTE_CHARACTERS = 200,
    LIMIT_PASSKEYS = 10,                   /* of a person */
    LIMIT_PASSKEY_CHALLENGE_S = 10 * 60,   /* to sign what a page has asked for */
    LIMIT_PASSKEY_ID_CHARACTERS = 1364,    /* 1023 bytes (WebAuthn 6.5.1) in base64url */
    LIMIT_PASSKEY_FIELD_CHARACTERS = 8192, /* of what a browser sends for one */

    /* Teams. */
    LIMIT_TEAMS_OWNED = 10,           /* by a person, with the personal one */
    LIMIT_TEAM_PEOPLE = 25,           /* in a team, with open invites: they are one list */
    LIMIT_INVITE_S = 7 * 24 * 3600,   /* an invite is valid for, and its row kept */
    LIMIT_INVITE_MAILS_PER_HOUR = 10, /* that one person has sent */
    LIMIT_INVITES_PER_ADDRESS = 3,    /* in a day, by one team */
    LIMIT_INVITED_PER_ADDRESS = 10,   /* in a day, by all teams */
    LIMIT_INVITE_SIGNINS = 5,         /* sign-in links for people without an account, by a link */

    /* A change of the e-mail address. */
    LIMIT_EMAIL_CHANGE_S = 24 * 3600, /* both links are valid for */
    LIMIT_EMAIL_CHANGES_PER_DAY = 5,  /* of a person, and for an address */

    /* Requests about personal data. */
    LIMIT_REQUEST_URGENT_AFTER_S = 28 * 24 * 3600, /* the day on which it was received */
    LIMIT_REQUEST_URGENT_S = 3 * 24 * 3600,        /* before an extended one is due */
    LIMIT_REQUEST_TEXT_CHARACTERS = 2000,          /* of a reason or an answer */
    LIMIT_REQUEST_KEEP_S = 3 * 366 * 24 * 3600,

    /* SSH keys (security.md section 0). */
    LIMIT_KEY_FIELD_BYTES = 16 * 1024,
    LIMIT_KEY_COMMENT_BYTES = 255,
    LIMIT_KEYS_PER_TEAM = 100,
    LIMIT_IMPORTED_KEYS = 20, /* from GitHub at once */
    LIMIT_RSA_BITS_MIN = 2048,
    LIMIT_RSA_BITS_MAX = 8192,

    /* VMs. */
    LIMIT_HOST_NAME_BYTES = 63,   /* RFC 1123: one label of a host name */
    LIMIT_LABEL_CHARACTERS = 100, /* names of keys, snapshots, users */
    LIMIT_SNAPSHOTS_PER_VM = 20,
    LIMIT_SCHEDULED_SNAPSHOTS = 10,
    LIMIT_TAGS = 10, /* of a VM */
    LIMIT_TAG_BYTES = 30,
    LIMIT_LABELS_SHOWN = 20, /* projects and tags above the list of VMs */
    LIMIT_PROJECT_CHARACTERS = 40,
    LIMIT_NOTE_CHARACTERS = 1000,
    LIMIT_JOB_ATTEMPTS = 3, /* before a job needs attention; destroying never gives up */
    LIMIT_JOB_BACKOFF_S = 60,
    LIMIT_STOP_S = 30,     /* ACPI power button, then forced off */
    LIMIT_BOOT_KVM_S = 90, /* until SSH responds */
    LIMIT_BOOT_TCG_S = 300,
    LIMIT_BOOT_FACTOR = 3,        /* or this many times the image's slowest recent boot */
    LIMIT_ROOM_MB = 256,          /* the least free space on a host to write more to its disks */
    LIMIT_AUTOSTART_AFTER_S = 60, /* a VM that ran for less is not started again by itself */
    LIMIT_SSH_TRY_MS = 1500,    /* of a guest that boots: packets of before its network are lost */
    LIMIT_SSH_UP_TRY_MS = 5000, /* once it has refused a connection */
    LIMIT_SSH_EXCHANGE_MS = 4000, /* more for a server that has begun to speak */
    LIMIT_USAGE_EVERY_S = 15,
    LIMIT_LIFE_EVERY_S = 10,          /* between two looks at which lives of VMs end */
    LIMIT_LIFE_WARN_S = 10 * 60,      /* before a VM is stopped or destroyed by time */
    LIMIT_USE_EVERY_S = 60,           /* over which it is measured whether a VM is used */
    LIMIT_USE_GAP_S = 180,            /* unmeasured for longer counts as use */
    LIMIT_USE_CPU_PERCENT = 10,       /* of one vCPU: more is use */
    LIMIT_USE_NETWORK_BYTES = 2048,   /* in that time, where connections cannot be seen: the same */
    LIMIT_USAGE_TIMEOUT_MS = 3000,    /* a guest that takes longer is "not responding" */
    LIMIT_ERASURE_EVERY_S = 10,       /* between two looks at which deletions are due */
    LIMIT_ERASURE_TRIES = 8,          /* of a step at each look; after that less and less often, */
    LIMIT_ERASURE_PAUSE_S = 20,       /* first after this time, */
    LIMIT_ERASURE_PAUSE_MAX_S = 3600, /* and at least so often */
    LIMIT_ERASURE_ADDRESSES = 20,     /* of the page of one, before sign-in links make no more */
    LIMIT_USAGE_KEEP_S = 30 * 24 * 3600, /* quarters of an hour */
    LIMIT_MINUTES_KEEP_S = 24 * 3600,
    LIMIT_ABOUT_EVERY_S = 5 * 60,          /* between two measurements of the server itself */
    LIMIT_POLICY_AHEAD_S = 366 * 86400,    /* how far ahead a change of the policies is announced */
    LIMIT_POLICY_WATCH_S = 60,             /* between two looks at which policy is in force */
    LIMIT_PROMISE_EVERY_S = 60,            /* between two looks at which promises are due */
    LIMIT_SECURITY_TXT_S = 90 * 24 * 3600, /* security.txt is valid for; under a year is advised */
    LIMIT_PROMISE_SWEEP_S = 2 * 3600,      /* how late what is deleted by age may be */
    LIMIT_REVIEW_S = 90 * 24 * 3600,       /* from one review of the server to the next */
    LIMIT_PROMISE_RETRY_S = 5 * 60, /* before a daily one that is not kept is measured again */
    LIMIT_POOL_EVERY_S = 2,         /* between two looks at the VMs that wait in pools */
    LIMIT_POOL_REST_S = 10,         /* after a change of a VM of people, before one is begun */
    LIMIT_POOL_RETRY_S = 5 * 60,    /* after one that could not be made */
    LIMIT_POOL_REMOVE_S = 30,       /* after a removal that has failed */
    LIMIT_POOL_MEMORY_PERCENT =
        80,                     /* of a host's memory, with people's VMs: more is left to those */
    LIMIT_GUEST_EXTRA_MB = 150, /* what a guest needs of the host's memory besides its own */
    LIMIT_PROBE_END_MS = 4000,  /* to remove its guest when the worker ends */
    LIMIT_PROBE_NEIGHBOURS = 8, /* how many VMs the isolation probe tries to reach */
    LIMIT_PROMISE_HOST_S = 10 * 60, /* how long a removal on a host may take */
    LIMIT_QUARTER_S = 15 * 60,
    LIMIT_GONE_LIST_S = 30 * 24 * 3600, /* a destroyed VM is listed below the others */
    LIMIT_NAMED_VMS = 3,                /* named beside a key; of more, a click away */
    LIMIT_NAMED_DESTROYED = 20,         /* the same of VMs that are to be destroyed */
    LIMIT_NAMED_KEYS = 5,               /* the same of keys that are to be deleted */
    LIMIT_GONE_LIST_ROWS = 3,
    LIMIT_SHORT_LIST = 5,   /* without tools; of VMs, with the latest activity below */
    LIMIT_FEW_VMS_LEFT = 3, /* fewer than this many are pointed out */
    LIMIT_SHORT_LIST_EVENTS = 6,
    LIMIT_RECONCILE_EVERY_S = 30,
    LIMIT_IMAGE_EVERY_S = 10,
    LIMIT_IMAGE_SETTLE_S = 5, /* an image whose files were written more recently is not read yet */
    LIMIT_WORKER_THREADS = 8,

    /* Copies of people's data. */
    LIMIT_EXPORT_KEEP_S = 24 * 3600,
    LIMIT_EXPORTS = 5,             /* new copies of a person in LIMIT_EXPORT_KEEP_S */
    LIMIT_EXPORT_ATTEMPTS = 20,    /* the same, with those that could not be made */
    LIMIT_EXPORT_SWEEP_S = 60,     /* how often files without a copy are looked for */
    LIMIT_EXPORT_ROWS_TOLD = 2000, /* rows from one figure of the progress to the next */

    /* Money. */
    LIMIT_PRICE_MILLICENTS = 100 * 1000 * 1000, /* of an hour: 1,000.00 */
    LIMIT_CAP_CENTS = 100 * 1000 * 1000,        /* of a team's month: 1,000,000.00 */
    /* A VM unobserved for longer than three reconciler passes: the gap is not billed. */
    LIMIT_LEDGER_GAP_S = 100,
    LIMIT_RECORD_KEEP_S = 7 * 366 * 24 * 3600, /* billing records */
    LIMIT_LEDGER_CHUNK = 200,                  /* stretches read at once */
    LIMIT_COST_VMS = 1000,                     /* lines of the costs page; the rest is one line */
    LIMIT_CSV_ROWS = 5000,                     /* lines of one file, made in memory */
    LIMIT_CSV_ROW_BYTES = 400,

    /* Outgoing requests. */
    LIMIT_HTTP_MS = 10 * 1000, /* all attempts of one request together */
    LIMIT_HTTP_CONNECT_MS = 3000,
    LIMIT_HTTP_TRIES = 3,
    LIMIT_HTTP_WAIT_MS = 2000, /* between two attempts; asked to wait longer, we give up */
    LIMIT_HTTP_BYTES = 1024 * 1024,
    LIMIT_GITHUB_BYTES = 128 * 1024, /* of a person's public keys */
    LIMIT_OUTBOUND_NOTES = 64,       /* kinds of requests of a thread that are not written yet */
    LIMIT_OUTBOUND_FIELDS_BYTES = 2000,
    LIMIT_OUTBOUND_ARENA_BYTES = 1024 * 1024,
    LIMIT_OUTBOUND_KEEP_S = 90 * 24 * 3600,

    /* Mail. */
    LIMIT_MAIL_CONNECT_MS = 10 * 1000,
    LIMIT_MAIL_MS = 90 * 1000, /* servers scan before they reply; aborted, a mail comes twice */
    LIMIT_MAIL_BYTES = 64 * 1024,
    LIMIT_MAIL_BACKOFF_MS = 60 * 1000, /* doubled after each failure */
    LIMIT_MAIL_BACKOFF_MAX_MS = 3600 * 1000,
    LIMIT_MAIL_EXPIRY_S = 2 * 24 * 3600, /* then delivery is abandoned */
    LIMIT_MAIL_KEEP_S = 30 * 24 * 3600,
    LIMIT_MAIL_NAMES = 5,         /* of SSH keys in one mail; of others it says how many */
    LIMIT_WEEKLY_TEAMS = 20,      /* in a weekly summary */
    LIMIT_WEEKLY_BATCH = 100,     /* summaries queued at once */
    LIMIT_SPEND_EVERY_S = 5 * 60, /* between two looks at spending limits */
    LIMIT_SPEND_ARENA_BYTES = 8 * 1024 * 1024, /* of such a look at a team */
    LIMIT_SIGNIN_MAIL_EVERY_S = 60,            /* to one address */
    LIMIT_SIGNIN_MAILS_PER_HOUR = 5,
    LIMIT_KNOWN_BROWSER_S = 30 * 24 * 3600,
    /* Billing. */
    LIMIT_BILLING_REQUEST_S = 120,     /* a user waits: retried for this long, then failed */
    LIMIT_BILLING_REQUEST_URL_S = 300, /* a URL from Stripe is kept */
    LIMIT_BILLING_REQUEST_KEEP_S = 24 * 3600,
    LIMIT_CHECKOUT_S = 3600, /* a checkout page stays open */
    LIMIT_PLAN_EVERY_S = 20,
    LIMIT_PLAN_WARN_S = 3 * 24 * 3600, /* owners are reminded before VMs are destroyed */
    LIMIT_SYNC_EVERY_S = 24 * 3600,
    LIMIT_SYNC_CHECKOUT_S = 60, /* a payment whose event has not arrived */
    LIMIT_SYNC_AGAIN_S = 600,   /* after a failure */
    LIMIT_PROBLEM_KEEP_S = 90 * 24 * 3600,
    /*
     * From the end of an hour until its usage is reported; longer than the longest gap in the
     * ledger, so that the hour can no longer change.
     */
    LIMIT_METER_LAG_S = LIMIT_LEDGER_GAP_S + 20,
    LIMIT_METER_BACKOFF_S = 1800,    /* the longest delay between two attempts */
    LIMIT_METER_BLIND_S = 20 * 3600, /* resent without checking; Stripe deduplicates for 24 hours */
    LIMIT_METER_OLD_S = 34 * 24 * 3600, /* Stripe accepts usage of the last 35 days */
    LIMIT_COMPARE_EVERY_S = 24 * 3600,

    /* JSON from outside (security.md section 0). */
    LIMIT_JSON_DEPTH = 64,
    LIMIT_JSON_VALUES = 20000,
};
