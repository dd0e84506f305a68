/* A VM of another team; see vm_elsewhere.h. */
#include "view/vm_elsewhere.h"

#include "vm.sql.h"
#include "vm_elsewhere.html.h"
#include "web/session.h"

#include <string.h>

struct error *vm_elsewhere_respond(struct request *r, const char *vm_id)
{
    struct vm_elsewhere_html page = {
        .path = r->path,
        .has_workos = strcmp(r->config->identity, "local") != 0,
    };
    struct vm_team_of_person_row team;
    struct error *e = sql_vm_team_of_person(r->db, r->arena, vm_id, r->session->person_id, &team);

    if (e)
        return e;
    page.team_id = team.team_id;
    page.team = team.name;
    r->response.status = 404; /* in this team */
    r->frame.title = "In another team";
    r->frame.section = "vms";
    html_vm_elsewhere(&r->response.body, &r->frame, &page);
    return NULL;
}
