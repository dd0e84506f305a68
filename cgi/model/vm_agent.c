/* Guest agents of VMs; see vm_agent.h. */
#include "model/vm_agent.h"

#include "image.sql.h"
#include "model/audit.h"
#include "model/restriction.h"
#include "vm.sql.h"
#include "vm_agent.sql.h"

static struct error *image_check(const struct context *context, const char *name)
{
    struct image_get_row image = { .has_agent = 0 };
    struct error *e = sql_image_get(context->db, context->arena, name, &image);

    if (e && e->kind != ERROR_NOT_FOUND)
        return e;
    return image.has_agent ? NULL
                           : error_refuse(context->arena, ERROR_INPUT, "agent_unsupported", "agent",
                                          "The VM\u2019s image has no guest agent.");
}

struct error *vm_agent_change(const struct context *context, const struct actor *actor,
                              const char *vm_id, bool is_on)
{
    struct vm_get_row vm;
    struct error *e = sql_vm_get(context->db, context->arena, actor->team_id, vm_id, &vm);

    if (!e && vm.gone_at)
        e = error_new(context->arena, ERROR_CONFLICT, "vm %s is gone", vm_id);
    if (e || (vm.has_agent != 0) == is_on)
        return e;
    if (is_on)
        e = restriction_check(context, actor);
    if (!e && is_on)
        e = image_check(context, vm.image);
    if (!e)
        e = sql_vm_agent_set(context->db, context->arena, actor->team_id, vm_id, is_on);
    return e ? e
             : audit_add(context, &(struct audit_entry){ .team_id = actor->team_id,
                                                         .action = is_on ? AUDIT_VM_AGENT_ON
                                                                         : AUDIT_VM_AGENT_OFF,
                                                         .vm_id = vm_id,
                                                         .person_id = actor->person_id });
}
