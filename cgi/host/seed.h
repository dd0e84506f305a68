/*
 * The NoCloud seed: a small ISO 9660 image labelled "cidata" that a guest configures itself from.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "host/driver.h"

/*
 * Write the seed to `path` (0600) atomically, replacing an existing one. INPUT if a value contains
 * characters that are not allowed (see seed.c); UNAVAILABLE on I/O errors.
 * `is_for_cloud_init`: cloud-init reads it, not a program of ours; it decides how user data comes.
 */
struct error *seed_write(struct arena *arena, const char *path, const struct driver_seed *seed,
                         bool is_for_cloud_init);
