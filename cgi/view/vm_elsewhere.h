/* The page of a VM, or its receipt, that another team of the person has. */
#pragma once

#include "web/request.h"

/* Respond with an offer to switch to that team. NOT_FOUND: the VM is of none of their teams. */
struct error *vm_elsewhere_respond(struct request *r, const char *vm_id);
