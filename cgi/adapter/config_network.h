/* Networks in domicile.conf: "10.0.0.0/8, 2001:db8::/32", an address alone for itself. */
#pragma once

#include "adapter/config.h"

/* The next network of the list, which moves on; NULL at its end. */
const char *config_network_take(struct arena *arena, const char **list);

/* What is wrong with the networks of [server], or NULL. */
const char *config_networks_check(struct arena *arena, const struct config *config);
