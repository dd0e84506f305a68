/*
 * The store of images: each build in a folder named after the hash of its files, read-only. A disk
 * that lies over such a build depends on every byte of it, so a build is never changed: a new one
 * is stored beside it.
 *
 * An image is complete with kernel, initrd and cmdline, with a bootable disk.qcow2, or with all
 * four.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A text that changes whenever a file of the image in `dir` is written, replaced or removed: size,
 * modification time and inode of each. `*newest_at` is the latest modification; it may be NULL.
 * INPUT, with what is missing, unless the image is complete.
 */
struct error *image_store_stamp(struct arena *arena, const char *dir, const char **out,
                                int64_t *newest_at);

/*
 * Whether the image in `dir` is being built: `*ready_at`, when it will be ready at about (0: it is
 * not). INPUT: the build failed, and why (guest/image_build.sh).
 */
struct error *image_store_progress(struct arena *arena, const char *dir, int64_t *ready_at);

/*
 * Whether guests of the image in `dir` can wait for their seed (driver_waits): its command line
 * says so, as those of guest/guest.sh and guest/image.sh do. cloud-init cannot.
 */
bool image_store_waits(struct arena *arena, const char *dir);

/*
 * Whether guests of the image in `dir` apply cloud-init user data: those that cloud-init sets up
 * do, and those whose command line says so (guest/image.sh).
 */
bool image_store_takes_user_data(struct arena *arena, const char *dir);

/*
 * Whether guests of the image in `dir` have a guest agent that changes SSH keys and does nothing
 * else, as its command line says (guest/image.sh).
 */
bool image_store_has_agent(struct arena *arena, const char *dir);

/* SHA-256 of the files' names and contents, as 64 hexadecimal digits. Errors as above. */
struct error *image_store_hash(struct arena *arena, const char *dir, const char **out);

/* The folder of a build: "STORE/HASH". In the arena. */
const char *image_store_dir(struct arena *arena, const char *store, const char *hash);

/*
 * Copy the image in `source` into the store; `*hash` names it. If it is stored already and intact,
 * nothing changes. Durable on return. INPUT: the image is incomplete, or its disk.qcow2 is not a
 * qcow2 file or depends on another file. UPSTREAM: it cannot be copied.
 */
struct error *image_store_add(struct arena *arena, const char *store, const char *source,
                              const char **hash);

/* The hashes of all builds in the store, whole or not; none if there is no store yet. */
struct error *image_store_list(struct arena *arena, const char *store, const char ***out,
                               size_t *count);

/* Remove a build; absent: nothing. */
struct error *image_store_remove(struct arena *arena, const char *store, const char *hash);
