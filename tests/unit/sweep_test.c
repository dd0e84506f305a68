/*
 * Sweeps: after random histories exactly what a model says is left, neither too little nor too
 * much, also when the sweep is killed at any point.
 */
#include "base/array.h"
#include "base/buf.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/text.h"
#include "drain.h"
#include "erasure.sql.h"
#include "model/state_path.h"
#include "promise.sql.h"
#include "worker/event_processor.h"
#include "worker/retention.h"
#include "worker/schedule.h"
#include "world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    ROUNDS = 12,
    ROWS_A_ROUND = 25, /* of each kind */
    MANY_ROWS = 1600,  /* of each kind, for a sweep that takes several turns */
    KILLS = 25,
    ENTRIES_MAX = 100000,
    DAY_S = 86400,
    DAYS_MAX = 4000,
    YEARS_S = 7 * 366 * DAY_S,
};

static const int64_t BEGIN_AT = 1900000000;

/*
 * What the model knows of a kind of row: how long it is kept, written out here once more, how one
 * is made, of the number # and the time ~, and statements that give the numbers of those left.
 */
static const struct kind {
    const char *name;
    int64_t keep_s;
    const char *insert;
    const char *lists[8];
} kinds[] = {
    /* What is of a VM goes with it, before its own time, too. */
    { "vm",
      90 * DAY_S,
      "INSERT INTO vm (team_id, created_at, id, name, region, image, size, vcpus, memory_mb, "
      "disk_gb, wanted, wanted_at, state, state_at, observed, observed_at, gone_at) VALUES (1, 1, "
      "#, #, 'local', 'tiny', 'nano', 1, 128, 1, 'gone', 1, 'gone', 1, 'absent', 1, ~); "
      "INSERT INTO job (number, id, team_id, subject_kind, subject_id, vm_id, kind, state, "
      "requested_at_ms, due_at_ms, attempts) SELECT 1000000 + # * 3 + value, 'v' || # || '-' || "
      "value, 1, 'vm', #, #, 'start', 'done', 1, 1, 1 FROM json_each('[0, 1, 2]'); "
      "INSERT INTO job_step (team_id, job_number, position, name) SELECT 1, 1000000 + # * 3, "
      "value, "
      "'Boot' FROM json_each('[0, 1]'); "
      "INSERT INTO activity (team_id, at_ms, id, vm_id, what, job_number, action, actor, "
      "result) SELECT 1, value, 'v' || #, "
      "#, 'Started', 1000000 + # * 3 + value, 'start', 'system', 'done' FROM json_each('[0, 1, "
      "2]'); "
      "INSERT INTO snapshot VALUES (1, #, 1, 's' || #, 'x', 'ready', 0, 0, 1, 1, 1, 0, 0); "
      "INSERT INTO vm_key VALUES (1, #, 'f', 'x', 'x', 0, 0); "
      "INSERT INTO usage_minute (team_id, vm_id, minute_at, cpu_ms, disk_bytes, read_bytes, "
      "written_bytes) VALUES (1, #, 9999999999, 1, 1, 1, 1); "
      "INSERT INTO usage_quarter (team_id, vm_id, quarter_at, minutes, cpu_ms, cpu_most_ms, "
      "disk_bytes, read_bytes, written_bytes) VALUES (1, #, 9999999900, 1, 1, 1, 1, 1, 1);",
      { "SELECT CAST(id AS INTEGER) FROM vm WHERE gone_at",
        "SELECT DISTINCT CAST(vm_id AS INTEGER) FROM job WHERE vm_id IS NOT NULL AND number > "
        "1000000",
        "SELECT (job_number - 1000000) / 3 FROM job_step WHERE position = 1",
        "SELECT CAST(vm_id AS INTEGER) FROM activity WHERE at_ms = 2",
        "SELECT CAST(vm_id AS INTEGER) FROM snapshot WHERE vm_id <> 'alive'",
        "SELECT CAST(vm_id AS INTEGER) FROM vm_key WHERE vm_id <> 'alive'",
        "SELECT CAST(vm_id AS INTEGER) FROM usage_minute WHERE minute_at = 9999999999",
        "SELECT CAST(vm_id AS INTEGER) FROM usage_quarter WHERE quarter_at = 9999999900" } },
    { "session",
      0,
      "INSERT INTO session (id_hash, handle, csrf_secret, browser, created_at, seen_at, idle_at, "
      "expires_at) VALUES (CAST('#' AS BLOB), #, x'00', 'x', 1, 1, ~ + # % 2 * 999, "
      "~ + (1 - # % 2) * 999);",
      { "SELECT CAST(handle AS INTEGER) FROM session" } },
    { "signin_link",
      DAY_S - 600 - 3600,
      "INSERT INTO signin_link (token_hash, email, created_at, expires_at) VALUES (CAST('#' AS "
      "BLOB), "
      "#, 1, ~);",
      { "SELECT CAST(email AS INTEGER) FROM signin_link" } },
    { "passkey_challenge",
      0,
      "INSERT INTO passkey_challenge (hash, expires_at) VALUES (CAST('#' AS BLOB), ~);",
      { "SELECT CAST(CAST(hash AS TEXT) AS INTEGER) FROM passkey_challenge" } },
    { "access_request",
      30 * DAY_S,
      "INSERT INTO access_request (id, email, note, since_at) VALUES (#, #, '', ~);",
      { "SELECT CAST(id AS INTEGER) FROM access_request" } },
    { "invite",
      7 * DAY_S,
      "INSERT INTO invite (id, team_id, person_id, role, state, created_at, expires_at) VALUES "
      "(#, 1, 1, 'viewer', 'revoked', ~, ~);",
      { "SELECT CAST(id AS INTEGER) FROM invite" } },
    { "known_browser",
      30 * DAY_S,
      "INSERT INTO known_browser (person_id, browser, seen_at) VALUES (1, #, ~);",
      { "SELECT CAST(browser AS INTEGER) FROM known_browser" } },
    { "usage_minute",
      DAY_S,
      "INSERT INTO usage_minute (team_id, vm_id, minute_at, cpu_ms, disk_bytes, read_bytes, "
      "written_bytes) VALUES (1, 'alive', ~, #, 1, 1, 1);",
      { "SELECT cpu_ms FROM usage_minute WHERE vm_id = 'alive'" } },
    { "usage_quarter",
      30 * DAY_S,
      "INSERT INTO usage_quarter (team_id, vm_id, quarter_at, minutes, cpu_ms, cpu_most_ms, "
      "disk_bytes, read_bytes, written_bytes) VALUES (1, 'alive', ~, 1, #, 1, 1, 1, 1);",
      { "SELECT cpu_ms FROM usage_quarter WHERE vm_id = 'alive'" } },
    { "mail",
      30 * DAY_S,
      "INSERT INTO mail (id, kind, to_email, once, state, attempts, due_at, created_at) VALUES "
      "(#, 'suspended', 'a@b', #, 'sent', 1, 1, ~);",
      { "SELECT CAST(id AS INTEGER) FROM mail" } },
    { "outbound",
      90 * DAY_S,
      "INSERT INTO outbound VALUES (1, 'a', 'mail', #, 1, 1, 1, 1, 1, 1, 1, ~);",
      { "SELECT CAST(fields AS INTEGER) FROM outbound" } },
    { "event",
      90 * DAY_S + 1800,
      "INSERT INTO event (source, id, type, received_at, state, attempts, due_at_ms) VALUES "
      "('stripe', #, 'x', ~, 'applied', 1, 1);",
      { "SELECT CAST(id AS INTEGER) FROM event WHERE state = 'applied'" } },
    { "workos_object",
      90 * DAY_S,
      "INSERT INTO workos_object VALUES (#, 1, 0, ~);",
      { "SELECT CAST(id AS INTEGER) FROM workos_object" } },
    { "billing_job",
      DAY_S,
      "INSERT INTO job (number, id, team_id, subject_kind, subject_id, kind, state, "
      "requested_at_ms, due_at_ms, attempts) VALUES (#, #, 1, 'team', 1, 'portal', 'done', "
      "~ * 1000, 1, 1); INSERT INTO billing_request (job_id, team_id, expires_at) VALUES "
      "(#, 1, 1);",
      { "SELECT number FROM job WHERE vm_id IS NULL",
        "SELECT CAST(job_id AS INTEGER) FROM billing_request" } },
    { "billing_problem",
      90 * DAY_S,
      "INSERT INTO billing_problem (id, seen_at, what) VALUES (#, ~, 'x');",
      { "SELECT CAST(id AS INTEGER) FROM billing_problem" } },
    { "ledger",
      YEARS_S,
      "INSERT INTO ledger VALUES (1, ~, #, ~, ~, 0, 'x', 'running', 'nano', 1, "
      "0);",
      { "SELECT CAST(vm_id AS INTEGER) FROM ledger" } },
    { "ledger_sum",
      YEARS_S,
      "INSERT INTO ledger_sum VALUES (1, ~, #, ~, 1, 0, 0, 1, 1);",
      { "SELECT CAST(vm_id AS INTEGER) FROM ledger_sum" } },
    { "ledger_day",
      YEARS_S,
      "INSERT INTO ledger_day VALUES (1, ~, #, 1, 0);",
      { "SELECT day FROM ledger_day" } },
    { "receipt",
      YEARS_S,
      "INSERT INTO receipt VALUES (1, ~, #, 'x', 'local', 'tiny', 'nano', 1, 1, 1, 1, 1, 1, 0, "
      "NULL);",
      { "SELECT CAST(vm_id AS INTEGER) FROM receipt" } },
    { "receipt_part",
      YEARS_S,
      "INSERT INTO receipt_part VALUES (1, #, 1, 'disk', 'gone', ~);",
      { "SELECT CAST(vm_id AS INTEGER) FROM receipt_part" } },
    { "invoice",
      YEARS_S,
      "INSERT INTO invoice (team_id, created_at, id, status, currency, total_cents, "
      "remaining_cents, period_start_at, period_end_at) VALUES (1, ~, #, 'paid', 'EUR', 1, "
      "0, 1, 2);",
      { "SELECT CAST(id AS INTEGER) FROM invoice" } },
    { "billing_activity",
      YEARS_S,
      "INSERT INTO billing_activity (team_id, at, id, what) VALUES (1, ~, #, 'x');",
      { "SELECT CAST(id AS INTEGER) FROM billing_activity" } },
    { "usage_report",
      YEARS_S,
      "INSERT INTO usage_report (team_id, hour_at, identifier, value, state, attempts, due_at) "
      "VALUES (#, ~, #, #, 'confirmed', 1, 1);",
      { "SELECT value FROM usage_report" } },
};

/* A row that was made; its number is its position. */
struct entry {
    size_t kind;
    int64_t at;
    bool is_gone;
};

/* A row of quarters of an hour. */
struct day {
    int64_t day_at, from_at;
};

struct test {
    struct world *world;
    int64_t now_at;
    struct entry *entries;
    size_t count;
    struct day days[DAYS_MAX];
    size_t day_count;
    FILE *sql; /* what is yet to be planted */
};

/* ---- the database ---- */

static const char *db_path(struct test *test)
{
    return main_db_path(test->world->arena, test->world->state_dir);
}

/* What sqlite3 says of a database to some statements. */
static const char *file_ask(struct test *test, const char *path, const char *statements)
{
    struct arena *arena = test->world->arena;
    FILE *pipe =
        popen(arena_printf(arena, "sqlite3 -cmd '.read tests/usage_quarter.sql' '%s' \"%s\" 2>&1",
                           path, statements),
              "r");
    static char text[1 << 20]; /* until the next one */
    size_t length;

    assert_non_null(pipe);
    length = fread(text, 1, sizeof text - 1, pipe);
    text[length] = '\0';
    assert_int_equal(pclose(pipe), 0);
    return text;
}

static const char *db_ask(struct test *test, const char *statements)
{
    return file_ask(test, db_path(test), statements);
}

static void plant_begin(struct test *test)
{
    test->sql = popen(arena_printf(test->world->arena,
                                   "sqlite3 -bail -cmd '.read tests/usage_quarter.sql' '%s'",
                                   db_path(test)),
                      "w");
    assert_non_null(test->sql);
    fputs("PRAGMA foreign_keys = ON; BEGIN;\n", test->sql);
}

static void plant_end(struct test *test)
{
    fputs("COMMIT;\n", test->sql);
    assert_int_equal(pclose(test->sql), 0);
}

static void db_reopen(struct test *test)
{
    world_check(
        db_open(test->world->arena, &DB_MAIN, db_path(test), DB_READ_WRITE, &test->world->db),
        "open");
}

/* ---- the model ---- */

/* The sweep of the days that quarters of an hour lie in; NULL: the kind's rows are its entries. */
static const char *days_of(const struct kind *kind)
{
    return strcmp(kind->name, "usage_quarter") == 0 ? "usage_day" : NULL;
}

static int64_t random_below(int64_t bound)
{
    return (int64_t)((((uint64_t)random() << 31) | (uint64_t)random()) % (uint64_t)bound);
}

/* From well before the end of its term until now; often at the very end of it. */
static int64_t random_time(const struct test *test, const struct kind *kind)
{
    int64_t end_at = test->now_at - kind->keep_s;

    if (random_below(4) == 0)
        return end_at - 2 + random_below(4);
    return end_at - kind->keep_s / 2 - DAY_S + random_below(kind->keep_s * 3 / 2 + DAY_S);
}

/* The time is part of a measurement's key. */
static bool is_taken(const struct test *test, size_t kind, int64_t at)
{
    for (size_t i = 0; i < test->count; i++) {
        if (test->entries[i].kind == kind && test->entries[i].at == at)
            return true;
    }
    return false;
}

static void day_add(struct test *test, int64_t at)
{
    int64_t day_at = at - at % DAY_S;
    size_t i = 0;

    while (i < test->day_count && test->days[i].day_at != day_at)
        i++;
    assert_true(i < DAYS_MAX);
    if (i == test->day_count)
        test->days[test->day_count++] = (struct day){ day_at, at };
    else if (at < test->days[i].from_at)
        test->days[i].from_at = at;
}

static int64_t quarter_of(const struct kind *kind, int64_t at)
{
    return days_of(kind) ? at - at % LIMIT_QUARTER_S : at;
}

static void entry_add(struct test *test, size_t kind)
{
    int64_t at = quarter_of(&kinds[kind], random_time(test, &kinds[kind]));

    while (text_starts(kinds[kind].name, "usage_") && is_taken(test, kind, at))
        at = quarter_of(&kinds[kind], at - 1 - random_below(DAY_S));
    if (days_of(&kinds[kind]))
        day_add(test, at);
    assert_true(test->count < ENTRIES_MAX);
    test->entries[test->count] = (struct entry){ .kind = kind, .at = at };
    for (const char *c = kinds[kind].insert; *c; c++) {
        if (*c == '#')
            fprintf(test->sql, "%zu", test->count);
        else if (*c == '~')
            fprintf(test->sql, "%lld", (long long)at);
        else
            fputc(*c, test->sql);
    }
    fputc('\n', test->sql);
    test->count++;
}

/* What a sweep deletes now; of the ledger, what is of a month that was over so long ago. */
static bool is_due(const struct test *test, const struct entry *entry)
{
    const struct kind *kind = &kinds[entry->kind];
    bool is_month = strncmp(kind->name, "ledger", strlen("ledger")) == 0;

    if (entry->is_gone)
        return false;
    return is_month ? date_month_end(entry->at) <= test->now_at - kind->keep_s
                    : entry->at < test->now_at - kind->keep_s;
}

static const char *expected_list(struct test *test, size_t kind)
{
    struct buf list = buf_new(test->world->arena, 4096);

    for (size_t i = 0; i < test->count; i++) {
        if (test->entries[i].kind == kind && !test->entries[i].is_gone)
            buf_printf(&list, "%zu\n", i);
    }
    return list.bytes ? list.bytes : "";
}

/* What is left of days. */
static void days_sweep(struct test *test, int64_t before_at)
{
    int64_t first_at = (before_at + LIMIT_QUARTER_S - 1) / LIMIT_QUARTER_S * LIMIT_QUARTER_S;
    size_t kept = 0;

    for (size_t i = 0; i < test->day_count; i++) {
        struct day day = test->days[i];

        if (day.from_at < before_at)
            day.from_at = first_at;
        if (day.from_at < day.day_at + DAY_S)
            test->days[kept++] = day;
    }
    test->day_count = kept;
}

static void model_sweep(struct test *test)
{
    for (size_t i = 0; i < test->count; i++)
        test->entries[i].is_gone |= is_due(test, &test->entries[i]);
    for (size_t kind = 0; kind < COUNT(kinds); kind++) {
        if (days_of(&kinds[kind]))
            days_sweep(test, test->now_at - kinds[kind].keep_s);
    }
}

static void assert_left(struct test *test)
{
    assert_string_equal(db_ask(test,
                               "SELECT v.id, a.id FROM vm v JOIN activity a ON a.vm_id = v.id "
                               "WHERE v.gone_at IS NULL"),
                        "alive|alive\n");
    assert_string_equal(db_ask(test, "SELECT id FROM event WHERE state = 'waiting'"), "waits\n");
    for (size_t kind = 0; kind < COUNT(kinds); kind++) {
        const char *expected = expected_list(test, kind);

        for (size_t i = 0; i < COUNT(kinds[kind].lists) && kinds[kind].lists[i]; i++) {
            const char *list =
                arena_printf(test->world->arena, "%s ORDER BY 1", kinds[kind].lists[i]);

            assert_string_equal(db_ask(test, list), expected);
        }
    }
}

/* ---- the sweep ---- */

static struct context context_of(struct test *test)
{
    return context_at(test->world->db, test->world->arena, test->world->config,
                      test->now_at * 1000);
}

static void sweep_all(struct test *test)
{
    const struct context context = context_of(test);
    bool is_done = false;

    while (!is_done)
        world_check(retention_run(&context, &is_done), "sweep");
}

static void due_add(struct sweep_due *due, int64_t at)
{
    due->total++;
    if (!due->oldest_at || at < due->oldest_at)
        due->oldest_at = at;
}

static struct sweep_due model_due(const struct test *test, size_t kind)
{
    struct sweep_due due = { .total = 0 };

    for (size_t i = 0; days_of(&kinds[kind]) && i < test->day_count; i++) {
        if (test->days[i].from_at < test->now_at - kinds[kind].keep_s)
            due_add(&due, test->days[i].from_at);
    }
    if (days_of(&kinds[kind]))
        return due;

    for (size_t i = 0; i < test->count; i++) {
        const struct entry *entry = &test->entries[i];

        if (entry->kind == kind && is_due(test, entry))
            due_add(&due, entry->at);
    }
    return due;
}

static bool is_sweep_of(const struct sweep *sweep, const struct kind *kind)
{
    return strcmp(sweep->name, kind->name) == 0 ||
           (days_of(kind) && strcmp(sweep->name, days_of(kind)) == 0);
}

/* What a dry run announces is what the model wants to be deleted. */
static void assert_announced(struct test *test)
{
    const struct context context = context_of(test);

    for (size_t kind = 0; kind < COUNT(kinds); kind++) {
        struct sweep_due due = { .total = 0 }, one, expected = model_due(test, kind);

        for (size_t i = 0; i < SWEEP_COUNT; i++) {
            if (!is_sweep_of(&SWEEPS[i], &kinds[kind]))
                continue;
            world_check(sweep_count(&context, &SWEEPS[i], &one), "count");
            if (one.total && (!due.oldest_at || one.oldest_at < due.oldest_at))
                due.oldest_at = one.oldest_at;
            due.total += one.total;
        }
        assert_int_equal(due.total, expected.total);
        assert_int_equal(due.oldest_at, expected.oldest_at);
    }
}

static int set_up(void **state)
{
    struct test *test = arena_alloc(arena_new(8 << 20), sizeof *test);

    srandom(7);
    test->world = world_open(world_folder("fake:///local"));
    test->now_at = BEGIN_AT;
    test->entries = arena_array(arena_new(ENTRIES_MAX * sizeof *test->entries + 4096), ENTRIES_MAX,
                                sizeof *test->entries);
    /* A VM that is to be destroyed, and is not yet: it stays, whatever its age. */
    db_ask(test, "INSERT INTO vm (team_id, created_at, id, name, region, image, size, vcpus, "
                 "memory_mb, disk_gb, wanted, wanted_at, state, state_at, observed, observed_at) "
                 "VALUES (1, 1, 'alive', 'alive', 'local', 'tiny', 'nano', 1, 128, 1, 'gone', 1, "
                 "'destroying', 1, 'stopped', 1); INSERT INTO activity (team_id, at_ms, id, vm_id, "
                 "what, action, actor, result) VALUES (1, 1, 'alive', 'alive', 'Created', "
                 "'create', 'system', 'done'); INSERT INTO event (source, id, "
                 "type, received_at, state, attempts, due_at_ms) VALUES ('stripe', 'waits', 'x', "
                 "1, 'waiting', 1, 1)");
    *state = test;
    return 0;
}

static int tear_down(void **state)
{
    struct test *test = *state;

    world_close(test->world);
    return 0;
}

static void history_grow(struct test *test, size_t rows)
{
    plant_begin(test);
    for (size_t kind = 0; kind < COUNT(kinds); kind++) {
        for (size_t i = 0; i < rows; i++)
            entry_add(test, kind);
    }
    plant_end(test);
}

static void what_is_left_is_what_the_model_says(void **state)
{
    struct test *test = *state;

    for (size_t round = 0; round < ROUNDS; round++) {
        const struct kind *kind = &kinds[random_below((int64_t)COUNT(kinds))];

        history_grow(test, ROWS_A_ROUND);
        assert_announced(test);
        sweep_all(test);
        model_sweep(test);
        assert_left(test);
        test->now_at += 1 + random_below(kind->keep_s / 3 + 1);
    }
}

static int64_t rows_of(struct test *test, const char *from)
{
    return atoll(db_ask(test, arena_printf(test->world->arena, "SELECT count(*) FROM %s", from)));
}

/* "0 days": nothing but the receipt is left of a destroyed VM. */
static void without_a_term_only_the_receipt_stays(void **state)
{
    struct test *test = *state;

    test->world->config->destroyed_vm_days = 0;
    plant_begin(test);
    entry_add(test, 0);
    plant_end(test);
    db_ask(test, "UPDATE vm SET gone_at = 1899999999 WHERE gone_at; INSERT INTO receipt SELECT 1, "
                 "gone_at, id, name, region, image, size, 1, 1, 1, 1, NULL, NULL, 0, NULL FROM vm "
                 "WHERE gone_at");
    sweep_all(test);
    assert_int_equal(rows_of(test, "vm WHERE gone_at"), 0);
    assert_int_equal(rows_of(test, "vm"), 1);
    assert_int_equal(rows_of(test, "activity"), 1);
    assert_int_equal(rows_of(test, "receipt"), 1);
}

/* What is told of a deleted team's usage, what is measured and what is deleted are one time. */
static void a_month_counts_from_its_end(void **state)
{
    static const struct {
        const char *start, *end;
    } months[] = {
        { "2027-02-01", "2027-03-01" },
        { "2028-02-01", "2028-02-29 24:00:00" },
        { "2026-12-01", "2026-12-31 24:00:00" },
    };
    struct test *test = *state;

    for (size_t i = 0; i < COUNT(months); i++) {
        struct world *world = test->world;
        int64_t end_at = 0;
        struct promise_oldest_row oldest;

        db_ask(test, arena_printf(world->arena,
                                  "DELETE FROM ledger; DELETE FROM erasure; DELETE FROM "
                                  "erasure_team; DELETE FROM erasure_rest; INSERT INTO ledger "
                                  "VALUES (1, unixepoch('%s'), 'x', 1, 2, 0, 'x', 'running', "
                                  "'nano', 1, 0); INSERT INTO erasure (id, subject, address_hash, "
                                  "requested_by, requested_at, due_at, state) VALUES ('e', 'team', "
                                  "x'00', 'person', 1, 1, 'running'); INSERT INTO erasure_team "
                                  "(erasure_id, team_id) VALUES ('e', 1)",
                                  months[i].start));
        assert_true(text_int(
            text_trim(
                world->arena,
                db_ask(test, arena_printf(world->arena, "SELECT unixepoch('%s')", months[i].end))),
            &end_at));
        world_check(sql_erasure_rest_add(world->db, world->arena, "e", YEARS_S), "rest");
        assert_string_equal(db_ask(test, "SELECT until_at FROM erasure_rest WHERE what = 'usage'"),
                            arena_printf(world->arena, "%lld\n", (long long)end_at + YEARS_S));
        world_check(sql_promise_oldest(world->db, world->arena, "ledger", &oldest), "oldest");
        assert_int_equal(oldest.oldest_at, end_at);
        test->now_at = end_at + YEARS_S - 1;
        sweep_all(test);
        assert_string_equal(db_ask(test, "SELECT count(*) FROM ledger"), "1\n");
        test->now_at++;
        sweep_all(test);
        assert_string_equal(db_ask(test, "SELECT count(*) FROM ledger"), "0\n");
    }
}

/* A large sweep takes several turns, in each of which it does no more than it may. */
static void a_turn_is_bounded(void **state)
{
    struct test *test = *state;
    const struct context context = context_of(test);
    const struct sweep *activity = &SWEEPS[1];
    int64_t transactions = 2, removed = 0;
    struct sweep_due before, after;

    history_grow(test, MANY_ROWS);
    world_check(sweep_count(&context, activity, &before), "count");
    world_check(sweep_run(&context, activity, &transactions, &removed), "sweep");
    world_check(sweep_count(&context, activity, &after), "count");
    assert_int_equal(transactions, 0);
    assert_int_equal(removed, 2 * LIMIT_SWEEP_ROWS);
    assert_int_equal(after.total, before.total - removed);
}

/* The worker goes on when it next looks at what is to be done, not an hour later. */
static void the_next_turn_takes_up_what_one_has_left(void **state)
{
    enum { A_TURN = LIMIT_SWEEP_ROWS * LIMIT_SWEEP_TRANSACTIONS };
    struct test *test = *state;
    struct worker_context *context = drain_bench(test->world);

    db_ask(test, arena_printf(test->world->arena,
                              "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                              "WHERE i < %d) INSERT INTO workos_object SELECT i, 1, 0, 1 FROM n",
                              A_TURN + 700));
    schedule_run(context, SCHEDULE_MAIN, NULL);
    assert_int_equal(rows_of(test, "workos_object"), 700);
    schedule_run(context, SCHEDULE_MAIN, NULL);
    assert_int_equal(rows_of(test, "workos_object"), 0);
    worker_context_close(context);
}

/* Of a service's inbox: what has been taken out of it, when it is old. */
static void an_inbox_is_swept(void **state)
{
    struct test *test = *state;
    struct arena *arena = test->world->arena;
    struct worker_context *context = drain_bench(test->world);
    const char *path = inbox_path(arena, test->world->state_dir, INBOX_SOURCES[0]);
    struct inbox *inbox;

    file_ask(test, path,
             arena_printf(arena,
                          "INSERT INTO inbox (source, id, type, received_at, is_fresh) "
                          "SELECT '%s', value ->> 0, 'x', unixepoch() - 86400 * "
                          "(value ->> 1), value ->> 2 FROM json_each('[[1, 91, 0], "
                          "[2, 91, 1], [3, 89, 0], [4, 100, 0]]')",
                          INBOX_SOURCES[0]));
    world_check(inbox_open(arena, context, 0, NULL, &inbox), "inbox");
    world_check(inbox_delete_old(inbox), "sweep");
    assert_string_equal(file_ask(test, path, "SELECT id FROM inbox ORDER BY id"), "2\n3\n");
    worker_context_close(context);
}

/* ---- killed ---- */

/* Until this many lines of the log, one for each sweep, and then for a moment. */
static void sweep_await(int log, int64_t lines)
{
    FILE *file = fdopen(log, "r");
    char line[512];

    while (lines-- > 0 && fgets(line, sizeof line, file))
        ;
    usleep((useconds_t)random_below(4000));
    fclose(file);
}

/* SQLite's connections must not cross a fork: the caller has none. */
static bool sweep_is_killed(struct test *test)
{
    int log[2], status;
    pid_t child;

    assert_int_equal(pipe(log), 0);
    child = fork();
    if (child == 0) {
        signal(SIGPIPE, SIG_IGN);
        dup2(log[1], STDERR_FILENO);
        db_reopen(test);
        sweep_all(test);
        _exit(0);
    }
    close(log[1]);
    sweep_await(log[0], random_below((int64_t)SWEEP_COUNT));
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return WIFSIGNALED(status);
}

static void copy_restore(struct test *test, const char *copy)
{
    struct arena *arena = test->world->arena;

    assert_int_equal(system(arena_printf(arena, "rm -f '%s'-* && cp '%s' '%s'", db_path(test), copy,
                                         db_path(test))),
                     0);
}

static void killed_anywhere_nothing_is_harmed(void **state)
{
    struct test *test = *state;
    const char *copy = arena_printf(test->world->arena, "%s/copy", test->world->state_dir);
    int kills = 0, tries = 0;

    history_grow(test, MANY_ROWS);
    db_ask(test, arena_printf(test->world->arena, "VACUUM INTO '%s'", copy));
    sweep_all(test);
    model_sweep(test);
    assert_left(test);
    while (kills < KILLS && tries++ < KILLS * 8) {
        db_close(test->world->db);
        copy_restore(test, copy);
        kills += sweep_is_killed(test);
        assert_string_equal(db_ask(test, "PRAGMA integrity_check"), "ok\n");
        assert_string_equal(db_ask(test, "PRAGMA foreign_key_check"), "");
        db_reopen(test);
        sweep_all(test);
        assert_left(test);
    }
    assert_int_equal(kills, KILLS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_left_is_what_the_model_says),
        TEST(without_a_term_only_the_receipt_stays),
        TEST(a_month_counts_from_its_end),
        TEST(a_turn_is_bounded),
        TEST(the_next_turn_takes_up_what_one_has_left),
        TEST(an_inbox_is_swept),
        TEST(killed_anywhere_nothing_is_harmed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
