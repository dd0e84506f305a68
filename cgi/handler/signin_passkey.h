/* Sign-in with a passkey; see model/passkey.h. */
#pragma once

#include "web/request.h"

struct error *signin_passkey_post(struct request *r); /* POST /signin/passkey */
