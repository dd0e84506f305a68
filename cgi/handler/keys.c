/* The pages of the team's SSH keys; see keys.h. */
#include "handler/keys.h"

#include "base/array.h"
#include "base/limit.h"
#include "key.html.h"
#include "keys.html.h"
#include "keys_delete.html.h"
#include "model/erasure_key.h"
#include "model/restriction.h"
#include "model/ssh_key_store.h"
#include "model/vm_keys.h"
#include "ssh_key.sql.h"
#include "view/key_delete_page.h"
#include "view/key_list.h"
#include "web/form.h"
#include "web/list_position.h"
#include "web/request_note.h"
#include "web/session.h"

struct error *keys_show(struct request *r)
{
    struct keys_html page = { .name = "" };
    struct error *e = key_list_fill(r, &page);

    if (!e)
        html_keys(&r->response.body, &r->frame, &page);
    return e;
}

enum { NAME, KEY, PROJECT, FIELDS };

static struct error *keys_again(struct request *r, const struct field *fields)
{
    struct keys_html page = {
        .name = fields[NAME].text,
        .name_problem = fields[NAME].problem,
        .key = fields[KEY].text,
        .key_problem = fields[KEY].problem,
        .project = fields[PROJECT].text,
        .project_problem = fields[PROJECT].problem,
    };
    struct error *e;

    form_refuse(r);
    e = key_list_fill(r, &page);
    if (e)
        return e;
    html_keys(&r->response.body, &r->frame, &page);
    return NULL;
}

/* What is refused for another reason than the field is shown beside it. Else it is an error. */
static struct error *refusal_show(struct error *e, struct field *field)
{
    if (!e || !e->message)
        return e;
    field->problem = e->message;
    return NULL;
}

/* A key that the team has already is a mistake here. */
static const char *known_problem(struct request *r, const struct ssh_keys *keys,
                                 const struct ssh_key_stored *stored)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (stored[i].is_known)
            return arena_printf(r->arena, "%s already added, as “%s”.",
                                keys->count > 1 ? "One of these keys was" : "This key was",
                                stored[i].name);
    }
    return NULL;
}

/* NULL: none. */
static const char *project_of(const struct field *field)
{
    return *field->text ? field->text : NULL;
}

struct error *keys_post(struct request *r)
{
    struct field fields[FIELDS] = {
        [NAME] = { .name = "name", .kind = FIELD_LABEL },
        [KEY] = { .name = "key", .kind = FIELD_LINES },
        [PROJECT] = { .name = "project", .kind = FIELD_LABEL, .max = LIMIT_PROJECT_CHARACTERS },
    };
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct ssh_key_stored *stored;
    struct ssh_keys keys;
    struct error *e = form_read(r, fields, FIELDS);

    if (e)
        return e;
    form_keys_read(r, &fields[KEY], &keys);
    if (form_has_problems(fields, FIELDS))
        return keys_again(r, fields);
    e = ssh_keys_store(&context, &actor, &keys, fields[NAME].text, project_of(&fields[PROJECT]),
                       &stored);
    if (e && form_blame(fields, FIELDS, e))
        return keys_again(r, fields);
    e = refusal_show(e, &fields[KEY]);
    if (e)
        return e;
    if (!form_has_problems(fields, FIELDS))
        fields[KEY].problem = known_problem(r, &keys, stored);
    if (form_has_problems(fields, FIELDS))
        return keys_again(r, fields);
    return session_notice_at(r,
                             keys.count > 1
                                 ? arena_printf(r->arena, "%zu keys added", keys.count)
                                 : arena_printf(r->arena, "Key “%s” added", stored[0].name),
                             "/keys");
}

struct error *keys_import(struct request *r,
                          struct error *(*import)(struct request *r, struct field *user,
                                                  struct ssh_keys_imported *out))
{
    struct field user = { .name = "github_user", .kind = FIELD_LINE };
    struct keys_html page = { .name = "" };
    struct ssh_keys_imported keys = { .note = NULL };
    struct error *e = form_read(r, &user, 1);

    if (!e)
        e = import(r, &user, &keys);
    if (e)
        return e;
    if (user.problem)
        form_refuse(r);
    page.github = (struct github_view){
        .user = user.problem ? user.text : "",
        .problem = user.problem,
        .note = keys.note,
    };
    e = key_list_fill(r, &page);
    if (!e)
        html_keys(&r->response.body, &r->frame, &page);
    return e;
}

/* ---- one key ---- */

static struct error *key_fill(struct request *r, struct key_html *page)
{
    int64_t team_id = r->session->team_id;
    struct error *e = sql_ssh_key_get(r->db, r->arena, team_id, r->parameters[0], &page->key);

    if (!e)
        e = sql_ssh_key_vms(r->db, r->arena, team_id, page->key.fingerprint, LIMIT_LIST_ROWS + 1,
                            &page->vms);
    if (e)
        return e;
    page->has_more = list_cut(&page->vms.count);
    page->name = page->key.name;
    page->project = page->key.project;
    r->frame.title = page->key.name;
    r->frame.section = "keys";
    return NULL;
}

struct error *key_show(struct request *r)
{
    struct key_html page = { .name_problem = NULL };
    struct error *e = key_fill(r, &page);

    if (!e)
        html_key(&r->response.body, &r->frame, &page);
    return e;
}

static struct error *key_again(struct request *r, struct key_html *page, const struct field *fields)
{
    page->name = fields[NAME].text;
    page->name_problem = fields[NAME].problem;
    page->project = fields[1].text;
    page->project_problem = fields[1].problem;
    form_refuse(r);
    html_key(&r->response.body, &r->frame, page);
    return NULL;
}

struct error *key_rename(struct request *r)
{
    struct field fields[] = {
        [NAME] = { .name = "name", .kind = FIELD_LABEL, .is_required = true },
        { .name = "project", .kind = FIELD_LABEL, .max = LIMIT_PROJECT_CHARACTERS },
    };
    struct key_html page = { .name = NULL };
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct error *e = form_read(r, fields, COUNT(fields));

    if (!e)
        e = key_fill(r, &page);
    if (!e && !form_has_problems(fields, COUNT(fields)))
        e = refusal_show(restriction_check(&context, &actor), &fields[NAME]);
    if (e)
        return e;
    if (form_has_problems(fields, COUNT(fields)))
        return key_again(r, &page, fields);
    e = sql_ssh_key_rename(r->db, r->arena, r->session->team_id, page.key.id, fields[NAME].text,
                           project_of(&fields[1]));
    if (!e)
        e = request_note(r, (struct audit_entry){ .action = AUDIT_KEY_RENAME,
                                                  .object = page.key.id,
                                                  .detail = fields[NAME].text });
    return e ? e : session_notice_at(r, "Key saved", "/keys");
}

/* ---- deleting keys ---- */

static struct error *keys_remove(struct request *r, const struct key_delete_rows *keys,
                                 bool from_vms)
{
    const char **ids = arena_array(r->arena, keys->count, sizeof *ids);
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct error *e = NULL;

    for (size_t i = 0; !e && i < keys->count; i++) {
        ids[i] = keys->row[i].id;
        if (from_vms)
            e = vm_keys_remove_everywhere(&context, &actor, keys->row[i].fingerprint);
    }
    return e ? e : erasure_keys_begin(&context, &actor, ids, keys->count);
}

struct error *keys_delete(struct request *r)
{
    struct keys_delete_html page = { .back_path = NULL };
    bool from_vms = false;
    struct error *e = key_delete_fill(r, &page);
    const char *what, *them = page.is_one ? "it" : "them";

    if (!e && !page.keys.count)
        return session_notice_at(r, "No keys selected. Nothing was changed.", "/keys");
    if (!e)
        e = form_is(r, "from_vms", "yes", &from_vms);
    if (!e)
        e = keys_remove(r, &page.keys, from_vms);
    if (e)
        return e;
    what = page.is_one ? arena_printf(r->arena, "Key “%s” deleted", page.keys.row[0].name)
                       : arena_printf(r->arena, "%zu keys deleted", page.keys.count);
    if (page.is_used)
        what = arena_printf(r->arena,
                            from_vms ? "%s. VMs with %s stop accepting %s at once by their guest "
                                       "agent, or at their next start."
                                     : "%s. VMs with %s still accept and list %s.",
                            what, them, them);
    return session_notice_at(r, what, "/keys");
}
