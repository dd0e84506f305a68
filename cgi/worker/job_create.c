/* Creating and starting; see job_create.h. */
#include "worker/job_create.h"

#include "adapter/crypto.h"
#include "adapter/ssh.h"
#include "model/ssh_key.h"
#include "worker/job_setup.h"
#include "worker/ssh_port.h"

#include "vm_agent.sql.h"
#include "vm_user_data.sql.h"

#include <string.h>

static struct error *image_check(struct job *job)
{
    if (job->wanted.image_dir)
        return NULL;
    return error_new(job->arena, ERROR_INPUT, "domicile.conf has no image \"%s\" any more",
                     job->vm.image);
}

/* ---- input of the driver ---- */

/* A VM for which it was given is not created without it. */
static struct error *user_data_read_back(struct job *job, struct driver_seed *out)
{
    struct vm_user_data_get_row row;
    struct error *e =
        sql_vm_user_data_get(job->context->db, job->arena, job->row.team_id, job->vm.id, &row);

    if (e && e->kind == ERROR_NOT_FOUND)
        return error_refuse(job->arena, ERROR_CONFLICT, "user_data_deleted", NULL,
                            "its user data was deleted a day after it was given. Create the VM "
                            "anew");
    if (!e)
        out->user_data = row.content;
    return e;
}

static struct error *seed_make(struct job *job, struct driver_seed *out)
{
    struct ssh_key_pair host_key;
    struct error *e = job_setup_contents(job, out);

    if (!e)
        e = ssh_key_pair_new(job->arena, &host_key);
    if (e)
        return e;
    /* With its instance-id, which is new for each, the guest reinitializes and takes that key. */
    out->host_key_private = host_key.private_pem;
    out->host_key_public = host_key.public_line;
    return job->vm.has_user_data ? user_data_read_back(job, out) : NULL;
}

static struct error *create_prepare(struct job *job)
{
    struct driver_create *create = arena_alloc(job->arena, sizeof *create);
    struct driver_ports *ports = arena_alloc(job->arena, sizeof *ports);
    struct driver_seed *seed = arena_alloc(job->arena, sizeof *seed);
    struct error *e = seed_make(job, seed);

    *ports = ssh_ports(job);
    *create = (struct driver_create){
        .vm = &job->wanted,
        .ports = ports,
        .seed = seed,
        .source_id = job->vm.source_vm_id,
        .source_snapshot = job->vm.source_snapshot_id,
    };
    job->create = e ? NULL : create;
    return e;
}

/* ---- results ---- */

struct error *job_endpoint_record(struct job *job)
{
    const struct driver_endpoint *ssh = &job->wanted.ssh;

    struct error *e;

    job->vm.ssh_host = ssh->host;
    job->vm.ssh_port = ssh->port;
    e = sql_vm_set_endpoint(job->context->db, job->arena, job->vm.id, ssh->host,
                            ssh->port ? &ssh->port : NULL);
    return e ? e
             : sql_vm_agent_started(job->context->db, job->arena, job->vm.id,
                                    job->wanted.has_agent);
}

static struct error *host_key_record(struct job *job, const char *line)
{
    struct ssh_key key;
    const char *problem = ssh_key_line_read(job->arena, line, &key);

    if (problem)
        return error_new(job->arena, ERROR_INPUT, "host key: %s", problem);
    job->vm.host_key_public = line;
    return sql_vm_set_host_key(job->context->db, job->arena, job->vm.id, line, key.fingerprint);
}

static struct error *create_record(struct job *job)
{
    const char *line = job->create->host_key_public;
    struct error *e = job_endpoint_record(job);

    job->create->host_key_public = NULL;
    if (e || !line)
        return e;
    e = host_key_record(job, line);
    return e ? e : job_setup_created(job);
}

/* ---- the steps ---- */

static struct error *create_act(struct job *job)
{
    struct error *e = image_check(job);

    if (!e && job->position == 0)
        e = job_room_check(job, 0);
    if (!e && !job->create)
        e = create_prepare(job);
    return e ? e
             : job->ops->create_steps.row[job->position].act(job->driver, job->arena, job->create);
}

const struct step *job_create_steps(struct job *job, size_t *count)
{
    const struct driver_steps *own = &job->ops->create_steps;
    struct step *steps = arena_array(job->arena, own->count, sizeof *steps);

    for (size_t i = 0; i < own->count; i++)
        steps[i] = (struct step){ .name = own->row[i].name,
                                  .act = own->row[i].act ? create_act : job_ssh_act,
                                  .record = own->row[i].act ? create_record : NULL,
                                  .is_repeated = own->row[i].is_repeated };
    *count = own->count;
    return steps;
}

struct error *job_boot_act(struct job *job)
{
    const struct driver_ports ports = ssh_ports(job);
    struct error *e = image_check(job);

    if (!e)
        e = job_setup_seed(job);
    return e ? e : driver_start(job->driver, job->arena, &job->wanted, &ports);
}

struct error *job_resize_act(struct job *job)
{
    const struct driver_ports ports = ssh_ports(job);
    struct error *e = image_check(job);

    return e ? e : driver_resize(job->driver, job->arena, &job->wanted, &ports);
}
