/* The life of a team's status as one table; see billing_status.h. Knows no database and no Stripe.
 */
#include "model/billing_status.h"

#include "base/array.h"

#include <stddef.h>
#include <string.h>

static const struct billing_transition transitions[] = {
    { "none", BILLING_ON_TRIAL, "trial", BILLING_TRIAL_END, "trial began", NULL },
    { "none", BILLING_PAID, "active", BILLING_FOREVER, "subscription began", NULL },
    { "none", BILLING_LATE, "past_due", BILLING_GRACE, "payment late", NULL },
    { "none", BILLING_UNPAID, "suspended", BILLING_KEEP, "suspended", "suspended" },

    { "trial", BILLING_PAID, "active", BILLING_FOREVER, "subscription began", NULL },
    { "trial", BILLING_LATE, "past_due", BILLING_GRACE, "payment late", NULL },
    { "trial", BILLING_UNPAID, "suspended", BILLING_KEEP, "suspended", "suspended" },
    { "trial", BILLING_OVER, "suspended", BILLING_KEEP, "subscription ended", "suspended" },

    { "active", BILLING_ON_TRIAL, "trial", BILLING_TRIAL_END, "trial began", NULL },
    { "active", BILLING_LATE, "past_due", BILLING_GRACE, "payment late", NULL },
    { "active", BILLING_UNPAID, "suspended", BILLING_KEEP, "suspended", "suspended" },
    { "active", BILLING_OVER, "suspended", BILLING_KEEP, "subscription ended", "suspended" },

    { "past_due", BILLING_ON_TRIAL, "trial", BILLING_TRIAL_END, "payment in order again", NULL },
    { "past_due", BILLING_PAID, "active", BILLING_FOREVER, "payment in order again", NULL },
    { "past_due", BILLING_UNPAID, "suspended", BILLING_KEEP, "suspended", "suspended" },
    { "past_due", BILLING_OVER, "suspended", BILLING_KEEP, "subscription ended", "suspended" },
    { "past_due", BILLING_GRACE_OVER, "suspended", BILLING_KEEP, "suspended", "suspended" },

    /* Late changes nothing here: only money does, or time. */
    { "suspended", BILLING_ON_TRIAL, "trial", BILLING_TRIAL_END, "payment in order again", NULL },
    { "suspended", BILLING_PAID, "active", BILLING_FOREVER, "payment in order again", NULL },
    { "suspended", BILLING_KEEP_OVER, "ended", BILLING_FOREVER, "ended", NULL },

    { "ended", BILLING_ON_TRIAL, "trial", BILLING_TRIAL_END, "trial began", NULL },
    { "ended", BILLING_PAID, "active", BILLING_FOREVER, "subscription began", NULL },
};

/* Stripe's words; see
 * https://docs.stripe.com/api/subscriptions/object#subscription_object-stripe_status
 */
static const struct {
    const char *stripe_status;
    enum billing_trigger event;
} statuses[] = {
    { "incomplete", BILLING_WAITS },
    { "trialing", BILLING_ON_TRIAL },
    { "active", BILLING_PAID },
    { "past_due", BILLING_LATE },
    { "unpaid", BILLING_UNPAID },
    { "paused", BILLING_UNPAID },
    { "incomplete_expired", BILLING_OVER },
    { "canceled", BILLING_OVER },
};

static const struct {
    const char *status, *label, *class_;
    const char *refusal[2]; /* by enum billing_operation */
} shown[] = {
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

const struct billing_transition *billing_transition_find(const char *status,
                                                         enum billing_trigger event)
{
    for (size_t i = 0; i < COUNT(transitions); i++) {
        if (transitions[i].event == event && strcmp(transitions[i].status, status) == 0)
            return &transitions[i];
    }
    return NULL;
}

enum billing_trigger billing_trigger_of(const char *stripe_status, bool *is_known)
{
    *is_known = true;
    for (size_t i = 0; i < COUNT(statuses); i++) {
        if (strcmp(statuses[i].stripe_status, stripe_status) == 0)
            return statuses[i].event;
    }
    *is_known = false;
    return BILLING_LATE;
}

bool stripe_status_is_over(const char *stripe_status)
{
    bool is_known;

    return stripe_status && billing_trigger_of(stripe_status, &is_known) == BILLING_OVER;
}

static size_t status_index(const char *status)
{
    size_t i = 0;

    while (i < COUNT(shown) - 1 && strcmp(shown[i].status, status) != 0)
        i++;
    return i;
}

const char *billing_disabled_reason(const char *status, enum billing_operation deed)
{
    return shown[status_index(status)].refusal[deed];
}

const char *billing_status_label(const char *status)
{
    return shown[status_index(status)].label;
}

const char *billing_status_class(const char *status)
{
    return shown[status_index(status)].class_;
}
