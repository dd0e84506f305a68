/* The admin's page of one VM: what the lists of VMs and jobs say of it, and nothing that is in it.
 */
#pragma once

#include "operator_vm.html.h"
#include "web/request.h"

/* What is typed and what is wrong with it is in `page`; the rest is filled from the database. */
struct error *operator_vm_respond(struct request *r, const char *id, struct operator_vm_html page);
