/*
 * The rules for VMs without an HTTP request: a person, a token and the system create, resize,
 * snapshot and destroy through model/ alone, and every refusal has its kind, code, message and
 * field.
 */
#include "base/array.h"
#include "base/clock.h"
#include "base/limit.h"
#include "model/restriction.h"
#include "model/ssh_key_store.h"
#include "model/state_path.h"
#include "ssh_key.sql.h"
#include "vm_key.sql.h"
#include "world.h"

#include "activity.sql.h"
#include "billing.sql.h"
#include "main_constants.sql.h"
#include "region_status.sql.h"
#include "snapshot.sql.h"
#include "team.sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

static struct error *end(struct error *e)
{
    if (!e)
        e = db_commit(world->db, world->arena);
    db_rollback(world->db);
    return e;
}

static struct vm_new wanted(const char *name)
{
    return (struct vm_new){
        .name = name,
        .region = &world->config->regions[0],
        .image = &world->config->images[0],
        .size = &world->config->sizes[0],
        .key_ids = &world->key_id,
        .key_count = 1,
        .internet.mode = VM_INTERNET_ON,
    };
}

static struct error *create(const struct actor *actor, const struct vm_new *vm, const char **id)
{
    const struct context context = world_context(world);
    struct error *e = db_begin(world->db, world->arena);

    return end(e ? e : vm_command_create(&context, actor, vm, id));
}

static struct error *sent(const struct actor *actor, const char *id, enum vm_trigger trigger,
                          const char *snapshot_id)
{
    const struct context context = world_context(world);
    struct error *e = db_begin(world->db, world->arena);

    return end(e ? e : vm_command_send(&context, actor, id, trigger, snapshot_id));
}

static struct error *resized(const struct actor *actor, const char *id, const char *size)
{
    const struct context context = world_context(world);
    struct error *e = db_begin(world->db, world->arena);

    return end(e ? e
                 : vm_command_resize(&context, actor, id, config_size_find(world->config, size)));
}

static struct error *snapshot_taken(const struct actor *actor, const char *id, const char *name)
{
    const struct context context = world_context(world);
    struct error *e = db_begin(world->db, world->arena);

    return end(e ? e : vm_command_snapshot(&context, actor, id, name));
}

static struct error *renamed(const struct actor *actor, const char *id, const char *name)
{
    const struct context context = world_context(world);
    struct error *e = db_begin(world->db, world->arena);

    return end(e ? e : vm_command_rename(&context, actor, id, name));
}

/* The state in which the worker leaves a VM at the end of a job. */
static void settle(const char *id, const char *state, const char *observed)
{
    const struct context context = world_context(world);
    struct job_last_row job = world_job(world, id);

    world_check(sql_vm_set_observed(world->db, world->arena, id, observed, context.now_at),
                "observed");
    world_check(
        sql_vm_set_state(world->db, world->arena, world->team_id, id, state, NULL, context.now_at),
        "state");
    world_check(
        sql_job_end(world->db, world->arena, job.number, JOB_STATE_DONE, NULL, context.now_ms),
        "job");
}

static void assert_refused(const struct error *e, enum error_kind kind, const char *code,
                           const char *field)
{
    assert_non_null(e);
    assert_int_equal(e->kind, kind);
    assert_string_equal(e->code, code);
    assert_non_null(e->message);
    if (field)
        assert_string_equal(e->field, field);
    else
        assert_null(e->field);
}

static struct actor actor_of(enum actor_via via)
{
    struct actor actor = world->actor;

    if (via == ACTOR_SYSTEM)
        return actor_system(world->team_id, "a test");
    actor.via = via;
    return actor;
}

/* Creates, resizes, snapshots and destroys one VM. */
static void whole_life(enum actor_via via, const char *name)
{
    const struct actor actor = actor_of(via);
    const struct vm_new vm = wanted(name);
    struct activity_of_vm_rows activity;
    const char *id;

    world_check(create(&actor, &vm, &id), "create");
    assert_string_equal(world_vm(world, id).state, VM_STATE_CREATING);
    assert_string_equal(world_job(world, id).kind, "create");
    settle(id, VM_STATE_RUNNING, VM_OBSERVED_RUNNING);
    world_check(snapshot_taken(&actor, id, "before"), "snapshot");
    assert_string_equal(world_vm(world, id).state, VM_STATE_SNAPSHOTTING);
    settle(id, VM_STATE_STOPPED, VM_OBSERVED_STOPPED);
    world_check(resized(&actor, id, "small"), "resize");
    assert_string_equal(world_vm(world, id).size, "small");
    settle(id, VM_STATE_STOPPED, VM_OBSERVED_STOPPED);
    world_check(renamed(&actor, id, arena_printf(world->arena, "%s-2", name)), "rename");
    world_check(sent(&actor, id, VM_REQUEST_DESTROY, NULL), "destroy");
    assert_string_equal(world_vm(world, id).wanted, VM_WANTED_GONE);
    world_check(sql_activity_of_vm(world->db, world->arena, world->team_id, id, INT64_MAX, "", 100,
                                   &activity),
                "activity");
    assert_int_equal(activity.count, 5);
    for (size_t i = 0; i < activity.count; i++)
        assert_int_equal(strcmp(activity.row[i].who, "Domicile") == 0, via == ACTOR_SYSTEM);
}

static void a_person_a_token_and_the_system(void **state)
{
    (void)state;
    whole_life(ACTOR_BROWSER, "person");
    whole_life(ACTOR_TOKEN, "token");
    whole_life(ACTOR_SYSTEM, "system");
}

static void what_create_refuses(void **state)
{
    struct vm_new vm = wanted("first");
    const char *id, *unknown = "aaaaaaaaaaaaaaaa";

    (void)state;
    world_check(create(&world->actor, &vm, &id), "create");
    assert_refused(create(&world->actor, &vm, &id), ERROR_INPUT, "name_taken", "name");
    vm = wanted("second");
    vm.key_ids = &unknown;
    assert_refused(create(&world->actor, &vm, &id), ERROR_INPUT, "unknown_key", "key");
    vm = wanted("second");
    world->config->has_encrypted_disks = true; /* nothing is written before that is known */
    assert_refused(create(&world->actor, &vm, &id), ERROR_INPUT, "disks_not_measured", NULL);
    assert_int_equal(
        system(arena_printf(world->arena,
                            "sqlite3 '%s' \"INSERT INTO promise VALUES "
                            "('encrypted-disks', 0, 't', 's', 'm', 300, 'red', 'count', "
                            "1, 0, 'e', 1, 1, NULL)\"",
                            main_db_path(world->arena, world->state_dir))),
        0);
    assert_refused(create(&world->actor, &vm, &id), ERROR_INPUT, "disks_not_encrypted", NULL);
    assert_int_equal(system(arena_printf(world->arena, "sqlite3 '%s' 'DELETE FROM promise'",
                                         main_db_path(world->arena, world->state_dir))),
                     0);
    world->config->has_encrypted_disks = false;
    vm = wanted("second");
    world->config->quota_disk_gb = 1;
    assert_refused(create(&world->actor, &vm, &id), ERROR_INPUT, "quota_exceeded", "size");
    world->config->quota_memory_mb = 1;
    assert_refused(create(&world->actor, &vm, &id), ERROR_INPUT, "quota_exceeded", "size");
    world->config->quota_vcpus = 1;
    assert_refused(create(&world->actor, &vm, &id), ERROR_INPUT, "quota_exceeded", "size");
    world->config->quota_vms = 1;
    assert_refused(create(&world->actor, &vm, &id), ERROR_INPUT, "quota_exceeded", NULL);
    world->config->billing = "stripe";
    assert_refused(create(&world->actor, &vm, &id), ERROR_CONFLICT, "billing_required", NULL);
}

static void what_a_state_refuses(void **state)
{
    static const enum vm_trigger triggers[] = { VM_REQUEST_START, VM_REQUEST_STOP,
                                                VM_REQUEST_RESTART, VM_REQUEST_RETRY };
    const char *id = world_create(world, "busy");
    struct error *e;

    (void)state;
    for (size_t i = 0; i < COUNT(triggers); i++) {
        e = sent(&world->actor, id, triggers[i], NULL);
        assert_int_equal(e->kind, ERROR_CONFLICT);
        assert_string_equal(e->code, "conflict");
    }
    assert_int_equal(snapshot_taken(&world->actor, id, "now")->kind, ERROR_CONFLICT);
    assert_int_equal(resized(&world->actor, id, "small")->kind, ERROR_CONFLICT);
    settle(id, VM_STATE_STOPPED, VM_OBSERVED_STOPPED);
    world_check(resized(&world->actor, id, "small"), "resize");
    settle(id, VM_STATE_STOPPED, VM_OBSERVED_STOPPED);
    assert_refused(resized(&world->actor, id, "nano"), ERROR_INPUT, "disk_cannot_shrink", "size");
    world->config->billing = "stripe";
    world_check(sql_billing_open(world->db, world->arena, world->team_id, "key", 1), "billing");
    world_check(sql_billing_set_status(world->db, world->arena, world->team_id,
                                       BILLING_STATUS_SUSPENDED, 1, NULL),
                "suspended");
    assert_refused(sent(&world->actor, id, VM_REQUEST_START, NULL), ERROR_CONFLICT,
                   "billing_required", NULL);
}

/* An image says how much memory its VMs need, when they are created and ever after. */
static void what_an_image_needs(void **state)
{
    const char *id = world_create(world, "big"), *other;
    const struct vm_new vm = wanted("small");

    (void)state;
    settle(id, VM_STATE_STOPPED, VM_OBSERVED_STOPPED);
    world->config->images[0].memory_mb = 512;
    assert_refused(create(&world->actor, &vm, &other), ERROR_INPUT, "memory_too_small", "size");
    assert_refused(resized(&world->actor, id, "small"), ERROR_INPUT, "memory_too_small", "size");
    world->config->images[0].memory_mb = 256;
    world_check(resized(&world->actor, id, "small"), "resize");
    settle(id, VM_STATE_STOPPED, VM_OBSERVED_STOPPED);
    world->config->images[0].name = "other"; /* its own has left the configuration */
    assert_refused(resized(&world->actor, id, "nano"), ERROR_INPUT, "disk_cannot_shrink", "size");
}

/* The rows of a person who restricted the account stay; what becomes less is allowed. */
static void what_a_restriction_refuses(void **state)
{
    const struct context now = world_context(world);
    const char *id = world_create(world, "frozen"), *other;
    const struct vm_new vm = wanted("another");
    const struct actor system = actor_system(world->team_id, "test");
    struct ssh_key_stored *stored;
    struct ssh_keys keys = { .count = 0 };

    (void)state;
    settle(id, VM_STATE_RUNNING, VM_OBSERVED_RUNNING);
    world_check(db_begin(world->db, world->arena), "begin");
    world_check(end(restriction_begin(&now, world->actor.person_id)), "restrict");
    assert_string_equal(world_vm(world, id).wanted, "stopped");
    settle(id, VM_STATE_STOPPED, VM_OBSERVED_STOPPED);
    assert_refused(create(&world->actor, &vm, &other), ERROR_CONFLICT, "account_restricted", NULL);
    assert_refused(sent(&world->actor, id, VM_REQUEST_START, NULL), ERROR_CONFLICT,
                   "account_restricted", NULL);
    assert_refused(snapshot_taken(&world->actor, id, "now"), ERROR_CONFLICT, "account_restricted",
                   NULL);
    assert_refused(resized(&world->actor, id, "small"), ERROR_CONFLICT, "account_restricted", NULL);
    assert_refused(ssh_keys_store(&now, &world->actor, &keys, "", NULL, &stored), ERROR_CONFLICT,
                   "account_restricted", NULL);
    /* One that runs again, since it could not be stopped then, is stopped by the worker. */
    world_check(sent(&system, id, VM_REQUEST_START, NULL), "the system starts it");
    settle(id, VM_STATE_RUNNING, VM_OBSERVED_RUNNING);
    world_check(restriction_run(&now), "run");
    assert_string_equal(world_vm(world, id).wanted, "stopped");
    settle(id, VM_STATE_STOPPED, VM_OBSERVED_STOPPED);
    world_check(db_begin(world->db, world->arena), "begin");
    world_check(end(restriction_end(&now, world->actor.person_id)), "end");
    world_check(sent(&world->actor, id, VM_REQUEST_START, NULL), "it starts again");
    settle(id, VM_STATE_STOPPED, VM_OBSERVED_STOPPED);
    world_check(db_begin(world->db, world->arena), "begin");
    world_check(end(restriction_begin(&now, world->actor.person_id)), "restrict again");
    world_check(sent(&world->actor, id, VM_REQUEST_DESTROY, NULL), "it may be destroyed");
}

/* A VM that was being created when the team was closed is stopped when it can be. */
static void what_a_closed_team_refuses(void **state)
{
    const struct context now = world_context(world);
    const char *id = world_create(world, "late"), *other;
    const struct vm_new vm = wanted("another");

    (void)state;
    world_check(sql_team_close(world->db, world->arena, world->team_id, 1), "close");
    assert_refused(create(&world->actor, &vm, &other), ERROR_CONFLICT, "team_closed", NULL);
    world_check(restriction_run(&now), "while it is created");
    assert_string_equal(world_vm(world, id).wanted, "running");
    settle(id, VM_STATE_RUNNING, VM_OBSERVED_RUNNING);
    world_check(restriction_run(&now), "once it runs");
    assert_string_equal(world_vm(world, id).wanted, "stopped");
}

static void what_an_absent_host_refuses(void **state)
{
    const char *id = world_create(world, "away");

    (void)state;
    settle(id, VM_STATE_RUNNING, VM_OBSERVED_RUNNING);
    world_check(sql_region_status_put(world->db, world->arena, "local", "kvm", "no answer", 1),
                "away");
    assert_refused(sent(&world->actor, id, VM_REQUEST_STOP, NULL), ERROR_CONFLICT,
                   "host_unreachable", NULL);
    assert_refused(snapshot_taken(&world->actor, id, "now"), ERROR_CONFLICT, "host_unreachable",
                   NULL);
    world_check(renamed(&world->actor, id, "still-away"), "rename");
    world_check(sent(&world->actor, id, VM_REQUEST_DESTROY, NULL), "destroy");
}

static void resources_of_other_teams_are_refused(void **state)
{
    const char *id = world_create(world, "mine");
    struct actor other = world->actor;

    (void)state;
    other.team_id = world->team_id + 1;
    assert_int_equal(sent(&other, id, VM_REQUEST_DESTROY, NULL)->kind, ERROR_NOT_FOUND);
    assert_int_equal(resized(&other, id, "small")->kind, ERROR_NOT_FOUND);
    assert_int_equal(snapshot_taken(&other, id, "now")->kind, ERROR_NOT_FOUND);
    assert_int_equal(renamed(&other, id, "stolen")->kind, ERROR_NOT_FOUND);
    assert_int_equal(sent(&world->actor, id, VM_REQUEST_RESTORE, "aaaaaaaaaaaaaaaa")->kind,
                     ERROR_NOT_FOUND);
    assert_string_equal(world_vm(world, id).name, "mine");
}

static void too_many_snapshots_and_names(void **state)
{
    const char *id = world_create(world, "many"), *other = world_create(world, "other");

    (void)state;
    for (int i = 0; i < LIMIT_SNAPSHOTS_PER_VM; i++) {
        settle(id, VM_STATE_RUNNING, VM_OBSERVED_RUNNING);
        world_check(snapshot_taken(&world->actor, id, "s"), "snapshot");
    }
    settle(id, VM_STATE_RUNNING, VM_OBSERVED_RUNNING);
    assert_refused(snapshot_taken(&world->actor, id, "s"), ERROR_INPUT, "snapshot_limit_reached",
                   NULL);
    assert_refused(renamed(&world->actor, other, "many"), ERROR_INPUT, "name_taken", "name");
}

/* A snapshot is as large as its disk. */
static void a_snapshot_counts(void **state)
{
    const char *id = world_create(world, "counts");

    (void)state;
    settle(id, VM_STATE_RUNNING, VM_OBSERVED_RUNNING);
    world->config->quota_disk_gb = 2;
    world_check(snapshot_taken(&world->actor, id, "fits"), "snapshot");
    settle(id, VM_STATE_RUNNING, VM_OBSERVED_RUNNING);
    assert_refused(snapshot_taken(&world->actor, id, "too much"), ERROR_INPUT, "quota_exceeded",
                   NULL);
}

/* Restored with its memory, a VM has the size of the snapshot: what is refused to a resize is
 * refused here. */
static void a_restore_counts(void **state)
{
    const char *id = world_create(world, "restored"), *snapshot;

    (void)state;
    settle(id, VM_STATE_STOPPED, VM_OBSERVED_STOPPED);
    world_check(resized(&world->actor, id, "small"), "resize");
    settle(id, VM_STATE_RUNNING, VM_OBSERVED_RUNNING);
    snapshot = world_snapshot(world, id);
    world_check(sql_snapshot_set_ready(world->db, world->arena, world->team_id, snapshot, true, 1),
                "ready");
    world_check(sql_vm_resize(world->db, world->arena, world->team_id, id, "nano", 1, 128, 2),
                "nano");
    settle(id, VM_STATE_STOPPED, VM_OBSERVED_STOPPED);
    world->config->quota_vcpus = 1;
    assert_refused(sent(&world->actor, id, VM_REQUEST_RESTORE, snapshot), ERROR_INPUT,
                   "quota_exceeded", "size");
    world->config->quota_vcpus = 100;
    world->config->size_count = 1; /* only nano is sold now */
    assert_refused(sent(&world->actor, id, VM_REQUEST_RESTORE, snapshot), ERROR_INPUT,
                   "size_not_offered", NULL);
    world->config->size_count = 2;
    world_check(sent(&world->actor, id, VM_REQUEST_RESTORE, snapshot), "restore");
}

/* A key that was removed from the team logs in to no copy. */
static void a_clone_has_only_present_keys(void **state)
{
    const char *id = world_create(world, "source"), *snapshot, *copy;
    struct vm_get_row source = world_vm(world, id);
    struct vm_new clone = wanted("copy");
    struct vm_key_list_rows keys;

    (void)state;
    settle(id, VM_STATE_RUNNING, VM_OBSERVED_RUNNING);
    snapshot = world_snapshot(world, id);
    clone.source = &source;
    clone.source_snapshot_id = snapshot;
    world_check(sql_ssh_key_create(world->db, world->arena, world->team_id, "newkeynewkeynew2",
                                   world->person_id, "new", "Ed25519", "SHA256:new", "",
                                   "ssh-ed25519 AAAAnew", NULL, 1),
                "key");
    world_check(sql_ssh_key_delete(world->db, world->arena, world->team_id, world->key_id),
                "remove");
    world_check(create(&world->actor, &clone, &copy), "clone");
    world_check(sql_vm_key_list(world->db, world->arena, world->team_id, copy, &keys), "keys");
    assert_int_equal(keys.count, 1);
    assert_string_equal(keys.row[0].fingerprint, "SHA256:new");
    world_check(sql_ssh_key_delete(world->db, world->arena, world->team_id, "newkeynewkeynew2"),
                "remove");
    clone.name = "copy-2";
    assert_refused(create(&world->actor, &clone, &copy), ERROR_INPUT, "unknown_key", "key");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_person_a_token_and_the_system, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_create_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_state_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_an_image_needs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_restriction_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_closed_team_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_an_absent_host_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(resources_of_other_teams_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_many_snapshots_and_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_snapshot_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_restore_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_clone_has_only_present_keys, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
