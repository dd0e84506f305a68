/* The list of keys; see key_list.h. */
#include "view/key_list.h"

#include "base/array.h"
#include "base/limit.h"
#include "erasure.sql.h"
#include "keys.html.h"
#include "main_constants.sql.h"
#include "model/erasure.h"
#include "web/list_query.h"
#include "web/session.h"

#include <string.h>

static const struct list_choice SORTS[] = {
    { .value = "newest", .label = "Newest" },
    { .value = "name", .label = "Name" },
};
static const struct list_kind KIND = {
    .path = "/keys",
    .things = "keys",
    .sorts = SORTS,
    .sort_count = COUNT(SORTS),
};

/* The text before `end`; `*rest` goes on behind it. */
static const char *part(struct arena *arena, const char **rest, char end)
{
    size_t length = strcspn(*rest, (char[]){ end, '\0' });
    const char *found = arena_copy_bytes(arena, *rest, length);

    *rest += length + ((*rest)[length] != '\0');
    return found;
}

/* Lines of an id, a mark (db/ssh_key.sql) and a name, none of which has a line break. */
static struct ssh_key_vms_rows vms_of(struct arena *arena, const char *lines)
{
    struct ssh_key_vms_rows vms = { .row = arena_array(arena, LIMIT_NAMED_VMS, sizeof *vms.row) };

    while (*lines && vms.count < LIMIT_NAMED_VMS) {
        struct ssh_key_vms_row *vm = &vms.row[vms.count++];
        const char *mark;

        vm->id = part(arena, &lines, ' ');
        mark = part(arena, &lines, ' ');
        vm->is_ending = *mark == '-' || *mark == 'r';
        vm->is_coming = *mark == '+' || *mark == 'a';
        vm->is_now = *mark == 'r' || *mark == 'a';
        vm->name = part(arena, &lines, '\n');
    }
    return vms;
}

static struct error *rows_fill(struct request *r, struct keys_html *page)
{
    const struct list_query *list = &page->list;
    struct ssh_key_list_rows keys;
    struct error *e =
        sql_ssh_key_list(r->db, r->arena, r->session->team_id, list->search, list->sort,
                         LIMIT_NAMED_VMS, list->skip, LIMIT_LIST_ROWS, &keys);

    if (e)
        return e;
    page->keys.count = keys.count;
    page->keys.row = arena_array(r->arena, keys.count, sizeof *page->keys.row);
    for (size_t i = 0; i < keys.count; i++) {
        const struct ssh_key_list_row *key = &keys.row[i];
        struct ssh_key_vms_rows vms = vms_of(r->arena, key->some_vms);

        page->keys.row[i] = (struct key_row){
            .id = key->id,
            .name = key->name,
            .type = key->type,
            .fingerprint = key->fingerprint,
            .project = key->project,
            .who = key->who,
            .created_at = key->created_at,
            .vms = vms,
            .more = key->vms - (int64_t)vms.count,
        };
    }
    return NULL;
}

static struct error *projects_fill(struct request *r, struct keys_html *page)
{
    struct ssh_key_projects_rows rows;
    struct error *e =
        sql_ssh_key_projects(r->db, r->arena, r->session->team_id, LIMIT_LABELS_SHOWN, &rows);

    if (e)
        return e;
    page->projects.count = rows.count;
    page->projects.row = arena_array(r->arena, rows.count, sizeof *page->projects.row);
    for (size_t i = 0; i < rows.count; i++)
        page->projects.row[i] = (struct key_project){
            .name = rows.row[i].project,
            .total = rows.row[i].total,
            .is_chosen = strcmp(rows.row[i].project, page->list.search) == 0,
        };
    return NULL;
}

static struct error *deletions_fill(struct request *r, struct keys_html *page)
{
    struct erasure_key_list_rows rows;
    struct error *e = sql_erasure_key_list(r->db, r->arena, r->session->team_id, &rows);

    if (e)
        return e;
    page->deletions.count = rows.count;
    page->deletions.row = arena_array(r->arena, rows.count, sizeof *page->deletions.row);
    for (size_t i = 0; i < rows.count; i++) {
        bool is_failed = strcmp(rows.row[i].state, ERASURE_STEP_STATE_FAILED) == 0;

        page->deletions.row[i] = (struct key_deletion){
            .total = rows.row[i].total,
            .step = erasure_step_title(rows.row[i].name),
            .state = is_failed ? "failed, retrying" : "in progress",
            .answer = is_failed ? rows.row[i].answer : NULL,
        };
    }
    return NULL;
}

struct error *key_list_fill(struct request *r, struct keys_html *page)
{
    int64_t team_id = r->session->team_id;
    struct list_query *list = &page->list;
    struct ssh_key_count_row all;
    struct ssh_key_match_row found;
    struct error *e = list_query_read(r, &KIND, list);

    if (!e)
        e = sql_ssh_key_count(r->db, r->arena, team_id, &all);
    if (!e)
        e = sql_ssh_key_match(r->db, r->arena, team_id, list->search, &found);
    if (!e)
        e = list_query_page(r, found.total, list);
    if (!e)
        e = rows_fill(r, page);
    if (!e && all.with_project)
        e = projects_fill(r, page);
    if (!e)
        e = deletions_fill(r, page);
    if (e)
        return e;
    page->all = all.total;
    page->github.is_on = config_has_github(r->config);
    page->has_tools = all.total > LIMIT_SHORT_LIST || page->projects.count > 0;
    r->frame.title = "SSH keys";
    r->frame.section = "keys";
    return NULL;
}
