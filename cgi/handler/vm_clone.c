/* Cloning a VM from one of its snapshots; see vm_clone.h. */
#include "handler/vm_clone.h"

#include "main_constants.sql.h"
#include "model/vm_command.h"
#include "view/vm_options.h"
#include "vm_new.html.h"
#include "web/form.h"
#include "web/serve.h"
#include "web/session.h"

#include <string.h>

static struct error *snapshot_find(struct request *r, struct snapshot_get_row *snapshot)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);

    return vm_command_snapshot_find(&context, &actor, r->parameters[0], r->parameters[1], snapshot);
}

enum { CLONE_NAME, CLONE_SIZE, CLONE_LIFE, CLONE_FIELDS };

struct error *vm_clone_show(struct request *r)
{
    struct vm_new_html page = { .name = vm_options_name(r->arena) };
    struct snapshot_get_row snapshot;
    struct error *e = snapshot_find(r, &snapshot);

    if (!e)
        e = vm_options_clone(r, &page, &snapshot);
    if (!e)
        html_vm_new(&r->response.body, &r->frame, &page);
    return e;
}

static struct error *clone_again(struct request *r, const struct field *fields,
                                 const struct snapshot_get_row *snapshot, const char *problem)
{
    struct vm_new_html page = {
        .name = fields[CLONE_NAME].text,
        .name_problem = fields[CLONE_NAME].problem,
        .sizes_problem = fields[CLONE_SIZE].problem,
        .problem = problem,
    };
    struct error *e;

    form_refuse(r);
    e = vm_options_clone(r, &page, snapshot);
    if (e)
        return e;
    options_select(&page.sizes, fields[CLONE_SIZE].text);
    if (*fields[CLONE_LIFE].text)
        options_select(&page.life.choices, fields[CLONE_LIFE].text);
    html_vm_new(&r->response.body, &r->frame, &page);
    return NULL;
}

/* The selection of the fields; returns a problem, or NULL. */
static const char *clone_read(struct request *r, struct field *fields,
                              const struct snapshot_get_row *snapshot, struct vm_new *clone)
{
    clone->name = fields[CLONE_NAME].text;
    clone->size = config_size_find(r->config, fields[CLONE_SIZE].text);
    clone->image = config_image_find(r->config, clone->source->image);
    clone->region = config_region_find(r->config, clone->source->region);
    clone->source_snapshot_id = snapshot->id;
    clone->life = vm_life_choice_find(fields[CLONE_LIFE].text);
    if (!clone->image || !clone->region)
        return "The admin has removed this VM’s image or region from the server’s settings, so it "
               "can’t be cloned.";
    if (!clone->size)
        return "Choose a size from the list.";
    if (!clone->life && *fields[CLONE_LIFE].text)
        return "Choose from the list what happens when the VM is not used.";
    if (clone->size->disk_gb < snapshot->disk_gb)
        fields[CLONE_SIZE].problem = "The snapshot needs a larger disk. Choose a larger size.";
    return NULL;
}

struct error *vm_clone_post(struct request *r)
{
    struct field fields[CLONE_FIELDS] = {
        [CLONE_NAME] = { .name = "name", .kind = FIELD_HOST_NAME, .is_required = true },
        [CLONE_SIZE] = { .name = "size", .kind = FIELD_LINE, .is_required = true },
        [CLONE_LIFE] = { .name = "life", .kind = FIELD_LINE },
    };
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    const char *id, *problem;
    struct snapshot_get_row snapshot;
    struct vm_get_row source;
    struct vm_new clone = { .source = &source };
    struct error *e = form_read(r, fields, CLONE_FIELDS);

    if (!e)
        e = snapshot_find(r, &snapshot);
    if (!e)
        e = sql_vm_get(r->db, r->arena, r->session->team_id, r->parameters[0], &source);
    if (!e && strcmp(snapshot.state, SNAPSHOT_STATE_READY) != 0)
        e = error_new(r->arena, ERROR_CONFLICT, "snapshot is %s", snapshot.state);
    if (e)
        return e;
    problem = clone_read(r, fields, &snapshot, &clone);
    if (problem || form_has_problems(fields, CLONE_FIELDS))
        return clone_again(r, fields, &snapshot, problem);
    e = vm_command_create(&context, &actor, &clone, &id);
    if (e && e->message)
        return clone_again(r, fields, &snapshot,
                           form_blame(fields, CLONE_FIELDS, e) ? NULL : e->message);
    if (!e)
        response_redirect(&r->response, arena_printf(r->arena, "/vms/%s", id));
    return e;
}
