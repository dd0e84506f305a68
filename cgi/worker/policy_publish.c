/* Versions of the policies; see policy_publish.h. */
#include "worker/policy_publish.h"

#include "adapter/crypto.h"
#include "adapter/json.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/log.h"
#include "model/mail_queue.h"
#include "model/signing.h"
#include "worker/policy_render.h"

#include "person.sql.h"
#include "policy_fact.sql.h"
#include "policy_unannounced.sql.h"
#include "policy_version.sql.h"
#include "signing_key.sql.h"

#include <string.h>

/* What is to become a version. */
struct draft {
    const struct config *config;
    const struct policy_facts *facts;
    const char *content; /* policy_render() */
    unsigned char content_hash[CRYPTO_HASH_BYTES];
    const char *changes;
    int64_t number, announced_at, effective_at;
};

static struct bytes bytes_of(const void *bytes, size_t length)
{
    return (struct bytes){ bytes, length };
}

/* ---- one version ---- */

/* The content, and what makes it this version. */
static struct error *body_write(struct arena *arena, const struct draft *draft, const char **out)
{
    const struct json_field fields[] = {
        json_text("effective_at", date_iso(arena, draft->effective_at)),
        json_text("format", "domicile-policy/1"),
        json_number("number", draft->number),
        json_text("profile", draft->config->profile),
        json_text("published_at", date_iso(arena, draft->announced_at)),
        json_text("server", draft->config->public_url),
    };
    const char *head;
    struct error *e = json_object_write(arena, fields, sizeof fields / sizeof *fields, &head);

    if (e)
        return e;
    /* Both are objects: {"documents":...} and {"effective_at":...}. */
    *out =
        arena_printf(arena, "%.*s,%s", (int)strlen(draft->content) - 1, draft->content, head + 1);
    return NULL;
}

static struct error *facts_add(struct db *db, struct arena *arena, const struct draft *draft)
{
    struct error *e = NULL;

    for (size_t i = 0; !e && i < draft->facts->count; i++) {
        const struct policy_fact *fact = &draft->facts->row[i];

        e = sql_policy_fact_add(db, arena, draft->number, fact->name, fact->member, fact->number);
    }
    return e;
}

static const struct json *document_find(const struct json *documents, const char *name)
{
    for (const struct json *at = json_first(documents); at; at = json_next(at)) {
        if (strcmp(json_get_text(at, "name"), name) == 0)
            return at;
    }
    return NULL;
}

/* The titles of the documents that differ from the version before, which the list of them shows. */
static struct error *titles_find(struct db *db, struct arena *arena, const struct draft *draft,
                                 const char **out)
{
    struct policy_version_before_row before;
    const struct json *old, *new;
    struct buf titles = buf_new(arena, 128);
    struct error *e = sql_policy_version_before(db, arena, draft->number, &before);

    *out = "";
    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    e = json_read(arena, before.body, strlen(before.body), &old);
    if (!e)
        e = json_read(arena, draft->content, strlen(draft->content), &new);
    if (e)
        return e;
    for (const struct json *at = json_first(json_get(new, "documents")); at; at = json_next(at)) {
        const struct json *same =
            document_find(json_get(old, "documents"), json_get_text(at, "name"));

        if (!same || strcmp(json_write(arena, same), json_write(arena, at)) != 0)
            buf_printf(&titles, "%s%s", titles.length ? ", " : "", json_get_text(at, "title"));
    }
    if (titles.length)
        *out = titles.bytes;
    return NULL;
}

/* In an open write transaction. */
static struct error *version_add(struct db *db, struct arena *arena, struct draft *draft)
{
    unsigned char hash[CRYPTO_HASH_BYTES], signature[CRYPTO_SIGNATURE_BYTES];
    struct policy_version_last_row last;
    struct signing_key key;
    const char *body, *titles;
    struct error *e = signing_key_load(arena, draft->config->state_dir, &key);

    if (!e)
        e = sql_policy_version_last(db, arena, &last);
    if (e)
        return e;
    draft->number = last.number + 1;
    e = body_write(arena, draft, &body);
    if (!e)
        e = titles_find(db, arena, draft, &titles);
    if (e)
        return e;
    crypto_sha256(body, strlen(body), hash);
    crypto_ed25519_sign(key.seed, body, strlen(body), signature);
    e = sql_signing_key_add(db, arena, key.id, bytes_of(key.public, sizeof key.public),
                            draft->announced_at);
    if (!e)
        e = sql_policy_version_add(db, arena, draft->number, body,
                                   bytes_of(draft->content_hash, sizeof draft->content_hash),
                                   bytes_of(hash, sizeof hash),
                                   bytes_of(signature, sizeof signature), key.id, titles,
                                   draft->changes, draft->announced_at, draft->effective_at);
    return e ? e : facts_add(db, arena, draft);
}

static struct error *draft_fill(struct arena *arena, struct draft *draft)
{
    struct error *e = policy_render(arena, draft->config, draft->facts, &draft->content);

    if (!e)
        crypto_sha256(draft->content, strlen(draft->content), draft->content_hash);
    return e;
}

/* ---- at a start ---- */

/* In the log, and for the admin's page. */
static struct error *held_tell(struct db *db, struct arena *arena, const struct policy_held *held)
{
    struct error *e = sql_policy_unannounced_clear(db, arena);

    for (size_t i = 0; !e && i < held->unannounced.count; i++) {
        /* Of a recipient the address would be in the log, where there are none. */
        log_error("policy_unannounced",
                  log_text("what", strcmp(held->unannounced.row[i].name, "recipient") == 0
                                       ? "Data is sent to a further recipient."
                                       : held->unannounced.row[i].text));
        e = sql_policy_unannounced_add(db, arena, held->unannounced.row[i].text);
    }
    return e;
}

/* Whether what is left after the values were held is weaker still: then the old text stays. */
static struct error *is_weaker(struct db *db, struct arena *arena, const struct config *config,
                               const struct policy_facts *facts, int64_t number, bool *out)
{
    struct policy_facts was;
    struct error *e = policy_facts_load(db, arena, number, &was);

    if (!e)
        *out = policy_weakenings_find(arena, config, &was, facts).count > 0;
    return e;
}

static bool has_recipient(const struct policy_weakenings *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->row[i].name, "recipient") == 0)
            return true;
    }
    return false;
}

static struct error *publish(struct db *db, struct arena *arena, struct config *config,
                             int64_t now_at, struct policy_held *out)
{
    struct policy_version_now_row now = { .number = 0 };
    struct policy_version_next_row next;
    struct policy_facts wanted, facts;
    struct draft draft = { .config = config, .facts = &facts, .changes = "" };
    bool is_held = false;
    struct error *e;

    policy_facts_all(arena, config, &wanted);
    e = policy_hold(db, arena, now_at, config, &wanted, out);
    policy_facts_all(arena, config, &facts);
    if (!e && config_profile_check(config)) {
        /* With what was held back, the profile would promise what is not so. */
        log_error("policy_held", log_text("why", config_profile_check(config)));
        return NULL;
    }
    /* A recipient that moved is not contacted, but stays in the text: it may be put back. */
    is_held = has_recipient(&out->list);
    if (!e && !is_held && out->list.count)
        e = is_weaker(db, arena, config, &facts, out->number, &is_held);
    if (!e)
        e = draft_fill(arena, &draft);
    if (e || is_held)
        return e;
    /* Until the announced one is in force, no other takes its place. */
    e = sql_policy_version_next(db, arena, now_at, &next);
    if (!e || e->kind != ERROR_NOT_FOUND)
        return e;
    e = sql_policy_version_now(db, arena, now_at, &now);
    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    if (!e && crypto_equal(now.content_hash.bytes, draft.content_hash, CRYPTO_HASH_BYTES))
        return NULL;
    /* Never before the one in force, even if the clock was set back since. */
    draft.announced_at = draft.effective_at = now_at > now.effective_at ? now_at : now.effective_at;
    e = version_add(db, arena, &draft);
    if (!e)
        out->number = draft.number;
    return e;
}

/* No policy is no reason not to start. */
static bool has_key(struct arena *arena, const struct config *config)
{
    struct signing_key key;
    struct error *e = signing_key_load(arena, config->state_dir, &key);

    if (e)
        log_error("policy", log_text("error", e->text));
    return !e;
}

static int64_t number_at_start;

struct error *policy_publish(struct db *db, struct arena *arena, struct config *config,
                             int64_t now_at, struct policy_held *out)
{
    struct error *e;

    *out = (struct policy_held){ .number = 0 };
    if (!has_key(arena, config)) {
        e = policy_apply(db, arena, config, now_at, &number_at_start);
        out->number = number_at_start;
        return e;
    }
    e = db_begin(db, arena);
    if (!e)
        e = publish(db, arena, config, now_at, out);
    if (!e)
        e = held_tell(db, arena, out);
    if (!e)
        e = db_commit(db, arena);
    db_rollback(db);
    /* By what is in force now, whether that is this text or the one before. */
    if (!e)
        e = policy_apply(db, arena, config, now_at, &number_at_start);
    return e;
}

/* ---- announcing ---- */

int64_t policy_earliest(const struct policy_facts *was, int64_t now_at)
{
    const struct policy_fact *notice = policy_fact_find(was, "notice_days", "");
    int64_t days = notice ? notice->number : 0;

    return (now_at / A_DAY_S + days + 1) * A_DAY_S;
}

/* `withdrawn_at`: the day on which it would have been in force. */
static struct error *people_tell(const struct context *context, const char *changes,
                                 int64_t withdrawn_at, struct policy_schedule *schedule)
{
    struct db *db = context->db;
    struct arena *arena = context->arena;
    const char *url = arena_printf(arena, "%s/privacy/history/%lld", context->config->public_url,
                                   (long long)schedule->number);
    struct person_reachable_rows people;
    struct error *e = sql_person_reachable(db, arena, &people);

    for (size_t i = 0; !e && i < people.count; i++) {
        const struct mail mail = {
            .kind = "policy_change",
            .to = people.row[i].email,
            .once =
                arena_printf(arena, "policy_%s-%lld-%lld", withdrawn_at ? "withdrawn" : "change",
                             (long long)schedule->number, (long long)people.row[i].id),
            .promise = changes,
            .url = url,
            .until_at = schedule->effective_at,
            .at = withdrawn_at,
        };

        e = mail_queue(db, arena, &mail, context->now_at);
        if (e && e->kind == ERROR_INPUT)
            e = NULL; /* an address that no mail reaches; the dashboard tells the person */
        else
            schedule->mails++;
    }
    return e;
}

/* One change at a time: of several, nobody could say what is in force on which day. */
static struct error *pending_check(const struct context *context)
{
    struct policy_version_next_row next;
    struct error *e = sql_policy_version_next(context->db, context->arena, context->now_at, &next);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    return error_new(context->arena, ERROR_INPUT,
                     "version %lld is announced for %s already; announce others after that day",
                     (long long)next.number, date_day_iso(context->arena, next.effective_at));
}

static struct error *schedule_check(const struct context *context, const struct policy_facts *was,
                                    int64_t from_at, const struct policy_schedule *schedule)
{
    struct arena *arena = context->arena;
    int64_t earliest = policy_earliest(was, context->now_at);

    if (!schedule->list.count)
        return error_new(arena, ERROR_INPUT,
                         "nothing that is promised is weaker or changed, so nothing needs an "
                         "announcement");
    if (from_at && from_at < earliest)
        return error_new(arena, ERROR_INPUT,
                         "too early: the policy in force promises notice, so the first possible "
                         "day is %s",
                         date_day_iso(arena, earliest));
    if (from_at > earliest + LIMIT_POLICY_AHEAD_S)
        return error_new(arena, ERROR_INPUT, "too late: the last possible day is %s",
                         date_day_iso(arena, earliest + LIMIT_POLICY_AHEAD_S));
    return pending_check(context);
}

static struct error *schedule_write(const struct context *context, int64_t from_at,
                                    struct policy_schedule *out)
{
    struct db *db = context->db;
    struct arena *arena = context->arena;
    struct policy_version_now_row now;
    struct policy_facts was, wanted;
    struct draft draft = { .config = context->config,
                           .facts = &wanted,
                           .announced_at = context->now_at };
    struct error *e = sql_policy_version_now(db, arena, context->now_at, &now);

    if (!e)
        e = policy_facts_load(db, arena, now.number, &was);
    if (e)
        return e;
    policy_facts_all(arena, context->config, &wanted);
    out->list = policy_weakenings_find(arena, context->config, &was, &wanted);
    e = schedule_check(context, &was, from_at, out);
    if (!e)
        e = draft_fill(arena, &draft);
    if (e)
        return e;
    draft.changes = policy_weakenings_text(arena, &out->list);
    draft.effective_at = from_at ? from_at : policy_earliest(&was, context->now_at);
    e = version_add(db, arena, &draft);
    out->number = draft.number;
    out->effective_at = draft.effective_at;
    if (!e)
        e = sql_policy_unannounced_clear(db, arena);
    return e ? e : people_tell(context, draft.changes, 0, out);
}

struct error *policy_schedule(const struct context *context, int64_t from_at,
                              struct policy_schedule *out)
{
    struct error *e = db_begin(context->db, context->arena);

    *out = (struct policy_schedule){ .number = 0 };
    if (!e)
        e = schedule_write(context, from_at, out);
    if (!e)
        e = db_commit(context->db, context->arena);
    db_rollback(context->db);
    return e;
}

static struct error *withdraw_write(const struct context *context, struct config *in_effect,
                                    struct policy_schedule *out)
{
    struct db *db = context->db;
    struct arena *arena = context->arena;
    struct policy_version_next_row next;
    struct policy_facts wanted;
    struct policy_held held;
    struct error *e = sql_policy_version_next(db, arena, context->now_at, &next);

    if (e && e->kind == ERROR_NOT_FOUND)
        return error_new(arena, ERROR_INPUT, "no change is announced");
    if (!e)
        e = sql_policy_version_withdraw(db, arena, next.number, context->now_at);
    if (e)
        return e;
    out->number = next.number;
    /* What it would have announced is held back again, and told so. */
    policy_facts_all(arena, context->config, &wanted);
    e = policy_hold(db, arena, context->now_at, in_effect, &wanted, &held);
    if (!e)
        e = held_tell(db, arena, &held);
    return e ? e : people_tell(context, next.changes, next.effective_at, out);
}

struct error *policy_withdraw(const struct context *context, struct policy_schedule *out)
{
    struct config in_effect = *context->config;
    struct error *e = db_begin(context->db, context->arena);

    *out = (struct policy_schedule){ .number = 0 };
    if (!e)
        e = withdraw_write(context, &in_effect, out);
    if (!e)
        e = db_commit(context->db, context->arena);
    db_rollback(context->db);
    return e;
}

static bool is_replaced;

struct error *policy_watch(const struct context *context)
{
    struct policy_version_now_row now;
    struct error *e = sql_policy_version_now(context->db, context->arena, context->now_at, &now);

    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    is_replaced = now.number != number_at_start;
    return NULL;
}

bool policy_is_replaced(void)
{
    return is_replaced;
}
