/* Conditions and parameters of the policy texts; see policy_text.h. */
#include "model/policy_text.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/text.h"
#include "base/url.h"
#include "model/country.h"
#include "model/term.h"

#include <string.h>

/* ---- conditions ---- */

static bool workos(const struct config *config)
{
    return strcmp(config->identity, "workos") == 0;
}

static bool counts(const struct config *config)
{
    return config->has_counts;
}

static bool looks(const struct config *config)
{
    return config->looks > LOOKS_NEVER;
}

static bool referrers(const struct config *config)
{
    return config->has_referrers;
}

static bool tls13(const struct config *config)
{
    return config->has_tls13_alone;
}

static bool encrypted_disks(const struct config *config)
{
    return config->has_encrypted_disks;
}

static bool account_records(const struct config *config)
{
    return config->destroyed_vm_days > 0;
}

/* The deletion of an account can be undone. */
static bool undo(const struct config *config)
{
    return config->closed_days > 0;
}

static bool notice(const struct config *config)
{
    return config->notice_days > 0;
}

static bool controller(const struct config *config)
{
    return *config->controller && *config->controller_address && *config->controller_country;
}

static bool authority(const struct config *config)
{
    return *config->authority && *config->authority_url;
}

/* The country of each region is declared. */
static bool places(const struct config *config)
{
    for (size_t i = 0; i < config->region_count; i++) {
        if (!*config->regions[i].country)
            return false;
    }
    return true;
}

/* A region whose guests libvirt's system daemon runs, or that of a user. */
static bool has_region(const struct config *config, bool is_system)
{
    for (size_t i = 0; i < config->region_count; i++) {
        if ((strncmp(config->regions[i].uri, "qemu:///system", 14) == 0) == is_system)
            return true;
    }
    return false;
}

static bool has_system(const struct config *config)
{
    return has_region(config, true);
}

static bool has_session(const struct config *config)
{
    return has_region(config, false);
}

/* Every region has hardware virtualization by its setting; "auto" may mean emulation. */
static bool kvm(const struct config *config)
{
    for (size_t i = 0; i < config->region_count; i++) {
        if (strcmp(config->regions[i].accelerator, "kvm") != 0)
            return false;
    }
    return config->region_count > 0;
}

/* `holds` NULL: this version does not offer it. */
static const struct {
    const char *word;
    bool (*holds)(const struct config *config);
    const char *missing; /* what people miss, if it is not offered */
} conditions[] = {
    { "billing", config_has_billing, NULL },
    { "workos", workos, NULL },
    { "mail", config_has_mail, NULL },
    { "github", config_has_github, NULL },
    { "access-requests", config_has_access_requests, NULL },
    { "counts", counts, NULL },
    { "looks", looks, NULL },
    { "referrers", referrers, NULL },
    { "tls13", tls13, NULL },
    { "encrypted-disks", encrypted_disks, NULL },
    { "account-records", account_records, NULL },
    { "notice", notice, NULL },
    { "undo", undo, NULL },
    { "controller", controller, NULL },
    { "authority", authority, NULL },
    { "places", places, NULL },
    { "system", has_system, NULL },
    { "session", has_session, NULL },
    { "kvm", kvm, NULL },
    { "terminal", NULL, "A terminal or a desktop in the browser" },
    { "desktop", NULL, NULL },
    { "provider-keys", NULL, "API keys of LLM providers, kept for you" },
    { "agent-runs", NULL, "Runs of coding agents" },
    { "repositories", NULL, "Connected repositories" },
    { "outbound-webhooks", NULL, "Webhooks to your own services" },
    { "share-links", NULL, "Links that share a VM" },
    { "fly", NULL, "VMs on Fly.io" },
    { "command-audit", NULL, "A record of commands" },
    { "export", NULL, "A download of all your data" },
    { "marketing", NULL, "Newsletters" },
};

bool policy_condition(const struct config *config, const char *word, bool *is_known)
{
    *is_known = false;
    for (size_t i = 0; i < COUNT(conditions); i++) {
        if (strcmp(conditions[i].word, word) != 0)
            continue;
        *is_known = true;
        return conditions[i].holds && conditions[i].holds(config);
    }
    return false;
}

const char *policy_missing(size_t at)
{
    for (size_t i = 0; i < COUNT(conditions); i++) {
        if (conditions[i].missing && !conditions[i].holds && at-- == 0)
            return conditions[i].missing;
    }
    return NULL;
}

/* ---- parameters ---- */

static const char *days(struct arena *arena, int64_t count)
{
    return arena_printf(arena, "%lld day%s", (long long)count, count == 1 ? "" : "s");
}

/* A setting of [privacy], or that it is missing. */
static const char *setting(struct arena *arena, const char *key, const char *value)
{
    return *value ? value : arena_printf(arena, "[privacy] %s is not set", key);
}

static const char *settings_word(struct arena *arena, const struct config *config, const char *name)
{
    const struct {
        const char *name, *key, *value;
    } settings[] = {
        { "controller", "controller", config->controller },
        { "controller_address", "address", config->controller_address },
        { "controller_country", "country", country_name(config->controller_country) },
        { "authority", "authority", config->authority },
        { "authority_url", "authority_url", config->authority_url },
    };

    for (size_t i = 0; i < COUNT(settings); i++) {
        if (strcmp(settings[i].name, name) == 0)
            return setting(arena, settings[i].key, settings[i].value);
    }
    return NULL;
}

static const char *days_word(struct arena *arena, const struct config *config, const char *name)
{
    const struct {
        const char *name;
        int64_t count;
    } periods[] = {
        { "log_days", config->log_days },
        { "destroyed_vm_days", config->destroyed_vm_days },
        { "notice_days", config->notice_days },
        { "session_days", LIMIT_SESSION_S / A_DAY_S },
        { "session_idle_days", term_session_idle_s(config) / A_DAY_S },
        { "closed_days", config->closed_days },
        { "trial_days", config->trial_days },
        { "grace_days", config->grace_days },
        { "retention_days", config->retention_days },
    };

    for (size_t i = 0; i < COUNT(periods); i++) {
        if (strcmp(periods[i].name, name) == 0)
            return days(arena, periods[i].count);
    }
    return NULL;
}

/* Host and port, as programs want them: "vm.example.org:443". */
static const char *address(struct arena *arena, const struct config *config)
{
    const char *service = url_service(arena, config->public_url);
    bool has_port = strlen(service) > strlen(url_host(arena, config->public_url));

    return has_port ? service : arena_printf(arena, "%s:443", service);
}

const char *policy_word(struct arena *arena, const struct config *config, const char *name)
{
    const char *word = days_word(arena, config, name);

    if (!word)
        word = settings_word(arena, config, name);
    if (word)
        return word;
    if (strcmp(name, "server") == 0)
        return config->server_name;
    if (strcmp(name, "origin") == 0)
        return config->public_url;
    /* The certificate that run.sh makes for this computer is signed by nobody. */
    if (strcmp(name, "curl") == 0)
        return text_starts(config->public_url, "https://localhost") ? "curl -k" : "curl";
    if (strcmp(name, "host") == 0)
        return url_host(arena, config->public_url);
    if (strcmp(name, "address") == 0)
        return address(arena, config);
    if (strcmp(name, "contact") == 0)
        return config->privacy_contact;
    if (strcmp(name, "profile") == 0)
        return config->profile;
    if (strcmp(name, "minimum_age") == 0)
        return arena_printf(arena, "%lld", (long long)config->minimum_age);
    return NULL;
}
