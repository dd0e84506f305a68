/* The pages of a person's passkeys; see model/passkey.h. */
#pragma once

#include "web/request.h"

struct error *passkeys_new_show(struct request *r); /* GET /account/passkeys/new */
struct error *passkeys_new_post(struct request *r); /* POST /account/passkeys/new */
struct error *passkeys_show(struct request *r);     /* GET /account/passkeys/:id */
struct error *passkeys_rename(struct request *r);   /* POST /account/passkeys/:id/rename */
struct error *passkeys_remove(struct request *r);   /* POST /account/passkeys/:id/remove */
