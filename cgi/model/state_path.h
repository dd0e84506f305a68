/*
 * Where databases are in the state directory. Each is in a folder of its own, with the files that
 * SQLite puts beside it: a program that may write to one needs access to nothing else. Each webhook
 * receiver has its own inbox, so that none can forge events of another service.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stddef.h>

/* The services that send events: names of receivers and of their folders. */
enum { INBOX_STRIPE, INBOX_WORKOS, INBOX_COUNT };
extern const char *const INBOX_SOURCES[INBOX_COUNT];

const char *main_db_path(struct arena *arena, const char *state_dir); /* data/main.db */
const char *inbox_folder(struct arena *arena, const char *state_dir, const char *source);
const char *inbox_path(struct arena *arena, const char *state_dir, const char *source);

/*
 * Make the folders that are missing of those that programs write to, closed to other users: once
 * confined, nobody can.
 */
struct error *state_folders_make(struct arena *arena, const char *state_dir);
