/*
 * Goes through the steps of deletions (model/erasure.h). Each step asks a system, repeats what it
 * does until that has answered, and records its answer. A step can be executed again, so a worker
 * that is killed anywhere goes on with the step that is not recorded; steps are in order, so none
 * is left out.
 *
 * What the search looks for is taken before anything is deleted and is stored as hashes, in the
 * transaction that begins the sequence (model/byte_print.h): no text of the person outlives the
 * rows, and no kill can make the search look for less. The hashes go with its success.
 */
#pragma once

#include "worker/worker_context.h"

/*
 * Do what is due of all deletions. What fails is recorded with its step and tried again by the next
 * call; an error is the database's.
 */
struct error *erasure_run(struct worker_context *context);
