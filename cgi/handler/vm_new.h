/* GET /vms/new and POST /vms: a new VM. */
#pragma once

#include "model/ssh_key_import.h"
#include "web/form.h"
#include "web/request.h"

struct error *vm_new_show(struct request *r);
struct error *vm_new_post(struct request *r);

/*
 * POST of the same form to import keys: shows it again, with what was typed and the keys that
 * `import` has given to the team chosen. `import` is as for keys_import().
 */
struct error *vm_new_import(struct request *r,
                            struct error *(*import)(struct request *r, struct field *user,
                                                    struct ssh_keys_imported *out));
