/*
 * The state machine of a team's billing status as one table: for each status and event (from Stripe
 * or a timer), the next status and its effects. Pages use it for labels and to find out what is
 * allowed.
 */
#pragma once

#include <stdbool.h>

enum billing_trigger {
    /* What Stripe's subscription status means. */
    BILLING_WAITS,    /* the first payment is not complete */
    BILLING_ON_TRIAL, /* nothing is charged yet */
    BILLING_PAID,
    BILLING_LATE,   /* a payment failed and will be retried */
    BILLING_UNPAID, /* it will not be retried */
    BILLING_OVER,   /* the subscription has ended for good */

    /* Timers. */
    BILLING_GRACE_OVER,
    BILLING_KEEP_OVER,
};

/* How long the next status lasts unless an event changes it. */
enum plan_until {
    BILLING_FOREVER,
    BILLING_TRIAL_END,
    BILLING_GRACE, /* grace_days from now */
    BILLING_KEEP,  /* retention_days from now */
};

struct billing_transition {
    const char *status; /* none trial active past_due suspended ended */
    enum billing_trigger event;
    const char *next;
    enum plan_until until;
    const char *note; /* note shown on the billing page */
    const char *mail; /* kind of mail sent to the owners; NULL: none */
};

/* NULL: the status does not change. */
const struct billing_transition *billing_transition_find(const char *status,
                                                         enum billing_trigger event);

/* The event for a stripe_status; an unknown value counts as late and sets `*is_known` to false. */
enum billing_trigger billing_trigger_of(const char *stripe_status, bool *is_known);

/* Whether a subscription with this stripe_status has ended, which is final. NULL: not started. */
bool stripe_status_is_over(const char *stripe_status);

/* VM operations that depend on the billing status. */
enum billing_operation {
    BILLING_CREATE, /* including a clone */
    BILLING_START,  /* anything that makes a VM run */
};

/* User-facing reason why the operation is not allowed; NULL if it is. */
const char *billing_disabled_reason(const char *status, enum billing_operation operation);

/* Label and CSS class of the status badge: "Active"; on, off, wait, bad. */
const char *billing_status_label(const char *status);
const char *billing_status_class(const char *status);
