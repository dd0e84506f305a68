/* disk_image.c against images made by qemu-img, and against files that are not valid images. */
#include "host/disk_image.h"

#include "adapter/subprocess.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena *arena;
static char folder[] = "/tmp/dimg.XXXXXX";

static const char *path_of(const char *name)
{
    return arena_printf(arena, "%s/%s", folder, name);
}

#define RUN(...) assert_null(command_run(arena, (const char *const[]){ __VA_ARGS__, NULL }))

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(4 * 1024 * 1024);
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    static const char *const names[] = { "base", "over", "raw" };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlink(path_of(names[i]));
    rmdir(folder);
    arena_free(arena);
    return 0;
}

static void an_image_is_read(void **state)
{
    struct disk_image image;

    (void)state;
    RUN("qemu-img", "create", "-q", "-f", "qcow2", path_of("base"), "64M");
    assert_null(disk_image_read(arena, path_of("base"), NULL, &image));
    assert_int_equal(image.bytes, 64 << 20);
    assert_null(image.backing);
    assert_false(image.has_snapshot);
}

static void an_overlay_names_its_backing_image(void **state)
{
    struct disk_image image;

    (void)state;
    RUN("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", path_of("base"),
        path_of("over"), "80M");
    assert_null(disk_image_read(arena, path_of("over"), NULL, &image));
    assert_int_equal(image.bytes, 80 << 20);
    assert_string_equal(image.backing, path_of("base"));
}

static void a_snapshot_is_found(void **state)
{
    struct disk_image image;

    (void)state;
    RUN("qemu-img", "snapshot", "-c", "first", path_of("base"));
    RUN("qemu-img", "snapshot", "-c", "second", path_of("base"));
    assert_null(disk_image_read(arena, path_of("base"), "second", &image));
    assert_true(image.has_snapshot);
    assert_int_equal(image.memory_bytes, 0);
    assert_null(disk_image_read(arena, path_of("base"), "third", &image));
    assert_false(image.has_snapshot);
}

/* A guest may write anything to the start of its disk: the format is never probed. */
static void an_invalid_image_is_refused(void **state)
{
    struct disk_image image;
    struct error *e;
    FILE *file = fopen(path_of("raw"), "we");

    (void)state;
    assert_non_null(file);
    fprintf(file, "%4096d", 0);
    fclose(file);
    e = disk_image_read(arena, path_of("raw"), NULL, &image);
    assert_non_null(e);
    assert_int_equal(e->kind, ERROR_UPSTREAM);
    assert_non_null(disk_image_read(arena, path_of("missing"), NULL, &image));
}

static void too_much_output_is_refused(void **state)
{
    const char *text;
    struct error *e;

    (void)state;
    e = command_read(arena, (const char *const[]){ "head", "-c", "300000", "/dev/zero", NULL },
                     &text);
    assert_non_null(e);
    assert_int_equal(e->kind, ERROR_UPSTREAM);
    assert_null(command_read(arena, (const char *const[]){ "echo", "two words", NULL }, &text));
    assert_string_equal(text, "two words\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_is_read),
        cmocka_unit_test(an_overlay_names_its_backing_image),
        cmocka_unit_test(a_snapshot_is_found),
        cmocka_unit_test(an_invalid_image_is_refused),
        cmocka_unit_test(too_much_output_is_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
