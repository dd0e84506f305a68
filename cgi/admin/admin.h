/* Shared by the commands of domicile-admin. */
#pragma once

#include "adapter/config.h"
#include "adapter/db.h"
#include "model/audit.h"

struct admin {
    struct arena *arena;
    const char *state_dir; /* absolute */
    bool is_json;
    bool is_now;           /* "promises" measures first */
    bool is_dry;           /* "sweep" deletes nothing */
    const char *file;      /* which file "network" prints; NULL: the commands */
    const char *verify;    /* the record that "review" verifies; NULL: it makes one */
    bool is_disk;          /* "vm-look" shows the disk, not the console */
    const char *reason;    /* of "vm-look", "request-extend", "request-refuse", "suspend"; NULL: not
                              given */
    const char *kind;      /* what "request-add" is asked for; NULL: none was given */
    const char *received;  /* on which day; NULL: none was given */
    const char *how;       /* "request-answer" is answered; NULL: not given */
    const char *identity;  /* which of several accounts of an address; NULL: not given */
    const char *from;      /* the day from which "policy" announces changes; NULL: the first */
    const char *argument;  /* of the command; NULL: none */
    const char *second;    /* the one after it; NULL: none */
    struct config *config; /* NULL for "check", which reads it itself */
    struct db *db;         /* NULL for "check" and "network" */
    int status;            /* exit status if the command returns no error */
};

/* What must be open before a command runs. */
enum admin_need {
    NEEDS_NOTHING,
    NEEDS_CONFIG,  /* only: root may run it, too */
    NEEDS_READING, /* the configuration, and the database, read-only */
    NEEDS_WRITING,
};

/* clang-format off */
/* Every command, once: COMMAND(function, name, argument, what it does, what it needs). */
#define ADMIN_COMMANDS(COMMAND)                                                                    \
    COMMAND(admin_check, "check", NULL, "check that the installation is complete", NEEDS_NOTHING)  \
    COMMAND(admin_migrate, "migrate", NULL, "create the database, or upgrade it and its prices",   \
            NEEDS_NOTHING)                                                                         \
    COMMAND(admin_signin, "signin", "EMAIL", "print a single-use link that signs EMAIL in",        \
            NEEDS_WRITING)                                                                         \
    COMMAND(admin_account_close, "account-close", "EMAIL",                                         \
            "close the account of EMAIL, to be deleted after the days of the profile,\n"           \
            "                       and print the address of the page that shows its\n"            \
            "                       deletion; of several accounts of EMAIL that with\n"            \
            "                       --identity KEY",                                               \
            NEEDS_WRITING)                                                                         \
    COMMAND(admin_suspend, "suspend", "WHO",                                                       \
            "suspend the account of this address, or the team of this number, with\n"              \
            "                       --reason TEXT, which they read: VMs are stopped, nothing\n"    \
            "                       is deleted; of several accounts that with --identity KEY",     \
            NEEDS_WRITING)                                                                         \
    COMMAND(admin_restore, "restore", "WHO", "end the suspension", NEEDS_WRITING)                  \
    COMMAND(admin_account_email, "account-email", "OLD NEW",                                       \
            "change the address that OLD signs in with to NEW; both are told; of\n"               \
            "                       several accounts of OLD that with --identity KEY",             \
            NEEDS_WRITING)                                                                         \
    COMMAND(admin_request_add, "request-add", "EMAIL",                                             \
            "record a request about personal data that came by mail, with --kind copy,\n"          \
            "                       correct, restrict, object, delete or other, and --received\n"  \
            "                       DATE; print its number and the day on which it is due",        \
            NEEDS_WRITING)                                                                         \
    COMMAND(admin_request_list, "request-list", NULL,                                              \
            "list these requests and the days that are left", NEEDS_READING)                       \
    COMMAND(admin_request_extend, "request-extend", "N",                                           \
            "add two months, in the first one, with --reason TEXT; the person is told",            \
            NEEDS_WRITING)                                                                         \
    COMMAND(admin_request_answer, "request-answer", "N",                                           \
            "answer it with --how TEXT and do to the account what was requested: copy,\n"          \
            "                       restrict, object or delete; the person is told; of\n"         \
            "                       several accounts the one with --identity KEY",                 \
            NEEDS_WRITING)                                                                         \
    COMMAND(admin_request_refuse, "request-refuse", "N",                                           \
            "refuse it with --reason TEXT; the person is told, and where to complain",             \
            NEEDS_WRITING)                                                                         \
    COMMAND(admin_verify_receipt, "verify-receipt", "FILE",                                        \
            "verify a receipt, the ZIP file of its page",                                  \
            NEEDS_READING)                                                                         \
    COMMAND(admin_vms, "vms", NULL, "list all existing VMs", NEEDS_READING)                        \
    COMMAND(admin_vm_look, "vm-look", "ID",                                                        \
            "watch the console of a VM, for 15 minutes at most, with --reason\n"                   \
            "                       operate, abuse or law; its owners are told; with --disk,\n"    \
            "                       a shell that can read its disk",                               \
            NEEDS_WRITING)                                                                         \
    COMMAND(admin_orphans, "orphans", NULL, "list what is on hosts and belongs to no VM",          \
            NEEDS_READING)                                                                         \
    COMMAND(admin_inbox, "inbox", NULL, "list received webhook events and their state",            \
            NEEDS_READING)                                                                         \
    COMMAND(admin_inbox_retry, "inbox-retry", "ID", "retry a failed event, or \"all\"",            \
            NEEDS_WRITING)                                                                         \
    COMMAND(admin_mails, "mails", NULL, "list undelivered mail with the last error",               \
            NEEDS_READING)                                                                         \
    COMMAND(admin_promises, "promises", NULL,                                                      \
            "list what is promised about data, and whether it is kept; with --now,\n"             \
            "                       measure first. Exit status: 0 all are kept, 1 one is\n"        \
            "                       broken, 3 none is, but one is unknown",                        \
            NEEDS_READING)                                                                         \
    COMMAND(admin_sweep, "sweep", NULL,                                                            \
            "delete what is kept no longer, as the worker does every hour; with\n"                 \
            "                       --dry-run, list what is due",                                  \
            NEEDS_WRITING)                                                                         \
    COMMAND(admin_records, "records", NULL,                                                        \
            "print the record of processing: what is held, why, and who gets it",         \
            NEEDS_CONFIG)                                                                          \
    COMMAND(admin_counts, "counts", NULL,                                                          \
            "list how often pages and commands were requested, by ten teams or more", \
            NEEDS_READING)                                                                         \
    COMMAND(admin_review, "review", NULL,                                                          \
            "review the security of this server and store a signed record; with\n"                 \
            "                       --verify FILE, verify one",                                    \
            NEEDS_WRITING)                                                                         \
    COMMAND(admin_chain, "chain", NULL,                                                            \
            "print what the admin did, as JSON Lines for verify-chain",                            \
            NEEDS_READING)                                                                         \
    COMMAND(admin_verify_chain, "verify-chain", "FILE",                                            \
            "verify the activity of a team that was downloaded, or standard input\n"               \
            "                       (\"-\"). Exit status: 1 something is wrong",                   \
            NEEDS_READING)                                                                         \
    COMMAND(admin_policy, "policy", "ACTION",                                                      \
            "show: the policy in force, what is announced and what is not;\n"                      \
            "                       schedule: announce it, with --from DAY from that day;\n"      \
            "                       withdraw: withdraw what is announced",                         \
            NEEDS_WRITING)                                                                         \
    COMMAND(admin_billing, "billing", NULL, "list subscriptions and inconsistencies",              \
            NEEDS_READING)                                                                         \
    COMMAND(admin_stripe_setup, "stripe-setup", NULL, "create missing meter and prices at Stripe", \
            NEEDS_CONFIG)                                                                          \
    COMMAND(admin_nginx, "nginx", NULL, "print the proxies and networks for nginx.conf",           \
            NEEDS_READING)                                                                         \
    COMMAND(admin_network, "network", "REGION",                                                    \
            "print the setup for a region of qemu:///system, to be run by root:\n"                 \
            "                       --libvirt prints the network for \"virsh net-define\", "       \
            "--nft the\n"                                                                          \
            "                       firewall for \"nft -f\", without either, the commands to "    \
            "run;\n"                                                                               \
            "                       --dnsmasq and --nft print what \"make run\" needs for others", \
            NEEDS_CONFIG)                                                                          \
    COMMAND(admin_networks, "networks", NULL,                                                      \
            "list the regions whose network \"make run\" makes, with their ports",                \
            NEEDS_CONFIG)
/* clang-format on */

#define ADMIN_DECLARE(run, ...) struct error *run(struct admin *admin);
ADMIN_COMMANDS(ADMIN_DECLARE)

/*
 * Record in the operator's history what a command did; `person_id` is whom it was about, or 0. For
 * commands that need writing.
 */
struct error *admin_note(struct admin *admin, enum audit_action action, const char *detail,
                         int64_t person_id);

/* Measure this promise, or with NULL all of them, now and store what was found. */
struct error *admin_promises_measure(struct admin *admin, const char *id);
