/*
 * Chains as files: each kind of tampering is found, also in parts; what is not signed is not taken
 * for proven; and what is no such file ends at once.
 */
#include "base/array.h"
#include "base/limit.h"
#include "model/audit.h"
#include "model/audit_file.h"
#include "model/audit_head.h"
#include "model/state_path.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ADDED = 5 };

static struct world *world;

static int set_up(void **state)
{
    (void)state;
    world = world_open(world_folder("fake:///local"));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_close(world);
    return 0;
}

static struct error *add(const struct audit_entry *entry)
{
    const struct context context = world_context(world);
    struct error *e = db_begin(world->db, world->arena);

    if (!e)
        e = audit_add(&context, entry);
    if (!e)
        e = db_commit(world->db, world->arena);
    db_rollback(world->db);
    return e;
}

static void some_add(void)
{
    for (size_t i = 0; i < ADDED; i++)
        world_check(add(&(struct audit_entry){ .team_id = world->team_id,
                                               .action = AUDIT_KEY_RENAME,
                                               .object = "key",
                                               .detail = arena_printf(world->arena, "old → %zu", i),
                                               .person_id = i % 2 ? 0 : world->person_id }),
                    "add");
}

/* As the worker does to an entry whose time is over. */
static void erase(int seq)
{
    const char *path = main_db_path(world->arena, world->state_dir);
    FILE *sqlite = popen(arena_printf(world->arena, "sqlite3 '%s'", path), "w");

    assert_non_null(sqlite);
    fprintf(sqlite,
            "UPDATE audit_link SET at_ms = NULL, id = NULL WHERE seq = %d;"
            "DELETE FROM activity WHERE seq = %d",
            seq, seq);
    assert_int_equal(pclose(sqlite), 0);
}

static void ends_sign(void)
{
    const struct context context = world_context(world);
    struct signing_key key;

    world_check(signing_key_load(world->arena, world->state_dir, &key), "key");
    world_check(audit_heads_sign(&context, &key), "sign");
}

/* The chain behind a place as a file of about `most` bytes. */
static const char *file_write(int64_t after, size_t most)
{
    const struct context context = world_context(world);
    struct buf out = buf_new(world->arena, 4096);

    world_check(audit_file_write(&context, world->team_id, "Alice \u2192 Bob", after, most, &out),
                "write");
    return out.bytes;
}

static struct audit_file verified(const char *text)
{
    FILE *file = fmemopen(arena_copy(world->arena, text), strlen(text), "r");
    struct audit_file found;

    assert_non_null(file);
    audit_file_verify(world->arena, file, &found);
    fclose(file);
    return found;
}

/* `text` with the first `was` behind `from` replaced; both of one length unless at the end. */
static const char *changed(const char *text, const char *was, const char *is)
{
    const char *at = strstr(text, was);

    assert_non_null(at);
    return arena_printf(world->arena, "%.*s%s%s", (int)(at - text), text, is, at + strlen(was));
}

static const char *without_line(const char *text, int number)
{
    const char *from = text, *to;

    while (--number)
        from = strchr(from, '\n') + 1;
    to = strchr(from, '\n') + 1;
    return arena_printf(world->arena, "%.*s%s", (int)(from - text), text, to);
}

static void files_are_verified(void **state)
{
    const char *file, *first;
    struct audit_file found;

    (void)state;
    some_add();
    found = verified(file_write(0, 1 << 20));
    assert_null(found.problem);
    assert_int_equal(found.places, ADDED);
    assert_int_equal(found.head_seq, 0);
    ends_sign();
    file = file_write(0, 1 << 20);
    found = verified(file);
    assert_null(found.problem);
    assert_int_equal(found.head_seq, ADDED);
    assert_int_equal(found.team_id, world->team_id);
    {
        const char *const bad[] = {
            changed(file, "old \\u2192 3", "old \\u2192 4"),
            changed(file, "\"result\":\"done\"", "\"result\":\"failed\""),
            changed(file, "\"person_id\":1", "\"person_id\":2"),
            changed(file, "\"seq\":2", "\"seq\":3"),
            changed(file, "\"head_seq\":5", "\"head_seq\":4"),
            changed(file, "\"team_id\":1", "\"team_id\":2"),
            changed(file, "\"after\":0", "\"after\":1"),
            without_line(file, 1),
            without_line(file, 3),
            without_line(file, ADDED + 1),
            without_line(file, ADDED + 2),
            "",
            "no JSON",
        };

        for (size_t i = 0; i < COUNT(bad); i++) {
            if (!verified(bad[i]).problem)
                fail_msg("not found: %zu", i);
        }
    }
    /* In parts, each of which can be verified, and all together. */
    first = file_write(0, 400);
    found = verified(first);
    assert_null(found.problem);
    assert_in_range(found.more_after, 1, ADDED - 1);
    file = file_write(found.more_after, 1 << 20);
    assert_null(verified(file).problem);
    found = verified(arena_printf(world->arena, "%s%s", first, file));
    assert_null(found.problem);
    assert_int_equal(found.places, ADDED);
    assert_non_null(verified(arena_printf(world->arena, "%s%s", file, first)).problem);
    world_check(db_begin(world->db, world->arena), "begin");
    {
        const struct context context = world_context(world);

        world_check(audit_forget_person(&context, world->person_id), "forget");
    }
    world_check(db_commit(world->db, world->arena), "commit");
    assert_null(strstr(file_write(0, 1 << 20), "\"salt\":\""));
    assert_null(verified(file_write(0, 1 << 20)).problem);
}

static enum audit_known compared(const struct audit_file *file)
{
    const struct context context = world_context(world);
    enum audit_known known;

    world_check(audit_file_compare(&context, file, &known), "compare");
    return known;
}

/* A place behind `hash`, which becomes its own, as anybody can make it. */
static const char *invented_place(int64_t seq, unsigned char hash[CRYPTO_HASH_BYTES])
{
    const struct audit_body body = { .team_id = world->team_id,
                                     .seq = seq,
                                     .at_ms = 1764201600000,
                                     .action = "key_add",
                                     .actor = "system",
                                     .result = "done",
                                     .what = "SSH key added" };
    unsigned char entry_hash[CRYPTO_HASH_BYTES];

    audit_entry_hash(world->arena, &body, entry_hash);
    audit_hash(world->arena, hash, entry_hash, hash);
    return arena_printf(world->arena,
                        "{\"seq\":%lld,\"hash\":\"%s\",\"entry_hash\":\"%s\",\"at_ms\":"
                        "1764201600000,\"action\":\"key_add\",\"actor\":\"system\",\"result\":"
                        "\"done\",\"what\":\"SSH key added\"}\n",
                        (long long)seq, crypto_hex(world->arena, hash, CRYPTO_HASH_BYTES),
                        crypto_hex(world->arena, entry_hash, sizeof entry_hash));
}

static const char *line_of(const char *text, int number)
{
    while (--number)
        text = strchr(text, '\n') + 1;
    return text;
}

/* The first line of `file`, `count` invented places, and the lines from `from` on. */
static const char *invented_past(const char *file, int64_t count, int from)
{
    unsigned char hash[CRYPTO_HASH_BYTES] = { 0 };
    struct buf out = buf_new(world->arena, 4096);

    buf_bytes(&out, file, (size_t)(line_of(file, 2) - file));
    for (int64_t seq = 1; seq <= count; seq++)
        buf_text(&out, invented_place(seq, hash));
    buf_text(&out, line_of(file, from));
    return out.bytes;
}

static void an_invented_past_does_not_lead_to_what_is_real(void **state)
{
    const char *file;

    (void)state;
    some_add();
    erase(3);
    ends_sign();
    file = file_write(0, 1 << 20);
    assert_null(verified(file).problem);
    assert_int_equal(verified(file).erased, 1);
    /* What is left of place 3 is bound to the places before it. */
    assert_non_null(verified(invented_past(file, 2, 4)).problem);
    /* However the line with the signed end is written. */
    file = invented_past(file, ADDED + 1, ADDED + 2);
    assert_non_null(verified(file).problem);
    file =
        changed(file, "{\"more_after\":null,\"head_seq\":5", "{\"head_seq\":5,\"more_after\":null");
    assert_string_equal(verified(file).problem, "this place is not the one that was signed");
}

static void what_is_not_signed_is_not_proven(void **state)
{
    struct audit_file found;
    const char *file;

    (void)state;
    some_add();
    found = verified(file_write(0, 1 << 20));
    assert_int_equal(found.unproven, ADDED);
    assert_int_equal(compared(&found), AUDIT_KNOWN);
    ends_sign();
    file = file_write(0, 1 << 20);
    found = verified(file);
    assert_int_equal(found.unproven, 0);
    file = changed(file, "{\"more_after\"",
                   arena_printf(world->arena, "%s{\"more_after\"",
                                invented_place(found.last_seq + 1, found.last_hash)));
    found = verified(file);
    assert_null(found.problem);
    assert_int_equal(found.unproven, 1);
    assert_int_equal(compared(&found), AUDIT_DIFFERENT);
    some_add(); /* now there is a place 6, but it is another */
    assert_int_equal(compared(&found), AUDIT_DIFFERENT);
    found = verified(file_write(0, 1 << 20));
    assert_int_equal(found.unproven, ADDED);
    assert_int_equal(compared(&found), AUDIT_KNOWN);
    /* A part that ends before the signed end, and one that begins behind it. */
    found = verified(file_write(0, 400));
    assert_null(found.problem);
    assert_int_equal(found.unproven, found.places);
    assert_int_equal(compared(&found), AUDIT_KNOWN);
    found = verified(file_write(ADDED, 1 << 20));
    assert_null(found.problem);
    assert_int_equal(found.unproven, ADDED);
    assert_non_null(verified(file_write(ADDED + 1, 1 << 20)).problem);
    found.team_id = 7;
    assert_int_equal(compared(&found), AUDIT_UNKNOWN);
}

static void no_chain_is_read_without_end(void **state)
{
    static const struct {
        const char *name, *problem;
    } cases[] = {
        { "/dev/zero", "this is not text" },
        { "/", "it cannot be read: Is a directory" },
        { NULL, "this line is too long for one of a chain" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct audit_file found;
        size_t length = LIMIT_AUDIT_LINE_BYTES;
        char *line = arena_alloc(world->arena, length);
        FILE *file = cases[i].name ? fopen(cases[i].name, "re") : fmemopen(line, length, "r");

        memset(line, 'x', length);
        assert_non_null(file);
        audit_file_verify(world->arena, file, &found);
        fclose(file);
        assert_string_equal(found.problem, cases[i].problem);
        assert_int_equal(found.line, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_are_verified, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_signed_is_not_proven, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_invented_past_does_not_lead_to_what_is_real, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(no_chain_is_read_without_end, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
