/*
 * The operator's command line: the table of commands and their preconditions. The commands are in
 * the other files of this directory.
 *
 *     domicile-admin [--state DIR] [--json] COMMAND [ARGUMENT]
 */
#include "admin/admin.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "model/policy_hold.h"
#include "model/state_path.h"

#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct command {
    struct error *(*run)(struct admin *admin);
    const char *name, *argument, *about;
    enum admin_need need;
} commands[] = {
#define ROW(...) { __VA_ARGS__ },
    ADMIN_COMMANDS(ROW)
};

struct error *admin_note(struct admin *admin, enum audit_action action, const char *detail,
                         int64_t person_id)
{
    const struct context now = context_at(admin->db, admin->arena, admin->config, clock_now_ms());
    struct error *e = db_begin(admin->db, admin->arena);

    if (!e)
        e = audit_add(&now, &(struct audit_entry){ .team_id = AUDIT_OPERATOR,
                                                   .action = action,
                                                   .detail = detail,
                                                   .person_id = person_id,
                                                   .by_operator = true });
    if (!e)
        e = db_commit(admin->db, admin->arena);
    db_rollback(admin->db);
    return e;
}

static int usage_show(FILE *file, int status)
{
    fputs("usage: domicile-admin [--state DIR] [--json] COMMAND\n\n", file);
    for (size_t i = 0; i < COUNT(commands); i++)
        fprintf(file, "  %-14s %-7s %s\n", commands[i].name,
                commands[i].argument ? commands[i].argument : "", commands[i].about);
    fputs("\nDIR is the state directory; the default is DOMICILE_STATE, or else \"var\".\n", file);
    return status;
}

static const struct command *command_find(const char *name)
{
    for (size_t i = 0; name && i < COUNT(commands); i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

/* The usage names one or two. */
static int argument_count(const struct command *command)
{
    return !command->argument ? 0 : strchr(command->argument, ' ') ? 2 : 1;
}

static struct error *command_run(struct admin *admin, const struct command *command)
{
    int64_t number;
    enum db_mode mode = command->need == NEEDS_WRITING ? DB_READ_WRITE : DB_READ_ONLY;
    struct error *e = NULL;

    if (command->need != NEEDS_NOTHING) {
        e = config_load(admin->arena, admin->state_dir, &admin->config);
        if (!e && command->need != NEEDS_CONFIG)
            e = db_open(admin->arena, &DB_MAIN, main_db_path(admin->arena, admin->state_dir), mode,
                        &admin->db);
        if (!e && command->need != NEEDS_CONFIG && command->run != admin_policy)
            e = policy_apply(admin->db, admin->arena, admin->config, clock_now(), &number);
    }
    return e ? e : command->run(admin);
}

static const char *user_name(struct arena *arena, uid_t id)
{
    const struct passwd *user = getpwuid(id);

    return user ? arena_copy(arena, user->pw_name) : arena_printf(arena, "%d", (int)id);
}

static struct error *state_dir_resolve(struct admin *admin, const char *dir, enum admin_need need)
{
    const char *data;
    struct stat status;

    admin->state_dir = realpath(dir, NULL);
    if (!admin->state_dir)
        return error_new(admin->arena, ERROR_INPUT, "state directory %s: %m", dir);
    data = arena_printf(admin->arena, "%s/data", admin->state_dir);
    /* The server could not open files that root creates there. */
    if (geteuid() == 0 && need != NEEDS_CONFIG && stat(data, &status) == 0 && status.st_uid != 0)
        return error_new(admin->arena, ERROR_INPUT,
                         "%s belongs to user %s: run this as that user, as cgi/admin.sh does", data,
                         user_name(admin->arena, status.st_uid));
    return NULL;
}

/* -1: continue. Else the exit status. */
static int options_read(struct admin *admin, int argc, char **argv, const char **dir)
{
    static const struct option options[] = {
        { "state", required_argument, NULL, 's' },
        { "json", no_argument, NULL, 'j' },
        { "libvirt", no_argument, NULL, 'f' },
        { "nft", no_argument, NULL, 'f' },
        { "dnsmasq", no_argument, NULL, 'f' },
        { "now", no_argument, NULL, 'n' },
        { "dry-run", no_argument, NULL, 'd' },
        { "verify", required_argument, NULL, 'v' },
        { "from", required_argument, NULL, 'o' },
        { "reason", required_argument, NULL, 'r' },
        { "kind", required_argument, NULL, 'k' },
        { "received", required_argument, NULL, 'e' },
        { "how", required_argument, NULL, 'w' },
        { "disk", no_argument, NULL, 'x' },
        { "identity", required_argument, NULL, 'i' },
        { "help", no_argument, NULL, 'h' },
        { 0 },
    };
    int option, index;

    while ((option = getopt_long(argc, argv, "", options, &index)) != -1) {
        if (option == 's')
            *dir = optarg;
        else if (option == 'j')
            admin->is_json = true;
        else if (option == 'n')
            admin->is_now = true;
        else if (option == 'd')
            admin->is_dry = true;
        else if (option == 'v')
            admin->verify = optarg;
        else if (option == 'x')
            admin->is_disk = true;
        else if (option == 'r')
            admin->reason = optarg;
        else if (option == 'o')
            admin->from = optarg;
        else if (option == 'k')
            admin->kind = optarg;
        else if (option == 'e')
            admin->received = optarg;
        else if (option == 'w')
            admin->how = optarg;
        else if (option == 'i')
            admin->identity = optarg;
        else if (option == 'f')
            admin->file = options[index].name;
        else
            return option == 'h' ? usage_show(stdout, 0) : usage_show(stderr, 2);
    }
    return -1;
}

int main(int argc, char **argv)
{
    struct admin admin = { .arena = arena_new(64 * 1024 * 1024) };
    const char *dir = getenv("DOMICILE_STATE");
    const struct command *command;
    struct error *e;
    int status;

    log_open("domicile-admin");
    umask(077);
    status = options_read(&admin, argc, argv, &dir);
    if (status >= 0)
        return status;
    command = command_find(argv[optind]);
    if (!command || argc - optind != 1 + argument_count(command))
        return usage_show(stderr, 2);
    admin.argument = argc - optind > 1 ? argv[optind + 1] : NULL;
    admin.second = argc - optind > 2 ? argv[optind + 2] : NULL;
    e = state_dir_resolve(&admin, dir ? dir : "var", command->need);
    if (!e)
        e = command_run(&admin, command);
    if (e)
        fprintf(stderr, "domicile-admin %s: %s\n", command->name, e->text);
    return e ? 1 : admin.status;
}
