/* Verifies the chains in the database; see audit_check.h. */
#include "model/audit_check.h"

#include "base/limit.h"
#include "model/audit_head.h"

#include "audit_head.sql.h"
#include "audit_link.sql.h"

#include <string.h>

/* A chain that is being verified. */
struct check {
    const struct context *context;
    int64_t team_id;
    struct audit_head_list_rows heads; /* oldest first */
    size_t head;                       /* the next that the walk meets */
    struct audit_walk walk;
    struct audit_found *found;
};

static void problem_add(struct check *check, const char *text)
{
    if (!text)
        return;
    if (!check->found->problems++)
        check->found->first = arena_copy(check->context->arena, text);
}

static void head_check(struct check *check, const struct audit_head_list_row *row)
{
    struct audit_head head = { .team_id = check->team_id, .seq = row->seq, .at = row->at };

    if (row->hash.length == sizeof head.hash)
        memcpy(head.hash, row->hash.bytes, sizeof head.hash);
    if (!audit_head_is_signed(check->context->arena, &head, row->public_key, row->signature))
        problem_add(check, arena_printf(check->context->arena,
                                        "the signature at place %lld is not of its end",
                                        (long long)row->seq));
}

/* A signed end of this place has the same hash. */
static void heads_meet(struct check *check)
{
    const struct audit_head_list_rows *heads = &check->heads;

    while (check->head < heads->count && heads->row[check->head].seq < check->walk.seq)
        check->head++;
    if (check->head < heads->count && heads->row[check->head].seq == check->walk.seq &&
        memcmp(heads->row[check->head].hash.bytes, check->walk.hash, CRYPTO_HASH_BYTES) != 0)
        problem_add(check,
                    arena_printf(check->context->arena, "place %lld is not the one that was signed",
                                 (long long)check->walk.seq));
}

static struct audit_body body_of(int64_t team_id, const struct audit_link_list_row *row)
{
    return (struct audit_body){
        .team_id = team_id,
        .seq = row->seq,
        .at_ms = row->at_ms,
        .took_ms = row->took_ms,
        .action = row->action,
        .vm_id = row->vm_id,
        .object = row->object,
        .actor = row->actor,
        .person_hash = row->person_hash,
        .result = row->result,
        .what = row->what,
        .detail = row->detail,
    };
}

/* The person that pages show is the one in the chain, as long as they are not erased. */
static bool is_person_right(struct arena *arena, const struct audit_link_list_row *row)
{
    if (!row->salt.bytes)
        return !row->person_id;
    return row->salt.length == AUDIT_SALT_BYTES && row->person_id && row->person_hash &&
           strcmp(audit_person_hash(arena, row->salt.bytes, row->person_id), row->person_hash) == 0;
}

static const char *place_check(struct check *check, struct arena *arena,
                               const struct audit_link_list_row *row)
{
    const struct audit_body body = body_of(check->team_id, row);
    const char *problem;

    if (row->hash.length != CRYPTO_HASH_BYTES || row->entry_hash.length != CRYPTO_HASH_BYTES)
        return arena_printf(arena, "place %lld has no hash", (long long)row->seq);
    problem = audit_walk_next(arena, &check->walk, row->seq, row->hash.bytes, row->entry_hash.bytes,
                              row->has_entry ? &body : NULL);
    if (problem)
        return problem;
    if (!row->is_erased && !row->has_entry)
        return arena_printf(arena, "the entry of place %lld was removed", (long long)row->seq);
    if (row->has_entry && (row->entry_seq != row->seq || !is_person_right(arena, row)))
        return arena_printf(arena, "the entry of place %lld was changed", (long long)row->seq);
    return NULL;
}

static struct error *places_check(struct check *check, struct arena *arena, size_t *count)
{
    struct audit_link_list_rows rows;
    struct error *e = sql_audit_link_list(check->context->db, arena, check->team_id,
                                          check->walk.seq, LIMIT_AUDIT_ROWS, &rows);

    *count = e ? 0 : rows.count;
    for (size_t i = 0; i < *count; i++) {
        problem_add(check, place_check(check, arena, &rows.row[i]));
        heads_meet(check);
        check->found->places++;
    }
    return e;
}

/* A chain that was cut begins behind a signed end. */
static void start_find(struct check *check)
{
    for (size_t i = 0; i < check->heads.count; i++) {
        const struct audit_head_list_row *head = &check->heads.row[i];

        if (!head->is_start || head->hash.length != CRYPTO_HASH_BYTES)
            continue;
        check->walk.seq = head->seq;
        memcpy(check->walk.hash, head->hash.bytes, CRYPTO_HASH_BYTES);
    }
}

static struct error *all_places_check(struct check *check)
{
    struct arena *part = arena_new(LIMIT_AUDIT_ARENA_BYTES);
    size_t count = LIMIT_AUDIT_ROWS;
    struct error *e = NULL;

    while (!e && count == LIMIT_AUDIT_ROWS) {
        arena_reset(part);
        e = places_check(check, part, &count);
    }
    if (e)
        e = error_copy(check->context->arena, e);
    arena_free(part);
    return e;
}

struct error *audit_check_team(const struct context *context, int64_t team_id,
                               struct audit_found *out)
{
    struct check check = { .context = context, .team_id = team_id, .found = out };
    struct error *e = sql_audit_head_list(context->db, context->arena, team_id, &check.heads);
    const struct audit_head_list_rows *heads = &check.heads;

    if (e)
        return e;
    for (size_t i = 0; i < heads->count; i++)
        head_check(&check, &heads->row[i]);
    start_find(&check);
    e = all_places_check(&check);
    if (!e && heads->count && heads->row[heads->count - 1].seq > check.walk.seq)
        problem_add(&check, arena_printf(context->arena,
                                         "places %lld to %lld, which were signed, "
                                         "are missing at the end",
                                         (long long)check.walk.seq + 1,
                                         (long long)heads->row[heads->count - 1].seq));
    out->erased += check.walk.erased;
    return e;
}

struct error *audit_check_all(const struct context *context, struct audit_found *out)
{
    struct audit_link_teams_rows teams;
    struct audit_link_outside_row outside = { .total = 0 };
    struct error *e = sql_audit_link_teams(context->db, context->arena, &teams);

    *out = (struct audit_found){ .places = 0 };
    for (size_t i = 0; !e && i < teams.count; i++)
        e = audit_check_team(context, teams.row[i].team_id, out);
    if (!e)
        e = sql_audit_link_outside(context->db, context->arena, &outside);
    out->problems += outside.total;
    if (outside.total && !out->first)
        out->first = "an entry is outside its chain";
    return e;
}
