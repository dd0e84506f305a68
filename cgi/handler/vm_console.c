/* The console of a VM; see vm_console.h. */
#include "handler/vm_console.h"

#include "base/terminal_text.h"
#include "handler/vm_tab.h"
#include "model/vm_state.h"
#include "model/worker_console.h"
#include "vm_console.html.h"
#include "web/live.h"

struct error *vm_console_show(struct request *r)
{
    struct vm_console_html page = { .text = "" };
    struct vm_get_row vm;
    const char *bytes;
    size_t length;
    struct error *e = db_read(r->db, r->arena);

    if (!e)
        e = vm_tab_vm(r, &vm);
    if (!e && vm.gone_at)
        e = error_new(r->arena, ERROR_NOT_FOUND, "the VM is gone");
    if (e)
        return e;
    page.id = vm.id;
    page.name = vm.name;
    page.is_reachable = !vm_state_has_console(vm.state);
    page.label = vm_state_label(vm.state);
    if (!page.is_reachable && worker_console_ask(r->arena, vm.id, &bytes, &length)) {
        page.is_read = true;
        page.text = terminal_text(r->arena, bytes, length);
    }
    r->frame.title = arena_printf(r->arena, "%s: Console", vm.name);
    r->frame.section = "vms";
    r->is_changing = true;
    live_respond(r, render_vm_console, &page);
    return NULL;
}
