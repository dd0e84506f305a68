/* The admin's handlers about one VM of any team: what can be seen of it from outside, and its stop.
 */
#pragma once

#include "web/request.h"

struct error *operator_vm_show(struct request *r);
struct error *operator_vm_stop(struct request *r);
