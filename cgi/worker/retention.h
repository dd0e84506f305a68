/*
 * Deletes data whose retention period is over: ended sessions, old sign-in links, usage, mails and
 * events, browsers not seen for a while, ledgers, receipts and billing records.
 */
#pragma once

#include "model/context.h"

/* Errors are the databases'. */
struct error *retention_run(const struct context *context);
