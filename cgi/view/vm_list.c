/* The list of a team's VMs; see vm_list.h. */
#include "view/vm_list.h"

#include "base/array.h"
#include "base/limit.h"
#include "base/text.h"
#include "job.sql.h"
#include "main_constants.sql.h"
#include "model/ledger_cost.h"
#include "model/vm_state.h"
#include "view/vm_view.h"
#include "vms.html.h"
#include "web/form.h"
#include "web/list_position.h"
#include "web/session.h"

#include <string.h>

/* Values of "state" and "sort" in addresses; the first of each is what their absence means. */
static const char *const STATES[] = { "", "running", "stopped", "attention" };
static const char *const SORTS[] = { "newest", "name", "state" };

enum { ERROR_CHARACTERS = 70 };

/* ---- rows ---- */

/* At most as many characters as two lines of a row have. */
static const char *error_cut(struct arena *arena, const char *text)
{
    size_t length = 0, characters = 0;

    while (text && text[length] && characters < ERROR_CHARACTERS) {
        length++;
        /* Bytes 10xxxxxx belong to the character before them. */
        while ((text[length] & 0xC0) == 0x80)
            length++;
        characters++;
    }
    return text && text[length] ? arena_printf(arena, "%s…", arena_copy_bytes(arena, text, length))
                                : text;
}

static bool can(const struct vm_list_row *vm, enum vm_trigger trigger)
{
    return vm_transition_find(vm->state, trigger) != NULL;
}

static struct error *job_fill(struct request *r, const struct vm_list_row *vm, struct vm_row *row)
{
    struct job_typical_ms_row typical = { .typical_ms = 0 };
    struct error *e =
        vm->job_kind ? sql_job_typical_ms(r->db, r->arena, vm->job_kind, &typical) : NULL;

    row->step = vm->step ? vm_view_step(vm->step, false) : NULL;
    row->working_at_ms = vm->working_at_ms;
    row->typical_ms = typical.typical_ms;
    return e;
}

static struct vm_row row_of(struct request *r, const struct price_list_rows *prices,
                            const struct vm_list_row *vm)
{
    const struct vm_get_row whole = {
        .id = vm->id,
        .name = vm->name,
        .region = vm->region,
        .image = vm->image,
        .vcpus = vm->vcpus,
        .memory_mb = vm->memory_mb,
        .disk_gb = vm->disk_gb,
        .size = vm->size,
        .state = vm->state,
        .state_at = vm->state_at,
        .unresponsive_at = vm->unresponsive_at,
        .ssh_host = vm->ssh_host,
        .ssh_port = vm->ssh_port,
        .last_error = vm->last_error,
    };
    const struct vm_view view = vm_view_of(r, prices, &whole);
    const struct ledger_use use = { vm->observed, vm->size, vm->disk_gb, vm->snapshot_gb };

    return (struct vm_row){
        .id = view.id,
        .name = view.name,
        .mark = vm_view_mark(r->arena, vm->image),
        .image = view.image,
        .size = arena_printf(r->arena, "%lld vCPU%s, %s", (long long)vm->vcpus,
                             vm->vcpus == 1 ? "" : "s", text_memory(r->arena, vm->memory_mb)),
        .label = view.label,
        .chip = view.chip,
        .state_since = view.since_at,
        .cpu_line = vm->cpu_line,
        .cpu_percent = vm->cpu_percent,
        .cost_month = price_month(r->config, r->arena, ledger_rate(prices, &use, r->now_at)),
        .ssh = view.ssh,
        .last_error = error_cut(r->arena, vm->last_error),
        .is_up = strcmp(vm->standing, VM_STATE_RUNNING) == 0,
        .is_silent = vm->unresponsive_at != 0,
        .is_working = view.is_working,
        .can_start = can(vm, VM_REQUEST_START),
        .can_stop = can(vm, VM_REQUEST_STOP),
        .can_restart = can(vm, VM_REQUEST_RESTART),
        .can_snapshot = can(vm, VM_REQUEST_SNAPSHOT),
        .can_resume = can(vm, VM_REQUEST_RESUME),
        .can_retry = can(vm, VM_REQUEST_RETRY),
        .can_destroy = can(vm, VM_REQUEST_DESTROY),
    };
}

static struct error *rows_fill(struct request *r, struct vms_html *page, int64_t skip)
{
    struct price_list_rows prices;
    struct vm_list_rows vms;
    struct error *e = sql_vm_list(r->db, r->arena, r->session->team_id, page->search,
                                  page->standing, page->sort, skip, LIMIT_LIST_ROWS, &vms);

    if (!e)
        e = sql_price_list(r->db, r->arena, &prices);
    if (e)
        return e;
    page->vms.count = vms.count;
    page->vms.row = arena_array(r->arena, vms.count, sizeof *page->vms.row);
    for (size_t i = 0; !e && i < vms.count; i++) {
        page->vms.row[i] = row_of(r, &prices, &vms.row[i]);
        page->is_working |= page->vms.row[i].is_working;
        e = job_fill(r, &vms.row[i], &page->vms.row[i]);
    }
    return e;
}

/* ---- the address ---- */

/* The one of `values` that was asked for, or the first. */
static size_t choose(const char *const *values, size_t count, const char *asked)
{
    size_t i = count - 1;

    while (i > 0 && strcmp(values[i], asked) != 0)
        i--;
    return i;
}

enum { SEARCH, STATE, SORT, FIELDS };

static struct error *query_read(struct request *r, struct vms_html *page)
{
    struct field fields[FIELDS] = {
        [SEARCH] = { .name = "q", .kind = FIELD_LINE, .max = LIMIT_HOST_NAME_BYTES },
        [STATE] = { .name = "state", .kind = FIELD_LINE },
        [SORT] = { .name = "sort", .kind = FIELD_LINE },
    };
    struct error *e = form_read(r, fields, FIELDS);

    if (e)
        return e;
    page->search = text_lower(r->arena, fields[SEARCH].text);
    page->standing = STATES[choose(STATES, COUNT(STATES), fields[STATE].text)];
    page->sort = SORTS[choose(SORTS, COUNT(SORTS), fields[SORT].text)];
    return NULL;
}

static struct error *counts_fill(struct request *r, struct vms_html *page, int64_t *out_total)
{
    struct vm_count_row count;
    struct error *e = sql_vm_count(r->db, r->arena, r->session->team_id, page->search, &count);
    const int64_t of_state[COUNT(STATES)] = { count.total, count.running, count.stopped,
                                              count.attention };

    if (e)
        return e;
    page->count_all = count.total;
    page->count_running = count.running;
    page->count_stopped = count.stopped;
    page->count_attention = count.attention;
    *out_total = of_state[choose(STATES, COUNT(STATES), page->standing)];
    return NULL;
}

struct error *vm_list_fill(struct request *r, struct vms_html *page)
{
    struct list_page shown;
    int64_t total;
    struct error *e = query_read(r, page);

    if (!e)
        e = counts_fill(r, page, &total);
    if (!e)
        e = list_page_read(r, total, &shown);
    if (e)
        return e;
    page->number = shown.number;
    page->from = shown.from;
    page->to = shown.to;
    page->total = total;
    page->newer = shown.before;
    page->older = shown.after;
    page->is_first = !*page->search && !*page->standing && strcmp(page->sort, SORTS[0]) == 0 &&
                     shown.number == 1;
    return rows_fill(r, page, (shown.number - 1) * LIMIT_LIST_ROWS);
}
