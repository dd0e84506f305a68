/*
 * /webhooks/workos: verifies and stores events from WorkOS; the worker processes them. Has the
 * signing secrets of WorkOS, and access to nothing but the inbox.
 */
#include "web/webhook_receiver.h"

#include <stddef.h>

int main(int argc, char **argv)
{
    static const struct webhook_receiver receiver = {
        .source = "workos",
        .path = "/webhooks/workos",
        .secrets = { "workos-webhook" },
        .type_key = "event",
        .signature = offsetof(struct request, workos_signature),
        .is_signed = signature_workos,
    };

    return webhook_receiver_serve(argc, argv, &receiver);
}
