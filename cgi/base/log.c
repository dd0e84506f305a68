/*
 * Structured lines on standard error; see log.h. Their retention is up to the supervisor. A line is
 * one write, so lines of several processes never interleave.
 */
#include "base/log.h"

#include "base/clock.h"
#include "base/format.h"
#include "base/limit.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 2048, LINE_REST = 64 };

struct line {
    char bytes[LINE_BYTES];
    size_t length;
};

static const char *program = "domicile";
static bool has_errors_alone;

void log_open(const char *name)
{
    program = name;
}

void log_errors_alone(void)
{
    has_errors_alone = true;
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

/* Letters, digits and what stands between them. */
static bool is_plain(const char *text)
{
    static const bool plain[256] = {
        ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['-'] = true,
        ['.'] = true,         ['_'] = true,         ['~'] = true,         ['/'] = true,
        [':'] = true,         ['+'] = true,         ['@'] = true,         [','] = true,
    };
    size_t length = 0;

    while (plain[(unsigned char)text[length]])
        length++;
    return length && !text[length];
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

static void line_number(struct line *line, int64_t number)
{
    char digits[FORMAT_INT_BYTES];

    line_text(line, format_int(digits, number));
}

static void line_fill(struct line *line, const char *level, const char *event,
                      const struct log_field *fields)
{
    line_text(line, " level=");
    line_text(line, level);
    line_text(line, " program=");
    line_text(line, program);
    line_text(line, " event=");
    line_text(line, event);
    for (; fields->key; fields++) {
        line_char(line, ' ');
        line_text(line, fields->key);
        line_char(line, '=');
        if (fields->text)
            line_value(line, fields->text);
        else
            line_number(line, fields->number);
    }
}

/* ---- lines that repeat ---- */

/* The last lines that differ. Those that repeat stay, however many others there are. */
static struct remembered {
    uint64_t key;
    int64_t written_ms;
    uint64_t seen;    /* the number of the line that it was last */
    int64_t repeated; /* since it was written */
    struct line line; /* the last that was held back */
} memory[LIMIT_LOG_LINES];

static uint64_t lines;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void line_write(const struct line *line, int64_t repeated)
{
    struct line out = { .length = 0 };
    int64_t now_ms = clock_now_ms();

    line_text(&out, "time=");
    line_number(&out, now_ms / 1000);
    line_char(&out, '.');
    for (int64_t part = 100; part; part /= 10)
        line_char(&out, (char)('0' + now_ms / part % 10));
    for (size_t i = 0; i < line->length; i++)
        line_char(&out, line->bytes[i]);
    if (repeated) {
        line_text(&out, " repeated=");
        line_number(&out, repeated);
    }
    out.bytes[out.length++] = '\n';
    if (write(STDERR_FILENO, out.bytes, out.length) < 0)
        return; /* nobody left to tell */
}

static void remembered_write(struct remembered *one, int64_t now_ms)
{
    line_write(&one->line, one->repeated);
    one->written_ms = now_ms;
    one->repeated = 0;
}

/* Also after the clock was set back. */
static bool is_due(const struct remembered *one, int64_t now_ms)
{
    return now_ms < one->written_ms || now_ms - one->written_ms >= LIMIT_LOG_EVERY_MS;
}

static void due_write(int64_t now_ms)
{
    for (size_t i = 0; i < LIMIT_LOG_LINES; i++) {
        if (memory[i].repeated && is_due(&memory[i], now_ms))
            remembered_write(&memory[i], now_ms);
    }
}

/* FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/). */
static uint64_t key_of(const char *bytes, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3;
    return hash;
}

/* The line with this key, or the place of the one that has not been seen for longest. */
static struct remembered *remembered_find(uint64_t key)
{
    struct remembered *oldest = memory;

    for (size_t i = 0; i < LIMIT_LOG_LINES; i++) {
        if (memory[i].key == key && memory[i].written_ms)
            return &memory[i];
        if (memory[i].seen < oldest->seen)
            oldest = &memory[i];
    }
    if (oldest->repeated)
        line_write(&oldest->line, oldest->repeated);
    *oldest = (struct remembered){ .key = key };
    return oldest;
}

static void line_log(const struct line *line, uint64_t key)
{
    int64_t now_ms = clock_now_ms();
    struct remembered *one;

    pthread_mutex_lock(&mutex);
    due_write(now_ms);
    one = remembered_find(key);
    if (one->written_ms && !is_due(one, now_ms)) {
        one->repeated++;
        one->line = *line;
    } else {
        line_write(line, 0);
        one->written_ms = now_ms;
    }
    one->seen = ++lines;
    pthread_mutex_unlock(&mutex);
}

void log_write(const char *level, const char *event, const struct log_field *fields)
{
    struct line line = { .length = 0 };

    if (has_errors_alone && strcmp(level, "info") == 0)
        return;
    line_fill(&line, level, event, fields);
    line_log(&line, key_of(line.bytes, line.length));
}

void log_often(const char *event, const struct log_field *fields)
{
    struct line line = { .length = 0 };

    line_fill(&line, "info", event, fields);
    line_log(&line, key_of(event, strlen(event)));
}

void log_flush(void)
{
    pthread_mutex_lock(&mutex);
    due_write(clock_now_ms());
    pthread_mutex_unlock(&mutex);
}
