/*
 * User data: what cloud-init would ignore is refused, and all else is passed on as it is; it is in
 * the database until the VM has started, and no longer.
 */
#include "model/user_data.h"

#include "base/array.h"
#include "base/limit.h"
#include "drain.h"
#include "fake_driver.h"
#include "model/label.h"
#include "worker/image_version.h"
#include "world.h"

#include "vm_user_data.sql.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const char *refused(const char *text, const char *code)
{
    const char *out;
    struct error *e = user_data_read(arena, text, &out);

    assert_non_null(e);
    assert_int_equal(e->kind, ERROR_INPUT);
    assert_string_equal(e->field, "user_data");
    assert_string_equal(e->code, code);
    return e->message;
}

static void every_documented_format_is_taken(void **state)
{
    static const char *const texts[] = {
        "#cloud-config\npackages: [git]\n",
        "#CLOUD-CONFIG\n{}\n",
        "#cloud-config-archive\n- x\n",
        "#!/bin/sh\necho\n",
        "#include\nhttps://example.org/x\n",
        "#cloud-boothook\n",
        "#part-handler\n",
        "## template: jinja\n#cloud-config\n",
        "Content-Type: multipart/mixed; boundary=\"b\"\nMIME-Version: 1.0\n\n--b--\n",
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b--\n",
    };
    const char *out;

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        assert_null(user_data_read(arena, texts[i], &out));
        assert_string_equal(out, texts[i]);
    }
}

static void what_would_be_ignored_is_refused(void **state)
{
    static const char *const texts[] = {
        "packages: [git]", "echo hello", "H4sIAAAAAAAAA", "{}", "#", "# comment\n#cloud-config\n"
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_non_null(strstr(refused(texts[i], "user_data_format"), "Begin with #cloud-config"));
    assert_non_null(strstr(refused("# cloud-config\n", "user_data_format"), "without a space"));
    assert_non_null(
        strstr(refused("Content-Type: multipart/mixed; boundary=b\n\n--b--\n", "user_data_format"),
               "MIME-Version"));
    assert_non_null(
        strstr(refused("Content-Type: multipart/mixed\nMIME-Version: 1.0\n\n", "user_data_format"),
               "boundary"));
}

static void lines_end_as_scripts_need_it(void **state)
{
    const char *out;

    (void)state;
    assert_null(user_data_read(arena, "\r\n \r\n#!/bin/sh\r\n\r\nprintf 'a\rb'\r\n", &out));
    assert_string_equal(out, "#!/bin/sh\n\nprintf 'a\rb'\n");
    assert_null(user_data_read(arena, " \r\n\t", &out));
    assert_null(out);
}

static void a_key_is_refused_and_base64_is_not(void **state)
{
    const char *out;

    (void)state;
    assert_string_equal(
        refused("#cloud-config\nx: -----BEGIN RSA PRIVATE KEY-----\n", USER_DATA_SECRET),
        LABEL_IS_PRIVATE);
    assert_string_equal(
        refused("#!/bin/sh\nexport K=sk-proj-abcdefghijklmnopqrst\n", USER_DATA_SECRET),
        LABEL_IS_API_KEY);
    assert_null(user_data_read(arena,
                               "#cloud-config\nwrite_files: [{ encoding: b64, content: "
                               "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2"
                               "d3h5eg== }]\n",
                               &out));
}

static void the_limit_is_in_bytes(void **state)
{
    char *text = arena_alloc(arena, LIMIT_USER_DATA_BYTES + 2);
    const char *out;

    (void)state;
    memset(text, 'x', LIMIT_USER_DATA_BYTES);
    memcpy(text, "#!/bin/sh\n", 10);
    assert_null(user_data_read(arena, text, &out));
    text[LIMIT_USER_DATA_BYTES] = 'x';
    assert_string_equal(
        refused(text, "user_data_long"),
        "User data can have at most 64 KB; this has 65 KB. Have it download what is large.");
}

/* ---- from the request to the guest ---- */

static const char SCRIPT[] = "#!/bin/sh\n";

struct test {
    struct world *world;
    struct worker_context *context;
};

static int world_set_up(void **state)
{
    struct test *test = arena_alloc(arena_new(4096), sizeof *test);

    *fake = (struct fake_host){ .calls = 0 };
    test->world = world_open(world_folder("fake:///local"));
    test->context = drain_bench(test->world);
    *state = test;
    return 0;
}

static int world_tear_down(void **state)
{
    struct test *test = *state;

    worker_context_close(test->context);
    world_close(test->world);
    return 0;
}

static struct error *create(struct test *test, const char **id)
{
    struct world *world = test->world;
    const struct context context = world_context(world);
    const struct vm_new vm = { .name = "oak",
                               .region = &world->config->regions[0],
                               .image = &world->config->images[0],
                               .size = &world->config->sizes[0],
                               .key_ids = &world->key_id,
                               .key_count = 1,
                               .internet.mode = VM_INTERNET_ON,
                               .user_data = SCRIPT };
    struct error *e = db_begin(world->db, world->arena);

    if (!e)
        e = vm_command_create(&context, &world->actor, &vm, id);
    if (!e)
        e = db_commit(world->db, world->arena);
    db_rollback(world->db);
    return e;
}

/* The image of the world is of our own guests: its command line says whether they take it. */
static void image_write(struct test *test, const char *command_line)
{
    struct world *world = test->world;
    const struct context context = world_context(world);
    const struct timespec times[2] = { { .tv_sec = 3000 }, { .tv_sec = 3000 } };
    const char *path = arena_printf(world->arena, "%s/cmdline", world->config->images[0].dir);
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(command_line, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    world_check(image_versions_sync(&context), "sync");
}

static bool is_held(struct test *test, const char *id)
{
    struct vm_user_data_get_row row;

    return !sql_vm_user_data_get(test->world->db, test->world->arena, test->world->team_id, id,
                                 &row);
}

static void an_image_says_whether_it_takes_it(void **state)
{
    struct test *test = *state;
    struct error *e;
    const char *id;

    image_write(test, "quiet domicile.waits\n");
    e = create(test, &id);
    assert_non_null(e);
    assert_string_equal(e->code, "user_data_unsupported");
    assert_string_equal(e->field, "user_data");
    image_write(test, "quiet domicile.waits domicile.user-data\n");
    assert_null(create(test, &id));
    assert_string_equal(world_vm(test->world, id).name, "oak");
}

static void it_goes_once_the_vm_has_started(void **state)
{
    struct test *test = *state;
    const char *id;

    image_write(test, "quiet\n");
    assert_null(create(test, &id));
    assert_true(is_held(test, id));
    assert_int_equal(world_events(test->world, id, "Created with cloud-init user data", NULL), 1);
    drain(test->context);
    assert_string_equal(fake_find(id)->data, SCRIPT);
    assert_false(is_held(test, id));
    assert_int_equal(world_vm(test->world, id).has_user_data, 1);
}

static void it_waits_for_a_retry_and_goes_with_the_vm(void **state)
{
    struct test *test = *state;
    const char *id;

    image_write(test, "quiet\n");
    fake->dies_booting = true;
    assert_null(create(test, &id));
    drain(test->context);
    assert_string_equal(world_vm(test->world, id).state, "failed");
    assert_true(is_held(test, id));
    assert_false(fake_find(id)->has_seed);
    world_check(world_ask(test->world, id, VM_REQUEST_DESTROY, NULL), "destroy");
    assert_false(is_held(test, id));
}

static void a_vm_is_not_created_without_it(void **state)
{
    struct test *test = *state;
    struct world *world = test->world;
    const char *id;

    image_write(test, "quiet\n");
    fake->dies_booting = true;
    assert_null(create(test, &id));
    drain(test->context);
    fake->dies_booting = false;
    world_check(sql_vm_user_data_delete_old(world->db, world->arena, INT64_MAX, 10), "sweep");
    world_check(world_ask(world, id, VM_REQUEST_RETRY, NULL), "retry");
    drain(test->context);
    assert_string_equal(world_vm(world, id).state, "failed");
    assert_non_null(strstr(world_vm(world, id).last_error, "user data was deleted"));
}

/* What it did is on the disk that is cloned; it does not run again. */
static void a_clone_has_none(void **state)
{
    struct test *test = *state;
    const char *id, *snapshot, *clone;

    image_write(test, "quiet\n");
    assert_null(create(test, &id));
    drain(test->context);
    snapshot = world_snapshot(test->world, id);
    drain(test->context);
    clone = world_clone(test->world, "copy", id, snapshot);
    assert_false(is_held(test, clone));
    drain(test->context);
    assert_string_equal(fake_find(clone)->data, "");
    assert_int_equal(world_vm(test->world, clone).has_user_data, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_documented_format_is_taken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_would_be_ignored_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lines_end_as_scripts_need_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_is_refused_and_base64_is_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_limit_is_in_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_image_says_whether_it_takes_it, world_set_up,
                                        world_tear_down),
        cmocka_unit_test_setup_teardown(it_goes_once_the_vm_has_started, world_set_up,
                                        world_tear_down),
        cmocka_unit_test_setup_teardown(it_waits_for_a_retry_and_goes_with_the_vm, world_set_up,
                                        world_tear_down),
        cmocka_unit_test_setup_teardown(a_vm_is_not_created_without_it, world_set_up,
                                        world_tear_down),
        cmocka_unit_test_setup_teardown(a_clone_has_none, world_set_up, world_tear_down),
    };

    fake_open();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
