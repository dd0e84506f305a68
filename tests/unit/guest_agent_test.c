/*
 * SSH keys by the guest agent: they change while the VM runs, with the numbers of the changes that
 * a start brings; what the agent does not take waits for that.
 */
#include "worker/guest_agent.h"

#include "drain.h"
#include "fake_driver.h"
#include "model/vm_agent.h"
#include "model/vm_keys.h"
#include "world.h"

#include "image.sql.h"
#include "ssh_key.sql.h"
#include "vm_key.sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define FIRST  "SHA256:first"
#define SECOND "SHA256:second"

struct test {
    struct world *world;
    struct worker_context *context;
    const char *vm; /* runs with its agent on */
};

static void done(struct test *test, struct error *e)
{
    if (!e)
        e = db_commit(test->world->db, test->world->arena);
    db_rollback(test->world->db);
    world_check(e, "transaction");
}

static void key_create(struct test *test, const char *id, const char *fingerprint, const char *line)
{
    world_check(sql_ssh_key_create(test->world->db, test->world->arena, test->world->team_id, id,
                                   test->world->person_id, id, "Ed25519", fingerprint, "", line,
                                   NULL, 1),
                "key");
}

static void agent_turn(struct test *test, bool is_on)
{
    const struct context context = world_context(test->world);
    struct error *e = db_begin(test->world->db, test->world->arena);

    done(test, e ? e : vm_agent_change(&context, &test->world->actor, test->vm, is_on));
}

static void ask(struct test *test, enum vm_trigger trigger, const char *snapshot)
{
    world_check(world_ask(test->world, test->vm, trigger, snapshot), "ask");
    drain(test->context);
}

static int set_up(void **state)
{
    struct test *test = arena_alloc(arena_new(4096), sizeof *test);
    struct image_get_row image;

    *fake = (struct fake_host){ .calls = 0 };
    test->world = world_open(world_folder("fake:///local"));
    test->context = drain_bench(test->world);
    test->vm = world_create(test->world, "first");
    drain(test->context);
    world_check(sql_image_get(test->world->db, test->world->arena, "tiny", &image), "image");
    world_check(sql_image_put(test->world->db, test->world->arena, "tiny", image.version,
                              image.source, NULL, NULL, 0, 1, 1),
                "image");
    key_create(test, "firstfirstfirst2", FIRST, "ssh-ed25519 FIRST");
    key_create(test, "secondsecondsec2", SECOND, "ssh-ed25519 SECOND");
    agent_turn(test, true);
    ask(test, VM_REQUEST_RESTART, NULL);
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

static void add(struct test *test, const char *key_id)
{
    const struct context context = world_context(test->world);
    struct error *e = db_begin(test->world->db, test->world->arena);

    done(test, e ? e : vm_keys_add(&context, &test->world->actor, test->vm, key_id));
}

static void take_away(struct test *test, const char *fingerprint)
{
    const struct context context = world_context(test->world);
    struct error *e = db_begin(test->world->db, test->world->arena);

    done(test, e ? e : vm_keys_remove(&context, &test->world->actor, test->vm, fingerprint, true));
}

static void round_do(struct test *test)
{
    world_check(guest_agent_round(test->context), "round");
}

static bool has(struct test *test, const char *line)
{
    return strstr(fake_find(test->vm)->lines, line) != NULL;
}

static bool is_pending(struct test *test)
{
    const struct vm_get_row vm = world_vm(test->world, test->vm);

    return vm.setup_wanted > vm.setup_taken;
}

static size_t keys_count(struct test *test)
{
    struct vm_key_list_rows keys;

    world_check(
        sql_vm_key_list(test->world->db, test->world->arena, test->world->team_id, test->vm, &keys),
        "keys");
    return keys.count;
}

static void a_running_vm_takes_keys(void **state)
{
    struct test *test = *state;
    int boots = fake_find(test->vm)->boots;

    add(test, "firstfirstfirst2");
    assert_true(is_pending(test));
    round_do(test);
    assert_true(has(test, "ssh-ed25519 FIRST\n"));
    assert_false(is_pending(test));
    take_away(test, FIRST);
    round_do(test);
    assert_false(has(test, "FIRST"));
    assert_int_equal(keys_count(test), 1);
    assert_int_equal(fake_find(test->vm)->boots, boots);
    assert_int_equal(world_events(test->world, test->vm, "SSH key to be added now", NULL), 1);
    assert_int_equal(world_events(test->world, test->vm, "SSH keys of the VM changed", NULL), 2);
}

/* It is asked once, and what it did not take is taken at a start. */
static void a_silent_agent_leaves_it_to_the_next_start(void **state)
{
    struct test *test = *state;
    int calls;

    fake->has_silent_agents = true;
    add(test, "firstfirstfirst2");
    round_do(test);
    assert_true(is_pending(test));
    assert_int_equal(
        world_events(test->world, test->vm, "Guest agent did not change the SSH keys", NULL), 1);
    calls = fake->calls;
    round_do(test);
    assert_int_equal(fake->calls, calls);
    ask(test, VM_REQUEST_RESTART, NULL);
    assert_true(has(test, "ssh-ed25519 FIRST\n"));
    assert_false(is_pending(test));
    /* The next change is tried again. */
    fake->has_silent_agents = false;
    take_away(test, FIRST);
    round_do(test);
    assert_false(has(test, "FIRST"));
}

/* The name is none of the agent's, and does not hold up the keys. */
static void a_new_name_still_waits_for_a_start(void **state)
{
    struct test *test = *state;
    const struct context context = world_context(test->world);
    struct error *e = db_begin(test->world->db, test->world->arena);

    done(test, e ? e : vm_command_rename(&context, &test->world->actor, test->vm, "elm"));
    add(test, "firstfirstfirst2");
    round_do(test);
    assert_true(has(test, "ssh-ed25519 FIRST\n"));
    assert_string_equal(fake_find(test->vm)->name, "first");
    assert_true(is_pending(test));
    ask(test, VM_REQUEST_RESTART, NULL);
    assert_string_equal(fake_find(test->vm)->name, "elm");
    assert_false(is_pending(test));
}

/* Only domicile.conf knows the user. */
static void without_its_image_a_change_is_refused(void **state)
{
    struct test *test = *state;
    const struct context context = world_context(test->world);
    struct error *e = db_begin(test->world->db, test->world->arena);

    done(test, e ? e : vm_command_rename(&context, &test->world->actor, test->vm, "elm"));
    test->world->config->images[0].name = "other";
    ask(test, VM_REQUEST_RESTART, NULL);
    assert_non_null(
        strstr(world_vm(test->world, test->vm).last_error, "not in domicile.conf any more"));
    assert_string_equal(fake_find(test->vm)->name, "first");
    assert_true(is_pending(test));
}

/* Only from a start with it: before, the host has no way to it. */
static void it_is_asked_only_where_its_owner_wants(void **state)
{
    struct test *test = *state;
    int calls;

    agent_turn(test, false);
    ask(test, VM_REQUEST_RESTART, NULL);
    assert_false(fake_find(test->vm)->has_agent);
    add(test, "firstfirstfirst2");
    calls = fake->calls;
    agent_turn(test, true);
    round_do(test);
    assert_int_equal(fake->calls, calls);
    assert_true(is_pending(test));
}

/* The guest is as it was then; what has changed since is taken away again at once. */
static void a_restored_vm_loses_a_removed_key(void **state)
{
    struct test *test = *state;
    const char *snapshot;

    add(test, "firstfirstfirst2");
    round_do(test);
    snapshot = world_snapshot(test->world, test->vm);
    drain(test->context);
    take_away(test, FIRST);
    round_do(test);
    assert_false(has(test, "FIRST"));
    ask(test, VM_REQUEST_RESTORE, snapshot);
    assert_true(is_pending(test));
    round_do(test);
    assert_false(is_pending(test));
    assert_false(has(test, "FIRST"));
}

/* With its memory comes the way to its agent, until the next start. */
static void a_restored_vm_has_the_agent_of_then(void **state)
{
    struct test *test = *state;
    const char *snapshot = world_snapshot(test->world, test->vm);

    drain(test->context);
    agent_turn(test, false);
    ask(test, VM_REQUEST_RESTART, NULL);
    assert_false(world_vm(test->world, test->vm).agent_started);
    fake_find(test->vm)->has_agent = true; /* as libvirt reverts it */
    ask(test, VM_REQUEST_RESTORE, snapshot);
    assert_true(world_vm(test->world, test->vm).agent_started);
    ask(test, VM_REQUEST_RESTART, NULL);
    assert_false(fake_find(test->vm)->has_agent);
    assert_false(world_vm(test->world, test->vm).agent_started);
}

static void an_image_without_one_has_none(void **state)
{
    struct test *test = *state;
    const struct context context = world_context(test->world);
    struct error *e;

    agent_turn(test, false);
    world_check(
        sql_image_put(test->world->db, test->world->arena, "tiny", NULL, NULL, NULL, NULL, 0, 0, 1),
        "image");
    world_check(db_begin(test->world->db, test->world->arena), "begin");
    e = vm_agent_change(&context, &test->world->actor, test->vm, true);
    db_rollback(test->world->db);
    assert_non_null(e);
    assert_string_equal(e->code, "agent_unsupported");
    test->world->actor.team_id++;
    world_check(db_begin(test->world->db, test->world->arena), "begin");
    e = vm_agent_change(&context, &test->world->actor, test->vm, false);
    db_rollback(test->world->db);
    test->world->actor.team_id--;
    assert_int_equal(e->kind, ERROR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_running_vm_takes_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_silent_agent_leaves_it_to_the_next_start, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_new_name_still_waits_for_a_start, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_its_image_a_change_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_is_asked_only_where_its_owner_wants, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_restored_vm_loses_a_removed_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_restored_vm_has_the_agent_of_then, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_image_without_one_has_none, set_up, tear_down),
    };

    fake_open();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
