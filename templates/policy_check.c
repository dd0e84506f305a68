/*
 * policy_check: the second half of what mdc checks, with what the server knows of itself.
 *
 *   policy_check                   every text, of every profile, under every kind of configuration
 *   policy_check --table PROFILE   what the profile answers to each row, as a table in Markdown
 *
 * A text may name no promise, parameter or condition that does not exist, and no promise that is
 * not made there; a promise that is made is in a text of every profile, and so is the answer to
 * each row that is offered. Errors go to standard error as FILE:LINE: error; what to write instead.
 */
#include "base/array.h"
#include "base/buf.h"
#include "model/policy_text.h"
#include "model/term.h"
#include "worker/promise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct arena *arena;
static struct buf reports; /* all so far, each once */
static size_t report_count;

static void report(const char *source, const char *text)
{
    const char *line = arena_printf(arena, "%s: %s\n", source, text);

    if (strstr(reports.bytes, line))
        return;
    buf_text(&reports, line);
    fputs(line, stderr);
    report_count++;
}

#define UNKNOWN(what, where) "there is no " what "; see " where

/* ---- configurations ---- */

/* What the texts may depend on; a bit each. */
enum {
    HAS_BILLING = 1,
    HAS_WORKOS = 2,
    HAS_MAIL = 4,
    HAS_SYSTEM = 8,
    HAS_CONTROLLER = 16,
    HAS_OTHER_DAYS = 32,
    HAS_GITHUB = 64,
    KINDS = 128,
};

static const struct config *configure(const char *profile, unsigned kind)
{
    char folder[] = "/tmp/policy_check.XXXXXX";
    struct config *config = NULL;
    struct error *e;
    const char *path;
    FILE *file;

    if (strcmp(profile, "desktop") == 0)
        kind &= ~(unsigned)(HAS_BILLING | HAS_WORKOS | HAS_GITHUB); /* which the profile refuses */
    path = mkdtemp(folder) ? arena_printf(arena, "%s/domicile.conf", folder) : "";
    file = fopen(path, "w");
    if (!file)
        exit(2);
    fprintf(file, "[server]\npublic_url = https://vm.example.org\noperator = op@example.org\n");
    fprintf(file, "identity = %s\n", kind & HAS_WORKOS ? "workos" : "local");
    fprintf(file, "github_import = %s\n", kind & HAS_GITHUB ? "on" : "off");
    fprintf(file, "[billing]\nbilling = %s\n", kind & HAS_BILLING ? "stripe" : "off");
    fprintf(file, "[privacy]\nprofile = %s\n", profile);
    if (kind & HAS_CONTROLLER)
        fprintf(file, "controller = Example Ltd\naddress = 1 Main St, Town\ncountry = DE\n"
                      "authority = The authority\nauthority_url = https://authority.example.org\n");
    if (kind & HAS_OTHER_DAYS)
        fprintf(file, "destroyed_vm_days = %d\nnotice_days = 0\nclosed_account_days = %d\n",
                strcmp(profile, "desktop") == 0 || strcmp(profile, "shared-session") == 0 ? 9 : 0,
                strcmp(profile, "personal-vm") == 0 || strcmp(profile, "sandbox-api") == 0 ? 0 : 9);
    if (kind & HAS_MAIL)
        fprintf(file, "[mail]\nmail = smtp\nurl = smtps://mail.example.org:465\n"
                      "from = vm@example.org\n");
    fprintf(file, "[region a]\ncountry = %s\n", kind & HAS_CONTROLLER ? "DE" : "");
    if (kind & HAS_SYSTEM)
        fprintf(file, "uri = qemu:///system\nbridge = dom0\naccelerator = kvm\n");
    fclose(file);
    e = config_load(arena, folder, &config);
    unlink(path);
    rmdir(folder);
    if (!e)
        return config;
    fprintf(stderr, "policy_check: %s\n", e->text);
    exit(2);
}

static const struct promise *promise_find(const char *id)
{
    for (size_t i = 0; i < PROMISE_COUNT; i++) {
        if (strcmp(PROMISES[i].id, id) == 0)
            return &PROMISES[i];
    }
    return NULL;
}

/* Do all conditions of the block hold? */
static bool is_shown(const struct config *config, const struct policy_block *block)
{
    char *rest = block->condition ? arena_copy(arena, block->condition) : NULL;
    char *word;

    while ((word = strsep(&rest, " "))) {
        bool is_not = *word == '!';
        bool is_known;

        if (policy_condition(config, word + is_not, &is_known) == is_not)
            return false;
    }
    return true;
}

static bool is_kind(const struct policy_block *block, const char *kind)
{
    return strcmp(block->kind, kind) == 0;
}

/* ---- names: each exists ---- */

static void parameters_check(const struct config *config, const struct policy_block *block,
                             const char *text)
{
    const struct promise *promise = is_kind(block, "promise") ? promise_find(block->id) : NULL;

    while (text && (text = strchr(text, '{'))) {
        size_t length = strcspn(++text, "}");
        const char *name = arena_copy_bytes(arena, text, length);
        bool is_term = strcmp(name, "term") == 0;

        if (is_term && !(promise && promise->term_s))
            report(block->source, "{term} where no promise has a period; leave it out");
        else if (!is_term && !policy_word(arena, config, name))
            report(block->source,
                   arena_printf(arena, UNKNOWN("parameter {%s}", "model/policy_word.c"), name));
        text += length;
    }
}

static void names_check(const struct config *config, const struct policy_block *block)
{
    char *rest = block->condition ? arena_copy(arena, block->condition) : NULL;
    char *word;

    for (size_t i = 0; i < block->run_count; i++) {
        parameters_check(config, block, block->runs[i].text);
        parameters_check(config, block, block->runs[i].href);
    }
    parameters_check(config, block, block->note);
    parameters_check(config, block, block->command);
    while ((word = strsep(&rest, " "))) {
        bool is_known;

        policy_condition(config, word + (*word == '!'), &is_known);
        if (!is_known)
            report(block->source,
                   arena_printf(arena, UNKNOWN("condition \"%s\"", "model/policy_word.c"), word));
    }
    if (is_kind(block, "promise") && !promise_find(block->id))
        report(block->source,
               arena_printf(arena, UNKNOWN("promise \"%s\"", "worker/promise_list.c"), block->id));
}

/* ---- under one configuration: nothing is missing, nothing too much ---- */

/* Promises that no text needs to name unless one of these conditions holds. */
static const struct {
    const char *id;
    const char *conditions[2];
} idle_without[] = {
    /* Without billing there are no invoices, and nothing is reported to Stripe. */
    { "payment-links", { "billing" } },
    { "invoices", { "billing" } },
    { "billing-activity", { "billing" } },
    { "usage-reports", { "billing" } },
    /* Webhooks come from services that are used. */
    { "events", { "billing", "workos" } },
    { "identities", { "workos" } },
    /* Without mail, none is sent. */
    { "mails", { "mail" } },
    { "mail-content", { "mail" } },
};

static bool holds(const struct config *config, const char *word)
{
    bool is_known;

    return word && policy_condition(config, word, &is_known);
}

static bool is_idle(const struct config *config, const struct promise *promise)
{
    for (size_t i = 0; i < COUNT(idle_without); i++) {
        if (strcmp(idle_without[i].id, promise->id) == 0)
            return !holds(config, idle_without[i].conditions[0]) &&
                   !holds(config, idle_without[i].conditions[1]);
    }
    return false;
}

static bool is_made(const struct config *config, const struct promise *promise)
{
    return !promise->is_made || promise->is_made(config);
}

/* Documents that say what is done with data; terms and subprocessors may refer to them. */
static bool is_about_data(const struct policy_document *document)
{
    return strcmp(document->name, "privacy") == 0 || strcmp(document->name, "security") == 0 ||
           strcmp(document->name, "cookies") == 0;
}

/* The blocks of a profile that are shown, one after the other; NULL after the last. */
struct walk {
    const struct config *config;
    size_t document, block;
};

static const struct policy_block *walk_next(struct walk *walk)
{
    for (; walk->document < POLICY_DOCUMENT_COUNT; walk->document++, walk->block = 0) {
        const struct policy_document *document = &POLICY_DOCUMENTS[walk->document];

        while (strcmp(document->profile, walk->config->profile) == 0 &&
               walk->block < document->block_count) {
            const struct policy_block *block = &document->blocks[walk->block++];

            if (is_shown(walk->config, block))
                return block;
        }
    }
    return NULL;
}

/* False, and reported: the promise is named where it is not made, or made and not named. */
static bool promise_check(const struct config *config, const struct promise *promise)
{
    struct walk walk = { .config = config };
    const struct policy_block *block;

    while ((block = walk_next(&walk))) {
        if (!is_kind(block, "promise") || strcmp(block->id, promise->id) != 0)
            continue;
        if (is_made(config, promise) && is_about_data(&POLICY_DOCUMENTS[walk.document]))
            return true;
        if (is_made(config, promise))
            continue;
        report(block->source, arena_printf(arena,
                                           "\"%s\" is not promised with profile = %s; write "
                                           "<!-- if WORD --> before it",
                                           block->id, config->profile));
        return false;
    }
    if (!is_made(config, promise) || is_idle(config, promise))
        return true;
    report(arena_printf(arena, "templates/policy/%s/privacy.md:1", config->profile),
           arena_printf(arena,
                        "no text names the promise \"%s\" (with identity = %s, billing = %s, "
                        "mail = %s); write it in privacy, security or cookies",
                        promise->id, config->identity, config->billing, config->mail));
    return false;
}

/* Is `word` in a list with blanks between? */
static bool is_in(const char *list, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = list; at; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (strncmp(at, word, length) == 0 && (!at[length] || at[length] == ' '))
            return true;
    }
    return false;
}

/* The next block that answers the row; NULL: no other. */
static const struct policy_block *answer_next(struct walk *walk, const char *row)
{
    const struct policy_block *block;

    while ((block = walk_next(walk)) && !is_in(block->rows, row))
        continue;
    return block;
}

/* "no" and "never" are promises whether or not the thing itself is offered. */
static bool is_to_answer(const struct config *config, const struct policy_row *row)
{
    if (strcmp(row->stance, "no") == 0 || strcmp(row->stance, "never") == 0)
        return true;
    return strcmp(row->stance, "-") != 0 && strcmp(row->stance, "off") != 0 &&
           (!row->needs || holds(config, row->needs));
}

static bool row_check(const struct config *config, const struct policy_row *row)
{
    struct walk walk = { .config = config };

    if (!is_to_answer(config, row) || answer_next(&walk, row->id))
        return true;
    report("templates/policy/rows.md:1",
           arena_printf(arena,
                        "no text of %s answers the row \"%s\" (with identity = %s, billing = "
                        "%s, mail = %s); write a promise or a statement with it",
                        config->profile, row->id, config->identity, config->billing, config->mail));
    return false;
}

/* Each promise and row is reported once, with the first configuration that shows what is wrong. */
static void profile_check(const struct policy_profile *profile)
{
    const struct config *configs[KINDS];
    unsigned kind;

    for (kind = 0; kind < KINDS; kind++)
        configs[kind] = configure(profile->name, kind);
    for (size_t i = 0; i < PROMISE_COUNT; i++) {
        for (kind = 0; kind < KINDS && promise_check(configs[kind], &PROMISES[i]);)
            kind++;
    }
    for (size_t i = 0; i < profile->row_count; i++) {
        for (kind = 0; kind < KINDS && row_check(configs[kind], &profile->rows[i]);)
            kind++;
    }
}

static void needs_check(const struct policy_profile *profile)
{
    const struct config *config = configure(profile->name, 0);
    bool is_known = true;

    for (size_t i = 0; i < profile->row_count; i++) {
        const char *needs = profile->rows[i].needs;

        if (needs)
            policy_condition(config, needs, &is_known);
        if (needs && !is_known)
            report("templates/policy/rows.md:1",
                   arena_printf(arena, UNKNOWN("condition \"%s\"", "model/policy_word.c"), needs));
    }
}

static void all_check(void)
{
    for (size_t d = 0; d < POLICY_DOCUMENT_COUNT; d++) {
        const struct policy_document *document = &POLICY_DOCUMENTS[d];
        const struct config *config = configure(document->profile, 0);

        for (size_t b = 0; b < document->block_count; b++)
            names_check(config, &document->blocks[b]);
    }
    for (size_t p = 0; p < POLICY_PROFILE_COUNT; p++) {
        needs_check(&POLICY_PROFILES[p]);
        profile_check(&POLICY_PROFILES[p]);
    }
}

/* ---- the table of a profile, with everything on ---- */

enum { YEAR_DAYS = 366 };

static const char *word_of(const struct config *config, const struct policy_block *block,
                           const char *name)
{
    int64_t days;

    if (strcmp(name, "term") != 0)
        return policy_word(arena, config, name);
    days = term_s(config, promise_find(block->id)->term_s) / A_DAY_S;
    return days < 2 * YEAR_DAYS ? arena_printf(arena, "%lld days", (long long)days)
                                : arena_printf(arena, "%lld years", (long long)(days / YEAR_DAYS));
}

/* The sentence with its parameters. */
static const char *sentence(const struct config *config, const struct policy_block *block)
{
    struct buf text = buf_new(arena, 512);

    for (size_t i = 0; i < block->run_count; i++) {
        const char *at = block->runs[i].text;

        while (*at) {
            size_t plain = strcspn(at, "{");
            size_t length = strcspn(at + plain, "}");

            buf_bytes(&text, at, plain);
            if (at[plain])
                buf_text(&text, word_of(config, block,
                                        arena_copy_bytes(arena, at + plain + 1, length - 1)));
            at += plain + length + (at[plain] == '{');
        }
    }
    return text.bytes;
}

static void row_print(const struct config *config, const struct policy_row *row)
{
    struct walk walk = { .config = config };
    struct buf lines = buf_new(arena, 1024); /* two documents may say the same */
    const struct policy_block *block = answer_next(&walk, row->id);

    if (!block)
        printf("| %s | (%s: %s) | - | - |\n", row->id,
               is_to_answer(config, row) || !row->needs ? "silent" : "not offered", row->stance);
    for (; block; block = answer_next(&walk, row->id)) {
        const struct promise *promise = is_kind(block, "promise") ? promise_find(block->id) : NULL;
        const char *check =
            promise ? arena_printf(arena, "every %lld s", (long long)promise->every_s) : "none";
        const char *line = arena_printf(arena, "| %s | %s | %s:%s | %s |\n", row->id,
                                        sentence(config, block), block->kind, block->id, check);

        if (!strstr(lines.bytes, line))
            buf_text(&lines, line);
    }
    fputs(lines.bytes, stdout);
}

static int table_print(const char *name)
{
    for (size_t p = 0; p < POLICY_PROFILE_COUNT; p++) {
        const struct policy_profile *profile = &POLICY_PROFILES[p];

        if (strcmp(profile->name, name) != 0)
            continue;
        printf("| row | sentence | promise or statement | check |\n|---|---|---|---|\n");
        for (size_t i = 0; i < profile->row_count; i++)
            row_print(configure(name, KINDS - 1 - HAS_OTHER_DAYS), &profile->rows[i]);
        return 0;
    }
    fprintf(stderr, "policy_check: there is no profile \"%s\"\n", name);
    return 2;
}

int main(int argc, char **argv)
{
    arena = arena_new((size_t)1 << 30);
    reports = buf_new(arena, 4096);
    if (argc == 3 && strcmp(argv[1], "--table") == 0)
        return table_print(argv[2]);
    if (argc > 1) {
        fputs("usage: policy_check [--table PROFILE]\n", stderr);
        return 2;
    }
    all_check();
    return report_count > 0 ? 1 : 0;
}
