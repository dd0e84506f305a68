/* The page that asks before keys are deleted. */
#pragma once

#include "keys_delete.html.h"
#include "web/request.h"

/* The chosen keys; NOT_FOUND if one of them is not the team's. */
struct error *key_delete_fill(struct request *r, struct keys_delete_html *page);

/* GET /keys/delete */
struct error *key_delete_show(struct request *r);
