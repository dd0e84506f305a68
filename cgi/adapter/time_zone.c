/* Local times; see time_zone.h. */
#include "adapter/time_zone.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NAMES_BYTES = 16 * 1024, LINE_BYTES = 512, ZONE_BYTES = 64 };

/* In zone.tab: country, coordinates, name, comment, with tabs between. */
static char names[NAMES_BYTES]; /* "\nAfrica/Abidjan\nAfrica/Accra\n..." */

/* In the environment from the first use on: only its text changes, under the lock. */
static char variable[ZONE_BYTES + 4] = "TZ=UTC0";
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void name_add(const char *line)
{
    const char *name = strchr(line, '\t');
    size_t used = strlen(names), length;

    name = name ? strchr(name + 1, '\t') : NULL;
    if (*line == '#' || !name)
        return;
    name++;
    length = strcspn(name, "\t\n");
    if (length < ZONE_BYTES && used + length + 2 < sizeof names)
        snprintf(names + used, sizeof names - used, "%.*s\n", (int)length, name);
}

void time_zones_load(void)
{
    char line[LINE_BYTES];
    FILE *file;

    if (*names)
        return;
    snprintf(names, sizeof names, "\nUTC\n");
    file = fopen("/usr/share/zoneinfo/zone.tab", "re");
    while (file && fgets(line, sizeof line, file))
        name_add(line);
    if (file)
        (void)fclose(file);
}

bool time_zone_exists(const char *name)
{
    char wanted[ZONE_BYTES + 2];

    if (!*name || strchr(name, '\n') || strlen(name) >= ZONE_BYTES)
        return false;
    snprintf(wanted, sizeof wanted, "\n%s\n", name);
    return strstr(names, wanted) != NULL;
}

int64_t time_zone_at(const char *zone, int64_t day_at, int64_t minute)
{
    time_t day = day_at;
    struct tm local;
    int64_t at;

    gmtime_r(&day, &local);
    local.tm_hour = (int)(minute / 60);
    local.tm_min = (int)(minute % 60);
    local.tm_sec = 0;
    local.tm_isdst = -1; /* libc finds out */
    pthread_mutex_lock(&lock);
    snprintf(variable, sizeof variable, "TZ=%.*s", ZONE_BYTES, zone);
    putenv(variable);
    at = mktime(&local);
    snprintf(variable, sizeof variable, "TZ=UTC0");
    tzset();
    pthread_mutex_unlock(&lock);
    return at;
}
