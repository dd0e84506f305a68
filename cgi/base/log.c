/*
 * Structured lines on standard error; see log.h. Their retention is up to the supervisor. A line is
 * one write, so lines of several processes never interleave.
 */
#include "base/log.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 4096 };

struct line {
    char bytes[LINE_BYTES];
    size_t length;
};

static const char *program = "domicile";

void log_open(const char *name)
{
    program = name;
}

static void line_char(struct line *line, char c)
{
    /* The last two bytes are reserved for the closing quote and the newline. */
    if (line->length < LINE_BYTES - 2)
        line->bytes[line->length++] = c;
}

static void line_text(struct line *line, const char *text)
{
    while (*text)
        line_char(line, *text++);
}

static int is_plain(const char *text)
{
    return *text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789-._~/:+@,")];
}

static void line_value(struct line *line, const char *text)
{
    static const char hex[] = "0123456789abcdef";

    if (is_plain(text)) {
        line_text(line, text);
        return;
    }
    line_char(line, '"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c >= 0x20 && c <= 0x7e && c != '"' && c != '\\') {
            line_char(line, (char)c);
            continue;
        }
        line_text(line, "\\x");
        line_char(line, hex[c >> 4]);
        line_char(line, hex[c & 15]);
    }
    line_char(line, '"');
}

void log_write(const char *level, const char *event, const struct log_field *fields)
{
    struct line line = { .length = 0 };
    char text[64];
    int64_t now_ms = clock_now_ms();

    snprintf(text, sizeof text, "time=%lld.%03d level=", (long long)(now_ms / 1000),
             (int)(now_ms % 1000));
    line_text(&line, text);
    line_text(&line, level);
    line_text(&line, " program=");
    line_text(&line, program);
    line_text(&line, " event=");
    line_text(&line, event);
    for (; fields->key; fields++) {
        line_char(&line, ' ');
        line_text(&line, fields->key);
        line_char(&line, '=');
        if (fields->text) {
            line_value(&line, fields->text);
            continue;
        }
        snprintf(text, sizeof text, "%lld", (long long)fields->number);
        line_text(&line, text);
    }
    line.bytes[line.length++] = '\n';
    if (write(STDERR_FILENO, line.bytes, line.length) < 0)
        return; /* nowhere to report it */
}
