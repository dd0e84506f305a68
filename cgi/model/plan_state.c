/* The life of a team's plan as one table; see plan_state.h. Knows no database and no Stripe. */
#include "model/plan_state.h"

#include <stddef.h>
#include <string.h>

static const struct plan_transition transitions[] = {
    { "none", PLAN_ON_TRIAL, "trial", PLAN_TRIAL_END, "trial began", NULL },
    { "none", PLAN_PAID, "active", PLAN_FOREVER, "subscription began", NULL },
    { "none", PLAN_LATE, "past_due", PLAN_GRACE, "payment late", NULL },
    { "none", PLAN_UNPAID, "suspended", PLAN_KEEP, "suspended", "suspended" },

    { "trial", PLAN_PAID, "active", PLAN_FOREVER, "subscription began", NULL },
    { "trial", PLAN_LATE, "past_due", PLAN_GRACE, "payment late", NULL },
    { "trial", PLAN_UNPAID, "suspended", PLAN_KEEP, "suspended", "suspended" },
    { "trial", PLAN_OVER, "suspended", PLAN_KEEP, "subscription ended", "suspended" },

    { "active", PLAN_ON_TRIAL, "trial", PLAN_TRIAL_END, "trial began", NULL },
    { "active", PLAN_LATE, "past_due", PLAN_GRACE, "payment late", NULL },
    { "active", PLAN_UNPAID, "suspended", PLAN_KEEP, "suspended", "suspended" },
    { "active", PLAN_OVER, "suspended", PLAN_KEEP, "subscription ended", "suspended" },

    { "past_due", PLAN_ON_TRIAL, "trial", PLAN_TRIAL_END, "payment in order again", NULL },
    { "past_due", PLAN_PAID, "active", PLAN_FOREVER, "payment in order again", NULL },
    { "past_due", PLAN_UNPAID, "suspended", PLAN_KEEP, "suspended", "suspended" },
    { "past_due", PLAN_OVER, "suspended", PLAN_KEEP, "subscription ended", "suspended" },
    { "past_due", PLAN_GRACE_OVER, "suspended", PLAN_KEEP, "suspended", "suspended" },

    /* Late changes nothing here: only money does, or time. */
    { "suspended", PLAN_ON_TRIAL, "trial", PLAN_TRIAL_END, "payment in order again", NULL },
    { "suspended", PLAN_PAID, "active", PLAN_FOREVER, "payment in order again", NULL },
    { "suspended", PLAN_KEEP_OVER, "ended", PLAN_FOREVER, "ended", NULL },

    { "ended", PLAN_ON_TRIAL, "trial", PLAN_TRIAL_END, "trial began", NULL },
    { "ended", PLAN_PAID, "active", PLAN_FOREVER, "subscription began", NULL },
};

/* Stripe's words; see https://docs.stripe.com/api/subscriptions/object#subscription_object-status
 */
static const struct {
    const char *status;
    enum plan_event event;
} statuses[] = {
    { "incomplete", PLAN_WAITS },        { "trialing", PLAN_ON_TRIAL }, { "active", PLAN_PAID },
    { "past_due", PLAN_LATE },           { "unpaid", PLAN_UNPAID },     { "paused", PLAN_UNPAID },
    { "incomplete_expired", PLAN_OVER }, { "canceled", PLAN_OVER },
};

static const struct {
    const char *plan, *label, *class_;
    const char *refusal[2]; /* by enum plan_deed */
} plans[] = {
    { "none",
      "No subscription",
      "off",
      { "Your team has no subscription yet. Subscribe on the billing page first.", NULL } },
    { "trial", "Trial", "on", { NULL, NULL } },
    { "active", "Active", "on", { NULL, NULL } },
    { "past_due",
      "Payment late",
      "wait",
      { "A payment is late. New VMs can be made once it is in order: see the billing page.",
        NULL } },
    { "suspended",
      "Suspended",
      "bad",
      { "The subscription is suspended. See the billing page for what to do.",
        "The subscription is suspended. See the billing page for what to do." } },
    { "ended",
      "Ended",
      "off",
      { "Your team’s subscription has ended. Subscribe again on the billing page first.",
        "Your team’s subscription has ended. Subscribe again on the billing page first." } },
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

const struct plan_transition *plan_transition_find(const char *plan, enum plan_event event)
{
    for (size_t i = 0; i < COUNT(transitions); i++) {
        if (transitions[i].event == event && strcmp(transitions[i].plan, plan) == 0)
            return &transitions[i];
    }
    return NULL;
}

enum plan_event plan_event_of(const char *status, bool *is_known)
{
    *is_known = true;
    for (size_t i = 0; i < COUNT(statuses); i++) {
        if (strcmp(statuses[i].status, status) == 0)
            return statuses[i].event;
    }
    *is_known = false;
    return PLAN_LATE;
}

bool plan_status_is_over(const char *status)
{
    bool is_known;

    return status && plan_event_of(status, &is_known) == PLAN_OVER;
}

static size_t plan_index(const char *plan)
{
    size_t i = 0;

    while (i < COUNT(plans) - 1 && strcmp(plans[i].plan, plan) != 0)
        i++;
    return i;
}

const char *plan_refusal(const char *plan, enum plan_deed deed)
{
    return plans[plan_index(plan)].refusal[deed];
}

const char *plan_label(const char *plan)
{
    return plans[plan_index(plan)].label;
}

const char *plan_class(const char *plan)
{
    return plans[plan_index(plan)].class_;
}
