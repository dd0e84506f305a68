/*
 * Versions of images: the worker copies what the operator put into an image's folder to the store
 * (host/image_store.h), and new VMs get the newest complete build. VMs keep theirs.
 */
#pragma once

#include "worker/worker_context.h"

/* The small guest of "make guest", which the server also boots for purposes of its own. */
#define IMAGE_OWN "tiny"

/*
 * Store what is new in the folders of domicile.conf, note what is incomplete, and remove builds
 * that nothing uses. Reading a new build takes as long as copying it. Errors are the database's.
 */
struct error *image_versions_sync(const struct context *context);

/* The folder of a stored version; in the arena. */
const char *image_version_dir(struct arena *arena, const struct config *config, const char *id);

/*
 * Whether the stored files of version `id` are the recorded ones. CONFLICT, with a message, if they
 * are not: disks over them would be damaged by starting them. With `is_thorough` every byte is
 * read, else only if size, time or inode of a file differ.
 */
struct error *image_version_check(const struct context *context, const char *id, bool is_thorough);
