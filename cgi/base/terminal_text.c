/* Terminal output as text; see terminal_text.h. */
#include "base/terminal_text.h"

#include "base/buf.h"
#include "base/text.h"

#include <stdbool.h>
#include <string.h>

enum { ESCAPE = 0x1b, BELL = 0x07, DELETE = 0x7f };

static bool is_between(char byte, char first, char last)
{
    return byte >= first && byte <= last;
}

/* "ESC ]" and the like: up to BEL or "ESC \\", or to the end of the line. */
static size_t string_length(const char *at)
{
    size_t length = 2;

    while (at[length] && at[length] != '\n') {
        if (at[length] == BELL)
            return length + 1;
        if (at[length] == ESCAPE)
            return at[length + 1] == '\\' ? length + 2 : length;
        length++;
    }
    return length;
}

/* Of the sequence that begins at `at` with ESC. One that is cut off ends where it does. */
static size_t sequence_length(const char *at)
{
    size_t length = 1;

    if (at[1] && strchr("]PX^_", at[1]))
        return string_length(at);
    if (at[1] == '[') {
        length++;
        while (is_between(at[length], '0', '?'))
            length++;
    }
    while (is_between(at[length], ' ', '/'))
        length++;
    return length + (is_between(at[length], '0', '~') ? 1 : 0);
}

/* By its first byte (RFC 3629). */
static size_t character_size(char first)
{
    unsigned char byte = (unsigned char)first;

    return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

const char *terminal_text(struct arena *arena, const char *bytes, size_t length)
{
    char *text = arena_copy_bytes(arena, bytes, length);
    struct buf out = buf_new(arena, length + 1);

    /* A NUL would end the text. */
    for (size_t i = 0; i < length; i++)
        text[i] = text[i] ? text[i] : DELETE;
    for (const char *at = text; *at;) {
        size_t hidden = text_hidden_length(at);

        if (*at == ESCAPE) {
            at += sequence_length(at);
        } else if (*at == '\n' || *at == '\t') {
            buf_char(&out, *at++);
        } else if (is_between(*at, 1, ' ' - 1) || *at == DELETE) {
            at++;
        } else if (hidden) {
            buf_text(&out, "\xef\xbf\xbd");
            at += hidden;
        } else {
            size_t size = character_size(*at);

            buf_bytes(&out, at, size);
            at += size;
        }
    }
    return out.bytes;
}
