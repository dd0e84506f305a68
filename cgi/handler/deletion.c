/* Deleting the account or a team; see deletion.h. */
#include "handler/deletion.h"

#include "main_constants.sql.h"
#include "model/erasure.h"
#include "view/erasure_form.h"
#include "web/request_note.h"
#include "web/session.h"

static struct error *deletion_begin(struct request *r, const struct erasure_request *request)
{
    const struct context context = request_context(r);
    const char *token;
    struct error *e = erasure_request(&context, request, &token);

    if (!e)
        response_redirect(&r->response, token ? erasure_path(r->arena, token) : "/");
    return e;
}

struct error *deletion_account_post(struct request *r)
{
    struct erasure_request request = { .person_id = r->session->person_id,
                                       .requested_by = ERASURE_REQUESTED_BY_PERSON };
    bool is_confirmed;
    struct error *e = erasure_form_read(r, &request.team_ids, &request.team_count, &is_confirmed);

    if (!e && is_confirmed)
        e = deletion_begin(r, &request);
    return e || !is_confirmed ? e : session_end(r);
}

struct error *deletion_team_post(struct request *r)
{
    const struct erasure_request request = { .team_ids = &r->session->team_id,
                                             .team_count = 1,
                                             .requested_by = ERASURE_REQUESTED_BY_PERSON };
    bool is_confirmed;
    struct error *e = team_form_read(r, &is_confirmed);

    if (e || !is_confirmed)
        return e;
    e = deletion_begin(r, &request);
    return e ? e : request_note(r, (struct audit_entry){ .action = AUDIT_TEAM_DELETION });
}

struct error *deletion_team_keep(struct request *r)
{
    const struct context context = request_context(r);
    struct error *e = erasure_undo_team(&context, r->session->team_id);

    if (!e)
        e = request_note(r, (struct audit_entry){ .action = AUDIT_TEAM_DELETION_UNDO });
    return e ? e
             : session_notice_at(r, "The deletion of the team is cancelled. Its VMs are stopped.",
                                 "/account");
}
