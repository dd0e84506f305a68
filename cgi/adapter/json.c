/* The adapter for jansson; see json.h. jansson's values live for one call. */
#include "adapter/json.h"

#include "base/buf.h"
#include "base/limit.h"

#include <jansson.h>
#include <string.h>

static json_t *json_value(const struct json_field *field)
{
    switch (field->kind) {
    case JSON_NUMBER:
        return json_integer(field->number);
    case JSON_FLAG:
        return json_boolean(field->number);
    case JSON_TEXT:
        break;
    }
    return field->text ? json_string(field->text) : json_null();
}

struct error *json_object_write(struct arena *arena, const struct json_field *fields, size_t count,
                                const char **out)
{
    const size_t flags = JSON_COMPACT | JSON_ENSURE_ASCII;
    struct error *e = NULL;
    json_t *object = json_object();
    size_t length;
    char *text;

    for (size_t i = 0; i < count && !e; i++) {
        /* Also fails for a value that could not be created (NULL). */
        if (json_object_set_new(object, fields[i].key, json_value(&fields[i])) != 0)
            e = error_new(arena, ERROR_INTERNAL, "JSON: \"%s\" is not UTF-8", fields[i].key);
    }
    if (!e) {
        length = json_dumpb(object, NULL, 0, flags);
        text = arena_alloc(arena, length + 1);
        json_dumpb(object, text, length, flags);
        *out = text;
    }
    json_decref(object);
    return e;
}

struct error *json_quote(struct arena *arena, const char *text, const char **out)
{
    json_t *value = json_string(text);
    size_t size = value ? json_dumpb(value, NULL, 0, JSON_ENCODE_ANY) : 0;
    char *quoted = arena_alloc(arena, size + 1);

    /* jansson accepts only UTF-8; the bytes go straight to the arena, which wipes them. */
    if (value)
        json_dumpb(value, quoted, size, JSON_ENCODE_ANY);
    json_decref(value);
    *out = quoted;
    return value ? NULL : error_new(arena, ERROR_INPUT, "a text is not UTF-8");
}

struct json {
    const char *key; /* NULL in an array */
    json_type type;
    const char *text;
    int64_t number;
    struct json *first, *next;
};

/* Can it be written as an integer without loss? Not every integer beyond 2^53 is representable. */
static bool is_whole(double number)
{
    return number >= -0x1p53 && number <= 0x1p53 && (double)(int64_t)number == number;
}

struct copying {
    struct arena *arena;
    size_t values;
};

/* NULL: too deep or too large. */
static struct json *value_copy(struct copying *copying, json_t *value, int depth);

static bool members_copy(struct copying *copying, struct json *to, json_t *object, int depth)
{
    struct json **end = &to->first;
    const char *key;
    json_t *member;

    json_object_foreach(object, key, member)
    {
        *end = value_copy(copying, member, depth + 1);
        if (!*end)
            return false;
        (*end)->key = arena_copy(copying->arena, key);
        end = &(*end)->next;
    }
    return true;
}

static bool elements_copy(struct copying *copying, struct json *to, json_t *array, int depth)
{
    struct json **end = &to->first;
    json_t *element;
    size_t i;

    json_array_foreach(array, i, element)
    {
        *end = value_copy(copying, element, depth + 1);
        if (!*end)
            return false;
        end = &(*end)->next;
    }
    return true;
}

static struct json *value_copy(struct copying *copying, json_t *value, int depth)
{
    struct json *copy;

    if (depth > LIMIT_JSON_DEPTH || ++copying->values > LIMIT_JSON_VALUES)
        return NULL;
    copy = arena_alloc(copying->arena, sizeof *copy);
    copy->type = json_typeof(value);
    if (json_is_string(value))
        copy->text =
            arena_copy_bytes(copying->arena, json_string_value(value), json_string_length(value));
    else if (json_is_integer(value))
        copy->number = json_integer_value(value);
    else if (json_is_real(value) && is_whole(json_real_value(value))) {
        copy->type = JSON_INTEGER; /* 42.0 is 42 */
        copy->number = (int64_t)json_real_value(value);
    } else if ((json_is_object(value) && !members_copy(copying, copy, value, depth)) ||
               (json_is_array(value) && !elements_copy(copying, copy, value, depth)))
        return NULL;
    return copy;
}

struct error *json_read(struct arena *arena, const char *bytes, size_t length,
                        const struct json **out)
{
    struct copying copying = { .arena = arena };
    json_error_t problem;
    json_t *value = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &problem);

    /* jansson's message quotes the input, which may contain secrets. */
    if (!value)
        return error_new(arena, ERROR_MALFORMED, "not JSON: line %d, byte %d", problem.line,
                         problem.position);
    *out = value_copy(&copying, value, 1);
    json_decref(value);
    return *out ? NULL : error_new(arena, ERROR_MALFORMED, "JSON that is too deep or too large");
}

const struct json *json_get(const struct json *json, const char *path)
{
    while (json && *path) {
        size_t length = strcspn(path, ".");

        json = json->type == JSON_OBJECT ? json->first : NULL;
        while (json && (strncmp(json->key, path, length) != 0 || json->key[length]))
            json = json->next;
        path += length + (path[length] == '.');
    }
    return json;
}

const char *json_get_text(const struct json *json, const char *path)
{
    return json_as_text(json_get(json, path));
}

bool json_get_number(const struct json *json, const char *path, int64_t *out)
{
    const struct json *found = json_get(json, path);

    if (!found || found->type != JSON_INTEGER)
        return false;
    *out = found->number;
    return true;
}

int64_t json_number_at(const struct json *json, const char *path)
{
    int64_t number = 0;

    json_get_number(json, path, &number);
    return number;
}

bool json_get_flag(const struct json *json, const char *path)
{
    const struct json *found = json_get(json, path);

    return found && found->type == JSON_TRUE;
}

const struct json *json_first(const struct json *json)
{
    return json ? json->first : NULL;
}

const struct json *json_next(const struct json *json)
{
    return json->next;
}

const char *json_key(const struct json *json)
{
    return json->key;
}

const char *json_as_text(const struct json *json)
{
    return json && json->type == JSON_STRING ? json->text : NULL;
}

static void text_write(struct buf *out, const char *text)
{
    const char *quoted = "null";

    /* Parsed values are UTF-8, so they can be written. */
    if (!json_quote(out->arena, text, &quoted))
        buf_text(out, quoted);
}

/* Depth is bounded: json_read has accepted this value. */
static void value_write(struct buf *out, const struct json *json)
{
    bool is_object = json->type == JSON_OBJECT;

    switch (json->type) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        buf_char(out, is_object ? '{' : '[');
        for (const struct json *member = json->first; member; member = member->next) {
            if (member != json->first)
                buf_char(out, ',');
            if (is_object) {
                text_write(out, member->key);
                buf_char(out, ':');
            }
            value_write(out, member);
        }
        buf_char(out, is_object ? '}' : ']');
        break;
    case JSON_STRING:
        text_write(out, json->text);
        break;
    case JSON_INTEGER:
        buf_int(out, json->number);
        break;
    case JSON_TRUE:
        buf_literal(out, "true");
        break;
    case JSON_FALSE:
        buf_literal(out, "false");
        break;
    default:
        buf_literal(out, "null");
    }
}

const char *json_write(struct arena *arena, const struct json *json)
{
    struct buf out = buf_new(arena, 1024);

    value_write(&out, json);
    return out.bytes;
}
