/* The keys of a team; see ssh_key_store.h. */
#include "model/ssh_key_store.h"
#include "model/audit.h"

#include "adapter/crypto.h"
#include "base/limit.h"
#include "base/text.h"
#include "main_constants.sql.h"
#include "model/label.h"
#include "model/notice.h"
#include "model/restriction.h"
#include "ssh_key.sql.h"

enum { NUMBER_CHARACTERS = 6 }; /* "… 100" behind a name */

static const char *key_name(struct arena *arena, const char *name, const struct ssh_key *key,
                            size_t i)
{
    if (*name)
        return i == 0
                   ? name
                   : arena_printf(arena, "%s %zu",
                                  text_cut(arena, name, LIMIT_LABEL_CHARACTERS - NUMBER_CHARACTERS),
                                  i + 1);
    if (*key->comment && !label_problem(arena, key->comment))
        return key->comment;
    return arena_printf(arena, "%s key", key->type);
}

static struct error *key_store(const struct context *context, const struct actor *actor,
                               const struct ssh_key *key, const char *name, const char *project,
                               struct ssh_key_stored *out)
{
    struct ssh_key_by_fingerprint_row known;
    struct error *e = sql_ssh_key_by_fingerprint(context->db, context->arena, actor->team_id,
                                                 key->fingerprint, &known);

    if (!e)
        *out = (struct ssh_key_stored){ .id = known.id, .name = known.name, .is_known = true };
    if (!e || e->kind != ERROR_NOT_FOUND)
        return e;
    *out = (struct ssh_key_stored){ .id = crypto_id(context->arena), .name = name };
    e = sql_ssh_key_create(context->db, context->arena, actor->team_id, out->id, actor->person_id,
                           name, key->type, key->fingerprint, key->comment, key->line, project,
                           context->now_at);
    return e ? e
             : audit_add(context, &(struct audit_entry){ .team_id = actor->team_id,
                                                         .action = AUDIT_KEY_ADD,
                                                         .object = out->id,
                                                         .detail = name,
                                                         .person_id = actor->person_id });
}

static struct error *added_tell(const struct context *context, const struct actor *actor,
                                const struct ssh_key_stored *stored, size_t count)
{
    const char **names = arena_array(context->arena, count, sizeof *names);
    size_t added = 0;

    for (size_t i = 0; i < count; i++) {
        if (!stored[i].is_known)
            names[added++] = stored[i].name;
    }
    return notice_keys(context, actor, MAIL_KIND_KEY_ADDED, names, added);
}

struct error *ssh_keys_store(const struct context *context, const struct actor *actor,
                             const struct ssh_keys *keys, const char *name, const char *project,
                             struct ssh_key_stored **out)
{
    struct arena *arena = context->arena;
    struct ssh_key_count_row count;
    struct error *e = restriction_check(context, actor);

    *out = arena_array(arena, keys->count, sizeof **out);
    for (size_t i = 0; !e && i < keys->count; i++)
        e = key_store(context, actor, &keys->key[i], key_name(arena, name, &keys->key[i], i),
                      project, &(*out)[i]);
    if (!e)
        e = sql_ssh_key_count(context->db, arena, actor->team_id, &count);
    if (!e && count.total > LIMIT_KEYS_PER_TEAM)
        e = error_refuse(arena, ERROR_INPUT, "key_limit_reached", "key",
                         "A team can have %d keys. Delete some first.", LIMIT_KEYS_PER_TEAM);
    return e ? e : added_tell(context, actor, *out, keys->count);
}
