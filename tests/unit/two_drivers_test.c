/*
 * Two regions with two drivers, the fake one and libvirt's (its test driver), in one worker: the
 * life of a VM in each, in parallel. A driver with steps and removals of its own; and a region
 * without a driver.
 */
#include "base/array.h"
#include "drain.h"
#include "fake_driver.h"
#include "worker/job.h"
#include "world.h"

#include "job_step.sql.h"
#include "receipt_part.sql.h"
#include "snapshot.sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { LOCAL, FAR, REGIONS };

static const char *const regions[REGIONS] = { "local", "far" };

static const char more_regions[] = "[region far]\nlabel = There\nuri = test:///default\n"
                                   "accelerator = tcg\nssh_ports = 22900-22999\n"
                                   "[region cloud]\nlabel = Cloud\nuri = cloud:///\n"
                                   "accelerator = tcg\nssh_ports = 23100-23199\n"
                                   "[region none]\nlabel = Nowhere\nuri = moon:///base\n"
                                   "accelerator = tcg\nssh_ports = 23000-23099\n";

struct test {
    struct world *world;
    struct worker_context *context; /* shared by both */
    const char *vm[REGIONS];
};

static int set_up(void **state)
{
    struct test *test = arena_alloc(arena_new(4096), sizeof *test);
    const char *folder = world_folder("fake:///local");
    FILE *file = fopen(arena_printf(arena_new(4096), "%s/domicile.conf", folder), "ae");

    *fake = (struct fake_host){ .calls = 0 };
    assert_non_null(file);
    fputs(more_regions, file);
    fclose(file);
    test->world = world_open(folder);
    test->context = drain_bench(test->world);
    *state = test;
    return 0;
}

static int tear_down(void **state)
{
    struct test *test = *state;
    struct world *world = test->world;

    worker_context_close(test->context);
    rmdir(arena_printf(world->arena, "%s/disks", world->state_dir));
    rmdir(arena_printf(world->arena, "%s/seeds", world->state_dir));
    world_close(world);
    return 0;
}

static void ask(struct test *test, enum vm_trigger event, const char *const *snapshots)
{
    for (size_t i = 0; i < REGIONS; i++)
        world_check(world_ask(test->world, test->vm[i], event, snapshots ? snapshots[i] : NULL),
                    regions[i]);
    drain(test->context);
}

/* The power state as each host reports it, and the database's state. */
static void assert_vms(struct test *test, const char *state, enum driver_power wanted)
{
    for (size_t i = 0; i < REGIONS; i++) {
        struct driver *driver;
        enum driver_power power;

        assert_string_equal(world_vm(test->world, test->vm[i]).state, state);
        world_check(worker_context_driver(test->context, test->world->arena, regions[i], &driver),
                    "driver");
        world_check(driver_power(driver, test->world->arena, test->vm[i], &power), "power");
        assert_int_equal(power, wanted);
    }
}

static void assert_receipts(struct test *test)
{
    static const char *const things[] = { "domain", "snapshots", "disk", "seed", "port" };

    for (size_t i = 0; i < REGIONS; i++) {
        struct receipt_part_list_rows receipt;

        world_check(sql_receipt_part_list(test->world->db, test->world->arena, test->world->team_id,
                                          test->vm[i], &receipt),
                    "receipt");
        assert_int_equal(receipt.count, COUNT(things));
        for (size_t j = 0; j < COUNT(things); j++)
            assert_string_equal(receipt.row[j].thing, things[j]);
    }
}

static void vms_exist_in_both(void **state)
{
    struct test *test = *state;
    const char *snapshots[REGIONS];
    struct vm_get_row vm;

    for (size_t i = 0; i < REGIONS; i++)
        test->vm[i] = world_create_in(test->world, regions[i], regions[i]);
    drain(test->context);
    assert_vms(test, "running", DRIVER_RUNNING);
    /* Each exists on its own host only. */
    assert_non_null(fake_find(test->vm[LOCAL]));
    assert_null(fake_find(test->vm[FAR]));
    vm = world_vm(test->world, test->vm[LOCAL]);
    assert_in_range(vm.ssh_port, 22800, 22899);
    vm = world_vm(test->world, test->vm[FAR]);
    assert_in_range(vm.ssh_port, 22900, 22999);
    assert_non_null(vm.host_key_public);

    ask(test, VM_REQUEST_STOP, NULL);
    assert_vms(test, "stopped", DRIVER_STOPPED);
    ask(test, VM_REQUEST_START, NULL);
    assert_vms(test, "running", DRIVER_RUNNING);
    assert_int_equal(world_vm(test->world, test->vm[FAR]).ssh_port, vm.ssh_port);

    for (size_t i = 0; i < REGIONS; i++)
        snapshots[i] = world_snapshot(test->world, test->vm[i]);
    drain(test->context);
    assert_vms(test, "running", DRIVER_RUNNING);
    ask(test, VM_REQUEST_RESTORE, snapshots);
    assert_vms(test, "running", DRIVER_RUNNING);

    ask(test, VM_REQUEST_DESTROY, NULL);
    assert_vms(test, "gone", DRIVER_ABSENT);
    assert_null(fake_find(test->vm[LOCAL]));
    assert_receipts(test);
}

static void a_driver_has_its_own_steps(void **state)
{
    static const char *const names[] = { "Volume", "Machine", "SSH" };
    static const char *const things[] = { "machine", "volume", "user data" };
    struct test *test = *state;
    struct world *world = test->world;
    const char *vm = world_create_in(world, "cloud", "far");
    const char *second = world_create_in(world, "cloud", "farther");
    struct job_step_list_rows steps;
    struct receipt_part_list_rows receipt;

    drain(test->context);
    assert_string_equal(world_vm(world, vm).state, "running");
    /* As the driver reported, although it reserved no port and the region's range is another. */
    assert_int_equal(world_vm(world, vm).ssh_port, 22);
    assert_string_equal(world_vm(world, vm).ssh_host,
                        arena_printf(world->arena, "%s.cloud.test", vm));
    /* Each has its own address, so both may have the same port. */
    assert_string_equal(world_vm(world, second).state, "running");
    assert_int_equal(world_vm(world, second).ssh_port, 22);
    assert_string_equal(world_vm(world, vm).host_key_public, fake_find(vm)->guest_key);
    world_check(sql_job_step_list(world->db, world->arena, world->team_id,
                                  world_job(world, vm).number, &steps),
                "steps");
    assert_int_equal(steps.count, COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++)
        assert_string_equal(steps.row[i].name, names[i]);

    world_check(world_ask(world, vm, VM_REQUEST_DESTROY, NULL), "destroy");
    drain(test->context);
    assert_string_equal(world_vm(world, vm).state, "gone");
    assert_null(fake_find(vm));
    world_check(sql_receipt_part_list(world->db, world->arena, world->team_id, vm, &receipt),
                "receipt");
    assert_int_equal(receipt.count, COUNT(things));
    for (size_t i = 0; i < COUNT(things); i++)
        assert_string_equal(receipt.row[i].thing, things[i]);
}

static void a_region_without_driver_is_refused(void **state)
{
    struct test *test = *state;
    const char *vm = world_create_in(test->world, "none", "lost");
    struct driver *driver;
    struct error *e;

    e = worker_context_driver(test->context, test->world->arena, "none", &driver);
    assert_non_null(e);
    assert_int_equal(e->kind, ERROR_INPUT);
    assert_non_null(strstr(e->text, "moon:///base"));
    assert_non_null(strstr(e->text, "fake:, cloud:, qemu:, test:"));
    drain(test->context);
    assert_string_equal(world_vm(test->world, vm).state, "failed");
    assert_non_null(strstr(world_job(test->world, vm).error, "moon:///base"));
    assert_null(strstr(world_vm(test->world, vm).last_error, "moon:///base"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(vms_exist_in_both, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_driver_has_its_own_steps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_region_without_driver_is_refused, set_up, tear_down),
    };

    fake_open();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
