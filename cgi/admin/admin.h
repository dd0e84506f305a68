/* Shared by the commands of domicile-admin. */
#pragma once

#include "adapter/config.h"
#include "adapter/db.h"

struct admin {
    struct arena *arena;
    const char *state_dir; /* absolute */
    bool is_json;
    bool is_libvirt, is_nft; /* which part "network" prints */
    const char *argument;    /* of the command; NULL: none */
    struct config *config;   /* NULL for "check", which reads it itself */
    struct db *db;           /* NULL for "check" and "network" */
    int status;              /* exit status if the command returns no error */
};

struct error *admin_check(struct admin *admin);
struct error *admin_signin(struct admin *admin);
struct error *admin_vms(struct admin *admin);
struct error *admin_orphans(struct admin *admin);
struct error *admin_mails(struct admin *admin);
struct error *admin_billing(struct admin *admin);
struct error *admin_stripe_setup(struct admin *admin);
struct error *admin_network(struct admin *admin);
struct error *admin_inbox(struct admin *admin);
struct error *admin_inbox_retry(struct admin *admin);
