/*
 * A copy of a person's data: a ZIP file that the worker makes (worker/export.c) and that only this
 * person can download, for LIMIT_EXPORT_KEEP_S. One is under way at a time; a new one takes the
 * place of the last.
 */
#pragma once

#include "model/context.h"

/* A file of the ZIP, as its README lists it. */
struct export_file {
    const char *path;
    int64_t rows; /* 0: not a list of rows, or an empty one */
    int64_t bytes;
    const char *sha256; /* in hexadecimal */
};
struct export_file_rows {
    struct export_file *row;
    size_t count;
};

/* What was sent to others for one of the person's teams, or to the person ("Emails to you"). */
struct export_transfer {
    const char *subject, *host, *purpose, *fields;
    int64_t transfers, first_at, last_at;
};
struct export_transfer_rows {
    struct export_transfer *row;
    size_t count;
};

/* The file of a copy, and the folder of all of them. */
const char *export_path(struct arena *arena, const char *state_dir, const char *id);
const char *export_folder(struct arena *arena, const char *state_dir);

/* The path that nginx sends the file from (X-Accel-Redirect). */
const char *export_internal_path(struct arena *arena, const char *id);

/*
 * Request one, unless one is under way; `number` is of the request by mail that the
 * operator answers with it, 0 if the person asks.
 * `*refused_until`: of the person's within LIMIT_EXPORT_KEEP_S, LIMIT_EXPORTS were made or are
 * being made, or LIMIT_EXPORT_ATTEMPTS were tried; the next can be requested then. 0: not refused.
 * Needs an open write transaction.
 */
struct error *export_request(const struct context *context, int64_t person_id, int64_t number,
                             int64_t *refused_until);
