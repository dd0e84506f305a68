/*
 * Local times by the tz database of the system, through libc. libc has one time zone per process,
 * so a lock is held while another is in use; everything else here is in UTC.
 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Read the names of the zones, once per process and before the sandbox is entered. Without the
 * database "UTC" is the only one.
 */
void time_zones_load(void);

/* Whether people can choose this zone: "Europe/Berlin", "UTC". */
bool time_zone_exists(const char *name);

/*
 * When it is `minute` (of the day) in a zone, on the day that begins at `day_at` in UTC: a time
 * that the clocks skip is moved as libc moves it, one that comes twice is one of both.
 */
int64_t time_zone_at(const char *zone, int64_t day_at, int64_t minute);
