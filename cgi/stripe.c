/*
 * /webhooks/stripe: what Stripe tells us, verified and stored. What follows from it is worked out
 * by the worker. Holds Stripe's signing secrets, and reaches nothing but the inbox.
 */
#include "web/webhook_receiver.h"

#include <stddef.h>

int main(int argc, char **argv)
{
    static const struct webhook_receiver receiver = {
        .source = "stripe",
        .path = "/webhooks/stripe",
        /* Thin events (meter errors) come from an event destination with a secret of its own. */
        .secrets = { "stripe-webhook", "stripe-webhook-thin" },
        .type_key = "type",
        .signature = offsetof(struct request, stripe_signature),
        .is_signed = signature_stripe,
    };

    return webhook_receiver_serve(argc, argv, &receiver);
}
