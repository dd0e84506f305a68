/*
 * Makes the copies of their data that people ask for (model/export.h). A copy is written from one
 * snapshot of the database into ID.zip.part, which gets its name when it is whole. A worker that is
 * killed makes it again from the start (sql_export_recover).
 */
#pragma once

#include "worker/worker_context.h"

/*
 * Make the copy that was requested first, if any; the file that it replaces is deleted before. What
 * fails is recorded, and told to the person; an error is of the database. Resets the context's
 * arenas.
 */
struct error *export_work(struct worker_context *context, bool *has_one);

/* All that were requested. */
struct error *export_round(struct worker_context *context);

/* Delete the files that no copy has any more: expired, replaced, of a deleted person, or half. */
struct error *export_files_remove(const struct context *context);
