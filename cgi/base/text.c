/* Checks and conversions of untrusted text; see text.h. */
#include "base/text.h"

#include "base/array.h"
#include "base/limit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool text_int(const char *text, int64_t *out)
{
    char *end;

    if (!(*text >= '0' && *text <= '9') && !(*text == '-' && text[1] >= '0' && text[1] <= '9'))
        return false;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return !*end && !errno;
}

bool text_cents(const char *text, int64_t *out)
{
    size_t whole = strspn(text, "0123456789");
    const char *rest = text + whole;
    size_t digits = 0;
    int64_t cents = 0;

    if (*rest == '.' || *rest == ',')
        digits = strspn(++rest, "0123456789");
    if (!whole || whole > 12 || digits > 2 || rest[digits] || (!digits && rest != text + whole))
        return false;
    for (size_t i = 0; i < whole; i++)
        cents = cents * 10 + (text[i] - '0');
    for (size_t i = 0; i < 2; i++)
        cents = cents * 10 + (i < digits ? rest[i] - '0' : 0);
    *out = cents;
    return true;
}

/* Length of the sequence at `at`, 0 if it is ill-formed. Table 3-7 of the Unicode Standard. */
static size_t sequence_length(const unsigned char *at, size_t rest)
{
    static const struct {
        unsigned char first, last, second_min, second_max;
        size_t length;
    } forms[] = {
        { 0x00, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
        { 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
        { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };

    for (size_t i = 0; i < COUNT(forms); i++) {
        if (at[0] < forms[i].first || at[0] > forms[i].last || forms[i].length > rest)
            continue;
        if (forms[i].length == 1)
            return 1;
        if (at[1] < forms[i].second_min || at[1] > forms[i].second_max)
            return 0;
        for (size_t k = 2; k < forms[i].length; k++) {
            if ((at[k] & 0xc0) != 0x80)
                return 0;
        }
        return forms[i].length;
    }
    return 0;
}

bool text_is_printable(const char *text, char min)
{
    for (; *text; text++) {
        if (*text < min || *text > '~')
            return false;
    }
    return true;
}

bool text_is_utf8(const char *text, size_t length)
{
    const unsigned char *at = (const unsigned char *)text;

    while (length) {
        size_t step = sequence_length(at, length);

        if (!step)
            return false;
        at += step;
        length -= step;
    }
    return true;
}

size_t text_control_length(const char *at)
{
    const unsigned char *next = (const unsigned char *)at;

    if (*next < 0x20 || *next == 0x7f)
        return *next ? 1 : 0;
    if (next[0] == 0xc2 && next[1] >= 0x80 && next[1] <= 0x9f)
        return 2;
    if (next[0] == 0xe2 && next[1] == 0x80 && (next[2] == 0xa8 || next[2] == 0xa9))
        return 3;
    return 0;
}

bool text_is_line(const char *text)
{
    while (*text && !text_control_length(text))
        text++;
    return !*text;
}

bool text_is_host_name(const char *text)
{
    size_t length = strlen(text);

    return length >= 1 && length <= LIMIT_HOST_NAME_BYTES && text[0] != '-' &&
           text[length - 1] != '-' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

bool text_is_email(const char *text)
{
    const char *at = strchr(text, '@');
    size_t length = strlen(text);

    if (!at || at == text || !at[1] || strchr(at + 1, '@') || length > 254)
        return false;
    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7f || strchr("<>()[]\\,;:\"", *c))
            return false;
    }
    return true;
}

bool text_is_local_path(const char *text)
{
    return text[0] == '/' && text[1] != '/' &&
           !text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                              "._~/?=&%-")];
}

const char *text_lower(struct arena *arena, const char *text)
{
    char *lower = arena_copy(arena, text);

    for (char *c = lower; *c; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    }
    return lower;
}

bool text_starts(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

const char *text_memory(struct arena *arena, int64_t memory_mb)
{
    if (memory_mb < 1024)
        return arena_printf(arena, "%lld MB", (long long)memory_mb);
    if (memory_mb % 1024 == 0)
        return arena_printf(arena, "%lld GB", (long long)(memory_mb / 1024));
    return arena_printf(arena, "%.1f GB", (double)memory_mb / 1024.0);
}
