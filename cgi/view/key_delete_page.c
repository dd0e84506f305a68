/* The page that asks before keys are deleted; see key_delete_page.h. */
#include "view/key_delete_page.h"

#include "base/limit.h"
#include "ssh_key.sql.h"
#include "web/form.h"
#include "web/list_position.h"
#include "web/session.h"

#include <string.h>

/* The same for a key that was deleted, of another team, or never there. */
static struct error *key_find(struct request *r, const char *id, struct ssh_key_get_row *key)
{
    struct error *e = sql_ssh_key_get(r->db, r->arena, r->session->team_id, id, key);

    if (!e || e->kind != ERROR_NOT_FOUND)
        return e;
    return error_refuse(r->arena, ERROR_NOT_FOUND, "no_such_key", NULL,
                        "Your team has no such SSH key. If it had a moment ago, the key has been "
                        "deleted already. Nothing was changed.");
}

/* How many of the chosen keys a VM is to accept. */
static int64_t chosen_count(const struct keys_delete_html *page, const char *vm_id)
{
    int64_t count = 0;

    for (size_t i = 0; i < page->keys.count; i++) {
        const struct ssh_key_vms_rows *vms = &page->keys.row[i].vms;

        for (size_t k = 0; k < vms->count; k++)
            count += !vms->row[k].is_ending && strcmp(vms->row[k].id, vm_id) == 0;
    }
    return count;
}

/* Deleted together, they may be all that a VM accepts. */
static void only_fill(struct keys_delete_html *page)
{
    int64_t chosen = (int64_t)page->keys.count;

    for (size_t i = 0; i < page->keys.count; i++) {
        const struct ssh_key_vms_rows *vms = &page->keys.row[i].vms;

        for (size_t k = 0; k < vms->count; k++) {
            struct ssh_key_vms_row *vm = &vms->row[k];

            if (!vm->is_ending && vm->others && vm->others < chosen)
                vm->is_only = chosen_count(page, vm->id) > vm->others;
        }
    }
}

struct error *key_delete_fill(struct request *r, struct keys_delete_html *page)
{
    struct field chosen = { .name = "key", .kind = FIELD_LIST };
    int64_t team_id = r->session->team_id;
    struct error *e = form_read(r, &chosen, 1);

    if (e)
        return e;
    page->keys.count = chosen.list_count;
    page->keys.row = arena_array(r->arena, chosen.list_count, sizeof *page->keys.row);
    for (size_t i = 0; !e && i < chosen.list_count; i++) {
        struct key_delete_row *row = &page->keys.row[i];
        struct ssh_key_get_row key;

        e = key_find(r, chosen.list[i], &key);
        if (!e)
            e = sql_ssh_key_vms(r->db, r->arena, team_id, key.fingerprint, LIMIT_LIST_ROWS + 1,
                                &row->vms);
        if (e)
            return e;
        row->id = key.id;
        row->name = key.name;
        row->type = key.type;
        row->fingerprint = key.fingerprint;
        row->has_more = list_cut(&row->vms.count);
        row->is_long = row->vms.count > LIMIT_NAMED_VMS;
        page->is_used |= row->vms.count > 0;
    }
    page->is_one = page->keys.count == 1;
    only_fill(page);
    return NULL;
}

struct error *key_delete_show(struct request *r)
{
    struct keys_delete_html page = { .back_path = "/keys",
                                     .kept_days = r->config->destroyed_vm_days };
    struct error *e = key_delete_fill(r, &page);

    if (e)
        return e;
    if (!page.keys.count) {
        response_redirect(&r->response, page.back_path);
        return NULL;
    }
    if (page.is_one)
        page.back_path = arena_printf(r->arena, "/keys/%s", page.keys.row[0].id);
    r->frame.title = page.is_one ? arena_printf(r->arena, "Delete key “%s”?", page.keys.row[0].name)
                                 : arena_printf(r->arena, "Delete %zu keys?", page.keys.count);
    r->frame.section = "keys";
    if (page.keys.count > LIMIT_NAMED_KEYS + 1) {
        page.rest.row = &page.keys.row[LIMIT_NAMED_KEYS];
        page.rest.count = page.keys.count - LIMIT_NAMED_KEYS;
        page.keys.count = LIMIT_NAMED_KEYS;
    }
    html_keys_delete(&r->response.body, &r->frame, &page);
    return NULL;
}
