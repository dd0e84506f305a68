/* The list of receipts; see receipt_list.h. */
#include "view/receipt_list.h"

#include "base/array.h"
#include "base/limit.h"
#include "base/text.h"
#include "receipt.sql.h"
#include "receipts.html.h"
#include "view/vm_view.h"
#include "web/list_query.h"
#include "web/session.h"

static const struct list_choice SORTS[] = {
    { .value = "newest", .label = "Newest" },
    { .value = "name", .label = "Name" },
};
static const struct list_kind KIND = {
    .path = "/receipts",
    .things = "receipts",
    .sorts = SORTS,
    .sort_count = COUNT(SORTS),
};

static struct error *rows_fill(struct request *r, const char *search, int64_t since_at,
                               struct receipts_html *page)
{
    const struct list_query *list = &page->list;
    struct receipt_list_rows receipts;
    struct error *e = sql_receipt_list(r->db, r->arena, r->session->team_id, since_at, search,
                                       list->sort, list->skip, LIMIT_LIST_ROWS, &receipts);

    if (e)
        return e;
    page->receipts.count = receipts.count;
    page->receipts.row = arena_array(r->arena, receipts.count, sizeof *page->receipts.row);
    for (size_t i = 0; i < receipts.count; i++) {
        const struct receipt_list_row *vm = &receipts.row[i];
        const struct config_image *image = config_image_find(r->config, vm->image);

        page->receipts.row[i] = (struct receipt_row){
            .id = vm->vm_id,
            .name = vm->name,
            .image = image ? image->label : vm->image,
            .size = vm_view_size(r->arena, vm->vcpus, vm->memory_mb, vm->disk_gb),
            .who = vm->who ? vm->who : "Unknown",
            .gone_at = vm->gone_at,
        };
    }
    return NULL;
}

struct error *receipt_list_respond(struct request *r)
{
    struct receipts_html page = { .is_empty = false };
    int64_t since_at = r->now_at - LIMIT_RECORD_KEEP_S;
    struct receipt_count_row found;
    const char *search;
    struct error *e = db_read(r->db, r->arena);

    if (!e)
        e = list_query_read(r, &KIND, &page.list);
    if (e)
        return e;
    search = text_lower(r->arena, page.list.search);
    e = sql_receipt_count(r->db, r->arena, r->session->team_id, since_at, search, &found);
    if (!e)
        e = list_query_page(r, found.total, &page.list);
    if (!e)
        e = rows_fill(r, search, since_at, &page);
    if (e)
        return e;
    page.is_empty = !found.total && !*search;
    r->frame.title = "Receipts";
    r->frame.section = "vms";
    html_receipts(&r->response.body, &r->frame, &page);
    return NULL;
}
