/*
 * /webhooks/workos: what WorkOS tells us, verified and stored. What follows from it is worked out
 * by the worker. Holds the signing secrets of WorkOS, and reaches nothing but the inbox.
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
