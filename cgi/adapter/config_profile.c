/*
 * Section [privacy] of domicile.conf: the profile, which is what this server promises, and what the
 * operator sets otherwise; see config.h. The profiles differ in this table alone.
 */
#include "adapter/config.h"

#include "base/array.h"
#include "base/text.h"

#include <string.h>

/* 7 years. */
enum { MOST_DAYS = 2555 };
#define MOST                                                                                       \
    "2555: no policy promises a term of more than 7 years, after which even receipts are deleted"

static const struct profile {
    const char *name;
    int64_t destroyed_vm_days, log_days, notice_days, closed_days, looks;
    int64_t new_life;
    bool has_new_agents;
    bool has_tls13_alone;
    bool has_encrypted_disks;
    bool has_counts;
    bool has_referrers;
} profiles[] = {
    { "personal-vm", 90, 30, 14, 30, LOOKS_DISK, NEW_LIFE_KEPT, false, false, false, false, false },
    { "desktop", 0, 30, 14, 0, LOOKS_NEVER, NEW_LIFE_KEPT, false, false, false, false, false },
    { "agent-runs", 90, 30, 14, 0, LOOKS_DISK, NEW_LIFE_ONE_RUN, true, false, false, true, false },
    { "sandbox-api", 90, 90, 14, 30, LOOKS_DISK, NEW_LIFE_ONE_RUN, true, true, true, true, true },
    { "shared-session", 0, 30, 14, 0, LOOKS_NEVER, NEW_LIFE_IDLE_HOUR, false, false, false, true,
      false },
};

/* Member states of the European Union (ISO 3166). */
static const char union_states[] = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL "
                                   "PL PT RO SE SI SK";

static bool is_in_union(const char *country)
{
    return strstr(union_states, country) != NULL;
}

/* What the profile "desktop" promises of places and companies: one country of the EU, and nobody.
 */
const char *config_profile_check(const struct config *config)
{
    const char *country = config->mail_country;

    if (strcmp(config->profile, "desktop") != 0)
        return NULL;
    if (strcmp(config->identity, "workos") == 0 || config_has_billing(config) ||
        config_has_github(config))
        return "[privacy] profile = desktop shares data with no company: it needs identity = "
               "local, billing = off and github_import = off, or another profile";
    for (size_t i = 0; i < config->region_count; i++) {
        const char *place = config->regions[i].country;

        if (*country && *place && strcmp(country, place) != 0)
            return "[privacy] profile = desktop keeps data in one country: the regions and the "
                   "mail server must have the same, or choose another profile";
        if (*place)
            country = place;
    }
    if (*country && !is_in_union(country))
        return "[privacy] profile = desktop keeps data in the European Union: the country of the "
               "regions and of the mail server must be in it, or choose another profile";
    return NULL;
}

/* "": as the profile has it. False if it is no number of days. */
static bool days_read(const char *text, int64_t least, int64_t fallback, int64_t *out)
{
    *out = fallback;
    return !*text || (text_int(text, out) && *out >= least && *out <= MOST_DAYS);
}

const char *config_profile_apply(struct config *config)
{
    const struct profile *profile = profiles;

    while (strcmp(profile->name, config->profile) != 0)
        profile++; /* it is one of the key's choices */
    config->has_tls13_alone = profile->has_tls13_alone;
    config->has_encrypted_disks = profile->has_encrypted_disks;
    config->has_counts = profile->has_counts;
    config->has_referrers = profile->has_referrers;
    config->looks = profile->looks;
    config->new_life = profile->new_life;
    config->has_new_agents = profile->has_new_agents;
    if (!days_read(config->destroyed_vm_days_set, 0, profile->destroyed_vm_days,
                   &config->destroyed_vm_days))
        return "[privacy] destroyed_vm_days must be a whole number from 0 to " MOST;
    if (!days_read(config->log_days_set, 1, profile->log_days, &config->log_days))
        return "[privacy] log_days must be a whole number from 1 to " MOST;
    /* A day is counted when it is over; with one day, its log is deleted then. */
    if (config->has_counts && config->log_days < 2)
        return "[privacy] log_days must be at least 2 with a profile that counts requests";
    if (!days_read(config->notice_days_set, 0, profile->notice_days, &config->notice_days))
        return "[privacy] notice_days must be a whole number from 0 to " MOST;
    if (!days_read(config->closed_account_days_set, 0, profile->closed_days, &config->closed_days))
        return "[privacy] closed_account_days must be a whole number from 0 to " MOST;
    if (config->trial_days > MOST_DAYS)
        return "[billing] trial_days must be at most " MOST;
    if (config->grace_days > MOST_DAYS)
        return "[billing] grace_days must be at most " MOST;
    if (config->retention_days > MOST_DAYS)
        return "[billing] retention_days must be at most " MOST;
    if (*config->authority_url && strncmp(config->authority_url, "https://", 8) != 0)
        return "[privacy] authority_url must start with https://";
    return NULL;
}
