/*
 * Deleting an account that pays: as long as Stripe has not ended its subscription nothing else
 * happens, and its customer is deleted there before anything is deleted here.
 */
#include "base/clock.h"
#include "child.h"
#include "drain.h"
#include "fake_driver.h"
#include "model/erasure.h"
#include "model/state_path.h"
#include "stripe_world.h"
#include "worker/erasure.h"
#include "worker/job.h"

#include "erasure.sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
    fake_open();
    *state = stripe_world_open();
    return 0;
}

static int tear_down(void **state)
{
    stripe_world_close(*state);
    return 0;
}

static void plant(struct stripe_world *here, const char *sql)
{
    char out[256];
    const char *const arguments[] = { "sqlite3", main_db_path(here->arena, here->world->state_dir),
                                      sql, NULL };

    assert_int_equal(child_run(arguments, out, sizeof out), 0);
}

static const char *request(struct stripe_world *here)
{
    struct world *world = here->world;
    const struct context context = world_context(world);
    const struct erasure_request request = { .person_id = world->person_id,
                                             .requested_by = ERASURE_REQUESTED_BY_PERSON };
    struct erasure_of_person_row row;
    const char *token;

    world_check(db_begin(world->db, world->arena), "begin");
    world_check(erasure_request(&context, &request, &token), "request");
    world_check(db_commit(world->db, world->arena), "commit");
    world_check(sql_erasure_of_person(world->db, world->arena, world->person_id, &row), "row");
    plant(here, "UPDATE erasure SET due_at = requested_at;"
                "UPDATE mail SET state = 'sent', url = NULL");
    return row.id;
}

/* Execute the jobs of a class that are due; what waits for a retry is due. */
static void jobs_work(struct stripe_world *here, const struct job_class *class, int most)
{
    struct job job;
    bool has_one = true;

    plant(here, "UPDATE job SET due_at_ms = 1 WHERE state = 'queued'");
    for (int i = 0; i < most && has_one; i++) {
        world_check(job_take(here->context, class, &job, &has_one), "take");
        if (has_one)
            job_do(&job);
    }
}

/* One turn of each thread of the worker that takes part. */
static void work(struct stripe_world *here)
{
    jobs_work(here, &JOB_CLASS_BILLING, 1);
    world_check(erasure_run(here->context), "erasure");
    arena_reset(here->context->arena);
    jobs_work(here, &JOB_CLASS_VM, 10);
}

static struct erasure_steps_row step_of(struct stripe_world *here, const char *id,
                                        enum erasure_step step)
{
    struct erasure_steps_rows steps;

    world_check(sql_erasure_steps(here->world->db, here->arena, id, &steps), "steps");
    return steps.row[step];
}

static void assert_step(struct stripe_world *here, const char *id, enum erasure_step step,
                        const char *state, const char *words)
{
    const struct erasure_steps_row row = step_of(here, id, step);

    assert_string_equal(row.state, state);
    if (words && !strstr(row.answer, words))
        fail_msg("%s: %s", row.name, row.answer);
}

static const char *subscription(struct stripe_world *here, const char *file)
{
    return fake_stripe_object(here->arena, fake_stripe_file(here->arena, file));
}

static void stripe_is_first(void **state)
{
    struct stripe_world *here = *state;
    const char *active = subscription(here, "customer.subscription.updated.activated.json");
    const char *vm, *id;

    stripe_world_hold(here, &active, 1);
    plant(here, "UPDATE billing SET subscription_id = '" STRIPE_SUBSCRIPTION
                "', stripe_status = 'active', status = 'active'");
    vm = world_create(here->world, "amber");
    drain(here->context);
    fake_stripe_answer("DELETE /v1/subscriptions/" STRIPE_SUBSCRIPTION, 500, "{}");
    id = request(here);
    for (int i = 0; i < 3; i++)
        work(here);
    assert_true(fake_stripe_asked("DELETE /v1/subscriptions/", NULL) > 0);
    assert_step(here, id, ERASURE_BILLING, ERASURE_STEP_STATE_FAILED, "Stripe");
    assert_step(here, id, ERASURE_VMS, ERASURE_STEP_STATE_WAITING, NULL);
    assert_string_equal(world_vm(here->world, vm).state, "stopped");

    /* It has ended; now the customer. */
    stripe_world_hold(here, NULL, 0);
    fake_stripe_answer("GET /v1/subscriptions/" STRIPE_SUBSCRIPTION, 200,
                       subscription(here, "customer.subscription.deleted.json"));
    fake_stripe_answer("DELETE /v1/customers/" STRIPE_CUSTOMER, 500, "{}");
    for (int i = 0; i < 4; i++)
        work(here);
    assert_step(here, id, ERASURE_BILLING, ERASURE_STEP_STATE_DONE, "canceled");
    assert_step(here, id, ERASURE_VMS, ERASURE_STEP_STATE_DONE, "1 of 1 VM ");
    assert_step(here, id, ERASURE_SERVICES, ERASURE_STEP_STATE_FAILED, "Stripe");
    assert_step(here, id, ERASURE_ROWS, ERASURE_STEP_STATE_WAITING, NULL);
    assert_string_equal(stripe_world_billing(here).customer_id, STRIPE_CUSTOMER);

    fake_stripe_answer("DELETE /v1/customers/" STRIPE_CUSTOMER, 200,
                       fake_stripe_file(here->arena, "reply.customer.deleted.200.json"));
    for (int i = 0; i < 4; i++)
        work(here);
    assert_step(here, id, ERASURE_SERVICES, ERASURE_STEP_STATE_DONE, "keeps its invoices");
    assert_step(here, id, ERASURE_RECEIPT, ERASURE_STEP_STATE_DONE, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(stripe_is_first, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
