/*
 * Counts of requests: after random histories of teams and visitors, whose lines are written as the
 * programs write them, every count is right, of enough teams, and no request is in two; also when
 * the counting is killed at any point.
 */
#include "base/array.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/log.h"
#include "model/state_path.h"
#include "web/counted.h"
#include "web/crowd.h"
#include "web/route.h"
#include "web/session.h"
#include "worker/log_count.h"
#include "world.h"

#include "log_day.sql.h"
#include "request_count.sql.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { HISTORIES = 60, DAYS = 16, REQUESTS_MAX = 20000, PROCESSES = 3, KILLS = 25, UNKNOWN = 4 };

/* A Sunday. */
static const int64_t BEGIN_AT = 1893283200;

static const struct route routes[] = {
    { "GET", "/vms", ACCESS_MEMBER, NULL },
    { "POST", "/vms", ACCESS_MEMBER, NULL },
    { "POST", "/vms/:id/stop", ACCESS_MEMBER, NULL },
    { "GET", "/", ACCESS_PUBLIC, NULL },
};
static const char *const names[] = { "GET /vms", "POST /vms", "POST /vms/:id/stop", "GET /", "-" };

struct entry {
    int day, process, route, status_class;
    int64_t team_id; /* 0: a visitor */
};

struct test {
    struct world *world;
    struct arena *arena; /* of a history */
    struct entry *entries;
    int count;
    int end_days[PROCESSES]; /* on which a process is replaced by another */
    unsigned int seed;
};

static int64_t now_ms;

int64_t __wrap_clock_now_ms(void);
int64_t __wrap_clock_now_ms(void)
{
    return now_ms;
}

static int random_below(struct test *test, int most)
{
    return rand_r(&test->seed) % most;
}

static int set_up(void **state)
{
    struct test *test = arena_alloc(arena_new(4 * 1024 * 1024), sizeof *test);

    now_ms = BEGIN_AT * 1000;
    test->world = world_open(world_folder("fake:///local"));
    test->world->config->has_counts = true;
    test->arena = arena_new(64 * 1024 * 1024);
    test->entries = arena_array(arena_new(4 * 1024 * 1024), REQUESTS_MAX, sizeof *test->entries);
    test->seed = 20261127;
    *state = test;
    return 0;
}

static int tear_down(void **state)
{
    world_close(((struct test *)*state)->world);
    return 0;
}

/* ---- a history ---- */

static const char *log_path(struct test *test, int day)
{
    return arena_printf(test->arena, "%s/log/%s", test->world->state_dir,
                        date_day_iso(test->arena, BEGIN_AT + day * A_DAY_S));
}

/* Few or many teams, of which some are seldom here; some routes are seldom asked for. */
static void history_make(struct test *test)
{
    int teams = 1 + random_below(test, 40),
        busy = 1 + random_below(test, 1 + random_below(test, 100));

    test->count = 0;
    for (int i = 0; i < PROCESSES; i++)
        test->end_days[i] = random_below(test, 2 * DAYS);
    for (int day = 0; day < DAYS; day++) {
        int requests = random_below(test, 10) ? random_below(test, busy * 8) : 0;

        for (int i = 0; i < requests && test->count < REQUESTS_MAX; i++) {
            int route = random_below(test, 2) ? 0 : random_below(test, (int)COUNT(names));
            int64_t team_id = 1 + random_below(test, 1 + random_below(test, teams));

            test->entries[test->count++] = (struct entry){
                .day = day,
                .process = random_below(test, PROCESSES),
                .route = route,
                .status_class = route == UNKNOWN         ? 4
                                : random_below(test, 20) ? 2
                                                         : 3,
                .team_id = random_below(test, 4) ? team_id : 0,
            };
        }
    }
}

static void entry_log(struct test *test, const struct entry *entry, int number)
{
    struct session session = { .team_id = entry->team_id };
    const struct route *route = entry->route == UNKNOWN ? NULL : &routes[entry->route];
    const struct request r = {
        .arena = test->arena,
        .config = test->world->config,
        .now_at = now_ms / 1000,
        .method = route ? route->method : "GET",
        .gpc = "",
        .route = route,
        .session = entry->team_id ? &session : NULL,
        .response.status = entry->status_class * 100,
    };

    log_info("request", log_number("id", number), log_text("method", r.method),
             log_text("route", route ? route->pattern : "-"),
             log_number("status", r.response.status), log_number("us", 2000),
             log_number("bytes", 1), log_text("counted", counted_name(counted_as(&r))));
    crowd_note(&r);
}

/* What a process says from one day until before another. */
static void process_log(struct test *test, int process, int from, int before)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        log_open("vm");
        for (int i = 0; i < test->count; i++) {
            const struct entry *entry = &test->entries[i];

            if (entry->process != process || entry->day < from || entry->day >= before)
                continue;
            now_ms = (BEGIN_AT + entry->day * A_DAY_S) * 1000 + i;
            close(STDERR_FILENO);
            if (open(log_path(test, entry->day), O_WRONLY | O_CREAT | O_APPEND, 0600) !=
                STDERR_FILENO)
                _exit(1);
            entry_log(test, entry, i);
            arena_reset(test->arena);
        }
        _exit(0);
    }
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

static void history_log(struct test *test)
{
    const char *log = arena_printf(test->arena, "%s/log", test->world->state_dir);

    assert_int_equal(system(arena_printf(test->arena, "rm -rf '%s'", log)), 0);
    assert_int_equal(mkdir(log, 0700), 0);
    for (int i = 0; i < PROCESSES; i++) {
        process_log(test, i, 0, test->end_days[i]);
        process_log(test, i, test->end_days[i], DAYS);
    }
}

/* Some days' logs are gone before anybody has counted them. */
static void days_lose(struct test *test)
{
    bool is_lost[DAYS];
    int kept = 0;

    for (int day = 0; day < DAYS; day++) {
        is_lost[day] = random_below(test, 5) == 0;
        if (is_lost[day])
            unlink(log_path(test, day));
    }
    for (int i = 0; i < test->count; i++) {
        if (!is_lost[test->entries[i].day])
            test->entries[kept++] = test->entries[i];
    }
    test->count = kept;
}

/* ---- counting ---- */

static struct error *count_all(struct world *world, struct db *db)
{
    int64_t at_ms = (BEGIN_AT + (DAYS + 1) * A_DAY_S) * 1000;
    struct arena *arena = arena_new(16 * 1024 * 1024);
    const struct context context = context_at(db, arena, world->config, at_ms);
    bool is_done = false;
    struct error *e = NULL;

    while (!e && !is_done) {
        arena_reset(arena); /* as the schedule does */
        is_done = true;
        e = log_count_run(&context, &is_done);
    }
    return e;
}

/* ---- the model: who made the requests of a count ---- */

static bool is_of(const struct entry *entry, const struct request_count_list_row *row)
{
    int64_t at = BEGIN_AT + entry->day * A_DAY_S;

    return at == row->day_at && (entry->team_id != 0) == (strcmp(row->who, "teams") == 0) &&
           strcmp(names[entry->route], row->route) == 0 && entry->status_class == row->status_class;
}

static bool is_in_another(const struct entry *entry, const struct request_count_list_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (is_of(entry, &rows->row[i]))
            return true;
    }
    return false;
}

static bool is_in_rest(const struct entry *entry, const struct request_count_list_row *row,
                       const struct request_count_list_rows *rows)
{
    int64_t at = BEGIN_AT + entry->day * A_DAY_S;

    return !*row->route && at >= row->from_at && at <= row->day_at &&
           (entry->team_id != 0) == (strcmp(row->who, "teams") == 0) && !is_in_another(entry, rows);
}

/* Returns how many requests the count must have. */
static int64_t row_check(struct test *test, const struct request_count_list_rows *rows, size_t at)
{
    const struct request_count_list_row *row = &rows->row[at];
    bool has_team[64] = { false };
    int64_t requests = 0, teams = 0;

    for (int i = 0; i < test->count; i++) {
        const struct entry *entry = &test->entries[i];

        if (!(*row->route ? is_of(entry, row) : is_in_rest(entry, row, rows)))
            continue;
        requests++;
        teams += !has_team[entry->team_id];
        has_team[entry->team_id] = true;
    }
    assert_int_equal(row->requests, requests);
    assert_int_equal(row->took_ms, requests * 2);
    assert_true(row->day_at - row->from_at < 7 * A_DAY_S);
    assert_true((strcmp(row->who, "teams") == 0 ? teams : requests) >= LIMIT_CROWD);
    assert_true(row->crowd >= LIMIT_CROWD);
    return requests;
}

static struct request_count_list_rows counts_check(struct test *test, int64_t *requests)
{
    struct request_count_list_rows rows;

    world_check(sql_request_count_list(test->world->db, test->arena, &rows), "list");
    for (size_t i = 0; i < rows.count; i++)
        *requests += row_check(test, &rows, i);
    return rows;
}

/* Changes the database as no code of ours would; returns what it prints. */
static const char *db_ask(struct test *test, const char *sql)
{
    struct arena *arena = test->arena;
    FILE *out = popen(arena_printf(arena, "sqlite3 '%s' \"%s\"",
                                   main_db_path(arena, test->world->state_dir), sql),
                      "r");
    char *text = arena_alloc(arena, 64 * 1024);

    text[fread(text, 1, 64 * 1024 - 1, out)] = '\0';
    assert_int_equal(pclose(out), 0);
    return text;
}

static void counts_forget(struct test *test)
{
    db_ask(test, "DELETE FROM request_count; DELETE FROM log_day");
}

static void every_count_is_of_enough_teams(void **state)
{
    struct test *test = *state;
    int64_t counted = 0, all = 0, sums = 0, weeks = 0;

    for (int i = 0; i < HISTORIES; i++) {
        struct request_count_list_rows rows;

        history_make(test);
        history_log(test);
        if (i % 2)
            days_lose(test);
        world_check(count_all(test->world, test->world->db), "count");
        rows = counts_check(test, &counted);
        for (size_t j = 0; j < rows.count; j++) {
            sums += !*rows.row[j].route;
            weeks += rows.row[j].from_at < rows.row[j].day_at;
        }
        all += test->count;
        counts_forget(test);
        arena_reset(test->arena);
    }
    /* Of which most are counted, in all the ways there are. */
    assert_true(counted > all / 2);
    assert_true(sums > 0 && weeks > 0);
}

/* Three teams on Monday, six others on Tuesday, one more on Wednesday: twice each. */
static void few_days_make(struct test *test)
{
    static const int teams[] = { 0, 3, 6, 1 };
    int64_t team_id = 1;

    test->count = 0;
    test->end_days[0] = DAYS;
    for (int day = 0; day < (int)COUNT(teams); day++) {
        for (int i = 0; i < teams[day]; i++, team_id++) {
            for (int j = 0; j < 4; j++)
                test->entries[test->count++] =
                    (struct entry){ .day = day, .status_class = 2, .team_id = team_id };
        }
    }
}

/* The days of a week wait for each other, unless one of them is missing. */
static void a_week_is_counted_if_it_has_enough_teams(void **state)
{
    static const char *const ROWS = "SELECT (day_at - from_at) / 86400, requests, crowd FROM "
                                    "request_count";
    struct test *test = *state;
    int64_t counted = 0;

    few_days_make(test);
    history_log(test);
    world_check(count_all(test->world, test->world->db), "count");
    assert_string_equal(db_ask(test, ROWS), "2|40|10\n");
    counts_check(test, &counted);
    counts_forget(test);
    assert_int_equal(unlink(log_path(test, 2)), 0);
    world_check(count_all(test->world, test->world->db), "count");
    assert_string_equal(db_ask(test, ROWS), "");
    counts_forget(test);
}

static void a_day_with_missing_lines_is_not_counted(void **state)
{
    struct test *test = *state;
    int64_t counted = 0;

    do
        history_make(test);
    while (test->count < 1000);
    history_log(test);
    for (int day = 0; day < DAYS; day++)
        assert_int_equal(
            system(arena_printf(test->arena, "echo 'time=1 program=log_keeper event=dropped' >>%s",
                                log_path(test, day))),
            0);
    world_check(count_all(test->world, test->world->db), "count");
    assert_int_equal(counts_check(test, &counted).count, 0);
    assert_string_equal(db_ask(test, "SELECT DISTINCT state FROM log_day"), "lost\n");
}

static void without_the_profile_nothing_is_counted(void **state)
{
    struct test *test = *state;

    history_make(test);
    history_log(test);
    test->world->config->has_counts = false;
    world_check(count_all(test->world, test->world->db), "count");
    assert_string_equal(db_ask(test, "SELECT count(*) FROM log_day"), "0\n");
}

/* A line for each; of too few they are one number together. */
static void sources_are_of_enough_visits(void **state)
{
    struct test *test = *state;
    static const struct {
        const char *host;
        int visits;
    } sources[] = { { "many.example", 12 }, { "few.example", 9 }, { "one.example", 1 } };

    for (int day = 0; day < 2; day++) {
        FILE *log;

        mkdir(arena_printf(test->arena, "%s/log", test->world->state_dir), 0700);
        log = fopen(log_path(test, day), "w");
        /* On the second day there are too few even together. */
        for (size_t i = 0; i < COUNT(sources) - (size_t)day; i++) {
            for (int j = 0; j < sources[i].visits; j++)
                fprintf(log,
                        "time=1 program=site event=request method=GET route=/ status=200 "
                        "us=1 counted=visitor from=%s\n",
                        sources[i].host);
        }
        fclose(log);
    }
    world_check(count_all(test->world, test->world->db), "count");
    assert_string_equal(db_ask(test, "SELECT (day_at - "
                                     "1893283200"
                                     ") / 86400, host, visits FROM "
                                     "source_count"),
                        "0||10\n0|many.example|12\n1|many.example|12\n");
}

/* Only where the profile has it, of visitors who do not object, and never more than a host. */
static void a_source_is_the_name_of_another_site(void **state)
{
    static const struct {
        const char *referer, *expected;
    } cases[] = {
        { "https://News.example/item?id=7#top", "news.example" },
        { "http://blog.example:8080/", "blog.example" },
        { "", NULL },
        { "https://localhost:8443/vms", NULL },
        { "https://host.example.org/", NULL }, /* this server */
        { "https://203.0.113.7/", NULL },
        { "https://[2001:db8::1]/", NULL },
        { "https://intranet/", NULL },
        { "https://ada.lovelace:secret@news.example/", NULL },
        { "android-app://com.example/", NULL },
        { "https://\"x.example/", NULL },
    };
    struct test *test = *state;
    struct config *config = test->world->config;
    struct session session = { .team_id = 1 };
    struct request r = {
        .arena = test->arena, .config = config, .route = &routes[3], .response.status = 200
    };

    config->public_url = "https://host.example.org";
    config->has_referrers = true;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *found;

        r.gpc = "";
        r.referer = cases[i].referer;
        found = counted_source(&r);
        assert_string_equal(found ? found : "", cases[i].expected ? cases[i].expected : "");
        r.gpc = "1";
        assert_null(counted_source(&r));
        assert_int_equal(counted_as(&r), COUNTED_NOT);
    }
    r.gpc = "";
    r.referer = cases[0].referer;
    r.session = &session;
    assert_null(counted_source(&r));
    assert_int_equal(counted_as(&r), COUNTED_TEAM);
    session.is_uncounted = true;
    assert_int_equal(counted_as(&r), COUNTED_NOT);
    r.session = NULL;
    assert_int_equal(counted_as(&r), COUNTED_VISITOR);
    config->has_referrers = false;
    assert_null(counted_source(&r));
    config->has_counts = false;
    assert_int_equal(counted_as(&r), COUNTED_NOT);
}

/* SQLite's connections must not cross a fork: the caller has none. */
static bool count_is_killed(struct test *test, int after_us)
{
    struct world *world = test->world;
    pid_t child = fork();
    struct db *db;
    int status;

    if (child == 0) {
        close(STDERR_FILENO); /* it has nothing to say here */
        if (db_open(world->arena, &DB_MAIN, main_db_path(world->arena, world->state_dir),
                    DB_READ_WRITE, &db) ||
            count_all(world, db))
            _exit(1);
        _exit(0);
    }
    usleep((useconds_t)after_us);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return WIFSIGNALED(status);
}

static void killed_anywhere_it_counts_once(void **state)
{
    struct test *test = *state;
    struct world *world = test->world;
    const char *expected;
    int kills = 0, tries = 0;

    do
        history_make(test);
    while (test->count < 3000);
    history_log(test);
    world_check(count_all(world, world->db), "count");
    expected = db_ask(test, "SELECT * FROM request_count; SELECT * FROM log_day");
    while (kills < KILLS && tries++ < KILLS * 20) {
        int64_t counted = 0;
        bool is_killed;

        db_close(world->db);
        is_killed = count_is_killed(test, random_below(test, 20000));
        kills += is_killed;
        world_check(db_open(world->arena, &DB_MAIN, main_db_path(world->arena, world->state_dir),
                            DB_READ_WRITE, &world->db),
                    "open");
        counts_check(test, &counted);
        if (!is_killed)
            counts_forget(test); /* it has got to the end */
    }
    assert_int_equal(kills, KILLS);
    world_check(count_all(world, world->db), "count");
    assert_string_equal(db_ask(test, "SELECT * FROM request_count; SELECT * FROM log_day"),
                        expected);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_count_is_of_enough_teams),
        TEST(a_week_is_counted_if_it_has_enough_teams),
        TEST(a_day_with_missing_lines_is_not_counted),
        TEST(without_the_profile_nothing_is_counted),
        TEST(sources_are_of_enough_visits),
        TEST(a_source_is_the_name_of_another_site),
        TEST(killed_anywhere_it_counts_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
