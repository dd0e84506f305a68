/*
 * mdc: compiles Markdown: the policy texts to C, the docs to templates.
 *
 *   mdc policy --out build/policy templates/policy
 *   mdc docs --out build/docs templates/docs
 *
 * The folder of the policies has rows.md, the questions that each profile answers; a folder for
 * each profile with privacy.md, terms.md, security.md, subprocessors.md and cookies.md; and parts,
 * _NAME.md, that these include. It writes policy_texts.c, the tables of cgi/model/policy_text.h.
 * The folder of the docs has index.md, which lists the others in their order; of each,
 * docs_NAME.html is written for tmplc, and docs_pages.c, the table of cgi/view/docs_page.h. Errors
 * go to standard error as FILE:LINE: error; what to write instead.
 *
 * mdc_read.c reads a document with its directives, mdc_inline.c what is inside a paragraph,
 * mdc_rows.c the table of rows; mdc_words.c finds promises in what is no promise, mdc_write.c
 * writes C. mdc_docs.c and mdc_guide.c are for the docs.
 */
#include "mdc.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *grow(void *items, size_t count, size_t size)
{
    char *larger = allocate((count + 1) * size);

    if (count > 0)
        memcpy(larger, items, count * size);
    return larger;
}

static int policy_compile(const char *out, const char *folder)
{
    static const char *const names[] = { "privacy", "terms", "security", "subprocessors",
                                         "cookies" };
    struct text path = { 0 }, code;
    struct document *documents = NULL;
    struct rows rows;
    size_t count = 0;

    text_printf(&path, "%s/rows.md", folder);
    rows = rows_read(path.bytes);
    for (size_t p = 0; p < rows.profile_count; p++) {
        for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
            documents = grow(documents, count, sizeof *documents);
            documents[count++] = document_read(folder, rows.profiles[p], names[n], &rows);
        }
    }
    if (refused_count() == 0)
        parts_check(folder);
    if (refused_count() > 0)
        return 1;
    code = tables_write(documents, count, &rows);
    path.length = 0;
    text_printf(&path, "%s/policy_texts.c", out);
    write_file(path.bytes, &code);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "out", required_argument, NULL, 'o' },
        { NULL, 0, NULL, 0 },
    };
    const char *out = NULL;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option != 'o')
            return 2;
        out = optarg;
    }
    if (out && argc - optind == 2 && strcmp(argv[optind], "policy") == 0)
        return policy_compile(out, argv[optind + 1]);
    if (out && argc - optind == 2 && strcmp(argv[optind], "docs") == 0)
        return docs_compile(out, argv[optind + 1]);
    fputs("usage: mdc policy|docs --out FOLDER TEMPLATES\n", stderr);
    return 2;
}
