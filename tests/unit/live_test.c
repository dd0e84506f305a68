/* web/live.c: when a poll is answered without looking. */
#include "web/live.h"

#include "adapter/db.h"
#include "world.h"

#include "team.sql.h"
#include "web/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct world *world;
static struct session session = { .id_hash = { "alice", 5 }, .person_id = 1 };
static struct session other = { .id_hash = { "bobby", 5 }, .person_id = 2 };
static int64_t renders;

static int set_up(void **state)
{
    (void)state;
    world = world_open(world_folder("test:///default"));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_close(world);
    return 0;
}

static void render(struct buf *buf, const struct frame *frame, const void *page)
{
    (void)frame;
    renders++;
    buf_text(buf, page);
}

/* A poll of `path` at `now_at`, whose browser shows `etag`. */
static struct request poll_of(const char *path, int64_t now_at, const char *etag)
{
    struct request r = {
        .arena = world->arena,
        .db = world->db,
        .config = world->config,
        .now_at = now_at,
        .method = "GET",
        .path = path,
        .query = "q=1",
        .if_none_match = etag,
        .is_fragment = true,
        .session = &session,
    };

    response_open(&r.response, r.arena);
    r.data_version = db_data_version(r.db);
    return r;
}

static const char *answer(struct request *r)
{
    live_respond(r, render, "page");
    return r->response.etag;
}

static void nothing_changed(void **state)
{
    struct request first = poll_of("/a", 600, ""), again, elsewhere, later, posted, stranger, query;
    const char *etag;

    (void)state;
    assert_false(live_is_current(&first));
    etag = answer(&first);
    assert_int_equal(first.response.status, 200);
    again = poll_of("/a", 659, etag);
    assert_true(live_is_current(&again));
    assert_int_equal(again.response.status, 304);
    assert_string_equal(again.response.etag, etag);

    later = poll_of("/a", 660, etag);
    assert_false(live_is_current(&later));
    elsewhere = poll_of("/b", 659, etag);
    assert_false(live_is_current(&elsewhere));
    query = poll_of("/a", 659, etag);
    query.query = "q=2";
    assert_false(live_is_current(&query));
    stranger = poll_of("/a", 659, etag);
    stranger.session = &other;
    assert_false(live_is_current(&stranger));
    posted = poll_of("/a", 659, etag);
    posted.method = "POST";
    assert_false(live_is_current(&posted));
    again = poll_of("/a", 659, "\"another-version1\"");
    assert_false(live_is_current(&again));
    /* Looked at, and found the same. */
    renders = 0;
    later = poll_of("/a", 660, etag);
    assert_string_equal(answer(&later), etag);
    assert_int_equal(later.response.status, 304);
    assert_int_equal(renders, 1);
    later = poll_of("/a", 661, etag);
    assert_true(live_is_current(&later));
}

/* A page that changes without the database is looked at each time. */
static void changing_pages_are_not_kept(void **state)
{
    struct request first = poll_of("/c", 600, ""), again;
    const char *etag;

    (void)state;
    first.is_changing = true;
    etag = answer(&first);
    again = poll_of("/c", 601, etag);
    assert_false(live_is_current(&again));
    again.is_changing = true;
    assert_string_equal(answer(&again), etag);
    assert_int_equal(again.response.status, 304);
}

static void changes_are_seen(void **state)
{
    struct request first = poll_of("/a", 600, ""), again;
    const char *etag = answer(&first);
    int64_t cap_cents = 5;
    struct db *writer;

    (void)state;
    world_check(sql_team_set_cap(world->db, world->arena, world->team_id, &cap_cents), "own");
    again = poll_of("/a", 601, etag);
    assert_false(live_is_current(&again));
    answer(&again);
    again = poll_of("/a", 602, etag);
    assert_true(live_is_current(&again));

    world_check(db_open(world->arena, &DB_MAIN,
                        arena_printf(world->arena, "%s/data/main.db", world->state_dir),
                        DB_READ_WRITE, &writer),
                "open");
    again = poll_of("/a", 603, etag);
    assert_true(live_is_current(&again));
    cap_cents = 6;
    world_check(sql_team_set_cap(writer, world->arena, world->team_id, &cap_cents), "another's");
    again = poll_of("/a", 604, etag);
    assert_false(live_is_current(&again));
    db_close(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_changed),
        cmocka_unit_test(changing_pages_are_not_kept),
        cmocka_unit_test(changes_are_seen),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
