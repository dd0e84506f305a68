/* The pages of the team's SSH keys: the list with its form, one key, and deleting several. */
#pragma once

#include "web/request.h"

struct error *keys_show(struct request *r);   /* GET /keys */
struct error *keys_post(struct request *r);   /* POST /keys */
struct error *keys_delete(struct request *r); /* POST /keys/delete */
struct error *key_show(struct request *r);    /* GET /keys/:id */
struct error *key_rename(struct request *r);  /* POST /keys/:id/rename; not if restricted */
