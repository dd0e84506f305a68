/*
 * A small world for tests of the worker: a state directory with configuration and database, a team
 * with a person and a key, and the same commands as the dashboard's.
 */
#pragma once

#include "model/vm_command.h"

#include "job.sql.h"
#include "vm.sql.h"

struct world {
    struct arena *arena;
    const char *state_dir;
    struct config *config;
    struct db *db;
    int64_t team_id, person_id;
    const char *key_id;
    struct actor actor; /* the person, as owner of the team */
    bool wants_agents;  /* new VMs have a guest agent */
};

/*
 * Create the database in `state_dir`, which must hold domicile.conf, unless it exists; open it, and
 * find or create the team. Any failure ends the process with a message.
 */
struct world *world_open(const char *state_dir);

/* Write a configuration of one region at `uri`, and create the directory for the socket. */
void world_configure(const char *state_dir, const char *uri);

/* A new directory below /tmp with such a configuration, and a key that signs. */
const char *world_folder(const char *uri);

/* Close the database and remove the directory. */
void world_close(struct world *world);

/* Ends the process when `e` is an error. */
void world_check(struct error *e, const char *what);

/* The context for rules of the model, at the current time. */
struct context world_context(struct world *world);

/* One command each, committed; returns the id of the new VM or of the new snapshot. */
const char *world_create(struct world *world, const char *name);
const char *world_create_in(struct world *world, const char *region, const char *name);
const char *world_clone(struct world *world, const char *name, const char *vm_id,
                        const char *snapshot_id);
struct error *world_ask(struct world *world, const char *vm_id, enum vm_trigger event,
                        const char *snapshot_id);
const char *world_snapshot(struct world *world, const char *vm_id);
void world_resize(struct world *world, const char *vm_id, const char *size);

/* The current state in the database. */
struct vm_get_row world_vm(struct world *world, const char *vm_id);
struct job_last_row world_job(struct world *world, const char *vm_id);

/* How often `what` has happened to the VM; the last one's detail in *detail, if not NULL. */
size_t world_events(struct world *world, const char *vm_id, const char *what, const char **detail);
