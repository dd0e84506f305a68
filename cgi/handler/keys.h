/* The pages of the team's SSH keys: the list with its form, one key, and deleting several. */
#pragma once

#include "model/ssh_key_import.h"
#include "web/form.h"
#include "web/request.h"

struct error *keys_show(struct request *r);   /* GET /keys */
struct error *keys_post(struct request *r);   /* POST /keys */
struct error *keys_delete(struct request *r); /* POST /keys/delete */
struct error *key_show(struct request *r);    /* GET /keys/:id */
struct error *key_rename(struct request *r);  /* POST /keys/:id/rename; not if restricted */

/*
 * POST of the form with a GitHub username: `import` fetches and stores the keys, or sets the
 * problem of the field `user`. What it did is on the page, not in a notice, which goes by itself.
 */
struct error *keys_import(struct request *r,
                          struct error *(*import)(struct request *r, struct field *user,
                                                  struct ssh_keys_imported *out));
