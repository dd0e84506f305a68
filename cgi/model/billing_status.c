/* The state machine of a team's billing status as one table; see billing_status.h. Uses neither the
 * database nor Stripe. */
#include "model/billing_status.h"

#include "base/array.h"
#include "main_constants.sql.h"

#include <stddef.h>
#include <string.h>

static const struct billing_transition transitions[] = {
    { BILLING_STATUS_NONE, BILLING_ON_TRIAL, BILLING_STATUS_TRIAL, BILLING_TRIAL_END,
      "Trial started", NULL },
    { BILLING_STATUS_NONE, BILLING_PAID, BILLING_STATUS_ACTIVE, BILLING_FOREVER,
      "Subscription started", NULL },
    { BILLING_STATUS_NONE, BILLING_LATE, BILLING_STATUS_PAST_DUE, BILLING_GRACE, "Payment past due",
      NULL },
    { BILLING_STATUS_NONE, BILLING_UNPAID, BILLING_STATUS_SUSPENDED, BILLING_KEEP, "Suspended",
      "suspended" },

    { BILLING_STATUS_TRIAL, BILLING_PAID, BILLING_STATUS_ACTIVE, BILLING_FOREVER,
      "Subscription started", NULL },
    { BILLING_STATUS_TRIAL, BILLING_LATE, BILLING_STATUS_PAST_DUE, BILLING_GRACE,
      "Payment past due", NULL },
    { BILLING_STATUS_TRIAL, BILLING_UNPAID, BILLING_STATUS_SUSPENDED, BILLING_KEEP, "Suspended",
      "suspended" },
    { BILLING_STATUS_TRIAL, BILLING_OVER, BILLING_STATUS_SUSPENDED, BILLING_KEEP,
      "Subscription ended", "suspended" },

    { BILLING_STATUS_ACTIVE, BILLING_ON_TRIAL, BILLING_STATUS_TRIAL, BILLING_TRIAL_END,
      "Trial started", NULL },
    { BILLING_STATUS_ACTIVE, BILLING_LATE, BILLING_STATUS_PAST_DUE, BILLING_GRACE,
      "Payment past due", NULL },
    { BILLING_STATUS_ACTIVE, BILLING_UNPAID, BILLING_STATUS_SUSPENDED, BILLING_KEEP, "Suspended",
      "suspended" },
    { BILLING_STATUS_ACTIVE, BILLING_OVER, BILLING_STATUS_SUSPENDED, BILLING_KEEP,
      "Subscription ended", "suspended" },

    { BILLING_STATUS_PAST_DUE, BILLING_ON_TRIAL, BILLING_STATUS_TRIAL, BILLING_TRIAL_END,
      "Payment recovered", NULL },
    { BILLING_STATUS_PAST_DUE, BILLING_PAID, BILLING_STATUS_ACTIVE, BILLING_FOREVER,
      "Payment recovered", NULL },
    { BILLING_STATUS_PAST_DUE, BILLING_UNPAID, BILLING_STATUS_SUSPENDED, BILLING_KEEP, "Suspended",
      "suspended" },
    { BILLING_STATUS_PAST_DUE, BILLING_OVER, BILLING_STATUS_SUSPENDED, BILLING_KEEP,
      "Subscription ended", "suspended" },
    { BILLING_STATUS_PAST_DUE, BILLING_GRACE_OVER, BILLING_STATUS_SUSPENDED, BILLING_KEEP,
      "Suspended", "suspended" },

    /* A late payment changes nothing here: only a payment does, or the passing of time. */
    { BILLING_STATUS_SUSPENDED, BILLING_ON_TRIAL, BILLING_STATUS_TRIAL, BILLING_TRIAL_END,
      "Payment recovered", NULL },
    { BILLING_STATUS_SUSPENDED, BILLING_PAID, BILLING_STATUS_ACTIVE, BILLING_FOREVER,
      "Payment recovered", NULL },
    { BILLING_STATUS_SUSPENDED, BILLING_KEEP_OVER, BILLING_STATUS_ENDED, BILLING_FOREVER, "Ended",
      NULL },

    { BILLING_STATUS_ENDED, BILLING_ON_TRIAL, BILLING_STATUS_TRIAL, BILLING_TRIAL_END,
      "Trial started", NULL },
    { BILLING_STATUS_ENDED, BILLING_PAID, BILLING_STATUS_ACTIVE, BILLING_FOREVER,
      "Subscription started", NULL },
};

/* Stripe's status values; see
 * https://docs.stripe.com/api/subscriptions/object#subscription_object-status */
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
      "No plan",
      "off",
      { "Your team has no plan yet. Subscribe on the billing page first.", NULL } },
    { BILLING_STATUS_TRIAL, "Trial", "on", { NULL, NULL } },
    { BILLING_STATUS_ACTIVE, "Active", "on", { NULL, NULL } },
    { "past_due",
      "Past due",
      "wait",
      { "A payment is past due. New VMs can’t be created until the balance is paid: see the "
        "billing page.",
        NULL } },
    { "suspended",
      "Suspended",
      "bad",
      { "Your team’s plan is suspended until the balance is paid: see the billing page.",
        "Your team’s plan is suspended until the balance is paid: see the billing page." } },
    { "ended",
      "Ended",
      "off",
      { "Your team’s plan has ended. Subscribe again on the billing page first.",
        "Your team’s plan has ended. Subscribe again on the billing page first." } },
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

const char *billing_disabled_reason(const char *status, enum billing_operation operation)
{
    return shown[status_index(status)].refusal[operation];
}

const char *billing_status_label(const char *status)
{
    return shown[status_index(status)].label;
}

const char *billing_status_class(const char *status)
{
    return shown[status_index(status)].class_;
}
