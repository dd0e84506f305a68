/*
 * STATE/domicile.conf, read once at startup with inih. All keys and their defaults are in
 * config_keys.h. An unknown key, a value out of range or a missing required key stops the program
 * with a message on what to write. Secrets are separate: see config_secret.
 */
#pragma once

#include "adapter/config_keys.h"
#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* A place where VMs run. */
struct config_region {
    const char *name; /* [a-z0-9-]: "local" */
    CONFIG_REGION_KEYS(CONFIG_FIELD)
    int64_t ssh_port_first, ssh_port_last;
};

/* A size of VM. */
struct config_size {
    const char *name;
    CONFIG_SIZE_KEYS(CONFIG_FIELD)
};

/* Priced items other than sizes, per GB. */
#define PRICE_STOPPED_DISK "stopped_disk_gb"
#define PRICE_SNAPSHOT     "snapshot_gb"

/* Prices per hour, in force from the start of a day (UTC): "[prices 2026-01-01]". */
struct config_prices {
    const char *day; /* as written */
    int64_t from_at;
    struct config_price_item *items;
    size_t item_count, item_capacity;
};

struct config_price_item {
    const char *item; /* a size's name, or PRICE_STOPPED_DISK, or PRICE_SNAPSHOT */
    int64_t millicents;
};

/* An image for VMs. */
struct config_image {
    const char *name;
    CONFIG_IMAGE_KEYS(CONFIG_FIELD)
};

/* What the profile lets the operator see of what is inside VMs; each includes those before it. */
enum config_looks { LOOKS_NEVER, LOOKS_CONSOLE, LOOKS_DISK };
/* What ends a new VM, if nothing else is chosen: nothing, an hour without use, or its stop. */
enum config_new_life { NEW_LIFE_KEPT, NEW_LIFE_IDLE_HOUR, NEW_LIFE_ONE_RUN };

struct config {
    const char *state_dir;
    CONFIG_SERVER_KEYS(CONFIG_FIELD)
    CONFIG_QUOTA_KEYS(CONFIG_FIELD)
    CONFIG_WORKOS_KEYS(CONFIG_FIELD)
    CONFIG_GITHUB_KEYS(CONFIG_FIELD)
    CONFIG_MAIL_KEYS(CONFIG_FIELD)
    const char *mail_from_name, *mail_from_email; /* parsed from mail_from */
    CONFIG_BILLING_KEYS(CONFIG_FIELD)
    CONFIG_STRIPE_KEYS(CONFIG_FIELD)
    CONFIG_PRIVACY_KEYS(CONFIG_FIELD)
    /* From the profile, or what is set instead. */
    int64_t destroyed_vm_days; /* its record and activity are kept for; 0: its receipt alone */
    int64_t log_days;          /* logs are kept for, at least 1 */
    int64_t notice_days;       /* before a policy that promises less is in force; 0: none */
    int64_t closed_days;       /* a deletion can be undone; 0: it begins at once */
    int64_t looks;             /* enum config_looks */
    int64_t new_life;          /* enum config_new_life */
    bool has_new_agents;       /* a new VM has its guest agent on, if nothing else is chosen */
    bool has_tls13_alone;      /* TLS 1.2 is refused */
    bool has_encrypted_disks;  /* nothing is written to disks that are not encrypted */
    bool has_counts;           /* requests are counted from the logs, without people */
    bool has_referrers;        /* so are the sites that visitors come from */
    struct config_region *regions;
    size_t region_count;
    struct config_size *sizes;
    size_t size_count;
    struct config_prices *prices; /* earliest first */
    size_t price_count;
    struct config_image *images;
    size_t image_count;
};

/* Read STATE/domicile.conf. INPUT with file, line and what to write instead. */
struct error *config_load(struct arena *arena, const char *state_dir, struct config **out);

/* Is billing on (billing = stripe)? */
bool config_has_billing(const struct config *config);

/* May public keys be imported from GitHub? */
bool config_has_github(const struct config *config);

/* May people ask for an account? */
bool config_has_access_requests(const struct config *config);

/* By name; NULL if there is none (an old VM may have a size that is no longer offered). */
const struct config_region *config_region_find(const struct config *config, const char *name);
const struct config_size *config_size_find(const struct config *config, const char *name);
const struct config_image *config_image_find(const struct config *config, const char *name);

/* The first size that has the memory which the image needs; NULL: none has. */
const struct config_size *config_image_size(const struct config *config,
                                            const struct config_image *image);

/* Is mail on? */
bool config_has_mail(const struct config *config);

/*
 * Check the section [mail], and what needs mail, and parse `mail_from`. NULL, or what is wrong and
 * what to write instead; in the arena.
 */
const char *config_mail_check(struct arena *arena, struct config *config);

/* Sets what follows from the section [privacy]. NULL, or what is wrong with it. */
const char *config_profile_apply(struct config *config);

/* Whether the profile allows the services and places of the other sections. The same. */
const char *config_profile_check(const struct config *config);

/* Up to two values of STATE/secrets/NAME: the current one and one that is still accepted. */
struct config_secret {
    const char *current;
    const char *previous; /* NULL: none */
};

/* INTERNAL if the file is missing, empty or readable by others. */
struct error *config_secret_load(struct arena *arena, const char *state_dir, const char *name,
                                 struct config_secret *out);
