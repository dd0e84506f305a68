/* What a VM may reach of the internet, on its page and in the form that chooses it. */
#pragma once

#include "view/option.h"
#include "vm.sql.h"
#include "web/request.h"

struct vm_internet_view {
    const char *words;          /* "On", "Only 3 names"; see model/vm_internet.h */
    bool is_available;          /* its host lets VMs reach the internet */
    bool is_pending;            /* chosen, but not in effect yet */
    struct option_rows options; /* of the form */
    const char *names;          /* in its text field, one on a line */
    const char *problem;        /* of the names */
};

/* The form with this choice; `names` as they are stored or were typed, or NULL. */
void vm_internet_options(struct request *r, const char *mode, const char *names,
                         struct vm_internet_view *out);

/* All of it, for a VM's page. */
struct error *vm_internet_fill(struct request *r, const struct vm_get_row *vm,
                               struct vm_internet_view *out);
