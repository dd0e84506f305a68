/* GET /vms/:id/console: what a VM that cannot be reached prints. */
#pragma once

#include "web/request.h"

struct error *vm_console_show(struct request *r);
