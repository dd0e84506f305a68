/*
 * What of a request may be counted from the log, where the profile has counts at all
 * (worker/log_count.c). Nothing: if the browser says so (Global Privacy Control, Sec-GPC: 1) or the
 * person does, on the account page.
 */
#pragma once

#include "web/request.h"

enum counted {
    COUNTED_NOT,
    COUNTED_VISITOR, /* nobody is signed in */
    COUNTED_TEAM,
};

enum counted counted_as(const struct request *r);

/* As the log has it: "no", "visitor", "team". */
const char *counted_name(enum counted counted);

/*
 * The host of the other site from which a visitor has come to a page, never its path, where the
 * profile counts that; else NULL. In lowercase; of a name, not of an address.
 */
const char *counted_source(const struct request *r);
