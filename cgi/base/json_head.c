/* Texts of a JSON document's outermost object; see json_head.h. */
#include "base/json_head.h"

#include "base/limit.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cursor {
    const char *at, *end;
};

/* A string between its quotes. */
struct string {
    const char *text;
    size_t length;
    bool has_escape;
};

static void blank_skip(struct cursor *cursor)
{
    while (cursor->at < cursor->end && *cursor->at && strchr(" \t\r\n", *cursor->at))
        cursor->at++;
}

static bool is_next(const struct cursor *cursor, char c)
{
    return cursor->at < cursor->end && *cursor->at == c;
}

static bool take(struct cursor *cursor, char c)
{
    blank_skip(cursor);
    if (!is_next(cursor, c))
        return false;
    cursor->at++;
    return true;
}

/* Whether one of eight characters is a quote, a backslash or a control character. */
static bool has_special(const char *at)
{
    static const uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
    uint64_t text, quotes, slashes;

    memcpy(&text, at, sizeof text);
    quotes = text ^ ones * '"';
    slashes = text ^ ones * '\\';
    return (((text - ones * ' ') & ~text) | ((quotes - ones) & ~quotes) |
            ((slashes - ones) & ~slashes)) &
           highs;
}

/*
 * The first character that does not stand for itself; most of an event is such characters. Eight at
 * a time: one by one they took twice as long.
 */
static const char *plain_end(const char *at, const char *end)
{
    static const bool is_special[UINT8_MAX + 1] = {
        [0 ... ' ' - 1] = true, ['"'] = true, ['\\'] = true
    };

    while (end - at >= (ptrdiff_t)sizeof(uint64_t) && !has_special(at))
        at += sizeof(uint64_t);
    while (at < end && !is_special[(unsigned char)*at])
        at++;
    return at;
}

/* From its first quote to behind its last. */
static bool string_read(struct cursor *cursor, struct string *out)
{
    if (!take(cursor, '"'))
        return false;
    *out = (struct string){ .text = cursor->at };
    for (;; cursor->at++) {
        cursor->at = plain_end(cursor->at, cursor->end);
        if (!is_next(cursor, '\\'))
            break;
        out->has_escape = true;
        if (++cursor->at == cursor->end)
            return false;
    }
    out->length = (size_t)(cursor->at - out->text);
    return is_next(cursor, '"') && take(cursor, '"');
}

/* An object or an array with all that is in it. */
static bool nested_skip(struct cursor *cursor)
{
    char closing[LIMIT_JSON_DEPTH];
    size_t depth = 0;
    struct string inner;

    do {
        char c = cursor->at < cursor->end ? *cursor->at : '\0';

        if (c == '"') {
            if (!string_read(cursor, &inner))
                return false;
            continue;
        }
        if (c == '{' || c == '[') {
            if (depth == LIMIT_JSON_DEPTH - 1)
                return false;
            closing[depth++] = c == '{' ? '}' : ']';
        } else if (c == '}' || c == ']') {
            if (closing[--depth] != c)
                return false;
        } else if (c == '\0') {
            return false;
        }
        cursor->at++;
    } while (depth);
    return true;
}

/* A number, true, false or null, as far as its letters go. */
static bool word_skip(struct cursor *cursor)
{
    const char *start = cursor->at;

    while (cursor->at < cursor->end && *cursor->at && !strchr(" \t\r\n,}", *cursor->at))
        cursor->at++;
    return cursor->at > start;
}

static struct json_head *member_find(struct json_head *members, size_t count,
                                     const struct string *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(members[i].name) == name->length &&
            memcmp(members[i].name, name->text, name->length) == 0)
            return &members[i];
    }
    return NULL;
}

static bool value_read(struct cursor *cursor, struct json_head *member)
{
    struct string text;

    if (member && member->is_seen)
        return false;
    if (member)
        member->is_seen = true;
    blank_skip(cursor);
    if (is_next(cursor, '{') || is_next(cursor, '['))
        return nested_skip(cursor);
    if (!is_next(cursor, '"'))
        return word_skip(cursor);
    if (!string_read(cursor, &text))
        return false;
    if (member) {
        member->text = text.text;
        member->length = text.length;
    }
    return !member || !text.has_escape;
}

static bool member_read(struct cursor *cursor, struct json_head *members, size_t count)
{
    struct string name;

    return string_read(cursor, &name) && !name.has_escape && take(cursor, ':') &&
           value_read(cursor, member_find(members, count, &name));
}

bool json_head_read(const char *bytes, size_t length, struct json_head *members, size_t count)
{
    struct cursor cursor = { bytes, bytes + length };

    if (!take(&cursor, '{'))
        return false;
    if (take(&cursor, '}')) {
        blank_skip(&cursor);
        return cursor.at == cursor.end;
    }
    do {
        blank_skip(&cursor);
        if (!member_read(&cursor, members, count))
            return false;
    } while (take(&cursor, ','));
    if (!take(&cursor, '}'))
        return false;
    blank_skip(&cursor);
    return cursor.at == cursor.end;
}
