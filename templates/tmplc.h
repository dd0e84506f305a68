/*
 * Shared by the parts of tmplc and by mdc: growable text, error reports, and the static files.
 *
 * They are build tools that run for milliseconds: they allocate and never free.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Growable text, NUL-terminated once something has been added. */
struct text {
    char *bytes;
    size_t length;
    size_t capacity;
};

void text_add(struct text *text, const char *bytes, size_t length);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Replace the text from `from` to `to` with `bytes`. */
void text_replace(struct text *text, size_t from, size_t to, const char *bytes);

/* Allocates at least one byte; exits on failure. */
void *allocate(size_t size);
char *copy_bytes(const char *bytes, size_t length);

/* The whole file, or NULL if it cannot be read. */
char *read_file(const char *path);

/* Write the file unless its content is the same, so that make sees no change. */
void write_file(const char *path, const struct text *text);

/*
 * Report "PATH:LINE: error; what to write instead". The same report is printed only once, because a
 * part is read for every page that includes it.
 */
void refuse(const char *path, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
unsigned refused_count(void);

/* One line of the manifest: app.css app.3f2a.css sha384-... */
struct static_file {
    const char *name;
    const char *hashed_name;
    const char *integrity;
};

void static_files_read(const char *manifest_path);
const struct static_file *static_file_find(const char *name, size_t length); /* or NULL */
