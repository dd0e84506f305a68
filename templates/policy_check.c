/*
 * policy_check: the second half of what mdc checks, with what the server knows of itself.
 *
 *   policy_check                   every text, of every profile, under every kind of configuration
 *   policy_check --table PROFILE   what the profile answers to each row, as a table in Markdown
 *
 * A text may name no promise, parameter or condition that does not exist, and no promise that is
 * not made there. Errors go to standard error as FILE:LINE: error; what to write instead.
 */
#include "base/array.h"
#include "base/buf.h"
#include "model/policy_text.h"
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
    KINDS = 64,
};

static const struct config *configure(const char *profile, unsigned kind)
{
    char folder[] = "/tmp/policy_check.XXXXXX";
    struct config *config = NULL;
    struct error *e;
    const char *path;
    FILE *file;

    path = mkdtemp(folder) ? arena_printf(arena, "%s/domicile.conf", folder) : "";
    file = fopen(path, "w");
    if (!file)
        exit(2);
    fprintf(file, "[server]\npublic_url = https://vm.example.org\noperator = op@example.org\n");
    fprintf(file, "identity = %s\n", kind & HAS_WORKOS ? "workos" : "local");
    fprintf(file, "[billing]\nbilling = %s\n", kind & HAS_BILLING ? "stripe" : "off");
    fprintf(file, "[privacy]\nprofile = %s\n", profile);
    if (kind & HAS_CONTROLLER)
        fprintf(file, "controller = Example Ltd\naddress = 1 Main St, Town\ncountry = DE\n"
                      "authority = The authority\nauthority_url = https://authority.example.org\n");
    if (kind & HAS_OTHER_DAYS)
        fprintf(file, "destroyed_vm_days = %d\nnotice_days = 0\n",
                strcmp(profile, "desktop") == 0 || strcmp(profile, "shared-session") == 0 ? 9 : 0);
    if (kind & HAS_MAIL)
        fprintf(file, "[mail]\nmail = smtp\nurl = smtps://mail.example.org:465\n"
                      "from = vm@example.org\n");
    if (kind & HAS_SYSTEM)
        fprintf(file, "[region a]\nuri = qemu:///system\nbridge = dom0\naccelerator = kvm\n");
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

/* ---- under one configuration ---- */

/* What is shown of a profile: calls `visit` for each block, with the name of its document. */
static void each_block(const struct config *config,
                       void (*visit)(const struct config *config, const char *name,
                                     const struct policy_block *block))
{
    for (size_t d = 0; d < POLICY_DOCUMENT_COUNT; d++) {
        const struct policy_document *document = &POLICY_DOCUMENTS[d];

        for (size_t b = 0;
             strcmp(document->profile, config->profile) == 0 && b < document->block_count; b++)
            visit(config, document->name, &document->blocks[b]);
    }
}

static void block_check(const struct config *config, const char *name,
                        const struct policy_block *block)
{
    const struct promise *promise = is_kind(block, "promise") ? promise_find(block->id) : NULL;

    (void)name;
    names_check(config, block);
    if (promise && promise->is_made && !promise->is_made(config) && is_shown(config, block))
        report(block->source, arena_printf(arena,
                                           "\"%s\" is not promised with profile = %s; write "
                                           "<!-- if WORD --> before it",
                                           block->id, config->profile));
}

static void arguments_wrong(void)
{
    fputs("usage: policy_check [--table PROFILE]\n", stderr);
    exit(2);
}

int main(int argc, char **argv)
{
    (void)argv;
    arena = arena_new((size_t)256 << 20);
    reports = buf_new(arena, 4096);
    if (argc > 1)
        arguments_wrong();
    for (size_t p = 0; p < POLICY_PROFILE_COUNT; p++) {
        for (unsigned kind = 0; kind < KINDS; kind++)
            each_block(configure(POLICY_PROFILES[p].name, kind), block_check);
    }
    return report_count > 0 ? 1 : 0;
}
