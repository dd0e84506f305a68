/*
 * What VMs may reach: which names are read and refused, what is stored and recorded, and that the
 * host knows it in the end, whatever a job told it meanwhile.
 */
#include "base/array.h"
#include "drain.h"
#include "fake_driver.h"
#include "model/vm_internet.h"
#include "worker/internet.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct test {
    struct world *world;
    struct worker_context *context;
    const char *vm; /* a running VM */
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

static struct error *change(struct test *test, const char *mode, const char *names)
{
    const struct context context = world_context(test->world);
    struct vm_internet wanted;
    struct error *e = vm_internet_read(test->world->arena, mode, names, &wanted);

    if (!e)
        e = db_begin(test->world->db, test->world->arena);
    if (!e)
        e = vm_internet_change(&context, &test->world->actor, test->vm, &wanted);
    if (!e)
        e = db_commit(test->world->db, test->world->arena);
    db_rollback(test->world->db);
    return e;
}

static void tell(struct test *test)
{
    world_check(internet_round(test->context), "round");
}

static int64_t pending(struct test *test)
{
    return world_vm(test->world, test->vm).internet_pending;
}

/* ---- reading ---- */

static void names_are_read(void **state)
{
    static const struct {
        const char *typed, *names; /* NULL: refused */
    } cases[] = {
        { "github.com", "github.com" },
        { " GitHub.com.\r\n deb.debian.org,github.com;pypi.org ",
          "deb.debian.org github.com pypi.org" },
        { "https://github.com/torvalds/linux", "github.com" },
        { "*.example.org", "example.org" },
        { "b\u00fccher.example", "xn--bcher-kva.example" },
        { "xn--bcher-kva.example", "xn--bcher-kva.example" },
        { "a.bc", "a.bc" },
        { "github.c", NULL },
        { "", NULL },
        { " ,\n", NULL },
        { "localhost", NULL },
        { "198.51.100.7", NULL },
        { "2001:db8::1", NULL },
        { "[::1]", NULL },
        { "github.com:443", NULL },
        { "-x.example", NULL },
        { "x-.example", NULL },
        { "a..example", NULL },
        { ".example", NULL },
        { "exa_mple.org", NULL },
        { "git hub.com *", NULL },
        { "$(id).example", NULL },
        { "github.com/nftset=/x/", "github.com" },
        { "github.com#53", NULL },
        { "x.123", NULL },
        { "a\x01.example", NULL },
        { "user@example.org", NULL },
    };
    struct arena *arena = arena_new(1 << 20);
    struct vm_internet internet;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error *e = vm_internet_read(arena, "names", cases[i].typed, &internet);

        if (cases[i].names) {
            world_check(e, cases[i].typed);
            assert_string_equal(internet.names, cases[i].names);
        } else {
            assert_non_null(e);
            assert_int_equal(e->kind, ERROR_INPUT);
            assert_string_equal(e->field, "internet_names");
            assert_non_null(e->message);
        }
    }
}

static void a_name_is_of_limited_length(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct vm_internet internet;
    char label[65], many[33 * 8] = "";

    (void)state;
    memset(label, 'a', sizeof label - 1);
    label[64] = '\0';
    assert_non_null(
        vm_internet_read(arena, "names", arena_printf(arena, "%s.org", label), &internet));
    assert_null(
        vm_internet_read(arena, "names", arena_printf(arena, "%s.org", label + 1), &internet));
    assert_non_null(vm_internet_read(
        arena, "names",
        arena_printf(arena, "%s.%s.%s.%s.org", label + 1, label + 1, label + 1, label + 1),
        &internet));
    for (int i = 0; i < 32; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), "n%d.org ", i);
    assert_null(vm_internet_read(arena, "names", many, &internet));
    assert_non_null(
        vm_internet_read(arena, "names", arena_printf(arena, "%s one.org", many), &internet));
}

static void modes_are_read(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct vm_internet internet;
    struct error *e;

    (void)state;
    assert_null(vm_internet_read(arena, "on", "", &internet));
    assert_string_equal(internet.mode, "on");
    assert_null(vm_internet_read(arena, "off", "github.com", &internet));
    assert_string_equal(internet.mode, "off");
    assert_null(internet.names);
    e = vm_internet_read(arena, "maybe", "", &internet);
    assert_string_equal(e->field, "internet");
    assert_non_null(vm_internet_read(arena, "", "", &internet));
    assert_string_equal(vm_internet_line(arena, "names", "a.b c.d"), "names a.b c.d");
    assert_string_equal(vm_internet_line(arena, "off", NULL), "off");
    assert_string_equal(vm_internet_words(arena, "on", NULL), "On");
    assert_string_equal(vm_internet_words(arena, "names", "a.b"), "Only a.b");
    assert_string_equal(vm_internet_words(arena, "names", "a.b c.d"), "Only 2 names");
}

/* ---- choosing ---- */

static void a_start_tells_the_host(void **state)
{
    struct test *test = *state;

    assert_string_equal(fake_find(test->vm)->internet, "on");
    assert_int_equal(pending(test), 0);
}

static void a_change_tells_it_at_once(void **state)
{
    struct test *test = *state;
    const char *detail = NULL;

    world_check(change(test, "names", "pypi.org github.com"), "change");
    assert_int_equal(pending(test), 1);
    tell(test);
    assert_string_equal(fake_find(test->vm)->internet, "names github.com pypi.org");
    assert_int_equal(pending(test), 0);
    assert_int_equal(world_events(test->world, test->vm, "Internet access changed", &detail), 1);
    assert_string_equal(detail, "Only 2 names");
    /* The same again is no change. */
    world_check(change(test, "names", "github.com pypi.org"), "again");
    assert_int_equal(pending(test), 0);
    assert_int_equal(world_events(test->world, test->vm, "Internet access changed", NULL), 1);
    world_check(change(test, "off", ""), "off");
    tell(test);
    assert_string_equal(fake_find(test->vm)->internet, "off");
    assert_null(world_vm(test->world, test->vm).internet_names);
}

static void a_failure_is_repeated(void **state)
{
    struct test *test = *state;

    snprintf(fake->fails, sizeof fake->fails, "internet_set");
    fake->fail_times = 1;
    fake->fail_kind = ERROR_CONFLICT;
    world_check(change(test, "off", ""), "change");
    tell(test);
    assert_int_equal(pending(test), 1);
    tell(test);
    assert_int_equal(pending(test), 0);
    assert_string_equal(fake_find(test->vm)->internet, "off");
}

/* What is chosen while a VM is being created is what it has at its start. */
static void a_creation_tells_what_was_chosen_last(void **state)
{
    struct test *test = *state;

    test->vm = world_create(test->world, "second");
    world_check(change(test, "off", ""), "change");
    drain(test->context);
    assert_string_equal(fake_find(test->vm)->internet, "off");
    assert_int_equal(pending(test), 0);
}

/* Another port is another guest for the firewall. */
static void a_new_port_is_told(void **state)
{
    struct test *test = *state;
    int64_t port = world_vm(test->world, test->vm).ssh_port;

    world_check(change(test, "names", "github.com"), "change");
    tell(test);
    world_check(world_ask(test->world, test->vm, VM_REQUEST_STOP, NULL), "stop");
    drain(test->context);
    fake->busy_port = port;
    fake_find(test->vm)->internet[0] = '\0';
    world_check(world_ask(test->world, test->vm, VM_REQUEST_START, NULL), "start");
    drain(test->context);
    assert_int_not_equal(world_vm(test->world, test->vm).ssh_port, port);
    assert_string_equal(fake_find(test->vm)->internet, "names github.com");
}

static void a_start_of_the_worker_tells_all(void **state)
{
    struct test *test = *state;

    world_check(change(test, "off", ""), "change");
    tell(test);
    snprintf(fake_find(test->vm)->internet, 4, "on"); /* a host that was set up anew */
    world_check(internet_recover(test->context, test->world->arena), "recover");
    tell(test);
    assert_string_equal(fake_find(test->vm)->internet, "off");
}

static void a_clone_reaches_what_its_source_does(void **state)
{
    struct test *test = *state;
    const char *snapshot, *clone;

    world_check(change(test, "names", "github.com"), "change");
    snapshot = world_snapshot(test->world, test->vm);
    drain(test->context);
    clone = world_clone(test->world, "second", test->vm, snapshot);
    drain(test->context);
    assert_string_equal(fake_find(clone)->internet, "names github.com");
}

static void only_of_ones_own_team(void **state)
{
    struct test *test = *state;
    struct actor other = test->world->actor;
    struct error *e;

    test->world->actor.team_id = 999;
    e = change(test, "off", "");
    test->world->actor = other;
    assert_int_equal(e->kind, ERROR_NOT_FOUND);
    assert_string_equal(world_vm(test->world, test->vm).internet, "on");
}

static int fake_open_once(void **state)
{
    (void)state;
    fake_open();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_read),
        cmocka_unit_test(a_name_is_of_limited_length),
        cmocka_unit_test(modes_are_read),
        cmocka_unit_test_setup_teardown(a_start_tells_the_host, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_change_tells_it_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failure_is_repeated, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_creation_tells_what_was_chosen_last, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_port_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_start_of_the_worker_tells_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_clone_reaches_what_its_source_does, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_of_ones_own_team, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, fake_open_once, NULL);
}
