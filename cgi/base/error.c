/* Errors as values, and the HTTP status of each kind; see error.h. */
#include "base/error.h"

#include <assert.h>
#include <stddef.h>

static const struct {
    int status;
    const char *name;
} kinds[ERROR_KINDS] = {
    [ERROR_MALFORMED] = { 400, "malformed" },
    [ERROR_SIGNED_OUT] = { 303, "signed_out" },
    [ERROR_STALE] = { 303, "stale" },
    [ERROR_FORBIDDEN] = { 403, "forbidden" },
    [ERROR_NOT_FOUND] = { 404, "not_found" },
    [ERROR_METHOD] = { 405, "method" },
    [ERROR_CONFLICT] = { 409, "conflict" },
    [ERROR_TOO_LARGE] = { 413, "too_large" },
    [ERROR_MEDIA] = { 415, "media" },
    [ERROR_MISDIRECTED] = { 421, "misdirected" },
    [ERROR_INPUT] = { 422, "input" },
    [ERROR_RATE] = { 429, "rate" },
    [ERROR_INTERNAL] = { 500, "internal" },
    [ERROR_UPSTREAM] = { 502, "upstream" },
    [ERROR_UNAVAILABLE] = { 503, "unavailable" },
};

struct error *error_new(struct arena *arena, enum error_kind kind, const char *format, ...)
{
    struct error *error = arena_alloc(arena, sizeof *error);
    va_list arguments;

    va_start(arguments, format);
    *error = (struct error){
        .kind = kind,
        .text = arena_vprintf(arena, format, arguments),
        .code = error_name(kind),
    };
    va_end(arguments);
    return error;
}

struct error *error_refuse(struct arena *arena, enum error_kind kind, const char *code,
                           const char *field, const char *format, ...)
{
    struct error *error = arena_alloc(arena, sizeof *error);
    va_list arguments;

    va_start(arguments, format);
    error->kind = kind;
    error->text = error->message = arena_vprintf(arena, format, arguments);
    error->code = code;
    error->field = field;
    va_end(arguments);
    return error;
}

struct error *error_in(struct arena *arena, struct error *error, const char *format, ...)
{
    struct error *whole = arena_alloc(arena, sizeof *whole);
    va_list arguments;
    const char *doing;

    va_start(arguments, format);
    doing = arena_vprintf(arena, format, arguments);
    va_end(arguments);
    *whole = *error;
    whole->text = arena_printf(arena, "%s: %s", doing, error->text);
    return whole;
}

struct error *error_copy(struct arena *arena, const struct error *error)
{
    struct error *copy = arena_alloc(arena, sizeof *copy);

    *copy = *error;
    copy->text = arena_copy(arena, error->text);
    copy->message = arena_copy(arena, error->message);
    return copy;
}

int error_status(enum error_kind kind)
{
    assert(kind < ERROR_KINDS);
    return kinds[kind].status;
}

const char *error_name(enum error_kind kind)
{
    assert(kind < ERROR_KINDS);
    return kinds[kind].name;
}
