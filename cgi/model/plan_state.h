/*
 * The life of a team's plan as one table: in which plan, on what Stripe says or time brings, to
 * which plan, and what follows. Pages ask it for words and for what may be done.
 */
#pragma once

#include <stdbool.h>

enum plan_event {
    /* What Stripe's status of the subscription means. */
    PLAN_WAITS,    /* the first payment is not done yet */
    PLAN_ON_TRIAL, /* nothing is charged yet */
    PLAN_PAID,
    PLAN_LATE,   /* a payment failed and is tried again */
    PLAN_UNPAID, /* it is not tried again */
    PLAN_OVER,   /* this subscription has ended for good */

    /* What time brings. */
    PLAN_GRACE_OVER,
    PLAN_KEEP_OVER,
};

/* Until when the next plan lasts by itself. */
enum plan_until {
    PLAN_FOREVER,
    PLAN_TRIAL_END,
    PLAN_GRACE, /* grace_days from now */
    PLAN_KEEP,  /* keep_days from now */
};

struct plan_transition {
    const char *plan; /* none trial active past_due suspended ended */
    enum plan_event event;
    const char *next;
    enum plan_until until;
    const char *note; /* what the billing page tells of it */
    const char *mail; /* kind of mail to the owners; NULL: none */
};

/* NULL: the plan stays as it is. */
const struct plan_transition *plan_transition_find(const char *plan, enum plan_event event);

/* What a status means; one that nobody knows counts as late, and `*is_known` is false. */
enum plan_event plan_event_of(const char *status, bool *is_known);

/* Has a subscription of this status ended? That is final; NULL has not begun. */
bool plan_status_is_over(const char *status);

/* What people want to do with VMs. */
enum plan_deed {
    PLAN_CREATE, /* a clone, too */
    PLAN_START,  /* whatever makes a VM run */
};

/* Why it cannot be done, for people; NULL when it can. */
const char *plan_refusal(const char *plan, enum plan_deed deed);

/* For the chip: "Active", and its class: on, off, wait, bad. */
const char *plan_label(const char *plan);
const char *plan_class(const char *plan);
