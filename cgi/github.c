/*
 * Import of public keys from GitHub. The only page program besides signin.c that uses the network:
 * whoever waits for GitHub holds up nobody else, and only if domicile.conf says "github_import =
 * on".
 */
#include "remote/github.h"
#include "adapter/transfer.h"
#include "base/array.h"
#include "base/limit.h"
#include "handler/keys.h"
#include "handler/vm_new.h"
#include "model/outbound.h"
#include "model/restriction.h"
#include "model/worker_wakeup.h"
#include "web/serve.h"
#include "web/session.h"

static struct github *github; /* NULL: this server does not import */

/* GitHub is asked with no transaction open; what it says is written in a new one. */
static struct error *keys_fetch(struct request *r, const char *user, struct ssh_keys_imported *out)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    const char *lines;
    struct error *e;

    db_rollback(r->db);
    e = github_keys(github, r->arena, user, &lines);
    outbound_team(actor.team_id);
    if (e)
        r->response.why = e->text;
    if (!e)
        e = db_begin(r->db, r->arena);
    return e ? e : ssh_keys_import(&context, &actor, user, lines, out);
}

static struct error *import(struct request *r, struct field *user, struct ssh_keys_imported *out)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    struct error *e = restriction_check(&context, &actor);

    if (!user->problem)
        user->problem = github_user_problem(user->text);
    if (!e && !user->problem)
        e = keys_fetch(r, user->text, out);
    if (!e || !e->message)
        return e;
    user->problem = e->message;
    return NULL;
}

static struct error *keys_post_import(struct request *r)
{
    return github ? keys_import(r, import) : error_new(r->arena, ERROR_NOT_FOUND, "import is off");
}

static struct error *vm_new_post_import(struct request *r)
{
    return github ? vm_new_import(r, import)
                  : error_new(r->arena, ERROR_NOT_FOUND, "import is off");
}

/* The addresses of the answers, if they are loaded again or came after a sign-in. */
static struct error *keys_page(struct request *r)
{
    response_redirect(&r->response, "/keys");
    return NULL;
}

static struct error *vm_new_page(struct request *r)
{
    response_redirect(&r->response, "/vms/new");
    return NULL;
}

static const struct route routes[] = {
    { "GET", "/keys/github", ACCESS_MEMBER, keys_page },
    { "POST", "/keys/github", ACCESS_MEMBER, keys_post_import },
    { "GET", "/vms/new/github", ACCESS_MEMBER, vm_new_page },
    { "POST", "/vms/new/github", ACCESS_MEMBER, vm_new_post_import },
};

static struct program program = {
    .name = "github",
    .routes = routes,
    .route_count = COUNT(routes),
    .db_mode = DB_READ_WRITE,
    .body_max = LIMIT_NEW_VM_BYTES,
};

static struct error *github_start(struct arena *arena, const struct config *config)
{
    struct error *e = worker_wakeup_connect(arena, config);

    if (e || !config_has_github(config))
        return e;
    program.confinement = "github_import";
    transfer_observe(outbound_note);
    outbound_limit(arena, config);
    return github_open(arena, config, &github);
}

int main(int argc, char **argv)
{
    program.start = github_start;
    return serve(argc, argv, &program);
}
