/*
 * Deletes data whose retention period is over: ended sessions, old sign-in links, usage, mails and
 * events, browsers not seen for a while, ledgers, receipts and billing records. What was deleted,
 * here or by a page, is then erased from the files.
 */
#pragma once

#include "model/context.h"

/* Errors are the databases'. */
struct error *retention_run(const struct context *context);

/* db_log_empty and db_compact of the main database. */
struct error *retention_log_empty(const struct context *context);
struct error *retention_compact(const struct context *context);
