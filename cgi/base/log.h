/*
 * One structured line per event, to standard error: `time=... level=... key=value ...`.
 *
 * Plain values are written as they are, others quoted, with every byte below 0x20 or above 0x7e,
 * `"` and `\` as \xNN. Never pass a secret, an address, a query string or content.
 *
 * A line that is written again within a second is held back: what follows is one line a second with
 * the number of those held back (`repeated=915`). It is written with the next line of the process,
 * or by log_flush().
 */
#pragma once

#include <stdint.h>

struct log_field {
    const char *key;
    const char *text; /* NULL: `number` is the value */
    int64_t number;
};

#define log_text(k, v)                                                                             \
    (struct log_field)                                                                             \
    {                                                                                              \
        .key = (k), .text = (v) ? (v) : ""                                                         \
    }
#define log_number(k, v)                                                                           \
    (struct log_field)                                                                             \
    {                                                                                              \
        .key = (k), .number = (v)                                                                  \
    }

/* Set the program name for all later lines. `name` must live as long as the process. */
void log_open(const char *name);

/* From now on no line of level "info" is written: for a process whose output somebody reads. */
void log_errors_alone(void);

/* Write what has been held back for a second or longer; for loops that may have nothing to say. */
void log_flush(void);

/*
 * A line of level "info" of which there may be any number: of all those with this `event`, whatever
 * their fields, one a second is written.
 */
void log_often(const char *event, const struct log_field *fields);

/* Write one line. The array ends with a field whose key is NULL. Use the macros below. */
void log_write(const char *level, const char *event, const struct log_field *fields);

#define log_info(event, ...)                                                                       \
    log_write("info", (event), (const struct log_field[]){ __VA_ARGS__, { .key = 0 } })
#define log_error(event, ...)                                                                      \
    log_write("error", (event), (const struct log_field[]){ __VA_ARGS__, { .key = 0 } })
