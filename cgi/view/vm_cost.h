/* What a VM has cost this month, and what it will have cost at the end if it stays as it is. */
#pragma once

#include "price.sql.h"
#include "vm.sql.h"
#include "web/request.h"

struct vm_cost {
    const char *amount;   /* "€8.69" */
    const char *forecast; /* "€10.61"; NULL: it reads like the amount */
};

struct error *vm_cost_find(struct request *r, const struct price_list_rows *prices,
                           const struct vm_get_row *vm, struct vm_cost *out);
