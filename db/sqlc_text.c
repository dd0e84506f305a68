/*
 * The base of sqlc: error reports, growable lists, positions in a text, files. It does not depend
 * on statements or tables.
 */
#include "sqlc.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int refusals;

void refuse(const char *path, int line, const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "%s:%d: ", path, line);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    refusals++;
}

int refusal_count(void)
{
    return refusals;
}

void give_up(const char *what)
{
    fprintf(stderr, "sqlc: %s: %s\n", what, strerror(errno));
    exit(1);
}

void *grow(void *items, size_t count, size_t size)
{
    void *grown = realloc(items, (count + 1) * size);

    if (!grown)
        give_up("memory");
    return grown;
}

struct field *field_add(struct fields *fields, struct field field)
{
    fields->field = grow(fields->field, fields->count, sizeof *fields->field);
    fields->field[fields->count] = field;
    return &fields->field[fields->count++];
}

bool has_rows(const struct statement *statement)
{
    return statement->shape == SHAPE_ROWS || statement->shape == SHAPE_ROW;
}

struct field *field_find(const struct fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->count; i++)
        if (!strcmp(fields->field[i].name, name))
            return &fields->field[i];
    return NULL;
}

int line_of(const char *text, const char *at, int line)
{
    for (; text < at; text++)
        line += *text == '\n';
    return line;
}

const char *skip_blank(const char *at)
{
    for (;;) {
        at += strspn(at, " \t\r\n");
        if (!strncmp(at, "--", 2)) {
            at += strcspn(at, "\n");
        } else if (!strncmp(at, "/*", 2)) {
            const char *end = strstr(at + 2, "*/");
            at = end ? end + 2 : at + strlen(at);
        } else {
            return at;
        }
    }
}

bool is_plain_name(const char *name)
{
    static const char *const kept[] = {
        "auto",     "bool",   "break",  "case",     "char",   "const",    "continue", "default",
        "do",       "double", "else",   "enum",     "extern", "false",    "float",    "for",
        "goto",     "if",     "inline", "int",      "long",   "register", "restrict", "return",
        "short",    "signed", "sizeof", "static",   "struct", "switch",   "true",     "typedef",
        "unsigned", "union",  "void",   "volatile", "while",
    };

    if (!islower((unsigned char)name[0]) ||
        name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")])
        return false;
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (!strcmp(name, kept[i]))
            return false;
    return true;
}

static char *path_join(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = grow(NULL, size, 1);

    snprintf(path, size, "%s/%s", folder, name);
    return path;
}

/* The contents of a file as text, or NULL if it cannot be opened. */
static char *file_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t length = 0;

    if (!file)
        return NULL;
    for (int c; (c = getc(file)) != EOF;) {
        text = grow(text, length, 1);
        text[length++] = (char)c;
    }
    if (ferror(file))
        give_up(path);
    fclose(file);
    text = grow(text, length, 1);
    text[length] = '\0';
    return text;
}

struct source source_read(const char *folder, const char *name)
{
    char *path = path_join(folder, name);
    struct source source = {
        .path = path,
        .name = path + strlen(folder) + 1,
        .text = file_read(path),
    };

    if (!source.text)
        give_up(path);
    return source;
}

void file_save(const char *folder, const char *name, const char *bytes)
{
    char *path = path_join(folder, name);
    const char *present = file_read(path);

    if (present && !strcmp(present, bytes))
        return;

    FILE *file = fopen(path, "wb");
    if (!file || fputs(bytes, file) < 0 || fclose(file)) {
        int why = errno;
        remove(path);
        errno = why;
        give_up(path);
    }
}
