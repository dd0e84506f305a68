/*
 * What the parts of tmplc share: growing text, the report of what is wrong, and the static files.
 *
 * tmplc is a build tool that runs for milliseconds: it allocates and never frees.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Growing text, always followed by a NUL once something was added. */
struct text {
    char *bytes;
    size_t length;
    size_t capacity;
};

void text_add(struct text *text, const char *bytes, size_t length);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Put `bytes` in the place of what stands from `from` to `to`. */
void text_replace(struct text *text, size_t from, size_t to, const char *bytes);

/* At least one byte, or the program ends. */
void *allocate(size_t size);
char *copy_bytes(const char *bytes, size_t length);

/* The whole file, or NULL when it cannot be read. */
char *read_file(const char *path);

/* Write the file unless it already holds this text, so that make sees no change. */
void write_file(const char *path, const struct text *text);

/*
 * Report "PATH:LINE: what is wrong; what to write instead". The same report is printed once, as a
 * part that many pages include is read many times.
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
