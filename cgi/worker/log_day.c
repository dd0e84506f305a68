/* Reads a day of the logs; see log_day.h. The lines are those of web/serve.c and web/crowd.c. */
#include "worker/log_day.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 4096, DAY_CHARACTERS = sizeof "2026-01-01" - 1 };

struct reading {
    const struct context *context;
    int64_t day_at;
    struct log_day *out;
    bool has_file;
};

int64_t log_day_next(const struct context *context, int64_t after_at)
{
    DIR *folder = opendir(arena_printf(context->arena, "%s/log", context->config->state_dir));
    int64_t before_at = context->now_at - A_DAY_S - LIMIT_COUNT_AFTER_S;
    int64_t next_at = 0, at;

    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        if (strlen(entry->d_name) != DAY_CHARACTERS || !date_day_read(entry->d_name, &at))
            continue;
        if (at > after_at && at <= before_at && (!next_at || at < next_at))
            next_at = at;
    }
    if (folder)
        closedir(folder);
    return next_at;
}

/* ---- a line: "time=1795718132.817 level=info program=vm event=request ..." ---- */

/* The value of " key="; "" if it is not there. It is cut at `size`. */
static const char *value_of(const char *line, const char *key, char *out, size_t size)
{
    const char *at = strstr(line, key);
    size_t length = at ? strcspn(at + strlen(key), " \n") : 0;

    snprintf(out, size, "%.*s", (int)length, at ? at + strlen(key) : "");
    return out;
}

static int64_t number_of(const char *line, const char *key)
{
    char text[24];
    int64_t number = 0;

    return text_int(value_of(line, key, text, sizeof text), &number) ? number : 0;
}

/* The cell of that kind; NULL: there is no room for another. */
static struct log_cell *cell_find(struct reading *reading, struct log_cells *cells,
                                  const char *program, const char *route, int64_t status_class)
{
    struct arena *arena = reading->context->arena;

    for (size_t i = 0; i < cells->count; i++) {
        struct log_cell *cell = &cells->cell[i];

        if (cell->status_class == status_class && strcmp(cell->route, route) == 0 &&
            strcmp(cell->program, program) == 0)
            return cell;
    }
    if (cells->count == LIMIT_COUNT_CELLS) {
        reading->out->is_incomplete = true;
        return NULL;
    }
    cells->cell[cells->count] = (struct log_cell){
        .program = arena_copy(arena, program),
        .route = arena_copy(arena, route),
        .status_class = status_class,
    };
    return &cells->cell[cells->count++];
}

/* The cell of the kind of request that a line is of. */
static struct log_cell *request_find(struct reading *reading, enum log_who who, const char *line,
                                     int64_t status_class)
{
    char program[32], method[16], route[LIMIT_PATH_BYTES], action[sizeof route + sizeof "POST "];
    const char *prefix = "";

    value_of(line, " program=", program, sizeof program);
    value_of(line, " method=", method, sizeof method);
    value_of(line, " route=", route, sizeof route);
    /* HEAD is answered as GET; the method of an unknown address may be any. */
    if (*route == '/')
        prefix = strcmp(method, "POST") == 0 ? "POST " : "GET ";
    snprintf(action, sizeof action, "%s%s", prefix, route);
    return cell_find(reading, &reading->out->of[who], program, action, status_class);
}

static void source_add(struct reading *reading, const char *line)
{
    char host[LIMIT_SOURCE_BYTES + 1];
    struct log_cell *cell;

    if (!*value_of(line, " from=", host, sizeof host))
        return;
    cell = cell_find(reading, &reading->out->sources, "", host, 0);
    if (cell)
        cell->requests++;
}

static void request_add(struct reading *reading, const char *line)
{
    char counted[16];
    bool is_visitor;
    struct log_cell *cell;
    int64_t took_us = number_of(line, " us=");

    value_of(line, " counted=", counted, sizeof counted);
    is_visitor = strcmp(counted, "visitor") == 0;
    if (!is_visitor && strcmp(counted, "team") != 0)
        return;
    cell = request_find(reading, is_visitor ? LOG_VISITORS : LOG_TEAMS, line,
                        number_of(line, " status=") / 100);
    if (!cell)
        return;
    cell->requests++;
    cell->took_us += took_us < LIMIT_COUNT_TOOK_US ? took_us : LIMIT_COUNT_TOOK_US;
    if (is_visitor)
        cell->crowd = cell->requests;
    source_add(reading, line);
}

/* A line that the keeper wrote into the file of the next day does not count for that. */
static void crowd_add(struct reading *reading, const char *line)
{
    int64_t at = text_starts(line, "time=") ? strtoll(line + strlen("time="), NULL, 10) : 0;
    int64_t since_at;
    char since[DAY_CHARACTERS + 1];
    struct log_cell *cell;

    if (at / A_DAY_S * A_DAY_S != reading->day_at)
        return;
    if (date_day_read(value_of(line, " since=", since, sizeof since), &since_at)) {
        if (since_at > reading->out->crowd_since)
            reading->out->crowd_since = since_at;
        return;
    }
    cell = request_find(reading, LOG_TEAMS, line, number_of(line, " status_class="));
    if (cell)
        cell->crowd = LIMIT_CROWD;
}

static void line_read(struct reading *reading, const char *line)
{
    char event[16];

    value_of(line, " event=", event, sizeof event);
    if (strcmp(event, "request") == 0)
        request_add(reading, line);
    else if (strcmp(event, "crowd") == 0)
        crowd_add(reading, line);
    else if (strcmp(event, "dropped") == 0)
        reading->out->is_incomplete = true;
}

static struct error *file_read(struct reading *reading, const char *path)
{
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    FILE *stream = file < 0 ? NULL : fdopen(file, "r");
    char line[LINE_BYTES];

    if (!stream && errno == ENOENT)
        return NULL;
    if (!stream)
        return error_new(reading->context->arena, ERROR_UPSTREAM, "%s: %m", path);
    reading->has_file = true;
    while (fgets(line, sizeof line, stream))
        line_read(reading, line);
    fclose(stream);
    return NULL;
}

static struct log_cell *cells_new(struct arena *arena)
{
    return arena_array(arena, LIMIT_COUNT_CELLS, sizeof(struct log_cell));
}

struct error *log_day_read(const struct context *context, int64_t day_at, struct log_day *out)
{
    struct reading reading = { .context = context, .day_at = day_at, .out = out };
    const char *path = arena_printf(context->arena, "%s/log/%s", context->config->state_dir,
                                    date_day_iso(context->arena, day_at));
    struct error *e;

    *out = (struct log_day){ .crowd_since = 0 };
    for (size_t i = 0; i < LOG_WHO; i++)
        out->of[i].cell = cells_new(context->arena);
    out->sources.cell = cells_new(context->arena);
    e = file_read(&reading, arena_printf(context->arena, "%s.before", path));
    if (!e)
        e = file_read(&reading, path);
    out->is_incomplete |= !reading.has_file;
    return e;
}
