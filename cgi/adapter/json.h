/*
 * The adapter for jansson: writes JSON from plain values, and parses untrusted JSON into the arena.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum json_kind {
    JSON_TEXT, /* `text`; NULL is null */
    JSON_NUMBER,
    JSON_FLAG, /* `number` is 0 or 1 */
};

struct json_field {
    const char *key;
    enum json_kind kind;
    const char *text;
    int64_t number;
};

#define json_text(k, v)                                                                            \
    (struct json_field)                                                                            \
    {                                                                                              \
        .key = (k), .kind = JSON_TEXT, .text = (v)                                                 \
    }
#define json_number(k, v)                                                                          \
    (struct json_field)                                                                            \
    {                                                                                              \
        .key = (k), .kind = JSON_NUMBER, .number = (v)                                             \
    }
#define json_flag(k, v)                                                                            \
    (struct json_field)                                                                            \
    {                                                                                              \
        .key = (k), .kind = JSON_FLAG, .number = (v)                                               \
    }

/*
 * One object on one line, keys in the given order. Control characters and non-ASCII are written as
 * \u escapes, so that the line is safe on a terminal. INTERNAL if a text is not UTF-8.
 */
struct error *json_object_write(struct arena *arena, const struct json_field *fields, size_t count,
                                const char **out);

/*
 * `text` as a quoted JSON string, for a document that the caller lays out. INPUT if it is not
 * UTF-8.
 */
struct error *json_quote(struct arena *arena, const char *text, const char **out);

/* A parsed value. It lives in the arena. */
struct json;

/*
 * Parse one object or array. MALFORMED if it is not JSON in UTF-8, has a duplicate key, a string
 * with a NUL, more than LIMIT_JSON_DEPTH levels or more than LIMIT_JSON_VALUES values. The error's
 * text does not quote the input.
 */
struct error *json_read(struct arena *arena, const char *bytes, size_t length,
                        const struct json **out);

/*
 * The value at a path of keys: json_get_text(json, "user.id"). NULL or false if it is missing or of
 * another type, or `json` is NULL.
 */
const struct json *json_get(const struct json *json, const char *path);
const char *json_get_text(const struct json *json, const char *path);
bool json_get_number(const struct json *json, const char *path,
                     int64_t *out);                                /* an integer; 42.0 too */
bool json_get_flag(const struct json *json, const char *path);     /* present and true */
int64_t json_number_at(const struct json *json, const char *path); /* 0 if it is missing */

/* Iterate over the elements of an array or the values of an object; NULL after the last one. */
const struct json *json_first(const struct json *json);
const struct json *json_next(const struct json *json);

/* The key of a value of an object; NULL: it is of an array. */
const char *json_key(const struct json *json);

/* The value itself if it is a string. */
const char *json_as_text(const struct json *json);

/* Serialize a parsed value. Fractional numbers were not stored and become null. */
const char *json_write(struct arena *arena, const struct json *json);
