/* Checks and conversions of untrusted text; see text.h. */
#include "base/text.h"

#include "base/array.h"
#include "base/format.h"
#include "base/limit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { KILO = 1024 };

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

/*
 * The character at `at` and its bytes; a byte that is not well formed counts as U+FFFE, which is no
 * character.
 */
static uint32_t character(const char *at, size_t *length)
{
    const unsigned char *byte = (const unsigned char *)at;
    uint32_t code;

    *length = sequence_length(byte, strnlen(at, 4));
    if (*length == 0) {
        *length = 1;
        return *at ? 0xfffe : 0;
    }
    code = *length == 1 ? byte[0] : byte[0] & (0xffU >> (*length + 1));
    for (size_t i = 1; i < *length; i++)
        code = code << 6 | (byte[i] & 0x3f);
    return code;
}

struct range {
    uint32_t first, last;
};

static bool is_in(uint32_t code, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    }
    return false;
}

static bool is_hidden(uint32_t code)
{
    static const struct range hidden[] = {
        { 0x01, 0x1f },       /* C0 */
        { 0x7f, 0x9f },       /* DEL and C1 */
        { 0xad, 0xad },       /* soft hyphen */
        { 0x34f, 0x34f },     /* grapheme joiner */
        { 0x61c, 0x61c },     /* direction */
        { 0x115f, 0x1160 },   /* Hangul fillers */
        { 0x17b4, 0x17b5 },   /* Khmer vowels without a form */
        { 0x180b, 0x180f },   /* Mongolian selectors */
        { 0x200b, 0x200b },   /* zero-width space */
        { 0x200e, 0x200f },   /* direction */
        { 0x2028, 0x202e },   /* line and paragraph separator, direction */
        { 0x2060, 0x206f },   /* word joiner, operators without a form, direction */
        { 0x2800, 0x2800 },   /* Braille without dots */
        { 0x3164, 0x3164 },   /* Hangul filler */
        { 0xfdd0, 0xfdef },   /* no characters */
        { 0xfeff, 0xfeff },   /* byte order mark */
        { 0xffa0, 0xffa0 },   /* Hangul filler */
        { 0xfff0, 0xfffb },   /* annotations */
        { 0x1bca0, 0x1bca3 }, /* shorthand format */
        { 0x1d173, 0x1d17a }, /* musical format */
        { 0xe0000, 0xe0fff }, /* tags, selectors */
    };

    return is_in(code, hidden, COUNT(hidden)) || (code & 0xfffe) == 0xfffe;
}

/* Blanks other than ' '. */
static bool is_blank(uint32_t code)
{
    static const struct range blanks[] = {
        { '\t', '\t' },     { 0xa0, 0xa0 },     { 0x1680, 0x1680 }, { 0x2000, 0x200a },
        { 0x202f, 0x202f }, { 0x205f, 0x205f }, { 0x3000, 0x3000 },
    };

    return is_in(code, blanks, COUNT(blanks));
}

/* Zero-width joiner and non-joiner: part of some scripts and emoji. */
static bool is_joiner(uint32_t code)
{
    return code == 0x200c || code == 0x200d;
}

size_t text_hidden_length(const char *at)
{
    size_t length;

    return is_hidden(character(at, &length)) ? length : 0;
}

static bool is_visible(const char *text, bool may_have_lines)
{
    uint32_t before = ' ';

    for (size_t length; *text; text += length) {
        uint32_t code = character(text, &length);
        size_t unused;

        if (is_hidden(code) && !(may_have_lines && code == '\n'))
            return false;
        if (is_joiner(code) && (before < 0x80 || character(text + length, &unused) < 0x80))
            return false;
        before = code;
    }
    return true;
}

bool text_is_line(const char *text)
{
    return is_visible(text, false);
}

bool text_is_lines(const char *text)
{
    return is_visible(text, true);
}

const char *text_lines(struct arena *arena, const char *typed)
{
    static const char BETWEEN_LINES[] = " \t\r\n";
    size_t length = 0;
    char *text;

    typed += strspn(typed, BETWEEN_LINES);
    text = arena_alloc(arena, strlen(typed) + 1);
    for (; *typed; typed++) {
        if (*typed != '\r')
            text[length++] = *typed;
    }
    while (length && strchr(BETWEEN_LINES, text[length - 1]))
        length--;
    text[length] = 0;
    return text;
}

size_t text_length(const char *text)
{
    size_t count = 0;

    for (size_t length; *text; text += length, count++)
        character(text, &length);
    return count;
}

static bool is_outer(uint32_t code)
{
    return code == ' ' || code == '\r' || code == '\n' || is_blank(code);
}

const char *text_trim(struct arena *arena, const char *text)
{
    const char *end;
    size_t length;

    for (; *text; text += length) {
        uint32_t code = character(text, &length);

        if (!is_outer(code))
            break;
    }
    end = text;
    for (const char *at = text; *at; at += length) {
        uint32_t code = character(at, &length);

        if (!is_outer(code))
            end = at + length;
    }
    return arena_copy_bytes(arena, text, (size_t)(end - text));
}

const char *text_clean(struct arena *arena, const char *text)
{
    char *out = arena_alloc(arena, strlen(text) + 1);
    size_t n = 0;

    for (size_t length; *text; text += length) {
        uint32_t code = character(text, &length);

        if (code == '\r' && text[1] == '\n')
            continue;
        if (code == '\n' || code == '\r' || code == 0x85 || code == 0x2028 || code == 0x2029) {
            out[n++] = '\n';
        } else if (is_blank(code)) {
            out[n++] = ' ';
        } else if (code < 0xa0 || (!is_hidden(code) && !is_joiner(code))) {
            memcpy(out + n, text, length);
            n += length;
        }
    }
    return out;
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
    if (at[1] == '.' || text[length - 1] == '.' || strstr(at, ".."))
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
                              "._~/?=&%+*-")];
}

const char *text_cut(struct arena *arena, const char *text, size_t characters)
{
    size_t length = 0;

    for (; text[length] && characters > 0; characters--) {
        length++;
        /* Bytes 10xxxxxx belong to the character before them. */
        while ((text[length] & 0xC0) == 0x80)
            length++;
    }
    return text[length] ? arena_printf(arena, "%.*s…", (int)length, text) : text;
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

const char *text_count(struct arena *arena, int64_t count)
{
    char digits[FORMAT_INT_BYTES];
    const char *text = format_int(digits, count);
    size_t length = strlen(text);
    char *out, *end;

    if (count < 1000)
        return arena_copy_bytes(arena, text, length);
    end = out = arena_alloc(arena, length + length / 3 + 1);
    for (size_t rest = length; rest > 0; rest--) {
        *end++ = *text++;
        if (rest > 1 && rest % 3 == 1)
            *end++ = ',';
    }
    return out;
}

/* One decimal below ten, unless it is 0. `unit`: of `size`, an index. */
static const char *size_text(struct arena *arena, int64_t size, unsigned unit)
{
    static const char *const units[] = { "bytes", "KB", "MB", "GB", "TB", "PB", "EB" };
    char digits[FORMAT_INT_BYTES], text[FORMAT_INT_BYTES + sizeof " bytes"], *end = text;
    int64_t rest = 0, tenths;

    if (size < 0)
        size = 0;
    /* What would be rounded to 1024 is 1 of the next unit. */
    while (size + (rest >= KILO / 2) >= KILO && unit + 1 < COUNT(units)) {
        rest = size % KILO;
        size /= KILO;
        unit++;
    }
    tenths = size * 10 + (rest * 10 + KILO / 2) / KILO;
    if (tenths < 100 && tenths % 10 > 0) {
        *end++ = (char)('0' + tenths / 10);
        *end++ = '.';
        *end++ = (char)('0' + tenths % 10);
    } else {
        end = stpcpy(end, format_int(digits, size + (rest >= KILO / 2)));
    }
    *end++ = ' ';
    end = stpcpy(end, units[unit]);
    return arena_copy_bytes(arena, text, (size_t)(end - text));
}

const char *text_counted(struct arena *arena, int64_t count, const char *noun)
{
    return arena_printf(arena, "%s %s%s", text_count(arena, count), noun, count == 1 ? "" : "s");
}

const char *text_memory(struct arena *arena, int64_t size_mb)
{
    return size_text(arena, size_mb, 2);
}

const char *text_disk(struct arena *arena, int64_t size_gb)
{
    return size_text(arena, size_gb, 3);
}

const char *text_bytes(struct arena *arena, int64_t size_bytes)
{
    return size_text(arena, size_bytes, 0);
}
