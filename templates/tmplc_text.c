/*
 * The base of tmplc and mdc: growable text, files, error reports, the manifest of static files.
 * Independent of HTML and the template language.
 */
#include "tmplc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct text reports; /* all reports so far, so that none is repeated */
static unsigned report_count;

static struct static_file *static_files;
static size_t static_file_count;

static void die(const char *what)
{
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
    exit(2);
}

void *allocate(size_t size)
{
    void *memory = calloc(1, size ? size : 1);

    if (!memory)
        die("memory");
    return memory;
}

char *copy_bytes(const char *bytes, size_t length)
{
    char *copy = allocate(length + 1);

    memcpy(copy, bytes, length);
    return copy;
}

static void text_reserve(struct text *text, size_t size)
{
    size_t capacity = (text->length + size + 1) * 2;

    if (text->length + size + 1 <= text->capacity)
        return;
    text->bytes = realloc(text->bytes, capacity);
    if (!text->bytes)
        die("memory");
    text->capacity = capacity;
}

void text_add(struct text *text, const char *bytes, size_t length)
{
    text_reserve(text, length);
    if (length > 0)
        memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

static void text_vprintf(struct text *text, const char *format, va_list arguments)
{
    char *line = NULL;
    int length = vasprintf(&line, format, arguments);

    if (length < 0)
        die("memory");
    text_add(text, line, (size_t)length);
    free(line);
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text_vprintf(text, format, arguments);
    va_end(arguments);
}

void text_replace(struct text *text, size_t from, size_t to, const char *bytes)
{
    char *tail = copy_bytes(text->bytes + to, text->length - to);
    size_t tail_length = text->length - to;

    text->length = from;
    text_add(text, bytes, strlen(bytes));
    text_add(text, tail, tail_length);
    free(tail);
}

void refuse(const char *path, int line, const char *format, ...)
{
    struct text report = { 0 };
    va_list arguments;

    text_printf(&report, "%s:%d: ", path, line);
    va_start(arguments, format);
    text_vprintf(&report, format, arguments);
    va_end(arguments);
    text_add(&report, "\n", 1);
    if (reports.bytes && strstr(reports.bytes, report.bytes))
        return;
    text_add(&reports, report.bytes, report.length);
    fputs(report.bytes, stderr);
    report_count++;
}

char *read_file(const char *path)
{
    struct text text = { 0 };
    char block[65536];
    size_t length;
    FILE *file = fopen(path, "r");

    if (!file)
        return NULL;
    text_add(&text, "", 0);
    while ((length = fread(block, 1, sizeof block, file)) > 0)
        text_add(&text, block, length);
    if (ferror(file))
        die(path);
    fclose(file);
    if (strlen(text.bytes) != text.length)
        refuse(path, 1, "a NUL byte in the file; take it out");
    return text.bytes;
}

void write_file(const char *path, const struct text *text)
{
    const char *present = read_file(path);
    FILE *file;

    if (present && strcmp(present, text->bytes) == 0)
        return;
    file = fopen(path, "w");
    if (!file || fwrite(text->bytes, 1, text->length, file) != text->length || fclose(file) != 0)
        die(path);
}

unsigned refused_count(void)
{
    return report_count;
}

void static_files_read(const char *manifest_path)
{
    char *rest = read_file(manifest_path);
    int number = 0;
    char *line;

    if (!rest)
        die(manifest_path);
    while ((line = strsep(&rest, "\n"))) {
        struct static_file file = { 0 };
        char *words = line;

        number++;
        if (*line == '\0')
            continue;
        file.name = strsep(&words, " ");
        file.hashed_name = strsep(&words, " ");
        file.integrity = strsep(&words, " ");
        if (!file.integrity || words || strncmp(file.integrity, "sha384-", 7) != 0) {
            refuse(manifest_path, number, "not a static file; write NAME HASHEDNAME sha384-BASE64");
            continue;
        }
        static_files = reallocarray(static_files, static_file_count + 1, sizeof *static_files);
        if (!static_files)
            die("memory");
        static_files[static_file_count++] = file;
    }
}

const struct static_file *static_file_find(const char *name, size_t length)
{
    for (size_t i = 0; i < static_file_count; i++)
        if (strlen(static_files[i].name) == length &&
            memcmp(static_files[i].name, name, length) == 0)
            return &static_files[i];
    return NULL;
}
