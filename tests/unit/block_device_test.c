/* Encryption of block devices, in a planted sysfs. */
#include "adapter/block_device.h"
#include "base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

static struct arena *arena;
static char root[] = "/tmp/domicile-sysfs.XXXXXX";

static void run(const char *script)
{
    struct stat status;

    assert_int_equal(stat(root, &status), 0);
    assert_int_equal(
        system(arena_printf(arena,
                            "cd %s && rm -rf dev devices && mkdir -p dev/block devices && "
                            "own=%u:%u && %s",
                            root, major(status.st_dev), minor(status.st_dev), script)),
        0);
}

static void the_kernel_s_tree_is_read(void **state)
{
    static const struct {
        const char *script;
        enum block_encryption expected;
    } cases[] = {
        { ":", BLOCK_UNKNOWN },
        { "mkdir -p devices/sda && ln -s ../../devices/sda dev/block/$own", BLOCK_PLAIN },
        { "mkdir -p devices/sda/sda1 && echo 1 >devices/sda/sda1/partition && ln -s "
          "../../devices/sda/sda1 dev/block/$own",
          BLOCK_PLAIN },
        { "mkdir -p devices/dm-0/dm && echo CRYPT-LUKS2-0a1b-home >devices/dm-0/dm/uuid && ln -s "
          "../../devices/dm-0 dev/block/$own",
          BLOCK_ENCRYPTED },
        { "mkdir -p devices/dm-0/dm devices/dm-0/slaves devices/sda && echo LVM-0a1b "
          ">devices/dm-0/dm/uuid && ln -s ../../sda devices/dm-0/slaves/sda && ln -s "
          "../../devices/dm-0 dev/block/$own",
          BLOCK_PLAIN },
        { "mkdir -p devices/dm-1/dm devices/dm-1/slaves devices/dm-0/dm && echo LVM-0a1b "
          ">devices/dm-1/dm/uuid && echo CRYPT-LUKS1-0a >devices/dm-0/dm/uuid && ln -s ../../dm-0 "
          "devices/dm-1/slaves/dm-0 && ln -s ../../devices/dm-1 dev/block/$own",
          BLOCK_ENCRYPTED },
        /* A mirror of which one half is not encrypted. */
        { "mkdir -p devices/md0/slaves devices/dm-0/dm devices/sdb && echo CRYPT-LUKS2-0a "
          ">devices/dm-0/dm/uuid && ln -s ../../dm-0 devices/md0/slaves/dm-0 && ln -s ../../sdb "
          "devices/md0/slaves/sdb && ln -s ../../devices/md0 dev/block/$own",
          BLOCK_PLAIN },
        /* Built from itself. */
        { "mkdir -p devices/md0/slaves && ln -s ../../md0 devices/md0/slaves/md0 && ln -s "
          "../../devices/md0 dev/block/$own",
          BLOCK_UNKNOWN },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        run(cases[i].script);
        assert_int_equal(block_encryption_of(arena, root, root), cases[i].expected);
    }
    assert_int_equal(block_encryption_of(arena, root, "/nonexistent"), BLOCK_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kernel_s_tree_is_read),
    };
    int failed;

    arena = arena_new(1024 * 1024);
    if (!mkdtemp(root))
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    return system(arena_printf(arena, "rm -rf %s", root)) || failed;
}
