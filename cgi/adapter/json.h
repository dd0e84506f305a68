/*
 * The adapter for jansson: JSON written from plain values, and JSON from outside read into the
 * arena.
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
 * One object on one line, keys in the order given. Control characters and all that is not ASCII are
 * written as \u escapes, so that a terminal can show the line. INTERNAL when a text is not UTF-8.
 */
struct error *json_object_write(struct arena *arena, const struct json_field *fields, size_t count,
                                const char **out);

/*
 * `text` as a JSON string with its quotes, for a document whose layout the caller writes. INPUT
 * when it is not UTF-8.
 */
struct error *json_quote(struct arena *arena, const char *text, const char **out);

/* A value that was read, with all that is in it. It lives in the arena, so nobody closes it. */
struct json;

/*
 * Read one object or array. MALFORMED when it is not JSON in UTF-8, has a key twice, a text with a
 * NUL, more than LIMIT_JSON_DEPTH levels or more than LIMIT_JSON_VALUES values. The error's text
 * quotes nothing of it.
 */
struct error *json_read(struct arena *arena, const char *bytes, size_t length,
                        const struct json **out);

/*
 * What stands at a path of keys: json_get_text(json, "user.id"). NULL or false when there is
 * nothing, or something of another type. A NULL `json` has nothing in it.
 */
const struct json *json_get(const struct json *json, const char *path);
const char *json_get_text(const struct json *json, const char *path);
bool json_get_number(const struct json *json, const char *path, int64_t *out); /* whole; 42.0 too */
bool json_get_flag(const struct json *json, const char *path);                 /* there, and true */

/* The elements of a list, or the values of an object: `for (v = json_first(x); v; v =
 * json_next(v))` */
const struct json *json_first(const struct json *json);
const struct json *json_next(const struct json *json);

/* The value itself when it is a text. */
const char *json_as_text(const struct json *json);

/* A value that was read, written again. Numbers that are not whole were not kept: null. */
const char *json_write(struct arena *arena, const struct json *json);
