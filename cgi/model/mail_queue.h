/*
 * Outgoing mail: queued here by the code that handles the occasion; rendered and sent by the worker
 * (worker/mailer.c).
 */
#pragma once

#include "adapter/db.h"
#include "base/error.h"

#include <stdbool.h>

struct mail {
    /*
     * "signin_link", "new_signin", "payment_failed", "suspended", "vm_destroyed",
     * "promise_broken", "policy_change", "vm_look", "email_confirm", "email_approve",
     * "email_taken", "email_changed", "email_former", "request_extended", "request_answered",
     * "request_refused", "team_deletion", "vm_disk_look", "account_deletion", "account_closed",
     * "team_closed", "vm_stops_soon", "vm_ends_soon", "account_kept", "team_kept",
     * "invited", "role_changed", "member_removed", "passkey_added", "passkey_removed",
     * "passkey_refused", "access_requested", "account_suspended",
     * "account_restored", "key_added", "key_removed", "copy_downloaded", "spend_near",
     * "spend_full", "weekly_summary"
     */
    const char *kind;
    const char *to; /* e-mail */
    /* Deduplication key: queued only once within LIMIT_MAIL_KEEP_S. */
    const char *once;
    const char *amount; /* "€12.00"; this and all below: NULL or 0 if the kind does not use it */
    const char *vm_name, *browser, *url;
    const char
        *promise; /* of "promise_broken": "SENTENCE#ID SENTENCE#ID"; else a text of the kind's */
    const char *note; /* what the operator writes in it, who has closed the account, who invites,
                         a role, the names of SSH keys, a spending limit, or why the operator
                         suspends */
    int64_t request_number; /* of the request (rights_request.h) that it is about */
    const char *change_id; /* of the change of an address (email_change.h), of the invite, or of the
                              person whose summary it is (weekly.h) */
    bool is_transient;     /* its row is deleted once it was sent or has failed */
    int64_t at, until_at;
};

/*
 * Queue a mail for the worker to send. Needs an open write transaction. INPUT if `to` is not a
 * valid address; CONFLICT for an unknown kind.
 */
struct error *mail_queue(struct db *db, struct arena *arena, const struct mail *mail,
                         int64_t now_at);
