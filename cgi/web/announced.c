/* Announcements on pages; see announced.h. */
#include "web/announced.h"

#include "base/limit.h"
#include "main_constants.sql.h"
#include "web/session.h"

#include "announcement.sql.h"

#include <string.h>

/* For the life of the process. */
static struct kept {
    struct arena *arena; /* NULL: never read */
    struct announcement_coming_rows rows;
    int64_t data_version;
} kept;

static struct error *kept_read(struct request *r)
{
    struct error *e;

    if (kept.arena && kept.data_version == r->data_version)
        return NULL;
    if (!kept.arena)
        kept.arena = arena_new(LIMIT_ANNOUNCEMENT_ARENA_BYTES);
    arena_reset(kept.arena);
    kept.rows.count = 0;
    e = sql_announcement_coming(r->db, kept.arena, r->now_at, LIMIT_ANNOUNCEMENTS_KEPT, &kept.rows);
    kept.data_version = e ? -1 : r->data_version;
    return e ? error_copy(r->arena, e) : NULL;
}

static struct error *show_unless_seen(struct request *r, const struct announcement_coming_row *row)
{
    struct announcement_is_seen_row seen;
    struct error *e =
        sql_announcement_is_seen(r->db, r->arena, row->id, r->session->person_id, &seen);

    if (e || seen.is_seen)
        return e;
    r->frame.announcement = row->text;
    r->frame.announcement_id = row->id;
    r->frame.is_announcement_warning = strcmp(row->level, ANNOUNCEMENT_LEVEL_WARNING) == 0;
    return NULL;
}

struct error *announced_fill(struct request *r)
{
    struct error *e;

    if (r->is_fragment || !r->session || !r->session->person_id)
        return NULL;
    e = kept_read(r);
    for (size_t i = 0; !e && !r->frame.announcement && i < kept.rows.count; i++) {
        const struct announcement_coming_row *row = &kept.rows.row[i];

        if (row->from_at <= r->now_at && row->until_at > r->now_at)
            e = show_unless_seen(r, row);
    }
    return e;
}
