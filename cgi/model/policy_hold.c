/* Unannounced weakenings do not take effect; see policy_hold.h. */
#include "model/policy_hold.h"

#include "base/array.h"
#include "base/clock.h"
#include "model/recipient.h"
#include "person.sql.h"
#include "policy_fact.sql.h"
#include "policy_version.sql.h"

#include <stddef.h>
#include <string.h>

/* ---- numbers ---- */

/* The fields of a configuration that are facts of the same name. */
static const struct number {
    const char *name;
    size_t offset;
    bool is_flag;
} numbers[] = {
    { "closed_days", offsetof(struct config, closed_days), false },
    { "counts", offsetof(struct config, has_counts), true },
    { "destroyed_vm_days", offsetof(struct config, destroyed_vm_days), false },
    { "encrypted_disks", offsetof(struct config, has_encrypted_disks), true },
    { "grace_days", offsetof(struct config, grace_days), false },
    { "log_days", offsetof(struct config, log_days), false },
    { "looks", offsetof(struct config, looks), false },
    { "minimum_age", offsetof(struct config, minimum_age), false },
    { "new_life", offsetof(struct config, new_life), false },
    { "notice_days", offsetof(struct config, notice_days), false },
    { "referrers", offsetof(struct config, has_referrers), true },
    { "retention_days", offsetof(struct config, retention_days), false },
    { "tls13_alone", offsetof(struct config, has_tls13_alone), true },
    { "trial_days", offsetof(struct config, trial_days), false },
};

static void number_hold(struct config *config, const struct policy_weakening *weakening)
{
    for (size_t i = 0; i < COUNT(numbers); i++) {
        char *field = (char *)config + numbers[i].offset;

        if (strcmp(numbers[i].name, weakening->name) != 0)
            continue;
        if (numbers[i].is_flag)
            *(bool *)(void *)field = weakening->was != 0;
        else
            *(int64_t *)(void *)field = weakening->was;
    }
}

/* ---- recipients and places ---- */

/* A recipient that is new, or at another host, is not contacted. */
static void recipient_hold(struct arena *arena, struct config *config,
                           const struct policy_facts *was, const char *member)
{
    const struct recipient_rows rows = recipient_list(arena, config);

    for (size_t i = 0; i < rows.count; i++) {
        if (strcmp(recipient_fact(arena, &rows.row[i]), member) != 0)
            continue;
        for (size_t k = 0; k < was->count; k++) {
            if (strcmp(was->row[k].name, "recipient") == 0 &&
                recipient_restore(arena, config, &rows.row[i], was->row[k].member))
                return;
        }
        recipient_stop(config, &rows.row[i]);
        return;
    }
}

/* The country that the version in force names for the region of a fact; NULL: it does not name it.
 */
static const char *country_was(const struct policy_facts *was, const char *member)
{
    size_t name = strcspn(member, "|") + 1;

    for (size_t i = 0; i < was->count; i++) {
        if (strcmp(was->row[i].name, "place") == 0 &&
            strncmp(was->row[i].member, member, name) == 0)
            return was->row[i].member + name;
    }
    return NULL;
}

/* A region that moved stays where it was, as far as words go; a new one does not exist yet. */
static void place_hold(struct arena *arena, struct config *config, const struct policy_facts *was,
                       const char *member)
{
    const char *country = country_was(was, member);
    size_t name = strcspn(member, "|"), at = 0;

    while (at < config->region_count &&
           (strncmp(config->regions[at].name, member, name) != 0 || config->regions[at].name[name]))
        at++;
    if (at == config->region_count)
        return;
    if (country) {
        config->regions[at].country = arena_copy(arena, country);
        return;
    }
    config->region_count--;
    for (; at < config->region_count; at++)
        config->regions[at] = config->regions[at + 1];
}

/* ---- all ---- */

struct error *policy_facts_load(struct db *db, struct arena *arena, int64_t number,
                                struct policy_facts *out)
{
    const struct policy_fact *term;
    struct policy_fact_list_rows rows;
    struct error *e = sql_policy_fact_list(db, arena, number, &rows);

    *out = (struct policy_facts){ .row = NULL };
    for (size_t i = 0; !e && i < rows.count; i++)
        policy_fact_add(arena, out, rows.row[i].name, rows.row[i].member, rows.row[i].number);
    /* Before it had a name of its own, this was the term of a promise. */
    term = policy_fact_find(out, "term", "closed-accounts");
    if (term)
        policy_fact_add(arena, out, "closed_days", "", term->number / A_DAY_S);
    return e;
}

/* Whether somebody has agreed to anything yet. The operator needs no notice of his own changes. */
static struct error *is_bound(struct db *db, struct arena *arena, const struct config *config,
                              bool *out)
{
    struct person_other_than_row row = { .id = 0 };
    struct error *e = sql_person_other_than(db, arena, config->operator_email, &row);

    *out = !e;
    return e && e->kind == ERROR_NOT_FOUND ? NULL : e;
}

/* Those of a list that are in another too. */
static struct policy_weakenings both_of(struct arena *arena, const struct policy_weakenings *list,
                                        struct policy_weakenings other)
{
    struct policy_weakenings both = { arena_array(arena, list->count, sizeof *both.row), 0 };

    for (size_t i = 0; i < list->count; i++) {
        for (size_t k = 0; k < other.count; k++) {
            if (strcmp(list->row[i].name, other.row[k].name) == 0 &&
                strcmp(list->row[i].member, other.row[k].member) == 0)
                both.row[both.count++] = list->row[i];
        }
    }
    return both;
}

static struct error *unannounced_find(struct db *db, struct arena *arena, int64_t now_at,
                                      const struct config *config, const struct policy_facts *facts,
                                      struct policy_held *out)
{
    struct policy_version_next_row next;
    struct policy_facts announced;
    struct error *e = sql_policy_version_next(db, arena, now_at, &next);

    out->unannounced = out->list;
    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    e = policy_facts_load(db, arena, next.number, &announced);
    if (!e)
        out->unannounced =
            both_of(arena, &out->list, policy_weakenings_find(arena, config, &announced, facts));
    return e;
}

/* `was`: the facts of the version in force; of none if it binds nobody, and nothing is held. */
static struct error *hold(struct db *db, struct arena *arena, int64_t now_at, struct config *config,
                          const struct policy_facts *facts, struct policy_facts *was,
                          struct policy_held *out)
{
    struct policy_version_now_row now = { .number = 0 };
    bool has_people = false;
    struct error *e = sql_policy_version_now(db, arena, now_at, &now);

    *was = (struct policy_facts){ .row = NULL };
    *out = (struct policy_held){ .number = 0 };
    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    out->number = now.number;
    e = is_bound(db, arena, config, &has_people);
    if (!e && has_people)
        e = policy_facts_load(db, arena, now.number, was);
    if (e || !has_people)
        return e;
    out->list = policy_weakenings_find(arena, config, was, facts);
    e = unannounced_find(db, arena, now_at, config, facts, out);
    if (e)
        return e;
    for (size_t i = 0; i < out->list.count; i++) {
        const struct policy_weakening *weakening = &out->list.row[i];

        if (strcmp(weakening->name, "recipient") == 0)
            recipient_hold(arena, config, was, weakening->member);
        else if (strcmp(weakening->name, "place") == 0)
            place_hold(arena, config, was, weakening->member);
        else
            number_hold(config, weakening);
    }
    return NULL;
}

struct error *policy_hold(struct db *db, struct arena *arena, int64_t now_at, struct config *config,
                          const struct policy_facts *facts, struct policy_held *out)
{
    struct policy_facts was;

    return hold(db, arena, now_at, config, facts, &was, out);
}

struct error *policy_apply(struct db *db, struct arena *arena, struct config *config,
                           int64_t now_at, int64_t *number)
{
    const struct policy_fact *log_days;
    struct policy_facts facts, was;
    struct policy_held held;
    struct error *e;

    policy_facts_settings(arena, config, &facts);
    e = hold(db, arena, now_at, config, &facts, &was, &held);
    *number = held.number;
    log_days = e ? NULL : policy_fact_find(&was, "log_days", "");
    if (log_days)
        config->log_days = log_days->number;
    return e;
}
