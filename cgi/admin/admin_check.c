/*
 * "domicile-admin check": one line for each requirement, "ok ..." or "FAIL ...: what to do". Run it
 * as the worker's user, whose permissions it checks.
 */
#include "admin/admin.h"

#include "adapter/json.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/url.h"
#include "host/image_store.h"
#include "model/country.h"
#include "model/policy_hold.h"
#include "model/state_path.h"
#include "remote/stripe.h"
#include "worker/image_version.h"
#include "worker/mailer.h"
#include "worker/policy_render.h"
#include "worker/promise.h"
#include "worker/worker_context.h"

#include "image.sql.h"
#include "pool.sql.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void line_write(struct admin *admin, bool is_ok, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void line_write(struct admin *admin, bool is_ok, const char *format, ...)
{
    va_list arguments;
    const char *text, *json;
    struct json_field fields[2];

    va_start(arguments, format);
    text = arena_vprintf(admin->arena, format, arguments);
    va_end(arguments);
    if (!is_ok)
        admin->status = 1;
    fields[0] = json_flag("ok", is_ok);
    fields[1] = json_text("text", text);
    if (admin->is_json && !json_object_write(admin->arena, fields, 2, &json))
        puts(json);
    else
        printf("%s %s\n", is_ok ? "ok  " : "FAIL", text);
}

/*
 * A directory must give this user what is `needed` (as of access()), and others no more than
 * `allowed`.
 */
static void directory_check(struct admin *admin, const char *path, int needed, mode_t allowed)
{
    struct stat status;

    if (stat(path, &status) < 0) {
        line_write(admin, false, "%s is missing: mkdir -m 0700 %s", path, path);
    } else if (!S_ISDIR(status.st_mode))
        line_write(admin, false, "%s is not a directory: move it out of the way", path);
    else if (access(path, needed) < 0)
        line_write(admin, false,
                   "%s is not accessible to user %d: run this as its owner, or chown it", path,
                   (int)geteuid());
    else if (status.st_mode & 077 & ~allowed)
        line_write(admin, false, "%s is accessible to others (mode %04o): chmod %04o %s", path,
                   (unsigned int)status.st_mode & 07777, 0700 | (unsigned int)allowed, path);
    else
        line_write(admin, true, "%s is private", path);
}

static void secrets_check(struct admin *admin)
{
    const char *secrets = arena_printf(admin->arena, "%s/secrets", admin->state_dir);
    DIR *directory = opendir(secrets);

    if (!directory)
        return;
    directory_check(admin, secrets, R_OK | X_OK, 0051);
    for (const struct dirent *entry; (entry = readdir(directory));) {
        struct config_secret secret;
        struct stat status;
        const char *path;
        struct error *e;

        if (entry->d_name[0] == '.')
            continue;
        path = arena_printf(admin->arena, "%s/%s", secrets, entry->d_name);
        e = config_secret_load(admin->arena, admin->state_dir, entry->d_name, &secret);
        /* Signing secrets are owned by the user of the webhook receiver. */
        if (stat(path, &status) == 0 && status.st_uid != geteuid() && !(status.st_mode & 077))
            line_write(admin, true, "secret %s is readable only by user %d", entry->d_name,
                       (int)status.st_uid);
        else if (e)
            line_write(admin, false, "%s", e->text);
        else
            line_write(admin, true, "secret %s is readable only by its owner", entry->d_name);
    }
    closedir(directory);
}

static void database_check(struct admin *admin, const struct db_schema *schema, const char *path)
{
    struct db *db;
    struct error *e = db_open(admin->arena, schema, path, DB_READ_ONLY, &db);
    struct stat status;

    if (e && access(path, F_OK) < 0)
        line_write(admin, false, "%s is missing: run \"domicile-admin migrate\"", path);
    else if (e)
        line_write(admin, false, "%s", e->text);
    else if (stat(path, &status) == 0 && (status.st_mode & 007))
        line_write(admin, false, "%s is accessible to all users: chmod o= %s", path, path);
    else
        line_write(admin, true, "%s has version %lld", path, (long long)schema->version);
    if (!e)
        db_close(db);
}

static void region_check(struct admin *admin, struct worker_context *context,
                         const struct config_region *region)
{
    struct driver *driver;
    struct driver_checks findings;
    struct error *e = worker_context_driver(context, admin->arena, region->name, &driver);

    if (e) {
        line_write(admin, false, "region %s: %s", region->name, e->text);
        return;
    }
    line_write(admin, true, "region %s: %s is reachable; guests run with %s%s", region->name,
               region->uri, driver_accelerator(driver),
               strcmp(driver_accelerator(driver), "kvm") == 0 ? "" : " (emulated, slow)");
    driver_preflight(driver, admin->arena, &findings);
    for (size_t i = 0; i < findings.count; i++)
        line_write(admin, findings.row[i].is_ok, "region %s: %s", region->name,
                   findings.row[i].text);
    /* What the firewall forwards to guests comes from other hosts. */
    if (*region->bridge && strcmp(region->ssh_host, "localhost") == 0)
        line_write(admin, false,
                   "region %s: people are told to reach VMs at localhost, where a bridge forwards "
                   "nothing: set ssh_host in [region %s] of domicile.conf to this server's name",
                   region->name, region->name);
}

/* Check that the key and the prices at Stripe match the configuration. */
static void stripe_check(struct admin *admin)
{
    struct stripe_prices prices;
    struct stripe *stripe;
    struct error *e = stripe_open(admin->arena, admin->config, &stripe);

    if (!e)
        e = stripe_prices_get(stripe, admin->arena, &prices);
    if (e)
        line_write(admin, false, "billing: %s", e->text);
    else
        line_write(admin, true, "billing: Stripe is reachable (%s mode), prices match",
                   stripe_is_live(stripe) ? "live" : "test");
}

/* What the operator put there; the worker stores it for VMs. */
static void image_check(struct admin *admin, const struct config_image *image)
{
    const char *files;
    struct error *e = image_store_stamp(admin->arena, image->dir, &files, NULL), *problem;
    int64_t ready_at;

    problem = e ? image_store_progress(admin->arena, image->dir, &ready_at) : NULL;
    if (problem)
        line_write(admin, false, "image %s: %s", image->name, problem->text);
    else if (e && ready_at)
        line_write(admin, true, "image %s is being built", image->name);
    else if (e)
        line_write(admin, false, "image %s: %s: run \"make guest\" (or \"make image\")",
                   image->name, e->text);
    else
        line_write(admin, true, "image %s is in %s", image->name, image->dir);
}

/* Every byte of the builds that VMs use is read. */
static void image_versions_check(struct admin *admin, struct worker_context *context)
{
    struct context now;
    struct image_version_list_rows versions;
    struct error *e = db_open(admin->arena, &DB_MAIN, main_db_path(admin->arena, admin->state_dir),
                              DB_READ_WRITE, &context->db);

    if (e)
        return; /* database_check has said so */
    now = worker_context_now(context, admin->arena);
    e = sql_image_version_list(now.db, now.arena, &versions);
    for (size_t i = 0; !e && i < versions.count; i++) {
        const struct image_version_list_row *version = &versions.row[i];
        bool is_gone = version->vms && !config_image_find(admin->config, version->image);
        struct error *damage = image_version_check(&now, version->id, true);

        if (damage)
            line_write(admin, false, "image %s: %s: copy its files back to the image's folder",
                       version->image, damage->text);
        else
            line_write(admin, true, "image %s: build %.12s is intact; %lld VM%s it", version->image,
                       version->id, (long long)version->vms, version->vms == 1 ? " uses" : "s use");
        if (is_gone)
            line_write(
                admin, false,
                "image %s: VMs use it, and domicile.conf has no [image %s] any more: without "
                "it their owners see no SSH command and can't change keys",
                version->image, version->image);
    }
    db_close(context->db);
    context->db = NULL;
}

/* How full the pools are, as the worker has found. */
static void pools_check(struct admin *admin)
{
    struct pool_list_rows pools;
    struct db *db;
    struct error *e = db_open(admin->arena, &DB_MAIN, main_db_path(admin->arena, admin->state_dir),
                              DB_READ_ONLY, &db);

    if (e)
        return; /* database_check has said so */
    e = sql_pool_list(db, admin->arena, &pools);
    if (e)
        line_write(admin, false, "%s", e->text);
    for (size_t i = 0; !e && i < pools.count; i++) {
        const struct pool_list_row *pool = &pools.row[i];

        line_write(admin, !pool->problem,
                   "region %s: %lld of %lld VMs of image %s wait in its pool%s%s", pool->region,
                   (long long)pool->ready, (long long)pool->wanted, pool->image,
                   pool->problem ? ": " : "", pool->problem ? pool->problem : "");
    }
    db_close(db);
}

/* What is weaker than the policy in force, or may be, does not take effect until it is announced.
 */
static void policy_check(struct admin *admin)
{
    struct policy_facts facts;
    struct policy_held held = { .number = 0 };
    struct db *db;
    struct error *e = db_open(admin->arena, &DB_MAIN, main_db_path(admin->arena, admin->state_dir),
                              DB_READ_ONLY, &db);

    if (e)
        return; /* database_check has said so */
    policy_facts_all(admin->arena, admin->config, &facts);
    e = policy_hold(db, admin->arena, clock_now(), admin->config, &facts, &held);
    if (e)
        line_write(admin, false, "%s", e->text);
    for (size_t i = 0; i < held.unannounced.count; i++)
        line_write(admin, false,
                   "not announced: %s Announce it with \"domicile-admin "
                   "policy schedule\", or change it back",
                   held.unannounced.row[i].text);
    if (!e && !held.unannounced.count)
        line_write(admin, true,
                   "domicile.conf says what the policy in force promises (version %lld)",
                   (long long)held.number);
    db_close(db);
}

/* What cgi/run.sh writes for trying out is for this computer alone. */
static void controller_check(struct admin *admin)
{
    const struct config *config = admin->config;
    bool is_trial = text_starts(config->public_url, "https://localhost");

    if (strcmp(config->controller_country, COUNTRY_EXAMPLE) == 0)
        line_write(admin, is_trial,
                   "the privacy policy names a placeholder as responsible; before others use this "
                   "server, set controller, address and country in [privacy] of domicile.conf");
    if (*config->authority_url && url_is_reserved(admin->arena, config->authority_url))
        line_write(admin, is_trial,
                   "the privacy policy names a placeholder, %s (%s), as the supervisory authority, "
                   "and so do emails about requests; before others use this server, set authority "
                   "and authority_url in [privacy] of domicile.conf",
                   config->authority, config->authority_url);
}

/* Signs in to the mail server and disconnects; sends nothing. */
static void mail_check(struct admin *admin)
{
    const char *reply = NULL;
    struct mailer *mailer;
    struct error *e = mailer_open(admin->arena, admin->config, &mailer);

    if (!config_has_mail(admin->config)) {
        line_write(admin, true, "mail is off, nothing is sent (domicile.conf, [mail])");
        return;
    }
    if (!e)
        e = smtp_client_check(mailer_smtp(mailer), admin->arena, &reply);
    if (e)
        line_write(admin, false, "mail: %s%s%s", e->text, reply ? ": " : "", reply ? reply : "");
    else
        line_write(admin, true, "mail: %s accepts mail from %s", admin->config->mail_url,
                   admin->config->mail_from_email);
}

/* Where they are promised, model/vm_command.c makes no VM without it. */
static void disks_check(struct admin *admin)
{
    static const char so[] = "so no VM can be made: move the state directory to a device that "
                             "cryptsetup has encrypted, or choose another profile (domicile.conf, "
                             "[privacy])";
    const char *profile = admin->config->profile;
    struct promise_disks disks;

    if (!admin->config->has_encrypted_disks)
        return;
    disks = promise_disks_look(admin->arena, admin->config);
    if (disks.plain_count)
        line_write(admin, false,
                   "profile %s promises encrypted disks, but these are on devices that are not "
                   "encrypted with dm-crypt: %s; %s",
                   profile, disks.plain.bytes, so);
    if (disks.unknown.length)
        line_write(admin, false,
                   "profile %s promises encrypted disks, but the kernel does not tell the devices "
                   "of these (overlay, tmpfs, btrfs, ZFS or a network): %s; %s",
                   profile, disks.unknown.bytes, so);
    if (!disks.plain_count && !disks.unknown.length)
        line_write(admin, true, "profile %s: the disks are encrypted", profile);
}

struct error *admin_check(struct admin *admin)
{
    struct error *e = config_load(admin->arena, admin->state_dir, &admin->config);
    struct worker_context *context;

    directory_check(admin, admin->state_dir, X_OK, 0051);
    if (e) {
        line_write(admin, false, "%s", e->text);
        return NULL; /* nothing else can be checked */
    }
    line_write(admin, true, "%s/domicile.conf can be read", admin->state_dir);
    secrets_check(admin);
    directory_check(admin, arena_printf(admin->arena, "%s/data", admin->state_dir),
                    R_OK | W_OK | X_OK, 0070);
    database_check(admin, &DB_MAIN, main_db_path(admin->arena, admin->state_dir));
    for (size_t i = 0; i < INBOX_COUNT; i++)
        database_check(admin, &DB_INBOX,
                       inbox_path(admin->arena, admin->state_dir, INBOX_SOURCES[i]));
    policy_check(admin);
    controller_check(admin);
    disks_check(admin);
    mail_check(admin);
    context = worker_context_without_db(admin->config, &TIMEOUTS, DRIVERS);
    for (size_t i = 0; i < admin->config->region_count; i++)
        region_check(admin, context, &admin->config->regions[i]);
    for (size_t i = 0; i < admin->config->image_count; i++)
        image_check(admin, &admin->config->images[i]);
    image_versions_check(admin, context);
    pools_check(admin);
    if (config_has_billing(admin->config))
        stripe_check(admin);
    worker_context_close(context);
    return NULL;
}
