/*
 * STATE/domicile.conf, read once at start through inih. Every key stands in one table in config.c;
 * an unknown or missing key, or a value out of range, stops the program and names the line.
 * Secrets are not in it: see config_secret.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Where VMs can run. */
struct config_region {
    const char *name;        /* [a-z0-9-]: "local" */
    const char *label;       /* shown: "This server" */
    const char *driver;      /* "libvirt" */
    const char *uri;         /* libvirt connection URI */
    const char *accelerator; /* auto, kvm, tcg */
    const char *bridge;      /* qemu:///system: the isolated bridge; "" else */
    const char *ssh_host;    /* what people type */
    const char *ssh_ports;   /* as written: "22000-22999" */
    int64_t ssh_port_first, ssh_port_last;
};

/* What can be bought. */
struct config_size {
    const char *name;
    const char *label;
    int64_t vcpus, memory_mb, disk_gb;
};

/* What an hour costs, from the beginning of a day (UTC) on: "[prices 2026-01-01]". */
struct config_prices {
    const char *day; /* as written */
    int64_t from_at;
    struct config_price_item *items;
    size_t item_count, item_capacity;
};

struct config_price_item {
    const char *item; /* a size's name, or one of PRICE_STOPPED_DISK and PRICE_SNAPSHOT (price.h) */
    int64_t millicents;
};

/* What a VM can be made from. */
struct config_image {
    const char *name;
    const char *label;
    const char *about; /* one line for the create page */
    const char *dir;   /* absolute; written relative to the state folder */
    const char *user;  /* who logs in */
    int64_t memory_mb; /* the least it runs with */
};

struct config {
    const char *state_dir;
    const char *server_name;
    const char *public_url; /* origin without a final slash: "https://localhost:8443" */
    const char *identity;   /* "local" or "workos" */
    const char *operator_email;
    const char *currency;                                           /* ISO 4217: "EUR" */
    int64_t quota_vms, quota_vcpus, quota_memory_mb, quota_disk_gb; /* per team */
    const char *workos_client_id;
    const char *workos_url; /* where the browser and we speak to WorkOS */
    const char *mail;       /* "off" or "smtp"; what follows is checked when it is "smtp" */
    const char *mail_url;   /* "smtp://host:587" (STARTTLS) or "smtps://host:465" */
    const char *mail_user;  /* "": none; the password is the secret smtp-password */
    const char *mail_from;  /* as written: "Domicile <noreply@example.org>", or an address alone */
    const char *mail_from_name, *mail_from_email;
    const char *mail_ca_file; /* "": the authorities that the system trusts */
    const char *billing;      /* "off" or "stripe" */
    int64_t base_cents;       /* a month, beside use */
    int64_t trial_days;       /* of a team's first subscription; 0: none */
    int64_t grace_days;       /* a payment may be late before VMs are stopped */
    int64_t retention_days;   /* disks of stopped VMs are kept then */
    const char *stripe_url;
    struct config_region *regions;
    size_t region_count;
    struct config_size *sizes;
    size_t size_count;
    struct config_prices *prices; /* the earliest first */
    size_t price_count;
    struct config_image *images;
    size_t image_count;
};

/* Read STATE/domicile.conf. INPUT with file, line and what to write instead. */
struct error *config_load(struct arena *arena, const char *state_dir, struct config **out);

/* Do teams pay (billing = stripe)? */
bool config_has_billing(const struct config *config);

/* By name; NULL when there is none (an old VM may have a size that is sold no more). */
const struct config_region *config_region_find(const struct config *config, const char *name);
const struct config_size *config_size_find(const struct config *config, const char *name);
const struct config_image *config_image_find(const struct config *config, const char *name);

/* Does this server send mail? */
bool config_has_mail(const struct config *config);

/*
 * Check the section [mail] and take `mail_from` apart. NULL: all is well. Else what is wrong, with
 * what to write instead; in the arena.
 */
const char *config_mail_check(struct arena *arena, struct config *config);

/* "€0.012" from 1200 millicents and 3 `decimals` (at least 1), rounded. In the arena. */
const char *config_price(const struct config *config, struct arena *arena, int64_t millicents,
                         int decimals);

/* At most two values of STATE/secrets/NAME: the current one and one that is still accepted. */
struct config_secret {
    const char *current;
    const char *previous; /* NULL: none */
};

/* INTERNAL when the file is missing, empty, or readable by others. */
struct error *config_secret_load(struct arena *arena, const char *state_dir, const char *name,
                                 struct config_secret *out);
