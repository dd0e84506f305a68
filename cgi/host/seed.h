/*
 * The NoCloud seed: a small ISO 9660 image labelled "cidata" from which a guest sets itself up.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "host/driver.h"

/*
 * Write the seed to `path` (0600), whole or not at all, replacing what is there. INPUT when a value
 * holds what must not stand in it (see seed.c); UNAVAILABLE when the disk refuses.
 */
struct error *seed_write(struct arena *arena, const char *path, const struct driver_seed *seed);
