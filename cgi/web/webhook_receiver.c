/* Receives webhooks; see webhook_receiver.h. Does not interpret events. */
#include "web/webhook_receiver.h"

#include "adapter/fastcgi.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/json_head.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/text.h"
#include "model/confinement.h"
#include "model/state_path.h"
#include "web/program.h"

#include "inbox.sql.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { MAX_SECRETS = 2 * RECEIVER_SECRET_FILES };

struct receiver_state {
    const struct webhook_receiver *receiver;
    struct db *db;       /* the inbox */
    struct arena *arena; /* of a batch */
    const char *secrets[MAX_SECRETS];
    size_t secret_count;
};

/* One delivery and the result of its verification. */
struct delivery {
    struct request request;
    const struct exchange *exchange;
    const char *id, *type; /* of the event */
    bool is_signed;
    struct error *error; /* why it is not acknowledged */
    int64_t started_us;
};

/* ---- verify ---- */

/* A copy of a text of the document; NULL unless it is a word of at most `max` bytes. */
static const char *word_of(struct arena *arena, const struct json_head *head, size_t max)
{
    const char *word;

    if (!head->text || !head->length || head->length > max)
        return NULL;
    word = arena_copy_bytes(arena, head->text, head->length);
    return strlen(word) == head->length && text_is_printable(word, '!') ? word : NULL;
}

/* The worker parses the event; one that is no JSON inside is parked there. */
static struct error *event_read(struct receiver_state *state, struct delivery *delivery)
{
    struct json_head head[] = { { .name = "id" }, { .name = state->receiver->type_key } };

    if (!json_head_read(delivery->exchange->body, delivery->exchange->body_length, head,
                        COUNT(head)))
        return error_new(state->arena, ERROR_MALFORMED, "signed, but not an event: no JSON object");
    delivery->id = word_of(state->arena, &head[0], LIMIT_EVENT_ID_BYTES);
    delivery->type = word_of(state->arena, &head[1], LIMIT_EVENT_TYPE_BYTES);
    if (!delivery->id || !delivery->type)
        return error_new(state->arena, ERROR_MALFORMED,
                         "signed, but not an event: id or type missing");
    return NULL;
}

static struct error *signature_check(struct receiver_state *state, struct delivery *delivery)
{
    const struct webhook_receiver *receiver = state->receiver;
    const struct signed_body body = {
        .header = *(const char **)(void *)((char *)&delivery->request + receiver->signature),
        .bytes = delivery->exchange->body,
        .length = delivery->exchange->body_length,
    };

    if (receiver->is_signed(state->arena, &body, state->secrets, state->secret_count,
                            clock_now_ms()))
        return NULL;
    return error_new(state->arena, ERROR_MALFORMED, "signature invalid or expired");
}

static struct error *delivery_check(struct receiver_state *state, struct delivery *delivery)
{
    struct request *r = &delivery->request;
    /*
     * The body is not in the request: it is large and trusted only after its signature is verified.
     */
    struct error *e = request_read(r, delivery->exchange->environment, "", 0);

    if (e)
        return e;
    if (strcmp(r->path, state->receiver->path) != 0)
        return error_new(state->arena, ERROR_NOT_FOUND, "no such path");
    if (strcmp(r->method, "POST") != 0)
        return error_new(state->arena, ERROR_METHOD, "a webhook must be a POST");
    if (delivery->exchange->body_error)
        return delivery->exchange->body_error;
    e = signature_check(state, delivery);
    delivery->is_signed = !e;
    return e ? e : event_read(state, delivery);
}

/* ---- store ---- */

static struct error *store_all(struct receiver_state *state, struct delivery *deliveries,
                               size_t count)
{
    int64_t now_at = clock_now();
    struct error *e = db_begin(state->db, state->arena);

    for (size_t i = 0; !e && i < count; i++) {
        const struct delivery *delivery = &deliveries[i];
        struct bytes body = { delivery->exchange->body, delivery->exchange->body_length };

        if (!delivery->error)
            e = sql_inbox_add(state->db, state->arena, state->receiver->source, delivery->id,
                              delivery->type, now_at, body);
    }
    if (!e)
        e = db_commit(state->db, state->arena);
    db_rollback(state->db);
    return e;
}

/* One commit for the batch; if it fails, each is retried alone. */
static void store(struct receiver_state *state, struct delivery *deliveries, size_t count)
{
    struct error *e = store_all(state, deliveries, count);

    if (!e)
        return;
    for (size_t i = 0; i < count; i++) {
        if (!deliveries[i].error)
            deliveries[i].error = count > 1 ? store_all(state, &deliveries[i], 1) : e;
    }
}

/* ---- respond ---- */

static struct buf delivery_response(struct receiver_state *state, struct delivery *delivery)
{
    struct response *response = &delivery->request.response;

    response_open(response, state->arena);
    response->content_type = "text/plain; charset=utf-8";
    if (delivery->error) {
        response->status = error_status(delivery->error->kind);
        response->allow = delivery->error->kind == ERROR_METHOD ? "POST" : NULL;
    }
    buf_text(&response->body, delivery->error ? error_name(delivery->error->kind) : "stored");
    buf_char(&response->body, '\n');
    return response_bytes(response, state->arena, false);
}

/* Anybody can be refused at any rate; whose signature is valid has a line for each event. */
static void delivery_log(const struct delivery *delivery)
{
    const struct error *e = delivery->error;
    int64_t took_us = clock_monotonic_us() - delivery->started_us;

    if (e && !delivery->is_signed) {
        log_often("webhook_refused", (const struct log_field[]){
                                         log_number("status", error_status(e->kind)),
                                         log_text("error", e->text),
                                         { .key = NULL },
                                     });
        return;
    }
    log_write(e && error_status(e->kind) >= 500 ? "error" : "info", "webhook",
              (const struct log_field[]){
                  log_text("type", delivery->type ? delivery->type : "-"),
                  log_number("status", e ? error_status(e->kind) : 200),
                  log_number("us", took_us),
                  /* A field without a key terminates the list. */
                  { .key = e ? "error" : NULL, .text = e ? e->text : NULL },
                  { .key = NULL },
              });
}

static void batch_respond(void *context, struct exchange *exchanges, size_t count)
{
    struct receiver_state *state = context;
    struct delivery *deliveries = arena_array(state->arena, count, sizeof *deliveries);
    size_t good_count = 0;

    for (size_t i = 0; i < count; i++) {
        deliveries[i].request.arena = state->arena;
        deliveries[i].exchange = &exchanges[i];
        deliveries[i].started_us = clock_monotonic_us();
        deliveries[i].error = delivery_check(state, &deliveries[i]);
        good_count += !deliveries[i].error;
    }
    if (good_count)
        store(state, deliveries, count);
    for (size_t i = 0; i < count; i++) {
        exchanges[i].response = delivery_response(state, &deliveries[i]);
        delivery_log(&deliveries[i]);
    }
}

/* ---- start ---- */

/* Whether a receiver has a further secret, and the operator has set it. */
static bool is_there(struct arena *arena, const char *state_dir, const char *name)
{
    return name && (access(arena_printf(arena, "%s/secrets/%s", state_dir, name), F_OK) == 0 ||
                    errno != ENOENT);
}

static struct error *secrets_load(struct receiver_state *state, struct arena *arena,
                                  const char *state_dir)
{
    for (size_t i = 0; i < RECEIVER_SECRET_FILES; i++) {
        const char *name = state->receiver->secrets[i];
        struct config_secret secret;
        struct error *e;

        if (i > 0 && !is_there(arena, state_dir, name))
            continue;
        e = config_secret_load(arena, state_dir, name, &secret);
        if (e)
            return e;
        state->secrets[state->secret_count++] = secret.current;
        if (secret.previous)
            state->secrets[state->secret_count++] = secret.previous;
    }
    return NULL;
}

int webhook_receiver_serve(int argc, char **argv, const struct webhook_receiver *receiver)
{
    struct receiver_state state = { .receiver = receiver };
    struct arena *arena = arena_new(LIMIT_REQUEST_ARENA_BYTES); /* lives as long as the process */
    const char *state_dir = start_program(argc, argv, receiver->source);
    struct error *e;

    if (!state_dir)
        return 2;
    e = secrets_load(&state, arena, state_dir);
    if (!e)
        e = db_open(arena, &DB_INBOX, inbox_path(arena, state_dir, receiver->source), DB_READ_WRITE,
                    &state.db);
    if (e)
        return start_failed(e);
    state.arena = arena_new(LIMIT_RECEIVER_ARENA_BYTES);
    confinement_enter(arena, state_dir, receiver->source, NULL);
    return fastcgi_serve(&(struct fastcgi_service){
        .batch_max = LIMIT_BATCH,
        .body_max = LIMIT_EVENT_BYTES,
        .arena = state.arena,
        .respond = batch_respond,
        .context = &state,
    });
}
