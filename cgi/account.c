/* Account pages: SSH keys of the team, name and sessions of the person. */
#include "account.html.h"
#include "adapter/crypto.h"
#include "base/array.h"
#include "base/limit.h"
#include "base/text.h"
#include "key.html.h"
#include "keys.html.h"
#include "model/ssh_key.h"
#include "person.sql.h"
#include "session.sql.h"
#include "ssh_key.sql.h"
#include "view/session_view.h"
#include "web/form.h"
#include "web/list_position.h"
#include "web/serve.h"
#include "web/session.h"

#include <string.h>

/* Set a notice and redirect to the page that shows it. */
static struct error *done(struct request *r, const char *notice, const char *path)
{
    struct error *e = session_notice(r, notice);

    if (!e)
        response_redirect(&r->response, path);
    return e;
}

/* ---- keys ---- */

static struct error *keys_fill(struct request *r, struct keys_html *page)
{
    struct error *e = sql_ssh_key_list(r->db, r->arena, r->session->team_id, &page->keys);

    r->frame.title = "SSH keys";
    r->frame.section = "keys";
    return e;
}

static struct error *keys_show(struct request *r)
{
    struct keys_html page = { .name = "" };
    struct error *e = keys_fill(r, &page);

    if (!e)
        html_keys(&r->response.body, &r->frame, &page);
    return e;
}

enum { NAME, KEY, FIELDS };

/* Keep the input only if it starts like a public key; anything else is not shown again. */
static const char *key_echo(const char *text)
{
    text += strspn(text, " \t\r\n");
    return text_starts(text, "ssh-") || text_starts(text, "ecdsa-") || text_starts(text, "sk-")
               ? text
               : "";
}

static struct error *keys_again(struct request *r, const struct field *fields)
{
    struct keys_html page = {
        .name = fields[NAME].text,
        .name_problem = fields[NAME].problem,
        .key = key_echo(fields[KEY].text),
        .key_problem = fields[KEY].problem,
    };
    struct error *e;

    form_refuse(r);
    e = keys_fill(r, &page);
    if (e)
        return e;
    html_keys(&r->response.body, &r->frame, &page);
    return NULL;
}

/* No byte of a private key may remain, neither in the response nor in the reused arena. */
static void private_forget(struct request *r, struct field *fields)
{
    explicit_bzero((char *)(uintptr_t)r->body, r->body_length);
    fields[NAME].text = "";
    fields[KEY].text = "";
}

/* Sets problems; true if the key can be stored. */
static bool key_check(struct request *r, struct field *fields, struct ssh_key *key)
{
    const char *name = fields[NAME].text;
    bool is_name_private = ssh_key_looks_private(name, strlen(name));
    const struct error *e = ssh_key_read(r->arena, fields[KEY].text, strlen(fields[KEY].text), key);

    fields[KEY].problem = e ? e->message : NULL;
    if (is_name_private)
        fields[NAME].problem = "That looks like a private key. Nothing of it was kept.";
    if (is_name_private || (e && strcmp(e->code, SSH_KEY_IS_PRIVATE) == 0))
        private_forget(r, fields);
    return !e && !fields[NAME].problem;
}

static const char *key_name(struct request *r, const struct field *name, const struct ssh_key *key)
{
    if (*name->text)
        return name->text;
    if (*key->comment)
        return strlen(key->comment) <= LIMIT_LABEL_BYTES ? key->comment : key->type;
    return arena_printf(r->arena, "%s key", key->type);
}

static struct error *key_insert(struct request *r, struct field *fields, const struct ssh_key *key)
{
    struct ssh_key_by_fingerprint_row known;
    struct ssh_key_count_row count;
    int64_t team_id = r->session->team_id;
    struct error *e = sql_ssh_key_count(r->db, r->arena, team_id, &count);

    if (e)
        return e;
    if (count.total >= LIMIT_KEYS_PER_TEAM) {
        fields[KEY].problem = arena_printf(r->arena, "A team can have %d keys. Remove one first.",
                                           LIMIT_KEYS_PER_TEAM);
        return NULL;
    }
    e = sql_ssh_key_by_fingerprint(r->db, r->arena, team_id, key->fingerprint, &known);
    if (!e)
        fields[KEY].problem =
            arena_printf(r->arena, "This key is already here, as “%s”.", known.name);
    if (!e || e->kind != ERROR_NOT_FOUND)
        return e;
    return sql_ssh_key_create(r->db, r->arena, team_id, crypto_id(r->arena), r->session->person_id,
                              key_name(r, &fields[NAME], key), key->type, key->fingerprint,
                              key->comment, key->line, r->now_at);
}

static struct error *keys_post(struct request *r)
{
    struct field fields[FIELDS] = {
        [NAME] = { .name = "name", .kind = FIELD_LINE, .max = LIMIT_LABEL_BYTES },
        [KEY] = { .name = "key", .kind = FIELD_LINES },
    };
    struct ssh_key key;
    struct error *e = form_read(r, fields, FIELDS);

    if (e)
        return e;
    if (!key_check(r, fields, &key))
        return keys_again(r, fields);
    e = key_insert(r, fields, &key);
    if (e)
        return e;
    if (fields[KEY].problem)
        return keys_again(r, fields);
    return done(r, arena_printf(r->arena, "Key added: %s", key.fingerprint), "/keys");
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
    r->frame.title = page->key.name;
    r->frame.section = "keys";
    return NULL;
}

static struct error *key_show(struct request *r)
{
    struct key_html page = { .name_problem = NULL };
    struct error *e = key_fill(r, &page);

    if (!e)
        html_key(&r->response.body, &r->frame, &page);
    return e;
}

static struct error *key_rename(struct request *r)
{
    struct field name = {
        .name = "name", .kind = FIELD_LINE, .max = LIMIT_LABEL_BYTES, .is_required = true
    };
    struct key_html page = { .name = NULL };
    struct error *e = form_read(r, &name, 1);

    if (!e)
        e = key_fill(r, &page);
    if (e)
        return e;
    if (ssh_key_looks_private(name.text, strlen(name.text))) {
        name.text = "";
        name.problem = "That looks like a private key. Nothing of it was kept.";
    }
    if (name.problem) {
        page.name = name.text;
        page.name_problem = name.problem;
        form_refuse(r);
        html_key(&r->response.body, &r->frame, &page);
        return NULL;
    }
    e = sql_ssh_key_rename(r->db, r->arena, r->session->team_id, page.key.id, name.text);
    return e ? e : done(r, "Key renamed.", "/keys");
}

static struct error *key_remove(struct request *r)
{
    struct error *e = sql_ssh_key_delete(r->db, r->arena, r->session->team_id, r->parameters[0]);

    return e ? e : done(r, "Key removed. VMs that were made with it still accept it.", "/keys");
}

/* ---- account ---- */

static struct error *account_fill(struct request *r, struct account_html *page)
{
    struct session_list_rows sessions;
    struct person_get_row person;
    struct error *e = sql_person_get(r->db, r->arena, r->session->person_id, &person);

    if (!e)
        e = sql_session_list(r->db, r->arena, person.id, r->now_at, LIMIT_LIST_ROWS + 1, &sessions);
    if (e)
        return e;
    page->email = person.email;
    page->created_at = person.created_at;
    page->name = page->name ? page->name : person.name;
    page->has_more = list_cut(&sessions.count);
    page->sessions.count = sessions.count;
    page->sessions.row = arena_array(r->arena, sessions.count, sizeof *page->sessions.row);
    for (size_t i = 0; i < sessions.count; i++) {
        const struct session_list_row *row = &sessions.row[i];

        page->sessions.row[i] = (struct session_view){
            .handle = row->handle,
            .browser = row->browser,
            .created_at = row->created_at,
            .seen_at = row->seen_at,
            .is_this = strcmp(row->handle, r->session->handle) == 0,
        };
    }
    page->has_others = sessions.count > 1;
    r->frame.title = "Account";
    r->frame.section = "account";
    return NULL;
}

static struct error *account_show(struct request *r)
{
    struct account_html page = { .name = NULL };
    struct error *e = account_fill(r, &page);

    if (!e)
        html_account(&r->response.body, &r->frame, &page);
    return e;
}

static struct error *account_rename(struct request *r)
{
    struct field name = {
        .name = "name", .kind = FIELD_LINE, .max = LIMIT_LABEL_BYTES, .is_required = true
    };
    struct error *e = form_read(r, &name, 1);

    if (e)
        return e;
    if (name.problem) {
        struct account_html page = { .name = name.text, .name_problem = name.problem };

        e = account_fill(r, &page);
        if (e)
            return e;
        form_refuse(r);
        html_account(&r->response.body, &r->frame, &page);
        return NULL;
    }
    e = sql_person_rename(r->db, r->arena, r->session->person_id, name.text);
    return e ? e : done(r, "Your name is changed.", "/account");
}

static struct error *session_end_one(struct request *r)
{
    bool is_this = strcmp(r->parameters[0], r->session->handle) == 0;
    struct error *e;

    if (is_this)
        return error_new(r->arena, ERROR_CONFLICT, "the current session ends by signing out");
    e = sql_session_delete_by_handle(r->db, r->arena, r->session->person_id, r->parameters[0]);
    return e ? e : done(r, "That browser is signed out.", "/account");
}

static struct error *session_end_others(struct request *r)
{
    struct error *e =
        sql_session_delete_others(r->db, r->arena, r->session->person_id, r->session->id_hash);

    return e ? e : done(r, "All other browsers are signed out.", "/account");
}

/* ---- program ---- */

static const struct route routes[] = {
    { "GET", "/keys", ACCESS_MEMBER, keys_show },
    { "POST", "/keys", ACCESS_MEMBER, keys_post },
    { "GET", "/keys/:id", ACCESS_MEMBER, key_show },
    { "POST", "/keys/:id/rename", ACCESS_MEMBER, key_rename },
    { "POST", "/keys/:id/remove", ACCESS_MEMBER, key_remove },
    { "GET", "/account", ACCESS_SIGNED_IN, account_show },
    { "POST", "/account/name", ACCESS_SIGNED_IN, account_rename },
    { "POST", "/account/sessions/:handle/end", ACCESS_SIGNED_IN, session_end_one },
    { "POST", "/account/end-others", ACCESS_SIGNED_IN, session_end_others },
};

int main(int argc, char **argv)
{
    static const struct program program = {
        .name = "account",
        .routes = routes,
        .route_count = COUNT(routes),
        .db_mode = DB_READ_WRITE,
        .network = SANDBOX_NO_NETWORK,
    };

    return serve(argc, argv, &program);
}
