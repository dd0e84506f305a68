/* Deleting SSH keys; see erasure_key.h. */
#include "model/erasure_key.h"

#include "adapter/crypto.h"
#include "base/array.h"
#include "base/buf.h"
#include "main_constants.sql.h"
#include "model/audit.h"
#include "model/erasure.h"
#include "model/erasure_print.h"
#include "model/notice.h"

#include "erasure.sql.h"
#include "ssh_key.sql.h"

/* A JSON array; ids of ours need no escapes. */
static const char *ids_text(struct arena *arena, const char *const *ids, size_t count)
{
    struct buf text = buf_new(arena, 32 * (count + 1));

    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s\"%s\"", i ? "," : "[", ids[i]);
    buf_literal(&text, "]");
    return text.bytes;
}

/* It has no page of its own: nobody knows its address. */
static struct error *sequence_add(const struct context *context, const char *id,
                                  const struct actor *actor, size_t count)
{
    static const enum erasure_step steps[] = { ERASURE_LOG, ERASURE_SEARCH };
    struct error *e =
        sql_erasure_add(context->db, context->arena, id, ERASURE_SUBJECT_KEY,
                        erasure_address_hash(context->arena, crypto_token(context->arena)), NULL,
                        ERASURE_REQUESTED_BY_PERSON, context->now_at, context->now_at);

    for (size_t i = 0; !e && i < COUNT(steps); i++)
        e = sql_erasure_add_step(context->db, context->arena, id, steps[i],
                                 ERASURE_STEP_NAMES[steps[i]]);
    return e ? e
             : sql_erasure_key_add(context->db, context->arena, id, actor->team_id, (int64_t)count);
}

static struct error *key_delete(const struct context *context, const struct actor *actor,
                                const char *id, const char **out_name)
{
    struct ssh_key_get_row key;
    struct error *e = sql_ssh_key_get(context->db, context->arena, actor->team_id, id, &key);

    if (!e)
        e = sql_ssh_key_delete(context->db, context->arena, actor->team_id, id);
    if (!e)
        *out_name = key.name;
    return e ? e
             : audit_add(context, &(struct audit_entry){ .team_id = actor->team_id,
                                                         .action = AUDIT_KEY_DELETE,
                                                         .object = id,
                                                         .detail = key.name,
                                                         .person_id = actor->person_id });
}

/* One search reads all files: what waits for it is searched for together. */
static struct error *sequence_find(const struct context *context, const struct actor *actor,
                                   size_t count, const char **out_id,
                                   const unsigned char **out_salt)
{
    struct erasure_key_waiting_row waiting;
    struct error *e =
        sql_erasure_key_waiting(context->db, context->arena, actor->team_id, &waiting);

    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    if (!e) {
        *out_id = waiting.id;
        *out_salt = waiting.salt.bytes;
        return sql_erasure_key_more(context->db, context->arena, waiting.id, (int64_t)count);
    }
    *out_id = crypto_id(context->arena);
    e = sequence_add(context, *out_id, actor, count);
    return e ? e : erasure_print_begin(context, *out_id, out_salt);
}

struct error *erasure_keys_begin(const struct context *context, const struct actor *actor,
                                 const char *const *ids, size_t count)
{
    const char **names = arena_array(context->arena, count, sizeof *names);
    struct erasure_key_strings_rows strings;
    const char *id;
    const unsigned char *salt;
    struct error *e = sequence_find(context, actor, count, &id, &salt);

    if (!e)
        e = sql_erasure_key_strings(context->db, context->arena, actor->team_id,
                                    ids_text(context->arena, ids, count), &strings);
    for (size_t i = 0; !e && i < strings.count; i++)
        e = erasure_print_add(context, id, salt, strings.row[i].text);
    for (size_t i = 0; !e && i < count; i++)
        e = key_delete(context, actor, ids[i], &names[i]);
    return e ? e : notice_keys(context, actor, MAIL_KIND_KEY_REMOVED, names, count);
}

struct error *erasure_key_end(const struct context *context, const char *erasure_id,
                              const char *answer)
{
    struct erasure_key_get_row key;
    struct error *e = sql_erasure_key_get(context->db, context->arena, erasure_id, &key);

    if (!e)
        e = audit_add(context,
                      &(struct audit_entry){
                          .team_id = key.team_id,
                          .action = AUDIT_KEY_GONE,
                          .what = key.total == 1
                                      ? NULL
                                      : arena_printf(context->arena,
                                                     "%lld deleted SSH keys searched for on the "
                                                     "server",
                                                     (long long)key.total),
                          .detail = answer,
                      });
    if (e && e->kind == ERROR_NOT_FOUND)
        e = NULL; /* the team is gone too */
    return e ? e : sql_erasure_remove(context->db, context->arena, erasure_id);
}
