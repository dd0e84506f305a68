/* What a VM may reach of the internet; see vm_internet.h. */
#include "view/vm_internet.h"

#include "base/array.h"
#include "model/vm_internet.h"
#include "region_status.sql.h"
#include "view/vm_options.h"

#include <string.h>

static const struct option choices[] = {
    { .value = VM_INTERNET_ON, .label = "On", .about = "All public addresses, IPv4" },
    { .value = VM_INTERNET_NAMES,
      .label = "Only these names",
      .about = "Domain names that you list" },
    { .value = VM_INTERNET_OFF, .label = "Off", .about = "SSH to the VM still works" },
};

void vm_internet_options(struct request *r, const char *mode, const char *names,
                         struct vm_internet_view *out)
{
    char *lines = arena_copy(r->arena, names ? names : "");

    out->options = (struct option_rows){ arena_array(r->arena, COUNT(choices), sizeof *choices),
                                         COUNT(choices) };
    memcpy(out->options.row, choices, sizeof choices);
    options_select(&out->options, *mode ? mode : VM_INTERNET_ON);
    for (char *at = lines; (at = strchr(at, ' '));)
        *at = '\n';
    out->names = lines;
}

struct error *vm_internet_fill(struct request *r, const struct vm_get_row *vm,
                               struct vm_internet_view *out)
{
    /* A region that the worker has not reported on has none yet. */
    struct region_status_get_row host = { .internet = 0 };
    struct error *e = sql_region_status_get(r->db, r->arena, vm->region, &host);

    *out = (struct vm_internet_view){
        .words = vm_internet_words(r->arena, vm->internet, vm->internet_names),
        .is_available = !e && host.internet,
        .is_pending = vm->internet_pending && vm->ssh_port,
    };
    vm_internet_options(r, vm->internet, vm->internet_names, out);
    return e && e->kind != ERROR_NOT_FOUND ? e : NULL;
}
