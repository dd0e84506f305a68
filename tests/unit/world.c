/* The tests' world; see world.h. */
#include "world.h"

#include "adapter/crypto.h"
#include "adapter/subprocess.h"
#include "base/array.h"
#include "base/clock.h"
#include "model/price_store.h"
#include "model/state_path.h"
#include "model/worker_wakeup.h"
#include "web/session.h"
#include "worker/image_version.h"

#include "activity.sql.h"
#include "person.sql.h"
#include "snapshot.sql.h"
#include "ssh_key.sql.h"
#include "team.sql.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char key_line[] =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGxW1k2yKCkEFZ8mVmsGUkEzH9WvqBuKNpJfWG2SMkVr you@laptop";

void world_check(struct error *e, const char *what)
{
    if (!e)
        return;
    fprintf(stderr, "world: %s: %s\n", what, e->text);
    exit(1);
}

static const char configuration[] =
    "[server]\nname = Test\npublic_url = https://localhost:8443\noperator = operator@example.org\n"
    "[quota]\nvms = 100\nvcpus = 100\nmemory_mb = 100000\ndisk_gb = 1000\n"
    "[region local]\nlabel = Here\nuri = %s\naccelerator = tcg\nssh_ports = 22800-22899\n"
    "[size nano]\nlabel = Nano\nmemory_mb = 128\ndisk_gb = 1\n"
    "[size small]\nlabel = Small\nvcpus = 2\nmemory_mb = 256\ndisk_gb = 2\n"
    "[prices 2020-01-01]\nnano = 100\nsmall = 400\nstopped_disk_gb = 7\nsnapshot_gb = 3\n"
    "[image tiny]\nlabel = Tiny\nabout = Tiny\n"
    "[privacy]\ncontroller = Test\naddress = Here\ncountry = DE\n";

void world_configure(const char *state_dir, const char *uri)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof path, "%s/domicile.conf", state_dir);
    file = fopen(path, "we");
    if (!file || fprintf(file, configuration, uri) < 0 || fclose(file) != 0)
        world_check(error_new(arena_new(1000), ERROR_INTERNAL, "%m"), path);
    snprintf(path, sizeof path, "%s/worker", state_dir);
    mkdir(path, 0700);
}

static void file_put(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "we");

    if (!file || fputs(text, file) < 0 || fclose(file) != 0 || chmod(path, mode) < 0)
        world_check(error_new(arena_new(1000), ERROR_INTERNAL, "%m"), path);
}

const char *world_folder(const char *uri)
{
    static char folder[32];
    char path[64];

    snprintf(folder, sizeof folder, "/tmp/dw.XXXXXX");
    if (!mkdtemp(folder))
        world_check(error_new(arena_new(1000), ERROR_INTERNAL, "%m"), "mkdtemp");
    world_configure(folder, uri);
    snprintf(path, sizeof path, "%s/secrets", folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/secrets/signing-key", folder);
    file_put(path, "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n", 0400);
    return folder;
}

static void team_make(struct world *world)
{
    struct person_create_row person;
    struct team_create_row team;
    int64_t now = clock_now();

    world_check(sql_person_create(world->db, world->arena, "local:you@example.org",
                                  "you@example.org", "You", now, &person),
                "person");
    world_check(sql_team_create(world->db, world->arena, "Yours", &person.id, NULL, now, &team),
                "team");
    world_check(sql_team_join(world->db, world->arena, team.id, person.id, "owner", now), "member");
    world_check(sql_ssh_key_create(world->db, world->arena, team.id, crypto_id(world->arena),
                                   person.id, "laptop", "Ed25519", "SHA256:laptop", "you@laptop",
                                   key_line, NULL, now),
                "key");
}

/* An image whose files are older than any that is still being copied. */
static void image_make(struct world *world)
{
    static const char *const files[] = { "kernel", "initrd", "cmdline" };
    static const struct timespec old[] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
    const struct context context = world_context(world);
    const char *dir = world->config->images[0].dir;

    mkdir(arena_printf(world->arena, "%s/images", world->state_dir), 0700);
    if (mkdir(dir, 0700) == 0) {
        for (size_t i = 0; i < COUNT(files); i++) {
            const char *path = arena_printf(world->arena, "%s/%s", dir, files[i]);
            FILE *file = fopen(path, "we");

            if (!file || fprintf(file, "%s\n", files[i]) < 0 || fclose(file) != 0 ||
                utimensat(AT_FDCWD, path, old, 0) < 0)
                world_check(error_new(world->arena, ERROR_INTERNAL, "%m"), path);
        }
    }
    world_check(image_versions_sync(&context), "images");
}

struct world *world_open(const char *state_dir)
{
    struct arena *arena = arena_new(256 * 1024 * 1024);
    struct world *world = arena_alloc(arena, sizeof *world);
    const char *path = main_db_path(arena, state_dir);
    struct person_by_identity_row person;
    struct team_personal_row team;
    struct ssh_key_all_rows keys;
    int64_t before;

    world->arena = arena;
    world->state_dir = arena_copy(arena, state_dir);
    world_check(config_load(arena, world->state_dir, &world->config), "configuration");
    world_check(state_folders_make(arena, state_dir), "folders");
    world_check(db_migrate(arena, &DB_MAIN, path, &before), "migrate");
    for (size_t i = 0; i < INBOX_COUNT; i++)
        world_check(
            db_migrate(arena, &DB_INBOX, inbox_path(arena, state_dir, INBOX_SOURCES[i]), &before),
            "inbox");
    world_check(db_open(arena, &DB_MAIN, path, DB_READ_WRITE, &world->db), "open");
    world_check(prices_store(world->db, arena, world->config, clock_now()), "prices");
    if (sql_person_by_identity(world->db, arena, "local:you@example.org", &person))
        team_make(world);
    world_check(sql_person_by_identity(world->db, arena, "local:you@example.org", &person),
                "person");
    world_check(sql_team_personal(world->db, arena, person.id, &team), "team");
    world_check(sql_ssh_key_all(world->db, arena, team.id, &keys), "keys");
    world->person_id = person.id;
    world->team_id = team.id;
    world->key_id = keys.row[0].id;
    world->actor =
        (struct actor){ .team_id = team.id, .person_id = person.id, .role = MEMBERSHIP_ROLE_OWNER };
    world_check(worker_wakeup_connect(arena, world->config), "wake");
    image_make(world);
    return world;
}

void world_close(struct world *world)
{
    const char *const arguments[] = { "rm", "-rf", world->state_dir, NULL };

    db_close(world->db);
    world_check(command_run(world->arena, arguments), "rm");
}

/* ---- commands ---- */

struct context world_context(struct world *world)
{
    return context_at(world->db, world->arena, world->config, clock_now_ms());
}

/* Like serve(): commit and wake the worker, or roll back. */
static struct error *end(struct world *world, struct error *e)
{
    if (!e)
        e = db_commit(world->db, world->arena);
    db_rollback(world->db);
    if (!e)
        worker_wakeup_send();
    return e;
}

static const char *create(struct world *world, const struct config_region *region, const char *name,
                          const struct vm_get_row *source, const char *snapshot_id)
{
    const struct context context = world_context(world);
    const struct vm_new vm = {
        .name = name,
        .region = region,
        .image = &world->config->images[0],
        .size = &world->config->sizes[0],
        .key_ids = &world->key_id,
        .key_count = 1,
        .internet.mode = VM_INTERNET_ON,
        .has_agent = world->wants_agents,
        .source = source,
        .source_snapshot_id = snapshot_id,
    };
    const char *id;
    struct error *e = db_begin(world->db, world->arena);

    if (!e)
        e = vm_command_create(&context, &world->actor, &vm, &id);
    world_check(end(world, e), "create");
    return id;
}

const char *world_create(struct world *world, const char *name)
{
    return create(world, &world->config->regions[0], name, NULL, NULL);
}

const char *world_create_in(struct world *world, const char *region, const char *name)
{
    return create(world, config_region_find(world->config, region), name, NULL, NULL);
}

const char *world_clone(struct world *world, const char *name, const char *vm_id,
                        const char *snapshot_id)
{
    struct vm_get_row source = world_vm(world, vm_id);

    return create(world, &world->config->regions[0], name, &source, snapshot_id);
}

struct error *world_ask(struct world *world, const char *vm_id, enum vm_trigger event,
                        const char *snapshot_id)
{
    const struct context context = world_context(world);
    struct error *e = db_begin(world->db, world->arena);

    if (!e)
        e = vm_command_send(&context, &world->actor, vm_id, event, snapshot_id);
    return end(world, e);
}

const char *world_snapshot(struct world *world, const char *vm_id)
{
    const struct context context = world_context(world);
    struct snapshot_list_rows snapshots;
    struct error *e = db_begin(world->db, world->arena);

    if (!e)
        e = vm_command_snapshot(&context, &world->actor, vm_id, crypto_id(world->arena));
    world_check(end(world, e), "snapshot");
    world_check(
        sql_snapshot_list(world->db, world->arena, world->team_id, vm_id, "", "", &snapshots),
        "list");
    for (size_t i = 0; i < snapshots.count; i++) {
        if (strcmp(snapshots.row[i].state, SNAPSHOT_STATE_TAKING) == 0)
            return snapshots.row[i].id;
    }
    return NULL;
}

void world_resize(struct world *world, const char *vm_id, const char *size)
{
    const struct context context = world_context(world);
    struct error *e = db_begin(world->db, world->arena);

    if (!e)
        e = vm_command_resize(&context, &world->actor, vm_id,
                              config_size_find(world->config, size));
    world_check(end(world, e), "resize");
}

/* ---- queries ---- */

struct vm_get_row world_vm(struct world *world, const char *vm_id)
{
    struct vm_get_row vm;

    world_check(sql_vm_get(world->db, world->arena, world->team_id, vm_id, &vm), "vm");
    return vm;
}

struct job_last_row world_job(struct world *world, const char *vm_id)
{
    struct job_last_row job;

    world_check(sql_job_last(world->db, world->arena, world->team_id, vm_id, &job), "job");
    return job;
}

size_t world_events(struct world *world, const char *vm_id, const char *what, const char **detail)
{
    struct activity_of_vm_rows events;
    size_t count = 0;

    world_check(sql_activity_of_vm(world->db, world->arena, world->team_id, vm_id, INT64_MAX, "",
                                   1000, &events),
                "events");
    for (size_t i = 0; i < events.count; i++) {
        if (strcmp(events.row[i].what, what) != 0)
            continue;
        if (!count++ && detail)
            *detail = events.row[i].detail;
    }
    return count;
}
