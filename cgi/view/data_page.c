/* The inventory as its page shows it; see data_page.h. */
#include "view/data_page.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/text.h"
#include "data.html.h"
#include "model/inventory.h"
#include "view/recipient_list.h"

#include <string.h>

/* The words of declarations as people read them. */
static const struct word {
    const char *word, *text;
} words[] = {
    { "contract", "Contract" },
    { "legal", "Legal obligation" },
    { "interest", "Legitimate interest" },
    { "consent", "Consent" },
    { "none", "Not about a person" },
    { "account", "As long as the account exists" },
    { "destruction", "Until the VM is destroyed" },
    { "session", "Until the session ends" },
    { "forever", "As long as the server exists" },
    { "1 days", "1 day" },
    { "1 hours", "1 hour" },
};

static const char *word_text(const char *word)
{
    for (size_t i = 0; i < COUNT(words); i++) {
        if (strcmp(words[i].word, word) == 0)
            return words[i].text;
    }
    return word; /* "30 days" */
}

static bool is_alike(const struct inventory_column *a, const struct inventory_column *b)
{
    return strcmp(a->table, b->table) == 0 && strcmp(a->basis, b->basis) == 0 &&
           strcmp(a->keep, b->keep) == 0;
}

/* One line for all columns of a table with the rules of `columns[at]`, which is the first. */
static struct data_line line_of(struct request *r, const struct inventory *inventory, size_t at)
{
    const struct inventory_column *first = &inventory->columns[at];
    struct buf what = buf_new(r->arena, 1024);

    for (size_t i = at; i < inventory->count; i++) {
        const struct inventory_column *column = &inventory->columns[i];

        if (!is_alike(first, column))
            continue;
        buf_printf(&what, "%s%s: %s", what.length ? "; " : "", column->column, column->why);
    }
    return (struct data_line){
        .what = what.bytes,
        .basis = word_text(first->basis),
        .keep = word_text(inventory_keep(r->arena, r->config, first->keep)),
    };
}

static bool is_repeated(const struct inventory *inventory, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (is_alike(&inventory->columns[i], &inventory->columns[at]))
            return true;
    }
    return false;
}

/* ---- subjects ---- */

enum { MOST_TABLES = 19 };

static const struct subject {
    const char *name, *about, *tables[MOST_TABLES];
} subjects[] = {
    { "Your account and team",
      "Your email address, name and team, which policy changes and announcements you have seen, "
      "which emails you want, whether and why the admin suspended the account or team, and for a "
      "day "
      "the copies of your data. Kept as long as the account exists.",
      { "person", "team", "membership", "policy_ack", "announcement_seen", "export", "mail_off",
        "weekly_summary" } },
    { "Invites",
      "Who invited whom to an account or into which team, by an address or a link, for a week. The "
      "address may be of somebody who has no account here. Links are stored as hashes.",
      { "invite" } },
    { "Requests for access",
      "Who requested an account, and why. Kept until the admin answers, for 30 days at most.",
      { "access_request" } },
    { "Signing in",
      "Sessions, passkeys, sign-in links and browser names. Secrets are stored as hashes, of "
      "passkeys the public key alone. No IP addresses.",
      { "session", "passkey", "passkey_challenge", "signin_link", "email_change", "email_request",
        "known_browser", "workos_object", "rights_request" } },
    { "SSH keys",
      "Your public keys, and which VMs have them. Private keys are never stored.",
      { "ssh_key", "vm_key" } },
    { "VMs",
      "What you requested, and what the host reported. The contents of VMs are not recorded. "
      "Cloud-init user data is deleted once the VM has started, after a day at most.",
      { "vm", "vm_user_data", "snapshot", "job", "job_step" } },
    { "Activity",
      "What happened to VMs and accounts, when, and who did it. Each entry is part of a chain of "
      "hashes, so that a change of it is noticed.",
      { "activity", "audit_link", "audit_head" } },
    { "Metrics",
      "CPU, memory, disk and network use of each VM: per minute for a day, per 15 minutes for 30 "
      "days.",
      { "usage_minute", "usage_day" } },
    { "Costs and receipts",
      "Size and cost of each VM, invoices, and receipts of destroyed VMs. Kept for 7 years.",
      { "ledger", "ledger_sum", "ledger_day", "receipt", "receipt_part", "signed_receipt",
        "billing", "billing_activity", "billing_problem", "billing_request", "invoice",
        "usage_report" } },
    { "Deletion of accounts",
      "Which steps of a deletion are done, and its receipt. Nothing in it is about a person once "
      "it "
      "has ended.",
      { "erasure", "erasure_step", "erasure_team", "erasure_key", "erasure_print", "erasure_rest",
        "erasure_address" } },
    { "Email",
      "Recipient and subject of each email. Its content is deleted once it is sent.",
      { "mail" } },
    { "Webhook events",
      "Events from Stripe and WorkOS. Their content is deleted after processing.",
      { "event", "event_cursor", "inbox" } },
    { "Data sent to others",
      "A log of data sent to other services: when, to whom, for which team and which fields. "
      "Values are not logged.",
      { "outbound" } },
    { "The server itself",
      "Images, prices, hosts, promises, policies, announcements and request counts. No personal "
      "data.",
      { "image", "image_version", "price", "region_status", "orphan", "pool", "pool_vm", "promise",
        "probe", "about", "request_count", "source_count", "log_day", "policy_version",
        "policy_fact", "policy_unannounced", "signing_key", "audit_publication", "announcement" } },
};

static bool has_table(const struct subject *subject, const char *table)
{
    for (size_t i = 0; i < MOST_TABLES && subject->tables[i]; i++) {
        if (strcmp(subject->tables[i], table) == 0)
            return true;
    }
    return false;
}

/* The last one, "Other", is for tables that no subject has. */
static size_t subject_of(const char *table)
{
    size_t i = 0;

    while (i < COUNT(subjects) && !has_table(&subjects[i], table))
        i++;
    return i;
}

static struct data_subject_rows subjects_new(struct arena *arena, size_t most)
{
    struct data_subject_rows rows = { arena_array(arena, COUNT(subjects) + 1, sizeof *rows.row),
                                      COUNT(subjects) + 1 };

    for (size_t i = 0; i < rows.count; i++) {
        rows.row[i] = (struct data_subject){
            .name = i < COUNT(subjects) ? subjects[i].name : "Other",
            .about = i < COUNT(subjects) ? subjects[i].about : "",
            .groups.row = arena_array(arena, most, sizeof *rows.row[i].groups.row),
        };
    }
    return rows;
}

/* The columns of a table need not follow each other: some were added later. */
static struct data_group *group_find(struct arena *arena, struct data_group_rows *groups,
                                     const char *table, size_t most)
{
    struct data_group *group = groups->row;

    while (group < groups->row + groups->count && strcmp(group->name, table) != 0)
        group++;
    if (group == groups->row + groups->count) {
        *group = (struct data_group){ .name = table };
        group->lines.row = arena_array(arena, most, sizeof *group->lines.row);
        groups->count++;
    }
    return group;
}

static void inventory_add(struct request *r, const struct inventory *inventory,
                          struct data_subject_rows *rows)
{
    for (size_t i = 0; i < inventory->count; i++) {
        const char *table = inventory->columns[i].table;
        struct data_subject *subject = &rows->row[subject_of(table)];
        struct data_group *group = group_find(r->arena, &subject->groups, table, inventory->count);

        subject->columns++;
        if (!is_repeated(inventory, i))
            group->lines.row[group->lines.count++] = line_of(r, inventory, i);
    }
}

static struct data_line_rows files_of(struct request *r)
{
    struct data_line_rows files = { arena_array(r->arena, INVENTORY_FILE_COUNT, sizeof *files.row),
                                    INVENTORY_FILE_COUNT };

    for (size_t i = 0; i < INVENTORY_FILE_COUNT; i++) {
        const struct inventory_file *file = &INVENTORY_FILES[i];

        files.row[i] = (struct data_line){
            .what = arena_printf(r->arena, "%s: %s", file->patterns, file->why),
            .basis = word_text(file->basis),
            .keep = word_text(inventory_keep(r->arena, r->config, file->keep)),
        };
    }
    return files;
}

struct error *data_page_show(struct request *r)
{
    struct data_html page = {
        .subjects = subjects_new(r->arena, INVENTORY_MAIN.count),
        .files = files_of(r),
    };
    const struct data_subject *other = &page.subjects.row[COUNT(subjects)];
    struct error *e = recipient_list_fill(r, &page.recipients);

    if (e)
        return e;
    inventory_add(r, &INVENTORY_MAIN, &page.subjects);
    inventory_add(r, &INVENTORY_INBOX, &page.subjects);
    page.subjects.count -= other->columns == 0;
    r->frame.title = "Data inventory";
    html_data(&r->response.body, &r->frame, &page);
    return NULL;
}
