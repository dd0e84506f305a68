/* The pages of a team's people; see team_page.h. */
#include "view/team_page.h"

#include "base/clock.h"
#include "base/limit.h"
#include "invite.sql.h"
#include "model/role.h"
#include "model/spend_cap.h"
#include "model/team.h"
#include "ssh_key.sql.h"
#include "team.sql.h"
#include "view/vm_list.h"
#include "vms.html.h"
#include "web/list_position.h"
#include "web/session.h"

#include <string.h>

static bool is_ours(const struct request *r)
{
    return strcmp(r->config->identity, "local") == 0;
}

static void people_fill(struct request *r, const struct team_people_rows *people,
                        const struct team_get_row *team, struct team_html *page)
{
    page->people.count = people->count;
    page->people.row = arena_array(r->arena, people->count, sizeof *page->people.row);
    for (size_t i = 0; i < people->count; i++) {
        const struct team_people_row *row = &people->row[i];
        bool is_own = team->personal_of == row->person_id;

        page->people.row[i] = (struct team_person){
            .id = row->person_id,
            .since_at = row->created_at,
            .name = row->name,
            .email = row->email,
            .role = row->role,
            .is_self = row->person_id == r->session->person_id,
            .is_closed = row->is_closed,
            .can_change = page->can_manage && !is_own && row->person_id != r->session->person_id,
        };
        page->has_others |= row->person_id != r->session->person_id;
        if (row->person_id == r->session->person_id)
            page->is_own = is_own;
    }
}

/* What the team may have and has: as the list of VMs and the page of costs say it. */
static struct error *limits_fill(struct request *r, struct team_html *page)
{
    const struct context context = request_context(r);
    struct vms_html list = { .is_over_quota = false };
    struct quota_used used;
    struct spend_cap cap;
    struct error *e = quota_read(&context, r->session->team_id, &used);

    if (!e)
        e = spend_cap_check(&context, r->session->team_id, &cap);
    if (e)
        return e;
    vm_list_quota(r, &used, &list);
    page->quotas = list.quotas;
    page->is_over_quota = list.is_over_quota;
    page->is_own_quota = list.is_own_quota;
    page->has_billing = config_has_billing(r->config);
    page->spend = cap.amount;
    page->spend_cap = cap.cap;
    page->spend_percent = cap.percent;
    return NULL;
}

struct error *team_page_fill(struct request *r, struct team_html *page)
{
    struct team_people_rows people;
    struct team_get_row team;
    int64_t team_id = r->session->team_id;
    struct error *e = sql_team_get(r->db, r->arena, team_id, &team);

    if (!e)
        e = sql_team_people(r->db, r->arena, team_id, LIMIT_TEAM_PEOPLE + 1, &people);
    if (!e)
        e = sql_invite_list(r->db, r->arena, team_id, r->now_at, LIMIT_TEAM_PEOPLE, &page->invites);
    if (!e)
        e = limits_fill(r, page);
    if (e)
        return e;
    page->has_workos = !is_ours(r);
    page->is_owner = role_may(r->session->role, RIGHT_OWN);
    page->can_manage = page->is_owner && is_ours(r);
    page->name = team.name;
    page->is_personal = team.personal_of != 0;
    page->has_more = people.count > LIMIT_TEAM_PEOPLE;
    page->most = LIMIT_TEAM_PEOPLE;
    if (page->has_more)
        people.count = LIMIT_TEAM_PEOPLE;
    people_fill(r, &people, &team, page);
    page->has_mail = config_has_mail(r->config);
    page->days = LIMIT_INVITE_S / A_DAY_S;
    page->role = page->role ? page->role : MEMBERSHIP_ROLE_MEMBER;
    r->frame.title = "Team";
    r->frame.section = "team";
    return NULL;
}

struct error *teams_page_fill(struct request *r, struct teams_html *page)
{
    struct team_of_person_rows teams;
    struct error *e = sql_team_of_person(r->db, r->arena, r->session->person_id, &teams);

    if (e)
        return e;
    page->teams.count = teams.count;
    page->teams.row = arena_array(r->arena, teams.count, sizeof *page->teams.row);
    for (size_t i = 0; i < teams.count; i++) {
        const struct team_of_person_row *row = &teams.row[i];

        page->teams.row[i] = (struct team_view){
            .id = row->team_id,
            .people = row->people,
            .vms = row->vms,
            .name = row->name,
            .role = row->role,
            .is_personal = row->is_personal,
            .is_closed = row->is_closed,
            .is_current = row->team_id == r->session->team_id,
        };
    }
    page->has_workos = !is_ours(r);
    r->frame.title = "Teams";
    r->frame.section = "teams";
    return NULL;
}

/* ---- leaving ---- */

static struct error *keys_fill(struct request *r, int64_t person_id, struct team_remove_html *page)
{
    int64_t team_id = r->session->team_id;
    struct team_keys_of_rows keys;
    struct error *e = sql_team_keys_of(r->db, r->arena, team_id, person_id, &keys);

    if (e)
        return e;
    page->keys.count = keys.count;
    page->keys.row = arena_array(r->arena, keys.count, sizeof *page->keys.row);
    for (size_t i = 0; !e && i < keys.count; i++) {
        struct team_key *key = &page->keys.row[i];

        key->name = keys.row[i].name;
        key->fingerprint = keys.row[i].fingerprint;
        e = sql_ssh_key_vms(r->db, r->arena, team_id, key->fingerprint, LIMIT_LIST_ROWS + 1,
                            &key->vms);
        key->has_more = !e && list_cut(&key->vms.count);
    }
    return e;
}

struct error *team_remove_fill(struct request *r, int64_t person_id, struct team_remove_html *page)
{
    const struct context context = request_context(r);
    struct team_person_row person;
    struct team_get_row team;
    struct error *e = sql_team_person(r->db, r->arena, r->session->team_id, person_id, &person);

    if (!e)
        e = sql_team_get(r->db, r->arena, r->session->team_id, &team);
    if (!e)
        e = keys_fill(r, person_id, page);
    if (e)
        return e;
    e = team_person_check(&context, &person);
    page->problem = e ? e->message : NULL;
    page->id = person_id;
    page->is_self = person_id == r->session->person_id;
    page->email = person.email;
    page->team = team.name;
    r->frame.title =
        page->is_self ? "Leave the team?" : arena_printf(r->arena, "Remove %s?", person.name);
    r->frame.section = "team";
    return NULL;
}
