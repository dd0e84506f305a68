/* Keys and name of a VM that was changed; see job_setup.h. */
#include "worker/job_setup.h"

#include "adapter/crypto.h"
#include "model/audit.h"

#include "vm_key.sql.h"

enum { ATTEMPTS = 5 };

static struct error *keys_read(struct job *job, const char *const **lines, size_t *count)
{
    struct vm_key_list_rows keys;
    const char **found;
    struct error *e =
        sql_vm_key_list(job->context->db, job->arena, job->row.team_id, job->vm.id, &keys);

    if (e)
        return e;
    found = arena_array(job->arena, keys.count + 1, sizeof *found);
    *count = 0;
    for (size_t i = 0; i < keys.count; i++) {
        /* Of a deleted account's key the line is not known. */
        if (!keys.row[i].is_removed && *keys.row[i].public_line)
            found[(*count)++] = keys.row[i].public_line;
    }
    *lines = found;
    return NULL;
}

struct error *job_setup_contents(struct job *job, struct driver_seed *out)
{
    const struct config_image *image = config_image_find(job->context->config, job->vm.image);
    struct db *db = job->context->db;
    struct vm_for_worker_row vm;
    struct error *e;

    /* Only that knows the user. */
    if (!image)
        return error_refuse(job->arena, ERROR_CONFLICT, "image_removed", NULL,
                            "its image is not in domicile.conf any more, so its keys and name "
                            "can\u2019t be changed");
    e = db_read(db, job->arena);
    if (!e)
        e = sql_vm_for_worker(db, job->arena, job->vm.id, &vm);
    if (!e)
        e = keys_read(job, &out->ssh_keys, &out->ssh_key_count);
    db_rollback(db);
    if (e)
        return e;
    job->vm.setup_wanted = vm.setup_wanted;
    job->vm.setup_seeded = vm.setup_wanted;
    out->instance_id = arena_printf(job->arena, "%s-%s", vm.id, crypto_id(job->arena));
    out->host_name = vm.name;
    out->user_name = image->user;
    return NULL;
}

static bool is_pending(const struct job *job)
{
    return job->vm.setup_wanted > job->vm.setup_taken;
}

/* Committed before the guest starts: from then on it may have what is in the seed, whoever is
 * killed. */
static struct error *seeded_commit(struct job *job)
{
    struct db *db = job->context->db;
    struct error *e = db_begin(db, job->arena);

    if (!e)
        e = sql_vm_setup_seeded(db, job->arena, job->vm.id, job->vm.setup_seeded);
    if (!e)
        e = db_commit(db, job->arena);
    db_rollback(db);
    return e;
}

struct error *job_setup_seed(struct job *job)
{
    struct driver_seed seed = { .script = NULL };
    enum driver_power power;
    struct error *e;

    if (!is_pending(job))
        return NULL;
    e = driver_power(job->driver, job->arena, job->vm.id, &power);
    /* A guest that runs has read what there was at its start. */
    if (e || power != DRIVER_STOPPED)
        return e;
    e = job_setup_contents(job, &seed);
    if (!e)
        e = driver_seed_write(job->driver, job->arena, &job->wanted, &seed);
    return e ? e : seeded_commit(job);
}

struct error *job_setup_created(struct job *job)
{
    struct db *db = job->context->db;
    struct error *e = sql_vm_setup_seeded(db, job->arena, job->vm.id, job->vm.setup_seeded);

    if (!e)
        e = sql_vm_setup_taken(db, job->arena, job->vm.id);
    return e ? e : sql_vm_key_delete_taken(db, job->arena, job->vm.id);
}

/* Without an answer in a few attempts it is not known. */
static bool has_taken_key(struct job *job, const struct vm_key_list_row *key)
{
    const struct config_image *image = config_image_find(job->context->config, job->vm.image);
    struct driver_question question = { .line = key->public_line };

    if (!image)
        return false;
    question.user = image->user;
    for (int i = 0; i < ATTEMPTS && !question.is_answered; i++) {
        if (driver_ssh_ask(job->driver, job->arena, &job->wanted,
                           job->context->timeouts->ssh_try_ms, &question))
            return false;
    }
    return question.is_answered && question.is_accepted == !key->is_removed;
}

/* The list is written as a whole: one key of each kind tells. */
static bool has_taken_keys(struct job *job, const struct vm_key_list_rows *keys)
{
    bool is_asked[2] = { false, false };

    for (size_t i = 0; i < keys->count; i++) {
        const struct vm_key_list_row *key = &keys->row[i];

        if (!key->is_pending || key->change > job->vm.setup_seeded || !*key->public_line ||
            is_asked[key->is_removed != 0])
            continue;
        is_asked[key->is_removed != 0] = true;
        if (!has_taken_key(job, key))
            return false;
    }
    return true;
}

struct error *job_setup_end(struct job *job)
{
    struct vm_key_list_rows keys;
    struct error *e;

    if (!is_pending(job))
        return NULL;
    e = sql_vm_key_list(job->context->db, job->arena, job->row.team_id, job->vm.id, &keys);
    if (e)
        return e;
    job->has_taken = !driver_has_guests(job->driver) || has_taken_keys(job, &keys);
    if (!job->has_taken)
        job->detail = "did not take the changes of its keys and name";
    return driver_create_abandon(job->driver, job->arena, job->vm.id);
}

/* To be called before the changes count as taken. That of a name alone is no change of keys. */
static struct error *taken_note(struct job *job)
{
    const struct context now = worker_context_now(job->context, job->arena);
    struct vm_key_list_rows keys;
    bool has_changed = false;
    struct error *e = sql_vm_key_list(now.db, now.arena, job->row.team_id, job->vm.id, &keys);

    for (size_t i = 0; !e && i < keys.count; i++)
        has_changed |= keys.row[i].is_pending && keys.row[i].change <= job->vm.setup_seeded;
    if (e || !has_changed)
        return e;
    return audit_add(&now, &(struct audit_entry){ .team_id = job->row.team_id,
                                                  .action = AUDIT_VM_KEYS_TAKEN,
                                                  .vm_id = job->vm.id,
                                                  .by_system = true });
}

struct error *job_setup_taken(struct job *job)
{
    struct db *db = job->context->db;
    struct error *e;

    if (!job->has_taken)
        return NULL;
    e = taken_note(job);
    if (!e)
        e = sql_vm_setup_taken(db, job->arena, job->vm.id);
    return e ? e : sql_vm_key_delete_taken(db, job->arena, job->vm.id);
}
