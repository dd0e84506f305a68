/*
 * What is in the state directory; see promise.h. The files are read by a program of its own,
 * helper/state_scan.c, which says why.
 */
#include "worker/promise.h"

#include "adapter/json.h"
#include "adapter/subprocess.h"
#include "base/clock.h"
#include "base/limit.h"

#include <stdio.h>
#include <string.h>

enum { SCAN_BYTES = 8192 };

/* The promises of a round share one scan; "": there is none yet. */
static _Thread_local char last[SCAN_BYTES];

static struct error *scan_read(struct worker_context *context, struct arena *arena,
                               const struct json **out)
{
    const char *arguments[] = { command_beside(arena, "state_scan"), context->config->state_dir,
                                NULL };
    const char *text;
    struct error *e = NULL;

    if (!*last) {
        e = command_read(arena, arguments, &text);
        if (e)
            return e;
        snprintf(last, sizeof last, "%s", text);
    }
    return json_read(arena, last, strlen(last), out);
}

void promise_files_forget(void)
{
    *last = '\0';
}

struct error *promise_files_check(struct worker_context *context, const struct promise *promise,
                                  const struct context *now, struct promise_reading *out)
{
    const struct json *scan;
    const char *where;
    struct error *e = scan_read(context, now->arena, &scan);

    if (e)
        return e;
    out->figure = json_number_at(scan, promise->subject);
    out->is_known = json_number_at(scan, "unread") == 0;
    if (!out->is_known) {
        out->evidence = arena_printf(now->arena, "Some files of this server could not be read: %s.",
                                     json_get_text(scan, "unread_where"));
        return NULL;
    }
    where = json_get_text(scan, arena_printf(now->arena, "%s_where", promise->subject));
    out->evidence = where
                        ? arena_printf(now->arena, "Found in the files of this server: %s.", where)
                        : "Counted in the files of this server.";
    return NULL;
}

struct error *promise_log_age_check(struct worker_context *context, const struct promise *promise,
                                    const struct context *now, struct promise_reading *out)
{
    struct error *e = promise_files_check(context, promise, now, out);

    if (e || !out->is_known)
        return e;
    out->figure = out->figure ? now->now_at - out->figure : 0;
    out->figure_max = promise->term_s + LIMIT_PROMISE_SWEEP_S;
    out->evidence = "Age of the oldest line in the logs.";
    return NULL;
}
