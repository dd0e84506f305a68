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

/* Responses of every account: the price for usage, which names the meter; no subscription yet. */
static void account_open(void)
{
    fake_stripe_forget();
    fake_stripe_answer("GET /v1/prices", 200,
                       "{\"data\":[{\"id\":\"price_1FixtUse00000000000001\",\"currency\":\"eur\","
                       "\"lookup_key\":\"domicile_usage\",\"unit_amount_decimal\":\"0.001\","
                       "\"recurring\":{\"meter\":\"" STRIPE_METER_ID "\"}}]}");
    fake_stripe_answer("GET /v1/subscriptions", 200, "{\"data\":[],\"has_more\":false}");
}

struct stripe_world *stripe_world_open(void)
{
    const char *folder = world_folder("fake:///local");
    struct world *world = world_open(folder);
    struct stripe_world *here = arena_alloc(world->arena, sizeof *here);
    int64_t now = clock_now();

    secret_write(folder);
    fake_stripe_open();
    account_open();
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
    bool is_nested = db_is_in_transaction(db);
    struct error *e;

    world_check(worker_context_stripe(here->context, here->arena, &event.stripe), "stripe");
    world_check(json_read(here->arena, body, strlen(body), &event.body), "event");
    event.id = json_get_text(event.body, "id");
    event.type = json_get_text(event.body, "type");
    rule = rule_find(event.type);
    if (!rule)
        return "no rule";
    e = rule->act ? rule->act(&event) : NULL;
    if (!e && !is_nested)
        e = db_begin(db, here->arena);
    if (!e)
        e = rule->record(&event);
    if (!e && !is_nested)
        e = db_commit(db, here->arena);
    if (!is_nested)
        db_rollback(db);
    if (problem)
        *problem = e;
    else
        world_check(e, event.type);
    return event.skip;
}

void stripe_world_hold(struct stripe_world *here, const char *const *subscriptions, size_t count)
{
    const char *list = "";

    for (size_t i = 0; i < count; i++) {
        const char *id = strstr(subscriptions[i], "\"id\": \"") + strlen("\"id\": \"");

        fake_stripe_answer(
            arena_printf(here->arena, "GET /v1/subscriptions/%.*s", (int)strcspn(id, "\""), id),
            200, subscriptions[i]);
        if (!strstr(subscriptions[i], "\"status\": \"canceled\""))
            list = arena_printf(here->arena, "%s%s%s", list, *list ? "," : "", subscriptions[i]);
    }
    fake_stripe_answer("GET /v1/subscriptions", 200,
                       arena_printf(here->arena, "{\"data\":[%s],\"has_more\":false}", list));
}

void stripe_world_truth(struct stripe_world *here, const char *event)
{
    const char *object = fake_stripe_object(here->arena, event);

    if (strstr(event, "\"object\": \"subscription\""))
        stripe_world_hold(here, &object, 1);
    else
        fake_stripe_answer(strstr(event, "\"id\": \"in_1FixtAcme000000000000001\"")
                               ? "GET /v1/invoices/in_1FixtAcme000000000000001"
                               : "GET /v1/invoices/in_1FixtAcme000000000000002",
                           200, object);
}

size_t stripe_world_mails(struct stripe_world *here, const char *kind)
{
    struct mail_count_since_row row;

    world_check(
        sql_mail_count_since(here->world->db, here->arena, "you@example.org", kind, 0, &row),
        "mails");
    return (size_t)row.total;
}
