/* Resource usage of a VM: the sentence on its page, and the data of the charts. */
#pragma once

#include "vm.sql.h"
#include "web/request.h"

struct vm_html;

/* Set the usage fields of the page from the last hours. */
struct error *vm_usage_fill(struct request *r, const struct vm_get_row *vm, struct vm_html *page);

/* GET /vms/:id/usage: JSON columns [minute_at[], cpu percent[], memory MB[], disk and network
 * bytes/s]. */
struct error *vm_usage_show(struct request *r);
