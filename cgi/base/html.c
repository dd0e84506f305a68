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

/* How many bytes from `from` on need no entity, one by one. */
static size_t plain_bytes(const char *text, size_t from, size_t length)
{
    while (from < length && entity_of[(unsigned char)text[from]] == 0)
        from++;
    return from;
}

#ifdef __SSE2__
/* The same, 16 at a time: an eighth of the instructions of a page with a list. */
static size_t plain_blocks(const char *text, size_t from, size_t length)
{
    for (; length - from >= sizeof(__m128i); from += sizeof(__m128i)) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)(text + from));
        __m128i found = _mm_cmpeq_epi8(block, _mm_set1_epi8('&'));

        found = _mm_or_si128(found, _mm_cmpeq_epi8(block, _mm_set1_epi8('<')));
        found = _mm_or_si128(found, _mm_cmpeq_epi8(block, _mm_set1_epi8('>')));
        found = _mm_or_si128(found, _mm_cmpeq_epi8(block, _mm_set1_epi8('"')));
        found = _mm_or_si128(found, _mm_cmpeq_epi8(block, _mm_set1_epi8('\'')));
        if (_mm_movemask_epi8(found))
            break;
    }
    return from;
}
#else
static size_t plain_blocks(const char *text, size_t from, size_t length)
{
    (void)text;
    (void)length;
    return from;
}
#endif

void html_text(struct buf *buf, const char *text)
{
    size_t length = text ? strlen(text) : 0;

    for (size_t from = 0; from < length;) {
        size_t until = plain_bytes(text, plain_blocks(text, from, length), length);

        buf_bytes(buf, text + from, until - from);
        if (until < length) {
            unsigned entity = entity_of[(unsigned char)text[until]];

            buf_bytes(buf, entities[entity].text, entities[entity].length);
            until++;
        }
        from = until;
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
    const char *start = text;
    const char *next = text;

    if (!text)
        return;
    for (; *next; next++) {
        unsigned char byte = (unsigned char)*next;
        char encoded[3] = { '%', digits[byte >> 4], digits[byte & 15] };

        if (is_unreserved[byte])
            continue;
        if (next > start)
            buf_bytes(buf, start, (size_t)(next - start));
        buf_bytes(buf, encoded, sizeof encoded);
        start = next + 1;
    }
    if (next > start)
        buf_bytes(buf, start, (size_t)(next - start));
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
    if (at == 0) {
        buf_literal(buf, "\u2014");
        return;
    }
    buf_literal(buf, "<time datetime=\"");
    buf_text(buf, date_iso(buf->arena, at));
    buf_literal(buf, "\" title=\"");
    buf_text(buf, date_plain(buf->arena, at));
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

bool html_true_text(const char *text)
{
    return text && *text;
}

bool html_true_int(int64_t value)
{
    return value != 0;
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
