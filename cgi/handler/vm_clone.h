/* GET and POST /vms/:id/snapshots/:snapshot/clone: a new VM from a snapshot of another. */
#pragma once

#include "web/request.h"

struct error *vm_clone_show(struct request *r);
struct error *vm_clone_post(struct request *r);
