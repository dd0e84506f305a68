/* The admin's handlers about one VM; see operator_vms.h. */
#include "handler/operator_vms.h"

#include "base/limit.h"
#include "model/vm_command.h"
#include "view/operator_vm.h"
#include "vm.sql.h"
#include "web/form.h"
#include "web/request_note.h"
#include "web/session.h"

/* One that is gone has its receipt, which its team sees. */
static struct error *vm_of(struct request *r, struct vm_exists_row *out)
{
    struct error *e = sql_vm_exists(r->db, r->arena, r->parameters[0], out);

    if (!e && out->gone_at)
        e = error_new(r->arena, ERROR_NOT_FOUND, "the VM is gone");
    return e;
}

struct error *operator_vm_show(struct request *r)
{
    struct vm_exists_row vm;
    struct error *e = vm_of(r, &vm);

    if (!e)
        e = request_note_team(r, vm.team_id);
    return e ? e : operator_vm_respond(r, vm.id, (struct operator_vm_html){ .reason = "" });
}

struct error *operator_vm_stop(struct request *r)
{
    struct field reason = {
        .name = "reason", .kind = FIELD_LINE, .max = LIMIT_SUSPENSION_REASON, .is_required = true
    };
    const struct context context = request_context(r);
    struct vm_exists_row vm;
    struct error *e = form_read(r, &reason, 1);

    if (!e)
        e = vm_of(r, &vm);
    if (e)
        return e;
    if (!reason.problem)
        e = vm_command_admin_stop(&context, r->session->person_id, vm.team_id, vm.id, reason.text);
    if (e && e->kind == ERROR_CONFLICT)
        reason.problem =
            e->message ? e->message : "The VM can\u2019t be stopped in its current state.";
    else if (e)
        return e;
    if (!reason.problem)
        return session_notice_at(r, "Stopping the VM.",
                                 arena_printf(r->arena, "/operator/vms/%s", vm.id));
    form_refuse(r);
    return operator_vm_respond(
        r, vm.id,
        (struct operator_vm_html){ .reason = reason.text, .reason_problem = reason.problem });
}
