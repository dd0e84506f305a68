/* That policies are never changed, and weakened only after notice; see promise.h. */
#include "worker/promise.h"

#include "adapter/crypto.h"
#include "base/clock.h"
#include "base/limit.h"
#include "model/policy_hold.h"

#include "person.sql.h"
#include "policy_version.sql.h"
#include "signing_key.sql.h"

#include <string.h>

static const struct signing_key_list_row *key_find(const struct signing_key_list_rows *keys,
                                                   const char *id)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (strcmp(keys->row[i].id, id) == 0)
            return &keys->row[i];
    }
    return NULL;
}

static bool is_unchanged(const struct policy_version_get_row *version,
                         const struct signing_key_list_rows *keys)
{
    const struct signing_key_list_row *key = key_find(keys, version->key_id);

    return key && key->public_key.length == CRYPTO_ED25519_BYTES &&
           version->signature.length == CRYPTO_SIGNATURE_BYTES &&
           crypto_ed25519_is_signed(key->public_key.bytes, version->body, strlen(version->body),
                                    version->signature.bytes);
}

/* Each in its turn: together they may be long. */
static struct error *versions_count(const struct context *now,
                                    const struct policy_version_days_rows *versions,
                                    const struct signing_key_list_rows *keys, int64_t *out)
{
    struct arena *one = arena_new(LIMIT_POLICY_ARENA_BYTES);
    struct policy_version_get_row version;
    struct error *e = NULL;
    int64_t expected = 1;

    for (size_t i = 0; !e && i < versions->count; i++) {
        arena_reset(one);
        e = sql_policy_version_get(now->db, one, versions->row[i].number, &version);
        /* Their numbers have no gaps: none was removed either. */
        if (!e)
            *out += !is_unchanged(&version, keys) + (version.number - expected);
        expected = versions->row[i].number + 1;
    }
    if (e)
        e = error_copy(now->arena, e);
    arena_free(one);
    return e;
}

struct error *promise_versions_check(struct worker_context *context, const struct promise *promise,
                                     const struct context *now, struct promise_reading *out)
{
    struct policy_version_days_rows versions;
    struct signing_key_list_rows keys;
    struct error *e = sql_policy_version_days(now->db, now->arena, &versions);

    (void)context;
    (void)promise;
    if (!e)
        e = sql_signing_key_list(now->db, now->arena, &keys);
    if (!e)
        e = versions_count(now, &versions, &keys, &out->figure);
    if (e)
        return e;
    out->is_known = versions.count > 0;
    out->evidence =
        out->is_known
            ? arena_printf(now->arena, "The signatures of all %zu versions were verified.",
                           versions.count)
            : "No policy has been published yet.";
    return NULL;
}

/* Whether the later of two weakens the earlier without the notice that it promised. */
static struct error *is_sudden(const struct context *now,
                               const struct policy_version_days_row *before,
                               const struct policy_version_days_row *after, bool *out)
{
    const struct policy_fact *notice;
    struct policy_facts was, becomes;
    struct error *e = policy_facts_load(now->db, now->arena, before->number, &was);

    *out = false;
    if (!e)
        e = policy_facts_load(now->db, now->arena, after->number, &becomes);
    if (e || !policy_weakenings_find(now->arena, now->config, &was, &becomes).count)
        return e;
    notice = policy_fact_find(&was, "notice_days", "");
    *out = after->effective_at - after->announced_at < (notice ? notice->number : 0) * A_DAY_S;
    return NULL;
}

struct error *promise_notice_check(struct worker_context *context, const struct promise *promise,
                                   const struct context *now, struct promise_reading *out)
{
    struct policy_version_days_rows versions;
    struct person_first_other_row first = { .created_at = 0 };
    struct error *e = sql_policy_version_days(now->db, now->arena, &versions);
    size_t last = 0;

    (void)context;
    (void)promise;
    if (!e)
        e = sql_person_first_other(now->db, now->arena, now->config->operator_email, &first);
    /* In the order of their days; before anybody but the operator was here, nobody was told. */
    for (size_t i = 1; !e && i < versions.count; i++) {
        const struct policy_version_days_row *version = &versions.row[i];
        bool is_sudden_now = false;

        if (version->withdrawn_at)
            continue;
        if (first.created_at && version->effective_at >= first.created_at)
            e = is_sudden(now, &versions.row[last], version, &is_sudden_now);
        out->figure += is_sudden_now;
        if (version->effective_at <= now->now_at)
            last = i;
    }
    out->is_known = versions.count > 0;
    out->evidence = out->is_known
                        ? "Each version was compared with the one before it: its periods, "
                          "recipients, places, promises and kinds of data."
                        : "No policy has been published yet.";
    return e;
}
