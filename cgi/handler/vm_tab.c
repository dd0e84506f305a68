/* A tab of a VM's page; see vm_tab.h. */
#include "handler/vm_tab.h"

#include "model/vm_internet.h"
#include "model/vm_state.h"
#include "view/vm_elsewhere.h"
#include "view/vm_internet.h"
#include "view/vm_page.h"
#include "view/vm_receipt.h"
#include "vm.html.h"
#include "web/form.h"
#include "web/live.h"
#include "web/serve.h"
#include "web/session.h"

#include <string.h>

/* "/vms/ID", or one of its tabs: the target of every redirect. */
void vm_tab_redirect(struct request *r, const char *id, const char *tab)
{
    bool is_overview = strcmp(tab, VM_TAB_OVERVIEW) == 0;

    response_redirect(&r->response, is_overview ? arena_printf(r->arena, "/vms/%s", id)
                                                : arena_printf(r->arena, "/vms/%s/%s", id, tab));
}

struct error *vm_tab_vm(struct request *r, struct vm_get_row *vm)
{
    return sql_vm_get(r->db, r->arena, r->session->team_id, r->parameters[0], vm);
}

/* Why nothing was changed: the VM may have moved on since its page was sent. */
static const char *refusal_of(struct request *r, const struct vm_problem *problem,
                              const char *label)
{
    if (!problem || !problem->is_conflict)
        return NULL;
    return problem->message
               ? problem->message
               : arena_printf(r->arena, "This is not available while the VM’s state is “%s”.",
                              label);
}

static void problem_fill(struct request *r, const struct vm_problem *problem, struct vm_html *page)
{
    const char **const places[] = {
        [FORM_BUTTON] = &page->spend_problem,       [FORM_RENAME] = &page->rename_problem,
        [FORM_SNAPSHOT] = &page->snapshots.problem, [FORM_RESIZE] = &page->resize_problem,
        [FORM_LIFE] = &page->life.problem,          [FORM_INTERNET] = &page->internet.problem,
        [FORM_KEYS] = &page->held.problem,
    };

    page->is_refused = 1;
    page->refusal = refusal_of(r, problem, page->vm.label);
    if (problem->form == FORM_RENAME)
        page->rename = problem->typed;
    if (problem->form == FORM_SNAPSHOT)
        page->snapshots.name = problem->typed;
    if (problem->form == FORM_KEYS)
        page->held.last = problem->typed;
    if (problem->form == FORM_INTERNET)
        vm_internet_options(r, VM_INTERNET_NAMES, problem->typed, &page->internet);
    if (problem->schedule)
        page->vm.schedule = *problem->schedule;
    else if (problem->labels)
        page->vm.labels = *problem->labels;
    else if (!problem->is_conflict)
        *places[problem->form] = problem->message;
}

/* The links in mails are of no team. */
static struct error *receipt_respond(struct request *r, const char *refusal)
{
    struct error *e = vm_receipt_respond(r, r->parameters[0], refusal);

    return e && e->kind == ERROR_NOT_FOUND ? vm_elsewhere_respond(r, r->parameters[0]) : e;
}

/* A tab of a VM, or its receipt; `problem` NULL: there is none. */
struct error *vm_tab_respond(struct request *r, const char *tab, const struct vm_problem *problem)
{
    struct vm_html page;
    struct vm_get_row vm;
    struct error *e = db_read(r->db, r->arena);

    if (!e)
        e = vm_tab_vm(r, &vm);
    if (e ? e->kind == ERROR_NOT_FOUND : vm.gone_at > 0)
        return receipt_respond(r, refusal_of(r, problem, vm_state_label(VM_STATE_GONE)));
    if (!e)
        e = vm_page_fill(r, &vm, tab, &page);
    if (e)
        return e;
    if (problem)
        problem_fill(r, problem, &page);
    /* Other pages have fields that somebody may be filling in. */
    r->frame.is_changing = !problem && page.vm.is_working && strcmp(tab, VM_TAB_OVERVIEW) == 0;
    live_respond(r, render_vm, &page);
    return NULL;
}

/* The tab again, with a message next to a field; its forms keep their input. */
struct error *vm_tab_again(struct request *r, const char *tab, struct vm_problem problem)
{
    form_refuse(r);
    return vm_tab_respond(r, tab, &problem);
}

/* What follows a command: its tab, or the same tab again with why it was refused. */
struct error *vm_tab_end(struct request *r, struct error *e, const char *tab,
                         struct vm_problem problem)
{
    problem.is_conflict = e && e->kind == ERROR_CONFLICT;
    if (problem.is_conflict || (e && e->kind == ERROR_INPUT && e->message)) {
        problem.message = e->message;
        e = vm_tab_again(r, tab, problem);
        if (problem.is_conflict)
            r->response.status = 409;
    } else if (!e) {
        vm_tab_redirect(r, r->parameters[0], tab);
    }
    return e;
}
