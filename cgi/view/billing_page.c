/* The texts of the billing page; see billing_page.h. Read-only. */
#include "view/billing_page.h"

#include "base/array.h"
#include "base/date.h"
#include "base/limit.h"
#include "billing.html.h"
#include "billing.sql.h"
#include "billing_activity.sql.h"
#include "billing_cancel.html.h"
#include "billing_problem.sql.h"
#include "invoice.sql.h"
#include "main_constants.sql.h"
#include "model/billing_status.h"
#include "model/ledger_month.h"
#include "model/money.h"
#include "model/price.h"
#include "web/list_position.h"
#include "web/session.h"

#include <string.h>

/* Input of the texts for a status. */
struct standing {
    struct request *r;
    struct billing_get_row row;
    const char *open_amount; /* "A payment of €34.51": the unpaid amount, to begin a sentence */
    bool is_over;            /* the subscription, not the status */
};

static const char *date(const struct standing *standing, int64_t at)
{
    return date_plain(standing->r->arena, at);
}

/* Shared by trial and active: what happens after a cancellation, and when. */
static const char *cancel_words(const struct standing *standing, const char *last)
{
    return arena_printf(standing->r->arena,
                        "It ends on %s%s. VMs are stopped then and their disks are kept for %lld "
                        "more days. You can resume the plan until it ends.",
                        date(standing, standing->row.cancel_at), last,
                        (long long)standing->r->config->retention_days);
}

static void none_text(const struct standing *standing, struct billing_html *page)
{
    (void)standing;
    page->words = "With a plan, your team can create VMs.";
}

static void trial_text(const struct standing *standing, struct billing_html *page)
{
    const struct billing_get_row *row = &standing->row;

    page->words = arena_printf(standing->r->arena, "Everything is free until %s.",
                               date(standing, row->trial_end_at));
    page->next = row->cancel_at ? cancel_words(standing, ", and nothing is charged")
                                : "After that, usage is charged once a month. Cancel before then "
                                  "and you pay nothing.";
}

static void active_text(const struct standing *standing, struct billing_html *page)
{
    const struct billing_get_row *row = &standing->row;

    page->words = row->cancel_at         ? "Your plan is canceled."
                  : page->problems.count ? "Your plan needs attention."
                                         : NULL; /* the label says so */
    page->next = row->cancel_at
                     ? cancel_words(standing, ", with a final invoice for usage until "
                                              "then")
                     : arena_printf(standing->r->arena,
                                    "Your next invoice is on %s and covers usage until then.",
                                    date(standing, row->period_end_at));
}

static void past_due_text(const struct standing *standing, struct billing_html *page)
{
    const struct billing_get_row *row = &standing->row;
    const char *again = row->next_attempt_at
                            ? arena_printf(standing->r->arena, "Stripe tries again on %s. ",
                                           date(standing, row->next_attempt_at))
                            : "";

    page->is_late = true;
    page->words = arena_printf(standing->r->arena,
                               "%s has failed. Running VMs keep running and are billed; new VMs "
                               "can’t be created until the balance is paid.",
                               standing->open_amount);
    page->next = arena_printf(standing->r->arena, "%sIf it isn’t paid by %s, VMs are stopped.",
                              again, date(standing, row->until_at));
}

static void suspended_text(const struct standing *standing, struct billing_html *page)
{
    page->is_late = true;
    page->words = standing->is_over
                      ? "Your plan has ended, so VMs are stopped. Their disks are kept for now."
                      : arena_printf(standing->r->arena,
                                     "%s is overdue, so VMs are stopped. Their disks are kept "
                                     "for now.",
                                     standing->open_amount);
    page->next = arena_printf(standing->r->arena,
                              "On %s the VMs and their disks are destroyed. %s After that, VMs can "
                              "be started again.",
                              date(standing, standing->row.until_at),
                              standing->is_over ? "To keep them, subscribe again before then."
                                                : "To keep them, pay before then.");
}

static void ended_text(const struct standing *standing, struct billing_html *page)
{
    (void)standing;
    page->words = "Your plan has ended, and the team’s VMs were destroyed.";
    page->next = "You can subscribe again at any time.";
}

static const struct {
    const char *status;
    void (*fill)(const struct standing *standing, struct billing_html *page);
} texts[] = {
    { "none", none_text },         { "trial", trial_text },         { "active", active_text },
    { "past_due", past_due_text }, { "suspended", suspended_text }, { "ended", ended_text },
};

static const char *price(const struct standing *standing)
{
    const struct config *config = standing->r->config;
    struct arena *arena = standing->r->arena;

    return config->base_cents
               ? arena_printf(arena, "%s a month plus usage",
                              money_text(config, arena, config->base_cents, config->currency))
               : "You pay for usage, once a month";
}

static const char *offer(const struct standing *standing)
{
    const struct config *config = standing->r->config;
    struct arena *arena = standing->r->arena;
    const char *trial =
        config->trial_days && !standing->row.subscription_id
            ? arena_printf(arena, " The first %lld days are free.", (long long)config->trial_days)
            : "";

    return arena_printf(arena, "%s, at the listed prices. Cancel anytime.%s", price(standing),
                        trial);
}

/* What a team with a plan has used this month, and what it pays for. */
static struct error *usage_fill(const struct standing *standing, struct billing_html *page)
{
    struct request *r = standing->r;
    struct ledger_team team;
    int64_t millicents;
    struct error *e;

    if (!standing->row.subscription_id || standing->is_over)
        return NULL;
    e = ledger_team_read(r->db, r->arena, r->session->team_id, &team);
    if (!e)
        e = ledger_month_cost(r->db, r->arena, &team, date_month_start(r->now_at), &millicents);
    if (e)
        return e;
    page->usage = price_amount(r->config, r->arena, millicents);
    page->price = arena_printf(r->arena, "%s, at the listed prices.", price(standing));
    return NULL;
}

static void buttons_fill(const struct standing *standing, struct billing_html *page)
{
    const struct billing_get_row *row = &standing->row;
    bool has_one = row->subscription_id && !standing->is_over;
    bool is_late = strcmp(row->status, BILLING_STATUS_PAST_DUE) == 0 ||
                   strcmp(row->status, BILLING_STATUS_SUSPENDED) == 0;

    page->can_subscribe = !has_one;
    page->can_cancel = has_one && !row->cancel_at;
    page->can_resume = has_one && row->cancel_at;
    page->can_pay = has_one && is_late;
    page->has_portal = row->customer_id != NULL;
    page->is_again = row->subscription_id != NULL;
}

static struct error *invoices_fill(struct request *r, struct billing_html *page)
{
    static const char *const states[][3] = {
        { "open", "Due", "wait" },
        { "paid", "Paid", "kept" },
        { "void", "Void", "off" },
        { "uncollectible", "Uncollectible", "bad" },
    };
    struct invoice_list_rows rows;
    struct error *e =
        sql_invoice_list(r->db, r->arena, r->session->team_id, LIMIT_LIST_ROWS + 1, &rows);

    if (e)
        return e;
    page->has_more_invoices = list_cut(&rows.count);
    page->invoices.count = rows.count;
    page->invoices.row = arena_array(r->arena, rows.count, sizeof *page->invoices.row);
    for (size_t i = 0; i < rows.count; i++) {
        const struct invoice_list_row *row = &rows.row[i];
        struct billing_page_invoice *out = &page->invoices.row[i];

        *out = (struct billing_page_invoice){
            .id = row->id,
            .number = row->number ? row->number : row->id,
            .date = date_day(r->arena, row->created_at),
            .total = money_text(r->config, r->arena, row->total_cents, row->currency),
            .state = row->status,
            .chip = "off",
        };
        for (size_t k = 0; k < COUNT(states); k++) {
            if (strcmp(states[k][0], row->status) != 0)
                continue;
            out->state = states[k][1];
            out->chip = states[k][2];
        }
    }
    return NULL;
}

static struct error *standing_get(struct request *r, struct standing *standing, const char **due)
{
    struct invoice_unpaid_row unpaid;
    int64_t team_id = r->session->team_id;
    struct error *e = sql_billing_get(r->db, r->arena, team_id, &standing->row);

    standing->r = r;
    if (e && e->kind == ERROR_NOT_FOUND) {
        standing->row = (struct billing_get_row){ .status = "none" };
        e = NULL;
    }
    if (!e)
        e = sql_invoice_unpaid(r->db, r->arena, team_id, &unpaid);
    if (e)
        return e;
    standing->open_amount = "A payment";
    if (unpaid.remaining_cents) {
        *due = money_text(r->config, r->arena, unpaid.remaining_cents, r->config->currency);
        standing->open_amount = arena_printf(r->arena, "A payment of %s", *due);
    }
    standing->is_over = stripe_status_is_over(standing->row.stripe_status);
    return NULL;
}

static struct error *events_fill(struct request *r, struct billing_html *page)
{
    const struct billing_activity_list_row *last;
    struct list_position position;
    struct error *e = list_position_read(r, &position);

    if (!e)
        e = sql_billing_activity_list(r->db, r->arena, r->session->team_id, position.at,
                                      position.id, LIMIT_LIST_ROWS + 1, &page->events);
    if (e)
        return e;
    if (position.at != INT64_MAX)
        page->before = list_position_text(r->arena, position.at, position.id);
    if (list_cut(&page->events.count)) {
        last = &page->events.row[page->events.count - 1];
        page->older = list_position_text(r->arena, last->happened_at, last->id);
    }
    return NULL;
}

struct error *billing_page_fill(struct request *r, struct billing_html *page)
{
    const struct actor actor = session_actor(r);
    struct standing standing;
    struct error *e = db_read(r->db, r->arena);

    if (!e)
        e = standing_get(r, &standing, &page->due);
    if (!e)
        e = sql_billing_problem_owner_list(r->db, r->arena, r->session->team_id, &page->problems);
    if (e)
        return e;
    page->label = billing_status_label(standing.row.status);
    page->chip = billing_status_class(standing.row.status);
    page->offer = offer(&standing);
    page->is_owner = actor_is_owner(&actor);
    for (size_t i = 0; i < COUNT(texts); i++) {
        if (strcmp(texts[i].status, standing.row.status) == 0)
            texts[i].fill(&standing, page);
    }
    buttons_fill(&standing, page);
    e = usage_fill(&standing, page);
    if (!e && page->is_owner)
        e = invoices_fill(r, page);
    if (!e)
        e = events_fill(r, page);
    return e;
}

struct error *billing_cancel_fill(struct request *r, struct billing_cancel_html *page,
                                  bool *can_cancel)
{
    struct standing standing;
    const char *due;
    struct error *e = db_read(r->db, r->arena);
    const struct billing_get_row *row = &standing.row;

    if (!e)
        e = standing_get(r, &standing, &due);
    if (e)
        return e;
    *can_cancel = row->subscription_id && !standing.is_over && !row->cancel_at;
    page->is_trial = strcmp(row->status, BILLING_STATUS_TRIAL) == 0;
    page->end_day = date(&standing, page->is_trial ? row->trial_end_at : row->period_end_at);
    page->retention_days = r->config->retention_days;
    return NULL;
}
