/* The admin's page of one VM; see operator_vm.h. */
#include "view/operator_vm.h"

#include "base/limit.h"
#include "web/live.h"

struct error *operator_vm_respond(struct request *r, const char *id, struct operator_vm_html page)
{
    struct error *e = operator_vm_find(r, id, &page.vm);

    if (!e)
        e = operator_jobs_of_vm(r, id, &page.jobs);
    if (e)
        return e;
    page.most = LIMIT_SUSPENSION_REASON;
    r->frame.title = page.vm.name;
    r->frame.section = "operator";
    live_respond(r, render_operator_vm, &page);
    return NULL;
}
