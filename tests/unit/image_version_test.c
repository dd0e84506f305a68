/*
 * Images in the store, and the worker's versions of them: what the operator replaces, truncates or
 * removes, in the image's folder or in the store, never reaches the disk of an existing VM.
 */
#include "base/clock.h"
#include "drain.h"
#include "fake_driver.h"
#include "host/image_store.h"
#include "worker/image_version.h"
#include "world.h"

#include "image.sql.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct test {
    struct world *world;
    struct worker_context *context;
    const char *vm;
};

static int set_up(void **state)
{
    struct test *test = arena_alloc(arena_new(4096), sizeof *test);

    *fake = (struct fake_host){ .calls = 0 };
    test->world = world_open(world_folder("fake:///local"));
    test->context = drain_bench(test->world);
    test->vm = world_create(test->world, "first");
    drain(test->context);
    *state = test;
    return 0;
}

static int tear_down(void **state)
{
    struct test *test = *state;

    worker_context_close(test->context);
    world_close(test->world);
    return 0;
}

/* ---- the operator's files ---- */

static const char *source_path(struct test *test, const char *name)
{
    return arena_printf(test->world->arena, "%s/%s", test->world->config->images[0].dir, name);
}

/* Written long ago, so that nobody is still writing it. */
static void file_write(const char *path, const char *text, time_t at)
{
    const struct timespec times[] = { { .tv_sec = at }, { .tv_sec = at } };
    FILE *file;

    unlink(path);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void sync_images(struct test *test)
{
    const struct context context = world_context(test->world);

    world_check(image_versions_sync(&context), "sync");
}

static struct image_get_row image_of(struct test *test)
{
    struct image_get_row image;

    world_check(sql_image_get(test->world->db, test->world->arena, "tiny", &image), "image");
    return image;
}

static const char *version_of(struct test *test)
{
    return world_vm(test->world, test->vm).image_version;
}

static const char *stored_path(struct test *test, const char *version, const char *name)
{
    struct arena *arena = test->world->arena;

    return arena_printf(arena, "%s/%s", image_version_dir(arena, test->world->config, version),
                        name);
}

static bool is_stored(struct test *test, const char *version)
{
    return access(stored_path(test, version, "kernel"), F_OK) == 0;
}

/* ---- tests ---- */

static void a_new_build_lies_beside_the_old_one(void **state)
{
    struct test *test = *state;
    const char *old = version_of(test);
    struct stat status;

    assert_int_equal(strlen(old), 64);
    assert_int_equal(stat(stored_path(test, old, "kernel"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0444);
    file_write(source_path(test, "kernel"), "another kernel\n", 2000);
    sync_images(test);
    assert_string_not_equal(image_of(test).version, old);
    assert_string_equal(version_of(test), old);
    assert_true(is_stored(test, old));
    world_check(world_ask(test->world, test->vm, VM_REQUEST_RESTART, NULL), "restart");
    drain(test->context);
    assert_string_equal(world_vm(test->world, test->vm).state, "running");
}

static void an_unused_build_is_removed(void **state)
{
    struct test *test = *state;
    const char *old = version_of(test);

    file_write(source_path(test, "kernel"), "another kernel\n", 2000);
    sync_images(test);
    world_check(world_ask(test->world, test->vm, VM_REQUEST_DESTROY, NULL), "destroy");
    drain(test->context);
    sync_images(test);
    assert_false(is_stored(test, old));
    assert_true(is_stored(test, image_of(test).version));
}

/* As a removal leaves it that was interrupted; other names are not ours. */
static void a_build_without_a_row_is_removed(void **state)
{
    struct test *test = *state;
    const char *rowless = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    for (int i = 0; i < 2; i++) {
        const char *kernel = stored_path(test, i ? "mine" : rowless, "kernel");

        assert_int_equal(
            mkdir(image_version_dir(test->world->arena, test->world->config, i ? "mine" : rowless),
                  0700),
            0);
        file_write(kernel, "a kernel\n", 2000);
    }
    sync_images(test);
    assert_false(is_stored(test, rowless));
    assert_true(is_stored(test, "mine"));
    assert_true(is_stored(test, version_of(test)));
}

/* Where there is /dev/shm, it is another file system than /tmp. */
static void an_image_may_lie_on_another_file_system(void **state)
{
    struct test *test = *state;
    struct arena *arena = test->world->arena;
    char dir[] = "/dev/shm/domicile-image.XXXXXX";

    if (!mkdtemp(dir))
        skip();
    test->world->config->images[0].dir = dir;
    file_write(source_path(test, "kernel"), "the kernel of another file system\n", 2000);
    file_write(source_path(test, "initrd"), "initrd\n", 2000);
    file_write(source_path(test, "cmdline"), "quiet\n", 2000);
    sync_images(test);
    assert_null(image_of(test).problem);
    assert_string_not_equal(image_of(test).version, version_of(test));
    assert_int_equal(system(arena_printf(arena, "rm -r %s", dir)), 0);
}

/* An image that domicile.conf does not have; NULL: it is not listed any more. */
static const char *problem_of_other(struct test *test)
{
    struct image_get_row image;
    struct error *e = sql_image_get(test->world->db, test->world->arena, "other", &image);

    if (e && e->kind == ERROR_NOT_FOUND)
        return NULL;
    world_check(e, "other");
    return image.problem;
}

static void only_a_used_image_that_is_gone_is_listed(void **state)
{
    struct test *test = *state;
    struct world *world = test->world;
    const int64_t ready_at = 1;
    struct config_image *image = &world->config->images[0];

    world_check(
        sql_image_put(world->db, world->arena, "other", NULL, NULL, NULL, &ready_at, 0, 0, 1),
        "put");
    sync_images(test);
    assert_null(problem_of_other(test));
    image->name = "renamed";
    sync_images(test);
    assert_string_equal(image_of(test).problem, "domicile.conf no longer has it");
    image->name = "tiny";
}

static void a_clone_keeps_the_build_of_its_source(void **state)
{
    struct test *test = *state;
    const char *snapshot = world_snapshot(test->world, test->vm);
    const char *source = test->vm;

    drain(test->context);
    file_write(source_path(test, "kernel"), "another kernel\n", 2000);
    sync_images(test);
    test->vm = world_clone(test->world, "clone", source, snapshot);
    assert_string_equal(version_of(test), world_vm(test->world, source).image_version);
}

static void what_is_still_written_is_not_read(void **state)
{
    struct test *test = *state;
    const char *old = version_of(test);

    file_write(source_path(test, "kernel"), "half", clock_now());
    sync_images(test);
    assert_string_equal(image_of(test).version, old);
}

static void an_incomplete_image_is_not_offered(void **state)
{
    struct test *test = *state;

    unlink(source_path(test, "initrd"));
    sync_images(test);
    assert_null(image_of(test).version);
    assert_non_null(strstr(image_of(test).problem, "not a complete image"));
    assert_true(is_stored(test, version_of(test)));
    file_write(source_path(test, "initrd"), "initrd\n", 3000);
    sync_images(test);
    assert_string_equal(image_of(test).version, version_of(test));
    assert_null(image_of(test).problem);
}

static void a_disk_must_be_whole(void **state)
{
    struct test *test = *state;

    file_write(source_path(test, "disk.qcow2"), "no qcow2 at all", 2000);
    sync_images(test);
    assert_null(image_of(test).version);
    assert_non_null(strstr(image_of(test).problem, "disk.qcow2"));
}

static void assert_start_is_refused(struct test *test)
{
    int boots = fake_find(test->vm)->boots;

    world_check(world_ask(test->world, test->vm, VM_REQUEST_START, NULL), "start");
    drain(test->context);
    assert_string_equal(world_vm(test->world, test->vm).state, "stopped");
    assert_non_null(strstr(world_vm(test->world, test->vm).last_error, "has been changed"));
    assert_null(strstr(world_vm(test->world, test->vm).last_error, "image_versions/"));
    assert_non_null(strstr(world_job(test->world, test->vm).error, "image_versions/"));
    assert_int_equal(fake_find(test->vm)->boots, boots);
}

static void a_damaged_build_starts_nothing(void **state)
{
    struct test *test = *state;
    const char *path = stored_path(test, version_of(test), "initrd");

    world_check(world_ask(test->world, test->vm, VM_REQUEST_STOP, NULL), "stop");
    drain(test->context);
    file_write(path, "other\n", 1000);
    assert_start_is_refused(test);
    file_write(path, "", 1000);
    assert_start_is_refused(test);
    unlink(path);
    assert_start_is_refused(test);
    /* Put back into the image's folder, it is whole again. */
    file_write(source_path(test, "initrd"), "initrd\n", 4000);
    sync_images(test);
    world_check(world_ask(test->world, test->vm, VM_REQUEST_START, NULL), "start");
    drain(test->context);
    assert_string_equal(world_vm(test->world, test->vm).state, "running");
}

/* The same contents with other times and inodes, as after a restore. */
static void a_moved_store_is_read_again(void **state)
{
    struct test *test = *state;

    world_check(world_ask(test->world, test->vm, VM_REQUEST_STOP, NULL), "stop");
    drain(test->context);
    file_write(stored_path(test, version_of(test), "initrd"), "initrd\n", 77);
    world_check(world_ask(test->world, test->vm, VM_REQUEST_START, NULL), "start");
    drain(test->context);
    assert_string_equal(world_vm(test->world, test->vm).state, "running");
}

static int fake_open_once(void **state)
{
    (void)state;
    fake_open();
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_build_lies_beside_the_old_one),
        TEST(an_unused_build_is_removed),
        TEST(a_build_without_a_row_is_removed),
        TEST(an_image_may_lie_on_another_file_system),
        TEST(only_a_used_image_that_is_gone_is_listed),
        TEST(a_clone_keeps_the_build_of_its_source),
        TEST(what_is_still_written_is_not_read),
        TEST(an_incomplete_image_is_not_offered),
        TEST(a_disk_must_be_whole),
        TEST(a_damaged_build_starts_nothing),
        TEST(a_moved_store_is_read_again),
    };

    return cmocka_run_group_tests(tests, fake_open_once, NULL);
}
