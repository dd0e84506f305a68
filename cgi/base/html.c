/*
 * Writes values into pages, escaped for their context and formatted by their unit; see html.h.
 *
 * tmplc determines the context; date.c formats times. UTF-8 is not decoded: no byte of a multi-byte
 * character has a meaning in HTML or a URL.
 */
#include "base/html.h"

#include "base/array.h"
#include "base/date.h"
#include "base/text.h"

#include <assert.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif
#include <string.h>
#include <strings.h>

/* The entity that replaces a byte in text and quoted attributes; 0: none. */
static const unsigned char entity_of[256] = {
    ['&'] = 1, ['<'] = 2, ['>'] = 3, ['"'] = 4, ['\''] = 5,
};

static const struct {
    const char *text;
    size_t length;
} entities[] = {
    [1] = { "&amp;", 5 },  [2] = { "&lt;", 4 },  [3] = { "&gt;", 4 },
    [4] = { "&quot;", 6 }, [5] = { "&#39;", 5 },
};

/* Bytes that are not percent-encoded: RFC 3986, 2.3 "unreserved". */
static const bool is_unreserved[256] = {
    ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['0' ... '9'] = true, ['-'] = true,
    ['.'] = true,         ['_'] = true,         ['~'] = true,
};

#ifdef __SSE2__
enum { BLOCK = sizeof(__m128i) };

/* A bit for each byte that needs an entity. */
static unsigned block_entities(__m128i block)
{
    __m128i found = _mm_cmpeq_epi8(block, _mm_set1_epi8('&'));

    found = _mm_or_si128(found, _mm_cmpeq_epi8(block, _mm_set1_epi8('<')));
    found = _mm_or_si128(found, _mm_cmpeq_epi8(block, _mm_set1_epi8('>')));
    found = _mm_or_si128(found, _mm_cmpeq_epi8(block, _mm_set1_epi8('"')));
    found = _mm_or_si128(found, _mm_cmpeq_epi8(block, _mm_set1_epi8('\'')));
    return (unsigned)_mm_movemask_epi8(found);
}

/*
 * Copies bytes until one needs an entity, or all; returns how many. 16 at a time: a list has 500
 * texts, and byte by byte a page of it would take another third of its instructions. The last ones
 * are looked at where they were copied to: behind the text nothing may be read, but there is room
 * for BLOCK more.
 */
static size_t plain_copy(char *out, const char *text, size_t length)
{
    size_t from = 0;
    unsigned found;

    for (; length - from >= BLOCK; from += BLOCK) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)(text + from));

        _mm_storeu_si128((__m128i *)(void *)(out + from), block);
        found = block_entities(block);
        if (found)
            return from + (size_t)__builtin_ctz(found);
    }
    if (from == length) /* ids have 16 */
        return length;
    memcpy(out + from, text + from, length - from);
    found = block_entities(_mm_loadu_si128((const __m128i *)(const void *)(out + from)));
    found |= 1U << (length - from);
    return from + (size_t)__builtin_ctz(found);
}
#else
enum { BLOCK = 0 };

static size_t plain_copy(char *out, const char *text, size_t length)
{
    size_t plain = 0;

    for (; plain < length && entity_of[(unsigned char)text[plain]] == 0; plain++)
        out[plain] = text[plain];
    return plain;
}
#endif

void html_text(struct buf *buf, const char *text)
{
    size_t length = text ? strlen(text) : 0;

    for (size_t from = 0; from < length;) {
        size_t plain;

        buf_room(buf, length - from + BLOCK);
        plain = plain_copy(buf->bytes + buf->length, text + from, length - from);
        from += plain;
        buf->length += plain;
        buf->bytes[buf->length] = '\0';
        if (from < length) {
            unsigned entity = entity_of[(unsigned char)text[from++]];

            buf_bytes(buf, entities[entity].text, entities[entity].length);
        }
    }
}

/*
 * Browsers strip tabs and newlines anywhere in a URL and control characters around it, so
 * "java\tscript:" and "/\t/host" would pass a plain comparison. None of our URLs contains one.
 */
static bool has_control(const char *url)
{
    for (; *url; url++)
        if ((unsigned char)*url < 0x20 || *url == 0x7f)
            return true;
    return false;
}

static bool is_safe_url(const char *url)
{
    static const char *const schemes[] = { "https:", "http:", "mailto:", "vscode:", "ssh:" };

    if (has_control(url))
        return false;
    if (url[0] == '#')
        return true;
    if (url[0] == '/')
        return url[1] != '/' && url[1] != '\\';
    for (size_t i = 0; i < COUNT(schemes); i++)
        if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
            return true;
    return false;
}

void html_url(struct buf *buf, const char *url)
{
    html_text(buf, url && is_safe_url(url) ? url : "#");
}

void html_url_part(struct buf *buf, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *next = text;

    while (text && *next) {
        while (is_unreserved[(unsigned char)*next])
            next++;
        if (next > text)
            buf_bytes(buf, text, (size_t)(next - text));
        if (*next) {
            buf_char(buf, '%');
            buf_char(buf, digits[(unsigned char)*next >> 4]);
            buf_char(buf, digits[(unsigned char)*next++ & 15]);
        }
        text = next;
    }
}

void html_int(struct buf *buf, int64_t value)
{
    buf_int(buf, value);
}

void html_count(struct buf *buf, int64_t value)
{
    if (value < 1000)
        buf_int(buf, value);
    else
        buf_text(buf, text_count(buf->arena, value));
}

void html_things(struct buf *buf, int64_t count, const char *thing)
{
    html_count(buf, count);
    buf_char(buf, ' ');
    buf_text(buf, thing);
    if (count != 1)
        buf_char(buf, 's');
}

static void time_write(struct buf *buf, int64_t at, const char *text)
{
    struct date_texts texts;

    if (at == 0) {
        buf_literal(buf, "\u2014");
        return;
    }
    texts = date_texts_of(at);
    buf_literal(buf, "<time datetime=\"");
    buf_bytes(buf, texts.iso, sizeof texts.iso - 1);
    buf_literal(buf, "\" title=\"");
    buf_text(buf, texts.plain);
    buf_literal(buf, "\">");
    buf_text(buf, text);
    buf_literal(buf, "</time>");
}

void html_at(struct buf *buf, int64_t at, int64_t now_at)
{
    time_write(buf, at, date_relative(buf->arena, at, now_at));
}

void html_since(struct buf *buf, int64_t at, int64_t now_at)
{
    time_write(buf, at, date_span(buf->arena, now_at > at ? now_at - at : 0));
}

void html_at_iso(struct buf *buf, int64_t at)
{
    if (at != 0)
        buf_text(buf, date_iso(buf->arena, at));
}

void html_ms(struct buf *buf, int64_t length_ms)
{
    buf_text(buf, date_length(buf->arena, length_ms > 0 ? length_ms : 0));
}

/* An estimate has no tenths from two seconds on. */
void html_typical_ms(struct buf *buf, int64_t length_ms)
{
    if (length_ms < 2000)
        html_ms(buf, length_ms);
    else
        buf_text(buf, date_span(buf->arena, (length_ms + 500) / 1000));
}

void html_mb(struct buf *buf, int64_t size_mb)
{
    buf_text(buf, text_memory(buf->arena, size_mb));
}

void html_bytes(struct buf *buf, int64_t size_bytes)
{
    buf_text(buf, text_bytes(buf->arena, size_bytes));
}

bool html_is(const char *value, const char *text)
{
    return value && strcmp(value, text) == 0;
}

void html_csrf_field(struct buf *buf, const struct frame *frame)
{
    assert(frame->csrf && *frame->csrf);
    buf_literal(buf, "<input type=\"hidden\" name=\"csrf\" value=\"");
    html_text(buf, frame->csrf);
    buf_literal(buf, "\">");
}
