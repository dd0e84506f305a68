/*
 * /webhooks/stripe: verifies and stores events from Stripe; the worker processes them. Has Stripe's
 * signing secrets, and access to nothing but the inbox.
 */
#include "web/webhook_receiver.h"

#include <stddef.h>

int main(int argc, char **argv)
{
    static const struct webhook_receiver receiver = {
        .source = "stripe",
        .path = "/webhooks/stripe",
        /* Thin events (meter errors) come from an event destination with its own secret. */
        .secrets = { "stripe-webhook", "stripe-webhook-thin" },
        .type_key = "type",
        .signature = offsetof(struct request, stripe_signature),
        .is_signed = signature_stripe,
    };

    return webhook_receiver_serve(argc, argv, &receiver);
}
