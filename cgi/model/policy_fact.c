/* What a policy says that can be compared; see policy_fact.h. */
#include "model/policy_fact.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/clock.h"
#include "model/country.h"
#include "model/inventory.h"
#include "model/recipient.h"

#include <stdlib.h>
#include <string.h>

/*
 * Every fact, once. Of a number and of members, more is weaker, unless `is_less_weaker`. In
 * `text`, of numbers, "%w" is what it was and "%n" what it becomes; of members, "%m" is the member.
 */
static const struct fact_kind {
    const char *name;
    const char *text;
    bool is_less_weaker;
    bool is_time;  /* the number is in seconds */
    bool is_exact; /* another number is weaker, more or less */
    bool is_hash;  /* of a text: that another one is weaker, nobody can rule out */
} kinds[] = {
    { .name = "closed_days",
      .text = "A closed account is deleted after %n days (before: %w).",
      .is_exact = true },
    { .name = "column", .text = "A further kind of personal data is stored: %m." },
    { .name = "controller",
      .text = "Somebody else is responsible for your data, or at another address.",
      .is_hash = true },
    { .name = "cookie", .text = "A further cookie is set: %m." },
    { .name = "counts", .text = "Requests are counted." },
    { .name = "destroyed_vm_days",
      .text = "The record and activity of a destroyed VM are kept for %n days (before: %w).",
      /* What the admin looked at is among them: who may read it for 90 days is told before. */
      .is_exact = true },
    { .name = "encrypted_disks",
      .text = "The disks of this server are no longer required to be encrypted.",
      .is_less_weaker = true },
    { .name = "grace_days",
      .text = "VMs are stopped %n days after an invoice was not paid (before: %w).",
      .is_less_weaker = true },
    { .name = "host",
      .text = "VMs in region %m run on another host, or are isolated from it in another way.",
      .is_hash = true },
    { .name = "log_days", .text = "Request and error logs are kept for %n days (before: %w)." },
    { .name = "looks",
      .text =
          "The admin may look at the console and the disk of a VM, for a reason that its owners "
          "are told." },
    { .name = "minimum_age",
      .text = "People may have an account from the age of %n (before: %w).",
      .is_less_weaker = true },
    { .name = "new_life",
      .text = "A new VM is destroyed when it stops, or when nobody has used it for an hour, unless "
              "something else is chosen for it." },
    { .name = "notice_days",
      .text = "Changes are announced %n days before they take effect (before: %w).",
      .is_less_weaker = true },
    { .name = "place", .text = "Data is stored in a further place: %m." },
    { .name = "promise", .text = "No longer promised: %m", .is_less_weaker = true },
    { .name = "purpose",
      .text = "The purpose, legal basis or period of stored data changes: %m.",
      .is_hash = true },
    { .name = "recipient", .text = "Data is sent to a further recipient: %m." },
    { .name = "referrers", .text = "The websites that visitors come from are counted." },
    { .name = "retention_days",
      .text = "VMs that were stopped since an invoice was not paid are destroyed after %n days "
              "(before: %w).",
      .is_less_weaker = true },
    { .name = "statement", .text = "A sentence now reads: %m", .is_hash = true },
    { .name = "term", .text = "%m (before: %w)", .is_time = true },
    { .name = "terms", .text = "The terms of service change.", .is_hash = true },
    { .name = "tls13_alone", .text = "TLS 1.2 is accepted.", .is_less_weaker = true },
    { .name = "trial_days", .text = "A trial lasts %n days (before: %w).", .is_less_weaker = true },
};

static const struct fact_kind *kind_find(const char *name)
{
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    }
    return NULL;
}

/* ---- a list of facts ---- */

static int fact_compare(const void *a, const void *b)
{
    const struct policy_fact *left = a, *right = b;
    int order = strcmp(left->name, right->name);

    return order ? order : strcmp(left->member, right->member);
}

void policy_fact_add(struct arena *arena, struct policy_facts *facts, const char *name,
                     const char *member, int64_t number)
{
    struct policy_fact fact = { name, member, number };
    size_t at = facts->count;

    if (facts->count == facts->capacity) {
        struct policy_fact *row = facts->row;

        facts->capacity = facts->capacity ? facts->capacity * 2 : 256;
        facts->row = arena_array(arena, facts->capacity, sizeof *facts->row);
        if (row)
            memcpy(facts->row, row, facts->count * sizeof *row);
    }
    /* Most come in order. */
    while (at > 0 && fact_compare(&facts->row[at - 1], &fact) > 0)
        at--;
    if (at > 0 && fact_compare(&facts->row[at - 1], &fact) == 0)
        return;
    memmove(&facts->row[at + 1], &facts->row[at], (facts->count - at) * sizeof fact);
    facts->row[at] = fact;
    facts->count++;
}

const struct policy_fact *policy_fact_find(const struct policy_facts *facts, const char *name,
                                           const char *member)
{
    const struct policy_fact wanted = { name, member, 0 };

    return facts->count ? bsearch(&wanted, facts->row, facts->count, sizeof wanted, fact_compare)
                        : NULL;
}

/* ---- of a configuration ---- */

/* FNV-1a (RFC draft-eastlake-fnv), with the sign bit cleared; to see that a text has changed. */
static int64_t text_hash(int64_t hash, const char *text)
{
    uint64_t value = (uint64_t)hash;

    for (; *text; text++)
        value = (value ^ (unsigned char)*text) * 1099511628211U;
    return (int64_t)(value & INT64_MAX);
}

enum { HASH_BEGIN = 1469598103 };

static void columns_add(struct arena *arena, const struct inventory *inventory,
                        struct policy_facts *out)
{
    for (size_t i = 0; i < inventory->count; i++) {
        const struct inventory_column *column = &inventory->columns[i];
        const char *name = arena_printf(arena, "%s.%s", column->table, column->column);
        int64_t hash = text_hash(text_hash(HASH_BEGIN, column->why), column->basis);

        if (strcmp(column->basis, "none") == 0)
            continue;
        policy_fact_add(arena, out, "column", name, 1);
        policy_fact_add(arena, out, "purpose", name, text_hash(hash, column->keep));
    }
}

/* Of the text as it is written: what its parameters say is compared by facts of their own. */
static int64_t block_hash(int64_t hash, const struct policy_block *block)
{
    for (size_t i = 0; i < block->run_count; i++)
        hash = text_hash(hash, block->runs[i].text);
    return hash;
}

static void block_add(struct arena *arena, const struct policy_block *block,
                      struct policy_facts *out)
{
    bool is_statement = strcmp(block->kind, "statement") == 0;

    if (is_statement || strcmp(block->kind, "promise") == 0)
        policy_fact_add(arena, out, "promise", block->id, 1);
    if (is_statement)
        policy_fact_add(arena, out, "statement",
                        arena_printf(arena, "%s%s%s", block->id, block->condition ? " " : "",
                                     block->condition ? block->condition : ""),
                        block_hash(HASH_BEGIN, block));
}

/* All of the profile's documents: what a condition leaves out is no promise that is withdrawn. */
static void promises_add(struct arena *arena, const struct config *config, struct policy_facts *out)
{
    int64_t terms = HASH_BEGIN;

    for (size_t i = 0; i < POLICY_DOCUMENT_COUNT; i++) {
        const struct policy_document *document = &POLICY_DOCUMENTS[i];

        if (strcmp(document->profile, config->profile) != 0)
            continue;
        for (size_t k = 0; k < document->block_count; k++) {
            block_add(arena, &document->blocks[k], out);
            if (strcmp(document->name, "terms") == 0)
                terms = block_hash(terms, &document->blocks[k]);
        }
    }
    policy_fact_add(arena, out, "terms", "", terms);
}

void policy_facts_settings(struct arena *arena, const struct config *config,
                           struct policy_facts *out)
{
    const struct recipient_rows recipients = recipient_list(arena, config);

    *out = (struct policy_facts){ .row = NULL };
    policy_fact_add(arena, out, "closed_days", "", config->closed_days);
    policy_fact_add(arena, out, "counts", "", config->has_counts);
    policy_fact_add(arena, out, "destroyed_vm_days", "", config->destroyed_vm_days);
    policy_fact_add(arena, out, "encrypted_disks", "", config->has_encrypted_disks);
    policy_fact_add(arena, out, "log_days", "", config->log_days);
    policy_fact_add(arena, out, "looks", "", config->looks);
    policy_fact_add(arena, out, "minimum_age", "", config->minimum_age);
    policy_fact_add(arena, out, "new_life", "", config->new_life);
    policy_fact_add(arena, out, "notice_days", "", config->notice_days);
    for (size_t i = 0; i < config->region_count; i++)
        policy_fact_add(
            arena, out, "place",
            arena_printf(arena, "%s|%s", config->regions[i].name, config->regions[i].country), 1);
    for (size_t i = 0; i < config->region_count; i++)
        policy_fact_add(arena, out, "host", config->regions[i].name,
                        text_hash(text_hash(HASH_BEGIN, config->regions[i].uri),
                                  config->regions[i].accelerator));
    for (size_t i = 0; i < recipients.count; i++)
        policy_fact_add(arena, out, "recipient", recipient_fact(arena, &recipients.row[i]), 1);
    policy_fact_add(arena, out, "referrers", "", config->has_referrers);
    policy_fact_add(arena, out, "tls13_alone", "", config->has_tls13_alone);
    if (!config_has_billing(config))
        return;
    policy_fact_add(arena, out, "grace_days", "", config->grace_days);
    policy_fact_add(arena, out, "retention_days", "", config->retention_days);
    policy_fact_add(arena, out, "trial_days", "", config->trial_days);
}

void policy_facts_of(struct arena *arena, const struct config *config, struct policy_facts *out)
{
    policy_facts_settings(arena, config, out);
    columns_add(arena, &INVENTORY_INBOX, out);
    columns_add(arena, &INVENTORY_MAIN, out);
    policy_fact_add(arena, out, "cookie", "__Host-session", 1);
    promises_add(arena, config, out);
    policy_fact_add(
        arena, out, "controller", "",
        text_hash(text_hash(HASH_BEGIN, config->controller), config->controller_address));
}

/* ---- what is weaker ---- */

/* Of that kind, NULL: any. Of that profile; of any other if it has none, since it may be what the
 * former profile said. */
static const struct policy_block *promise_find(const char *profile, const char *kind,
                                               const char *id)
{
    const struct policy_block *found = NULL;
    size_t length = strcspn(id, " ");

    for (size_t i = 0; i < POLICY_DOCUMENT_COUNT; i++) {
        const struct policy_document *document = &POLICY_DOCUMENTS[i];
        bool is_own = strcmp(document->profile, profile) == 0;

        for (size_t k = 0; k < document->block_count; k++) {
            const struct policy_block *block = &document->blocks[k];

            if ((found && !is_own) || !block->id || strncmp(block->id, id, length) != 0 ||
                block->id[length] ||
                (kind ? strcmp(block->kind, kind) != 0 : strcmp(block->kind, "heading") == 0))
                continue;
            if (is_own)
                return block;
            found = block;
        }
    }
    return found;
}

static const char *number_text(struct arena *arena, const struct fact_kind *kind, int64_t number)
{
    int64_t days = number / A_DAY_S;

    if (!kind->is_time)
        return arena_printf(arena, "%lld", (long long)number);
    return arena_printf(arena, "%lld day%s", (long long)days, days == 1 ? "" : "s");
}

/* "Germany (region local)" */
static const char *place_text(struct arena *arena, const char *member)
{
    int name = (int)strcspn(member, "|");
    const char *country = country_name(member + name + (member[name] == '|'));

    return arena_printf(arena, "%s (region %.*s)", *country ? country : "not declared", name,
                        member);
}

static const char *member_text(struct arena *arena, const struct config *config,
                               const struct fact_kind *kind, const struct policy_weakening *row)
{
    bool is_statement = strcmp(kind->name, "statement") == 0;
    bool is_sentence = strcmp(kind->name, "promise") == 0 || is_statement || kind->is_time;
    const char *block_kind = is_statement ? "statement" : kind->is_time ? "promise" : NULL;
    const struct policy_block *block =
        is_sentence ? promise_find(config->profile, block_kind, row->member) : NULL;

    if (strcmp(kind->name, "recipient") == 0)
        return recipient_fact_text(arena, row->member);
    if (strcmp(kind->name, "place") == 0)
        return place_text(arena, row->member);
    return block ? policy_block_text(arena, config, block, number_text(arena, kind, row->wanted))
                 : row->member;
}

static const char *weakening_text(struct arena *arena, const struct config *config,
                                  const struct fact_kind *kind, const struct policy_weakening *row)
{
    struct buf text = buf_new(arena, 128);

    for (const char *at = kind->text; *at; at++) {
        if (*at != '%') {
            buf_char(&text, *at);
            continue;
        }
        at++;
        buf_text(&text, *at == 'm'   ? member_text(arena, config, kind, row)
                        : *at == 'w' ? number_text(arena, kind, row->was)
                                     : number_text(arena, kind, row->wanted));
    }
    return text.bytes;
}

/* Its country was not declared before: to say it is no further place or recipient. */
static bool is_declared_now(const struct policy_facts *was, const struct policy_fact *fact)
{
    const char *last = strrchr(fact->member, '|');
    size_t name = last ? (size_t)(last - fact->member) : 0;

    if (!last)
        return false;
    for (size_t i = 0; i < was->count; i++) {
        const struct policy_fact *old = &was->row[i];

        if (strcmp(old->name, fact->name) == 0 &&
            strncmp(old->member, fact->member, name + 1) == 0 && !old->member[name + 1])
            return true;
    }
    return false;
}

/* The sentence on looks into VMs has a number that can be compared: fewer looks are no weaker. */
static bool is_better(const struct policy_facts *was, const struct policy_facts *wanted,
                      const struct policy_fact *fact)
{
    const struct policy_fact *before = policy_fact_find(was, "looks", "");
    const struct policy_fact *after = policy_fact_find(wanted, "looks", "");

    return strcmp(fact->name, "statement") == 0 && strcmp(fact->member, "looking-inside") == 0 &&
           before && after && after->number < before->number;
}

static bool is_less(const struct fact_kind *kind, int64_t was, int64_t wanted)
{
    if (kind->is_exact || kind->is_hash)
        return wanted != was && was != HASH_BEGIN; /* of nothing */
    return kind->is_less_weaker ? wanted < was : wanted > was;
}

static void weakening_add(struct arena *arena, const struct config *config,
                          struct policy_weakenings *list, const struct policy_fact *fact,
                          int64_t was, int64_t wanted)
{
    struct policy_weakening *row = &list->row[list->count++];

    const struct fact_kind *kind = kind_find(fact->name);

    *row = (struct policy_weakening){ fact->name, fact->member, was, wanted, kind->is_hash, NULL };
    row->text = weakening_text(arena, config, kind, row);
}

struct policy_weakenings policy_weakenings_find(struct arena *arena, const struct config *config,
                                                const struct policy_facts *was,
                                                const struct policy_facts *wanted)
{
    struct policy_weakenings list = { .count = 0 };

    list.row = arena_array(arena, was->count + wanted->count, sizeof *list.row);
    for (size_t i = 0; i < wanted->count; i++) {
        const struct policy_fact *fact = &wanted->row[i];
        const struct policy_fact *old = policy_fact_find(was, fact->name, fact->member);
        const struct fact_kind *kind = kind_find(fact->name);

        /* What the former version did not speak of, it did not promise. */
        if (!kind || (!old && (kind->is_less_weaker || !*fact->member || kind->is_time ||
                               kind->is_exact || kind->is_hash)))
            continue;
        if (!old && !is_declared_now(was, fact))
            weakening_add(arena, config, &list, fact, 0, fact->number);
        if (old && is_less(kind, old->number, fact->number) && !is_better(was, wanted, fact))
            weakening_add(arena, config, &list, fact, old->number, fact->number);
    }
    for (size_t i = 0; i < was->count; i++) {
        const struct policy_fact *old = &was->row[i];
        const struct fact_kind *kind = kind_find(old->name);

        if (kind && kind->is_less_weaker && *old->member &&
            !policy_fact_find(wanted, old->name, old->member))
            weakening_add(arena, config, &list, old, 1, 0);
    }
    return list;
}

const char *policy_weakenings_text(struct arena *arena, const struct policy_weakenings *list)
{
    struct buf text = buf_new(arena, 256);

    for (size_t i = 0; i < list->count; i++)
        buf_printf(&text, "%s%s", i ? " " : "", list->row[i].text);
    return text.length ? text.bytes : "";
}

/* ---- texts ---- */

const char *policy_text_fill(struct arena *arena, const struct config *config, const char *text,
                             const char *term)
{
    struct buf out = buf_new(arena, strlen(text) + 64);

    while (*text) {
        size_t plain = strcspn(text, "{");
        size_t length;
        const char *name, *word;

        buf_bytes(&out, text, plain);
        text += plain;
        if (!*text)
            break;
        length = strcspn(text, "}");
        name = arena_copy_bytes(arena, text + 1, length - 1);
        word = strcmp(name, "term") == 0 ? term : policy_word(arena, config, name);
        buf_text(&out, word ? word : name);
        text += length + (text[length] == '}');
    }
    return out.length ? out.bytes : "";
}

const char *policy_block_text(struct arena *arena, const struct config *config,
                              const struct policy_block *block, const char *term)
{
    struct buf text = buf_new(arena, 256);

    for (size_t i = 0; i < block->run_count; i++)
        buf_text(&text, policy_text_fill(arena, config, block->runs[i].text, term));
    return text.length ? text.bytes : "";
}
