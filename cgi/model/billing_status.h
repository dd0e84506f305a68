/*
 * The life of a team's status as one table: in which status, on what Stripe says or time brings, to
 * which status, and what follows. Pages ask it for words and for what may be done.
 */
#pragma once

#include <stdbool.h>

enum billing_trigger {
    /* What Stripe's stripe_status of the subscription means. */
    BILLING_WAITS,    /* the first payment is not done yet */
    BILLING_ON_TRIAL, /* nothing is charged yet */
    BILLING_PAID,
    BILLING_LATE,   /* a payment failed and is tried again */
    BILLING_UNPAID, /* it is not tried again */
    BILLING_OVER,   /* this subscription has ended for good */

    /* What time brings. */
    BILLING_GRACE_OVER,
    BILLING_KEEP_OVER,
};

/* Until when the next status lasts by itself. */
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
    const char *note; /* what the billing page tells of it */
    const char *mail; /* kind of mail to the owners; NULL: none */
};

/* NULL: the status stays as it is. */
const struct billing_transition *billing_transition_find(const char *status,
                                                         enum billing_trigger event);

/* What a stripe_status means; one that nobody knows counts as late, and `*is_known` is false. */
enum billing_trigger billing_trigger_of(const char *stripe_status, bool *is_known);

/* Has a subscription of this stripe_status ended? That is final; NULL has not begun. */
bool stripe_status_is_over(const char *stripe_status);

/* What people want to do with VMs. */
enum billing_operation {
    BILLING_CREATE, /* a clone, too */
    BILLING_START,  /* whatever makes a VM run */
};

/* Why it cannot be done, for people; NULL when it can. */
const char *billing_disabled_reason(const char *status, enum billing_operation deed);

/* For the chip: "Active", and its class: on, off, wait, bad. */
const char *billing_status_label(const char *status);
const char *billing_status_class(const char *status);
