/*
 * tmplc: compiles templates to C.
 *
 *   tmplc --static build/static.manifest --parts templates --out build/templates TEMPLATE...
 *
 * Each page NAME.html becomes NAME.html.h with `struct NAME_html`, the page's data, and NAME.html.c
 * with `html_NAME()`, which writes it; plain text NAME.txt becomes `struct NAME_txt` and
 * `txt_NAME()`. A page that writes frame.version has a live part: it also gets `render_NAME()`,
 * which takes any page struct, for live_answer(). Parts, _NAME.html, are compiled into the pages
 * that include them; they are beside the page, or in the folder of --parts. Errors go to standard
 * error as FILE:LINE: error; what to write instead.
 *
 * This file parses the arguments and writes the output files. tmplc_source.c and tmplc_words.c
 * parse the template language, tmplc_page.c generates C, tmplc_html.c tracks the HTML context,
 * tmplc_check.c checks which HTML is allowed.
 */
#include "tmplc_page.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check_fields(const struct page *page)
{
    for (size_t i = 0; i < page->field_count; i++)
        if (!page->fields[i].is_used)
            refuse(page->path, page->fields[i].line, "the field \"%s\" is never used; remove it",
                   page->fields[i].name);
}

static void check_end(const struct page *page, int line)
{
    const struct html_tag *tag = &page->html.tag;

    switch (page->html.at.state) {
    case HTML_TEXT:
        break;
    case HTML_RCDATA:
    case HTML_RAW:
        refuse(page->path, tag->line, "<%s> without its end; write </%s>", tag->name, tag->name);
        break;
    case HTML_COMMENT:
        refuse(page->path, tag->line, "a comment without its end; write -->");
        break;
    default:
        refuse(page->path, tag->line, "the tag <%s is open at the end, in line %d; write >",
               tag->name, line);
    }
}

static void compile(const char *path, const char *name, const char *kind, const char *out)
{
    struct page *page = allocate(sizeof *page);
    struct source source = { .path = path, .line = 1, .is_line_start = true };
    struct text header;
    struct text code;
    struct text file = { 0 };
    unsigned refused = refused_count();

    page->path = path;
    page->name = name;
    page->kind = kind;
    page->html.is_plain = strcmp(kind, "txt") == 0;
    /* What is read outside of this website: it brings its style and loads nothing. */
    page->html.is_mail =
        !page->html.is_plain && (strncmp(name, "mail_", 5) == 0 || strncmp(name, "copy_", 5) == 0);
    source.next = read_file(path);
    if (!source.next) {
        refuse(path, 1, "cannot be read; check the name");
        return;
    }
    page_read(page, &source);
    if (refused_count() == refused)
        check_end(page, source.line);
    if (refused_count() == refused)
        check_fields(page);
    /*
     * An error in a part is reported only once, so the error count of a page says nothing about the
     * others.
     */
    if (refused_count() > 0)
        return;
    page_write_literal(page);
    header = page_header(page);
    code = page_code(page);
    text_printf(&file, "%s/%s.%s.h", out, name, kind);
    write_file(file.bytes, &header);
    file.bytes[file.length - 1] = 'c';
    write_file(file.bytes, &code);
}

/* "vms" of "templates/vms.html", and "html"; NULL for a part, and after an error. */
static const char *page_name(const char *path, const char **kind)
{
    const char *slash = strrchr(path, '/');
    const char *file = slash ? slash + 1 : path;
    const char *dot = strrchr(file, '.');
    char *name;

    if (*file == '_')
        return NULL;
    if (!dot || dot == file || (strcmp(dot, ".html") != 0 && strcmp(dot, ".txt") != 0)) {
        refuse(path, 1, "not a template; name it NAME.html, or NAME.txt");
        return NULL;
    }
    *kind = dot + 1;
    name = copy_bytes(file, (size_t)(dot - file));
    if (page_is_name(name) && !strchr(name, '.'))
        return name;
    refuse(path, 1, "\"%s\" cannot name a C function; use letters, digits and _", name);
    return NULL;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "static", required_argument, NULL, 's' },
        { "parts", required_argument, NULL, 'p' },
        { "out", required_argument, NULL, 'o' },
        { NULL, 0, NULL, 0 },
    };
    const char *out = NULL;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (option == 's')
            static_files_read(optarg);
        else if (option == 'p')
            parts_folder = optarg;
        else if (option == 'o')
            out = optarg;
        else
            return 2;
    if (!out || optind == argc) {
        fputs("usage: tmplc [--static MANIFEST] [--parts FOLDER] --out FOLDER TEMPLATE...\n",
              stderr);
        return 2;
    }
    for (int i = optind; i < argc; i++) {
        const char *kind = NULL;
        const char *name = page_name(argv[i], &kind);

        if (name)
            compile(argv[i], name, kind, out);
    }
    return refused_count() > 0 ? 1 : 0;
}
