/* Receiving webhooks; see receiver.h. Does not know what any event means. */
#include "web/receiver.h"

#include "adapter/fastcgi.h"
#include "adapter/json.h"
#include "adapter/sandbox.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/text.h"
#include "model/inbox_path.h"
#include "web/start.h"

#include "inbox.sql.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { MOST_SECRETS = 2 * RECEIVER_SECRET_FILES };

struct desk {
    const struct receiver *receiver;
    struct db *db;         /* the inbox */
    struct arena *arena;   /* of a batch */
    struct arena *scratch; /* of one event's JSON */
    const char *secrets[MOST_SECRETS];
    size_t secret_count;
};

/* One delivery: what was found out about it. */
struct delivery {
    struct request request;
    const struct exchange *exchange;
    const char *id, *type; /* of the event */
    struct error *error;   /* why it is not acknowledged */
    int64_t started_us;
};

/* ---- verify ---- */

static bool is_word(const char *text, size_t most)
{
    return text && *text && strlen(text) <= most && text_is_printable(text, '!');
}

static struct error *event_read(struct desk *desk, struct delivery *delivery)
{
    const struct exchange *exchange = delivery->exchange;
    const struct json *json;
    struct error *e;

    arena_reset(desk->scratch);
    e = json_read(desk->scratch, exchange->body, exchange->body_length, &json);
    if (e)
        return error_new(desk->arena, ERROR_MALFORMED, "%s", e->text);
    delivery->id = arena_copy(desk->arena, json_get_text(json, "id"));
    delivery->type = arena_copy(desk->arena, json_get_text(json, desk->receiver->type_key));
    if (!is_word(delivery->id, LIMIT_EVENT_ID_BYTES) ||
        !is_word(delivery->type, LIMIT_EVENT_TYPE_BYTES))
        return error_new(desk->arena, ERROR_MALFORMED, "signed, but not an event: no id or type");
    return NULL;
}

static struct error *signature_check(struct desk *desk, struct delivery *delivery)
{
    const struct receiver *receiver = desk->receiver;
    const struct signed_body body = {
        .header = *(const char **)(void *)((char *)&delivery->request + receiver->signature),
        .bytes = delivery->exchange->body,
        .length = delivery->exchange->body_length,
    };

    if (receiver->is_signed(desk->arena, &body, desk->secrets, desk->secret_count, clock_now_ms()))
        return NULL;
    return error_new(desk->arena, ERROR_MALFORMED, "not signed with a secret of ours, or stale");
}

static struct error *delivery_check(struct desk *desk, struct delivery *delivery)
{
    struct request *r = &delivery->request;
    /* The body is not the request's: it is large, and only its signature says whose it is. */
    struct error *e = request_read(r, delivery->exchange->environment, "", 0);

    if (e)
        return e;
    if (strcmp(r->path, desk->receiver->path) != 0)
        return error_new(desk->arena, ERROR_NOT_FOUND, "no such path");
    if (strcmp(r->method, "POST") != 0)
        return error_new(desk->arena, ERROR_METHOD, "a webhook comes by POST");
    if (delivery->exchange->body_error)
        return delivery->exchange->body_error;
    e = signature_check(desk, delivery);
    return e ? e : event_read(desk, delivery);
}

/* ---- store ---- */

static struct error *store_all(struct desk *desk, struct delivery *deliveries, size_t count)
{
    int64_t now_at = clock_now();
    struct error *e = db_begin(desk->db, desk->arena);

    for (size_t i = 0; !e && i < count; i++) {
        const struct delivery *delivery = &deliveries[i];
        struct bytes body = { delivery->exchange->body, delivery->exchange->body_length };

        if (!delivery->error)
            e = sql_inbox_add(desk->db, desk->arena, desk->receiver->source, delivery->id,
                              delivery->type, now_at, body);
    }
    if (!e)
        e = db_commit(desk->db, desk->arena);
    db_rollback(desk->db);
    return e;
}

/* One commit for all; if it fails, each has its own chance. */
static void store(struct desk *desk, struct delivery *deliveries, size_t count)
{
    struct error *e = store_all(desk, deliveries, count);

    if (!e)
        return;
    for (size_t i = 0; i < count; i++) {
        if (!deliveries[i].error)
            deliveries[i].error = count > 1 ? store_all(desk, &deliveries[i], 1) : e;
    }
}

/* ---- answer ---- */

static struct buf delivery_answer(struct desk *desk, struct delivery *delivery)
{
    struct response *response = &delivery->request.response;

    response_open(response, desk->arena);
    response->content_type = "text/plain; charset=utf-8";
    if (delivery->error) {
        response->status = error_status(delivery->error->kind);
        response->allow = delivery->error->kind == ERROR_METHOD ? "POST" : NULL;
    }
    buf_text(&response->body, delivery->error ? error_name(delivery->error->kind) : "stored");
    buf_char(&response->body, '\n');
    return response_bytes(response, desk->arena, false);
}

static void delivery_log(const struct delivery *delivery)
{
    const struct error *e = delivery->error;
    int64_t took_us = clock_monotonic_us() - delivery->started_us;

    log_write(e && error_status(e->kind) >= 500 ? "error" : "info", "webhook",
              (const struct log_field[]){
                  log_text("type", delivery->type ? delivery->type : "-"),
                  log_number("status", e ? error_status(e->kind) : 200),
                  log_number("us", took_us),
                  /* A field without a key ends the line. */
                  { .key = e ? "error" : NULL, .text = e ? e->text : NULL },
                  { .key = NULL },
              });
}

static void batch_answer(void *context, struct exchange *exchanges, size_t count)
{
    struct desk *desk = context;
    struct delivery *deliveries = arena_array(desk->arena, count, sizeof *deliveries);
    size_t good_count = 0;

    for (size_t i = 0; i < count; i++) {
        deliveries[i].request.arena = desk->arena;
        deliveries[i].exchange = &exchanges[i];
        deliveries[i].started_us = clock_monotonic_us();
        deliveries[i].error = delivery_check(desk, &deliveries[i]);
        good_count += !deliveries[i].error;
    }
    if (good_count)
        store(desk, deliveries, count);
    for (size_t i = 0; i < count; i++) {
        exchanges[i].answer = delivery_answer(desk, &deliveries[i]);
        delivery_log(&deliveries[i]);
    }
}

/* ---- start ---- */

static struct error *secrets_load(struct desk *desk, struct arena *arena, const char *state_dir)
{
    for (size_t i = 0; i < RECEIVER_SECRET_FILES; i++) {
        const char *name = desk->receiver->secrets[i];
        const char *path = arena_printf(arena, "%s/secrets/%s", state_dir, name);
        struct config_secret secret;
        struct error *e;

        if (i > 0 && (!name || (access(path, F_OK) < 0 && errno == ENOENT)))
            continue;
        e = config_secret_load(arena, state_dir, name, &secret);
        if (e)
            return e;
        desk->secrets[desk->secret_count++] = secret.current;
        if (secret.previous)
            desk->secrets[desk->secret_count++] = secret.previous;
    }
    return NULL;
}

int receiver_serve(int argc, char **argv, const struct receiver *receiver)
{
    struct desk desk = { .receiver = receiver };
    struct arena *arena = arena_new(LIMIT_REQUEST_ARENA_BYTES); /* lives as long as the process */
    const char *state_dir = start_program(argc, argv, receiver->source);
    struct error *e;

    if (!state_dir)
        return 2;
    e = secrets_load(&desk, arena, state_dir);
    if (!e)
        e = db_open(arena, &DB_INBOX, inbox_path(arena, state_dir), DB_READ_WRITE, &desk.db);
    if (e) {
        log_error("start_failed", log_text("error", e->text));
        return 1;
    }
    desk.arena = arena_new(LIMIT_RECEIVER_ARENA_BYTES);
    desk.scratch = arena_new(LIMIT_RECEIVER_ARENA_BYTES);
    sandbox_enter(SANDBOX_NO_NETWORK, inbox_folder(arena, state_dir));
    return fastcgi_serve(&(struct fastcgi_service){
        .batch_most = LIMIT_BATCH,
        .body_most = LIMIT_EVENT_BYTES,
        .arena = desk.arena,
        .answer = batch_answer,
        .context = &desk,
    });
}
