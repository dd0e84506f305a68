/*
 * The history: what happened in a team, and what the operator of the server did. The activity pages
 * read it, and what is over stands in a chain of hashes (audit_chain.h). An entry is written in the
 * transaction of what it reports; SQLite's write lock makes that the only writer of its chain.
 *
 * An entry is open until its job ends; it has its place in the chain from then on and is never
 * changed again. It holds ids, codes and titles, never contents. What a person does to their
 * account is in the history of their personal team.
 */
#pragma once

#include "model/actor.h"
#include "model/context.h"

enum { AUDIT_OPERATOR = 0 }; /* the team of the operator's own history */

/* clang-format off */
/* What is recorded beside the jobs of VMs, whose code is their kind: ACTION(name, code, title). */
#define AUDIT_ACTIONS(ACTION)                                                                      \
    ACTION(VM_RENAME, "rename", "Renamed")                                                         \
    ACTION(VM_LIFE, "life", "Automatic stop or destruction changed")                               \
    ACTION(VM_SCHEDULE, "schedule", "Schedule changed")                                            \
    ACTION(VM_LABELS, "labels", "Project, tags or note changed")                                   \
    ACTION(VM_KEEP, "keep", "Kept running")                                                        \
    ACTION(VM_INTERNET, "internet", "Internet access changed")                                     \
    ACTION(VM_KEY_ADD, "vm_key_add", "SSH key to be added at the next start")                      \
    ACTION(VM_KEY_REMOVE, "vm_key_remove", "SSH key to be removed at the next start")              \
    ACTION(VM_KEY_WITHDRAW, "vm_key_remove", "SSH key no longer to be added")                      \
    ACTION(VM_USER_DATA, "user_data", "Created with cloud-init user data")                         \
    ACTION(VM_KEYS_TAKEN, "vm_keys_taken", "SSH keys of the VM changed")                           \
    ACTION(VM_KEYS_AGENT, "vm_keys_agent", "Guest agent did not change the SSH keys")             \
    ACTION(VM_AGENT_ON, "vm_agent", "Guest agent allowed from the next start")                    \
    ACTION(VM_AGENT_OFF, "vm_agent", "Guest agent off from the next start")                       \
    ACTION(VM_REPORT, "report", "Changed")                                                         \
    ACTION(VM_PORT, "port", "SSH port changed")                                                    \
    ACTION(VM_REMAINS, "remains", "Remains removed")                                               \
    ACTION(VM_LOOK, "look", "Console viewed by the admin")                                         \
    ACTION(VM_LOOK_END, "look_end", "Console view by the admin ended")                             \
    ACTION(VM_DISK_LOOK, "disk_look", "Disk viewed by the admin")                                  \
    ACTION(VM_DISK_LOOK_END, "disk_look_end", "Disk view by the admin ended")                      \
    ACTION(SIGN_IN, "sign_in", "Signed in")                                                        \
    ACTION(SIGN_IN_REFUSED, "sign_in", "Sign-in refused")                                          \
    ACTION(SIGN_OUT, "sign_out", "Signed out")                                                     \
    ACTION(SESSION_END, "session_end", "Session signed out")                                       \
    ACTION(SESSIONS_END, "sessions_end", "Signed out of all other sessions")                       \
    ACTION(MEMBER_ADD, "member_add", "Member added")                                               \
    ACTION(MEMBER_ROLE, "member_role", "Role changed")                                             \
    ACTION(MEMBER_REMOVE, "member_remove", "Member removed")                                       \
    ACTION(MEMBER_LEAVE, "member_leave", "Left the team")                                          \
    ACTION(INVITE, "invite", "Invited")                                                            \
    ACTION(INVITE_REVOKE, "invite_revoke", "Invite revoked")                                       \
    ACTION(TEAM_MAKE, "team_make", "Team created")                                                 \
    ACTION(PERSON_RENAME, "person_rename", "Name changed")                                         \
    ACTION(PASSKEY_ADD, "passkey_add", "Passkey added")                                            \
    ACTION(PASSKEY_RENAME, "passkey_rename", "Passkey renamed")                                    \
    ACTION(PASSKEY_REMOVE, "passkey_remove", "Passkey removed")                                    \
    ACTION(PASSKEY_COPIED, "passkey_copied", "Passkey refused, it may have been copied")           \
    ACTION(EMAIL_REQUEST, "email_request", "Change of the email address requested")                \
    ACTION(EMAIL_CANCEL, "email_cancel", "Change of the email address cancelled")                  \
    ACTION(EMAIL_CHANGE, "email_change", "Email address changed")                                  \
    ACTION(TEAM_RENAME, "team_rename", "Team renamed")                                             \
    ACTION(STATISTICS, "statistics", "Choice about statistics changed")                            \
    ACTION(STATISTICS_OFF, "statistics", "No longer counted in statistics")                        \
    ACTION(CHARTS_OFF, "charts", "Usage charts turned off")                                        \
    ACTION(CHARTS, "charts", "Choice about usage charts changed")                                  \
    ACTION(RESTRICTION, "restriction", "Account restricted")                                       \
    ACTION(RESTRICTION_END, "restriction_end", "Restriction of the account ended")                 \
    ACTION(COPY, "copy", "Copy of the account\u2019s data requested")                              \
    ACTION(COPY_FILE, "copy_file", "Copy of the account\u2019s data downloaded")                   \
    ACTION(DELETION, "deletion", "Deletion of the account requested")                              \
    ACTION(DELETION_FINAL, "deletion_final", "Deletion can no longer be undone")                   \
    ACTION(DELETION_UNDO, "deletion_undo", "Deletion of the account undone")                       \
    ACTION(TEAM_DELETION, "team_deletion", "Deletion of the team requested")                       \
    ACTION(TEAM_DELETION_UNDO, "team_deletion_undo", "Deletion of the team undone")                \
    ACTION(POLICY_ACK, "policy_ack", "Change of the policies acknowledged")                        \
    ACTION(KEY_ADD, "key_add", "SSH key added")                                                    \
    ACTION(KEY_RENAME, "key_rename", "SSH key renamed")                                            \
    ACTION(KEY_DELETE, "key_delete", "SSH key deleted")                                            \
    ACTION(KEY_GONE, "key_gone", "Deleted SSH key searched for on the server")                     \
    ACTION(CAP, "cap", "Spending limit changed")                                                   \
    ACTION(SPEND_NEAR, "spend_near", "80% of the spending limit used")                             \
    ACTION(SPEND_FULL, "spend_full", "Spending limit reached")                                     \
    ACTION(NOTICES, "notices", "Email notifications changed")                                      \
    ACTION(COST_FILE, "cost_file", "Costs downloaded")                                             \
    ACTION(ACTIVITY_FILE, "activity_file", "Activity downloaded")                                  \
    ACTION(BILLING, "billing", "Billing requested")                                                \
    ACTION(EVENT_RETRY, "event_retry", "Events retried")                                           \
    ACTION(ADMIN_PAGE, "admin_page", "Admin page opened")                                          \
    ACTION(ACCESS_DECLINE, "access_decline", "Request for access deleted")                         \
    ACTION(ADMIN_PERSON, "admin_person", "Account viewed by the admin")                            \
    ACTION(ADMIN_TEAM, "admin_team", "Team viewed by the admin")                                   \
    ACTION(ADMIN_STOP, "admin_stop", "VM stopped by the admin")                                    \
    ACTION(SUSPENSION, "suspension", "Account suspended by the admin")                             \
    ACTION(SUSPENSION_END, "suspension_end", "Account restored by the admin")                      \
    ACTION(TEAM_SUSPENSION, "team_suspension", "Team suspended by the admin")                      \
    ACTION(TEAM_SUSPENSION_END, "team_suspension_end", "Team restored by the admin")               \
    ACTION(QUOTA, "quota", "Quota changed by the admin")                                           \
    ACTION(ACCOUNT_INVITE, "account_invite", "Account offered by invite")                          \
    ACTION(ANNOUNCEMENT, "announcement", "Announcement published")                                 \
    ACTION(ANNOUNCEMENT_EDIT, "announcement_edit", "Announcement changed")                         \
    ACTION(ANNOUNCEMENT_END, "announcement_end", "Announcement ended")                             \
    ACTION(ANNOUNCEMENT_DELETE, "announcement_delete", "Announcement deleted")                     \
    ACTION(REQUEST_ADD, "request_add", "Request about personal data recorded")                     \
    ACTION(REQUEST_EXTEND, "request_extend", "Request about personal data extended")               \
    ACTION(REQUEST_ANSWER, "request_answer", "Request about personal data answered")               \
    ACTION(REQUEST_REFUSE, "request_refuse", "Request about personal data refused")                \
    ACTION(REVIEW, "review", "Security reviewed")                                                  \
    ACTION(POLICY_SCHEDULE, "policy_schedule", "Change of the policies announced")                 \
    ACTION(POLICY_WITHDRAW, "policy_withdraw", "Announced change of the policies withdrawn")       \
    ACTION(SIGNIN_LINK, "signin_link", "Sign-in link made by the admin")
/* clang-format on */

#define AUDIT_DECLARE(name, code, title) AUDIT_##name,
enum audit_action { AUDIT_ACTIONS(AUDIT_DECLARE) AUDIT_ACTION_COUNT };

struct audit_entry {
    int64_t team_id; /* whose history; AUDIT_OPERATOR: the operator's */
    enum audit_action action;
    const char *vm_id;  /* NULL: it is about no VM */
    const char *object; /* id of what else it is about; may be NULL */
    const char *what;   /* the title; NULL: the action's */
    const char *detail; /* a line below it, e.g. the cause; may be NULL */
    int64_t person_id;  /* who did it; 0: the software itself */
    bool by_operator;   /* by the operator's command; then `person_id` is whom it was about */
    bool by_system;     /* by the software itself, and the same */
    bool is_refused;
};

/*
 * Add what has happened, in an open write transaction. Nothing is added about a VM whose record has
 * been deleted.
 */
struct error *audit_add(const struct context *context, const struct audit_entry *entry);

/* The same, in the history of the personal team of `entry->person_id`. */
struct error *audit_add_personal(const struct context *context, const struct audit_entry *entry);

/* The line below what was done in answer to a request by mail: "Request 3 by email"; NULL for 0. */
const char *audit_request_detail(struct arena *arena, int64_t number);

/* Whether the same has not been done to the same object in the last hour. */
struct error *audit_is_new(const struct context *context, const struct audit_entry *entry,
                           bool *out);

/* A job of a VM was requested, which ends with audit_end_job() or audit_drop_jobs(). */
struct audit_job {
    const char *id, *kind, *vm_id;
    const char *what, *detail;
};
struct error *audit_begin_job(const struct context *context, const struct actor *actor,
                              const struct audit_job *job);

/* How it ended. Without a new detail it keeps its own. `*found`: it had an open entry. */
struct audit_end {
    int64_t team_id, job_number;
    const char *what, *detail;
    const int64_t *took_ms; /* NULL: it failed */
};
struct error *audit_end_job(const struct context *context, const struct audit_end *end,
                            bool *found);

/* Those jobs of a VM that were dropped are over. */
struct error *audit_drop_jobs(const struct context *context, int64_t team_id, const char *vm_id);

/*
 * Give all that is over its place: of entries that were written before there were chains. In
 * transactions of its own; can be repeated. The error is the first of a team; the others have got
 * theirs.
 */
struct error *audit_adopt(const struct context *context);

/*
 * Erase a person from the entries: their number and what ties it to the chain. To be called before
 * the person is deleted, in an open write transaction; the chains stay valid.
 */
struct error *audit_forget_person(const struct context *context, int64_t person_id);
