/* Whether the hosts can be reached, as the worker's last pass found. */
#pragma once

#include "model/context.h"
#include "region_status.sql.h"

/* CONFLICT "host_unreachable" with a message while the host of `region` cannot be reached. */
struct error *host_check(const struct context *context, const char *region);

/* The same of one that is among `hosts`. */
bool host_is_away(const struct region_status_list_rows *hosts, const char *region);
