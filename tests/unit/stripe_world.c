/* A world in which teams pay; see stripe_world.h. */
#include "stripe_world.h"

#include "base/clock.h"
#include "drain.h"

#include "mail.sql.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void secret_write(const char *folder)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/secrets", folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/secrets/stripe-api-key", folder);
    file = fopen(path, "we");
    fputs("sk_test_fixture\n", file);
    fclose(file);
    chmod(path, 0400);
}

struct stripe_world *stripe_world_open(void)
{
    const char *folder = world_folder("fake:///local");
    struct world *world = world_open(folder);
    struct stripe_world *here = arena_alloc(world->arena, sizeof *here);
    int64_t now = clock_now();

    secret_write(folder);
    fake_stripe_open();
    fake_stripe_forget();
    world->config->billing = "stripe";
    world->config->stripe_url = fake_stripe_open();
    here->world = world;
    here->arena = world->arena;
    here->context = drain_bench(world);
    world_check(sql_billing_open(world->db, world->arena, world->team_id, "key", now), "billing");
    world_check(
        sql_billing_set_customer(world->db, world->arena, world->team_id, STRIPE_CUSTOMER, "key"),
        "customer");
    return here;
}

void stripe_world_close(struct stripe_world *here)
{
    const char *folder = here->world->state_dir;

    unlink(arena_printf(here->arena, "%s/secrets/stripe-api-key", folder));
    rmdir(arena_printf(here->arena, "%s/secrets", folder));
    worker_context_close(here->context);
    world_close(here->world);
}

struct error *stripe_world_run(struct stripe_world *here, int64_t now_at,
                               struct error *(*run)(const struct context *context,
                                                    const struct stripe *stripe))
{
    const struct context context =
        context_at(here->context->db, here->context->arena, here->context->config, now_at * 1000);
    const struct stripe *stripe;
    struct error *e = worker_context_stripe(here->context, here->arena, &stripe);

    return e ? e : run(&context, stripe);
}

struct billing_get_row stripe_world_billing(struct stripe_world *here)
{
    struct billing_get_row row;

    world_check(sql_billing_get(here->world->db, here->arena, here->world->team_id, &row),
                "billing");
    return row;
}

static const struct event_rule *rule_find(const char *type)
{
    for (size_t i = 0; i < STRIPE_RULE_COUNT; i++) {
        size_t length = strlen(STRIPE_RULES[i].type);
        bool is_prefix = STRIPE_RULES[i].type[length - 1] == '.';

        if (is_prefix ? strncmp(type, STRIPE_RULES[i].type, length) == 0
                      : strcmp(type, STRIPE_RULES[i].type) == 0)
            return &STRIPE_RULES[i];
    }
    return NULL;
}

const char *stripe_world_apply(struct stripe_world *here, const char *body, int64_t now_at,
                               struct error **problem)
{
    struct db *db = here->context->db;
    struct event event = {
        .context = context_at(db, here->arena, here->context->config, now_at * 1000),
        .source = "stripe",
    };
    const struct event_rule *rule;
    struct error *e;

    world_check(worker_context_stripe(here->context, here->arena, &event.stripe), "stripe");
    world_check(json_read(here->arena, body, strlen(body), &event.body), "event");
    event.id = json_get_text(event.body, "id");
    event.type = json_get_text(event.body, "type");
    rule = rule_find(event.type);
    if (!rule)
        return "no rule";
    e = rule->act ? rule->act(&event) : NULL;
    if (!e)
        e = db_begin(db, here->arena);
    if (!e)
        e = rule->record(&event);
    if (!e)
        e = db_commit(db, here->arena);
    db_rollback(db);
    if (problem)
        *problem = e;
    else
        world_check(e, event.type);
    return event.skip;
}

void stripe_world_truth(struct stripe_world *here, const char *event)
{
    const char *request = strstr(event, "\"object\": \"subscription\"")
                              ? "GET /v1/subscriptions/" STRIPE_SUBSCRIPTION
                          : strstr(event, "\"id\": \"in_1FixtAcme000000000000001\"")
                              ? "GET /v1/invoices/in_1FixtAcme000000000000001"
                              : "GET /v1/invoices/in_1FixtAcme000000000000002";

    fake_stripe_answer(request, 200, fake_stripe_object(here->arena, event));
}

size_t stripe_world_mails(struct stripe_world *here, const char *kind)
{
    struct mail_count_since_row row;

    world_check(
        sql_mail_count_since(here->world->db, here->arena, "you@example.org", kind, 0, &row),
        "mails");
    return (size_t)row.total;
}
