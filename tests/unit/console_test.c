/*
 * Consoles of VMs that cannot be reached, from the host to who asks: worker/console.c with a fake
 * host, which prints the VM's id, and ends, each time that its console is opened.
 */
#include "base/array.h"
#include "model/vm_state.h"
#include "model/worker_console.h"
#include "worker/console.h"

#include "drain.h"
#include "fake_driver.h"
#include "main_constants.sql.h"
#include "world.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static struct world *world;
static struct arena *arena; /* of one question */
static struct thread thread;
static const char *vm;

static void *run(void *argument)
{
    consoles_run(argument);
    return NULL;
}

/* The thread lasts as long as the process, as in the worker. */
static int set_up(void **state)
{
    struct consoles *consoles;
    pthread_t id;

    (void)state;
    fake_open();
    world = world_open(world_folder("fake:///local"));
    arena = arena_new(1 << 20);
    thread.context = drain_bench(world);
    vm = world_create(world, "first");
    drain(thread.context);
    world_check(worker_console_connect(world->arena, world->config), "connect");
    world_check(consoles_open(world->arena, world->config, &consoles), "open");
    thread.shared = consoles;
    thread.context = drain_bench(world);
    return pthread_create(&id, NULL, run, &thread);
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    world_close(world);
    return 0;
}

static void state_set(const char *word)
{
    world_check(sql_vm_set_state(world->db, world->arena, world->team_id, vm, word, NULL, 1),
                "state");
}

/* What is answered of it: "" is that nothing was printed; NULL: it is not read. */
static const char *asked(const char *vm_id)
{
    const char *bytes;
    size_t length;

    arena_reset(arena);
    return worker_console_ask(arena, vm_id, &bytes, &length)
               ? arena_copy_bytes(arena, bytes, length)
               : NULL;
}

static void one_that_cannot_be_reached_is_read(void **state)
{
    const char *text = NULL;

    (void)state;
    assert_null(asked(vm)); /* it runs */
    state_set(VM_STATE_FAILED);
    while (!text || strlen(text) < 2 * strlen(vm))
        text = asked(vm);
    /* The host's refusals do not end it, and nothing is lost between two openings. */
    assert_memory_equal(text, vm, strlen(vm));
    assert_memory_equal(text + strlen(vm), vm, strlen(vm));
}

static void others_are_not_read(void **state)
{
    (void)state;
    assert_null(asked("aaaaaaaaaaaaaaaa"));
    assert_null(asked(""));
    assert_null(asked("longer-than-an-id-can-be-longer-than-an-id-can-be"));
}

/* What is no question is no answer, and no end. */
static void questions_may_be_anything(void **state)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    const char *path = worker_console_path(world->arena, world->config);
    int sender = socket(AF_UNIX, SOCK_DGRAM, 0);

    (void)state;
    memcpy(at.sun_path, path, strlen(path) + 1);
    for (int i = 0; i < 3; i++)
        assert_true(sendto(sender, vm, strlen(vm), 0, (const struct sockaddr *)&at, sizeof at) > 0);
    assert_true(sendto(sender, "", 0, 0, (const struct sockaddr *)&at, sizeof at) == 0);
    close(sender);
    assert_non_null(asked(vm));
}

static void it_is_forgotten_once_reached(void **state)
{
    const char *text;

    (void)state;
    assert_true(strlen(asked(vm)) > 0);
    state_set(VM_STATE_RUNNING);
    while (asked(vm))
        continue;
    /* And begins anew, without what was read before. */
    state_set(VM_STATE_STARTING);
    do {
        text = asked(vm);
    } while (!text || !*text);
    assert_int_equal(strlen(text) % strlen(vm), 0);
    assert_true(strlen(text) <= 2 * strlen(vm));
}

static void page_and_worker_agree(void **state)
{
    static const char *const words[] = {
        VM_STATE_CREATING,  VM_STATE_STARTING, VM_STATE_RUNNING,      VM_STATE_STOPPING,
        VM_STATE_STOPPED,   VM_STATE_PAUSED,   VM_STATE_RESUMING,     VM_STATE_RESTARTING,
        VM_STATE_RESIZING,  VM_STATE_FAILED,   VM_STATE_SNAPSHOTTING, VM_STATE_RESTORING,
        VM_STATE_DESTROYING
    };
    struct vm_unreached_rows rows;

    (void)state;
    for (size_t i = 0; i < COUNT(words); i++) {
        state_set(words[i]);
        world_check(sql_vm_unreached(world->db, world->arena, 9, &rows), "rows");
        assert_int_equal(rows.count, vm_state_has_console(words[i]));
    }
}

static void nobody_answers(void **state)
{
    (void)state;
    assert_int_equal(unlink(worker_console_path(world->arena, world->config)), 0);
    assert_null(asked(vm));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_cannot_be_reached_is_read),
        cmocka_unit_test(others_are_not_read),
        cmocka_unit_test(questions_may_be_anything),
        cmocka_unit_test(it_is_forgotten_once_reached),
        cmocka_unit_test(page_and_worker_agree),
        cmocka_unit_test(nobody_answers),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
