/*
 * config.c: the settings at the top of the repository load; an error in a file is reported with its
 * line; secrets that others can read are refused.
 */
#include "adapter/config.h"

#include "base/array.h"
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena *arena;
static char folder[] = "/tmp/dconf.XXXXXX";

/* The reader's message for an unknown section. */
#define KNOWN                                                                                      \
    "known are server, quota, workos, github, mail, billing, stripe, privacy, region NAME, size "  \
    "NAME, "                                                                                       \
    "prices DAY, "                                                                                 \
    "image NAME"

static const char good[] = "[server]\n"                       /* 1 */
                           "name = Test\n"                    /* 2 */
                           "public_url = https://localhost\n" /* 3 */
                           "identity = local\n"               /* 4 */
                           "operator = op@example.org\n"      /* 5 */
                           "currency = EUR\n"                 /* 6 */
                           "[quota]\n"                        /* 7 */
                           "vms = 5\n"                        /* 8 */
                           "vcpus = 8\n"                      /* 9 */
                           "memory_mb = 8192\n"               /* 10 */
                           "disk_gb = 60\n"                   /* 11 */
                           "[workos]\n"                       /* 12 */
                           "client_id =\n"                    /* 13 */
                           "url = https://api.workos.com\n"   /* 14 */
                           "[region local]\n"                 /* 15 */
                           "label = Here\n"                   /* 16 */
                           "driver = libvirt\n"               /* 17 */
                           "uri = qemu:///session\n"          /* 18 */
                           "accelerator = auto\n"             /* 19 */
                           "bridge =\n"                       /* 20 */
                           "ssh_host = localhost\n"           /* 21 */
                           "ssh_ports = 22000-22999\n"        /* 22 */
                           "[size nano]\n"                    /* 23 */
                           "label = Nano\n"                   /* 24 */
                           "vcpus = 1\n"                      /* 25 */
                           "memory_mb = 128\n"                /* 26 */
                           "disk_gb = 1\n"                    /* 27 */
                           "[image tiny]\n"                   /* 28 */
                           "label = Tiny\n"                   /* 29 */
                           "about = A tiny one\n"             /* 30 */
                           "dir = images/tiny\n"              /* 31 */
                           "user = dev\n"                     /* 32 */
                           "memory_mb = 128\n"                /* 33 */
                           "[billing]\n"                      /* 34 */
                           "billing = off\n"                  /* 35 */
                           "base_cents = 0\n"                 /* 36 */
                           "trial_days = 14\n"                /* 37 */
                           "grace_days = 7\n"                 /* 38 */
                           "retention_days = 30\n"            /* 39 */
                           "[stripe]\n"                       /* 40 */
                           "url = https://api.stripe.com\n"   /* 41 */
                           "[mail]\n"                         /* 42 */
                           "mail = off\n"                     /* 43 */
                           "url =\n"                          /* 44 */
                           "user =\n"                         /* 45 */
                           "from =\n"                         /* 46 */
                           "ca_file =\n"                      /* 47 */
                           "[prices 2026-01-01]\n"            /* 48 */
                           "nano = 100\n"                     /* 49 */
                           "stopped_disk_gb = 5\n"            /* 50 */
                           "snapshot_gb = 3\n";               /* 51 */

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(64 << 20);
    if (!mkdtemp(folder))
        return -1;
    return mkdir(arena_printf(arena, "%s/secrets", folder), 0700);
}

static int tear_down(void **state)
{
    (void)state;
    unlink(arena_printf(arena, "%s/domicile.conf", folder));
    unlink(arena_printf(arena, "%s/secrets/key", folder));
    rmdir(arena_printf(arena, "%s/secrets", folder));
    rmdir(folder);
    arena_free(arena);
    return 0;
}

static void file_write(const char *name, const char *text, size_t length, mode_t mode)
{
    const char *path = arena_printf(arena, "%s/%s", folder, name);
    FILE *file;

    unlink(path);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static struct error *load(const char *text, struct config **config)
{
    *config = NULL;
    file_write("domicile.conf", text, strlen(text), 0600);
    return config_load(arena, folder, config);
}

/* The good file with line `number` (from 1) replaced by `line`; NULL: removed. */
static const char *with_line(int number, const char *line)
{
    struct buf out = buf_new(arena, sizeof good);
    int n = 0;

    for (const char *at = good; *at; at += strcspn(at, "\n") + 1) {
        if (++n != number)
            buf_printf(&out, "%.*s\n", (int)strcspn(at, "\n"), at);
        else if (line)
            buf_printf(&out, "%s\n", line);
    }
    return out.bytes;
}

static void assert_message(const char *text, const char *message)
{
    struct config *config;
    struct error *e = load(text, &config);

    assert_non_null(e);
    assert_int_equal(e->kind, ERROR_INPUT);
    assert_string_equal(e->text, arena_printf(arena, "%s/domicile.conf%s", folder, message));
}

/* ---- what loads ---- */

static void test_shipped_settings(void **state)
{
    struct config *config = NULL;
    struct error *e = config_load(arena, ".", &config);

    (void)state;
    if (e)
        fail_msg("%s", e->text);
    assert_string_equal(config->identity, "local");
    assert_string_equal(config->state_dir, ".");
    assert_true(config->region_count >= 1 && config->size_count >= 1 && config->image_count >= 1);
    for (size_t i = 0; i < config->size_count; i++)
        assert_true(config->sizes[i].memory_mb >= 128);
}

/* ---- defaults ---- */

#define LEAST "[server]\npublic_url = https://localhost:8443\noperator = operator@localhost\n"

/* The settings at the top of the repository; `is_open`: with every default as a line. */
static const char *shipped(bool is_open)
{
    struct buf text = buf_new(arena, 8192);
    FILE *file = fopen("domicile.conf", "re");
    char line[256];

    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        size_t word = strspn(line + 2, "abcdefghijklmnopqrstuvwxyz_");
        bool is_setting =
            strncmp(line, "# ", 2) == 0 &&
            (line[2] == '[' || (word && line[2 + word + strspn(line + 2 + word, " ")] == '='));

        buf_text(&text, is_open && is_setting ? line + 2 : line);
    }
    fclose(file);
    return text.bytes;
}

static void same_text(const char *a, const char *b)
{
    assert_string_equal(a, b);
}

static void same_number(int64_t a, int64_t b)
{
    assert_int_equal(a, b);
}

/* Two configurations `a` and `b` have equal values in a field. */
#define SAME(kind, field, ...)                                                                     \
    _Generic(a->field, int64_t : same_number, const char * : same_text)(a->field, b->field);

static void same_region(const struct config_region *a, const struct config_region *b)
{
    CONFIG_REGION_KEYS(SAME)
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->ssh_port_first, b->ssh_port_first);
    assert_int_equal(a->ssh_port_last, b->ssh_port_last);
}

static void same_size(const struct config_size *a, const struct config_size *b)
{
    CONFIG_SIZE_KEYS(SAME)
    assert_string_equal(a->name, b->name);
}

static void same_image(const struct config_image *a, const struct config_image *b)
{
    CONFIG_IMAGE_KEYS(SAME)
    assert_string_equal(a->name, b->name);
}

static void same_prices(const struct config_prices *a, const struct config_prices *b)
{
    assert_string_equal(a->day, b->day);
    assert_int_equal(a->item_count, b->item_count);
    for (size_t i = 0; i < a->item_count; i++) {
        assert_string_equal(a->items[i].item, b->items[i].item);
        assert_int_equal(a->items[i].millicents, b->items[i].millicents);
    }
}

static void same_config(const struct config *a, const struct config *b)
{
    CONFIG_SERVER_KEYS(SAME)
    CONFIG_QUOTA_KEYS(SAME)
    CONFIG_WORKOS_KEYS(SAME)
    CONFIG_MAIL_KEYS(SAME)
    CONFIG_BILLING_KEYS(SAME)
    CONFIG_STRIPE_KEYS(SAME)
    CONFIG_PRIVACY_KEYS(SAME)
    assert_int_equal(a->region_count, b->region_count);
    assert_int_equal(a->size_count, b->size_count);
    assert_int_equal(a->price_count, b->price_count);
    assert_int_equal(a->image_count, b->image_count);
    for (size_t i = 0; i < a->region_count; i++)
        same_region(&a->regions[i], &b->regions[i]);
    for (size_t i = 0; i < a->size_count; i++)
        same_size(&a->sizes[i], &b->sizes[i]);
    for (size_t i = 0; i < a->price_count; i++)
        same_prices(&a->prices[i], &b->prices[i]);
    for (size_t i = 0; i < a->image_count; i++)
        same_image(&a->images[i], &b->images[i]);
}

/* The defaults shown in domicile.conf are the actual ones, and it shows every key. */
static void test_defaults_are_as_shown(void **state)
{
    struct config *least, *closed, *open;
    const char *text = shipped(true);

    (void)state;
    assert_null(load(LEAST, &least));
    assert_null(load(shipped(false), &closed));
    assert_null(load(text, &open));
    same_config(least, closed);
    same_config(least, open);
    assert_string_equal(least->server_name, "Domicile");
    assert_int_equal(least->size_count, 3);
    assert_string_equal(least->regions[0].name, "local");
#define SHOWN(kind, field, name, ...) assert_non_null(strstr(text, "\n" name " "));
    CONFIG_SERVER_KEYS(SHOWN)
    CONFIG_QUOTA_KEYS(SHOWN)
    CONFIG_WORKOS_KEYS(SHOWN)
    CONFIG_MAIL_KEYS(SHOWN)
    CONFIG_BILLING_KEYS(SHOWN)
    CONFIG_STRIPE_KEYS(SHOWN)
    CONFIG_PRIVACY_KEYS(SHOWN)
    CONFIG_REGION_KEYS(SHOWN)
    CONFIG_SIZE_KEYS(SHOWN)
    CONFIG_IMAGE_KEYS(SHOWN)
}

static void test_sections_as_shipped(void **state)
{
    struct config *config;

    (void)state;
    /* A section replaces the built-in ones of its kind; missing keys default from its name. */
    assert_null(load(
        LEAST "[region here]\n[image debian-12]\n[size nano]\nmemory_mb=5\ndisk_gb=2\n", &config));
    assert_int_equal(config->region_count, 1);
    assert_string_equal(config->regions[0].name, "here");
    assert_string_equal(config->regions[0].label, "here");
    assert_int_equal(config->regions[0].ssh_port_last, 22999);
    assert_int_equal(config->image_count, 1);
    assert_string_equal(config->images[0].dir, arena_printf(arena, "%s/images/debian-12", folder));
    assert_int_equal(config->size_count, 1);
    assert_int_equal(config->sizes[0].vcpus, 1);
    assert_int_equal(config->sizes[0].memory_mb, 5);
    assert_int_equal(config->price_count, 1);
    assert_int_equal(config->destroyed_vm_days, 90);
    assert_int_equal(config->log_days, 30);
    assert_int_equal(config->closed_days, 30);
    assert_false(config->has_tls13_alone || config->has_encrypted_disks || config->has_counts);
    assert_int_equal(config->looks, LOOKS_DISK);
    assert_null(load(LEAST "[privacy]\ndestroyed_vm_days = 0\nlog_days = 7\n", &config));
    assert_int_equal(config->destroyed_vm_days, 0);
    assert_int_equal(config->log_days, 7);
    assert_null(load(LEAST "[privacy]\nprofile = sandbox-api\nlog_days = 14\n", &config));
    assert_int_equal(config->destroyed_vm_days, 90);
    assert_int_equal(config->log_days, 14);
    assert_true(config->has_tls13_alone && config->has_encrypted_disks && config->has_counts);
    assert_null(load(LEAST "[privacy]\nprofile = shared-session\n", &config));
    assert_int_equal(config->destroyed_vm_days, 0);
    assert_int_equal(config->closed_days, 0);
    assert_null(load(LEAST "[privacy]\nprofile = desktop\nclosed_account_days = 7\n", &config));
    assert_int_equal(config->closed_days, 7);
    assert_non_null(load(LEAST "[privacy]\nclosed_account_days = 3651\n", &config));
    assert_non_null(load(LEAST "[privacy]\nprofile = other\n", &config));
    assert_non_null(load(LEAST "[privacy]\nlog_days = 0\n", &config));
    assert_null(load(LEAST "[privacy]\nlog_days = 1\n", &config));
    assert_non_null(load(LEAST "[privacy]\nprofile = sandbox-api\nlog_days = 1\n", &config));
    assert_non_null(load(LEAST "[privacy]\nlog_days = 3651\n", &config));
    assert_null(load(LEAST, &config));
    assert_int_equal(config->notice_days, 14);
    assert_string_equal(config->privacy_contact, "operator@localhost");
    assert_null(load(LEAST "[privacy]\nnotice_days = 0\ncontact = Me@Example.org\n"
                           "authority_url = https://a.example.org\ncountry = DE\n",
                     &config));
    assert_int_equal(config->notice_days, 0);
    assert_string_equal(config->controller_country, "DE");
    assert_non_null(load(LEAST "[privacy]\ncountry = Germany\n", &config));
    assert_non_null(load(LEAST "[mail]\ncountry = de\n", &config));
    assert_non_null(load(LEAST "[privacy]\ncontact = nobody\n", &config));
    assert_non_null(load(LEAST "[privacy]\nauthority_url = http://a.example.org\n", &config));
    assert_non_null(load(LEAST "[privacy]\ndestroyed_vm_days = -1\n", &config));
    assert_non_null(load(LEAST "[privacy]\ndestroyed_vm_days = some\n", &config));
    assert_message(LEAST "[size big]\nmemory_mb = 1\n",
                   ": [size big] is missing \"disk_gb\": add the line");
    assert_message(LEAST "[size big]\nmemory_mb = 1\ndisk_gb = 1\n",
                   ": [prices 2026-01-01] is missing \"big\": add the line");
}

/* Files of older versions: keys under their former names, and without keys added later. */
static void test_files_of_older_versions(void **state)
{
    struct config *config;

    (void)state;
    assert_null(load(with_line(39, "keep_days = 12"), &config));
    assert_int_equal(config->retention_days, 12);
    assert_message(with_line(38, "keep_days = 12"),
                   ":39: retention_days is set twice: keep one of the lines");
    assert_message(with_line(40, "keep_days = 12"),
                   ":40: keep_days is set twice: keep one of the lines");
    assert_message(with_line(8, "keep_days = 12"),
                   ":8: unknown key \"keep_days\" in [quota]: remove the line");
}

static void test_every_field(void **state)
{
    struct config *config;

    (void)state;
    assert_null(load(good, &config));
    assert_string_equal(config->server_name, "Test");
    assert_string_equal(config->public_url, "https://localhost");
    assert_string_equal(config->operator_email, "op@example.org");
    assert_string_equal(config->currency, "EUR");
    assert_int_equal(config->quota_vms, 5);
    assert_int_equal(config->quota_vcpus, 8);
    assert_int_equal(config->quota_memory_mb, 8192);
    assert_int_equal(config->quota_disk_gb, 60);
    assert_string_equal(config->workos_client_id, "");
    assert_string_equal(config->workos_url, "https://api.workos.com");
    assert_string_equal(config->github_url, "https://github.com");
    assert_false(config_has_github(config));
    assert_int_equal(config->region_count, 1);
    assert_string_equal(config->regions[0].name, "local");
    assert_string_equal(config->regions[0].uri, "qemu:///session");
    assert_string_equal(config->regions[0].bridge, "");
    assert_int_equal(config->regions[0].ssh_port_first, 22000);
    assert_int_equal(config->regions[0].ssh_port_last, 22999);
    assert_int_equal(config->sizes[0].vcpus, 1);
    assert_int_equal(config->price_count, 1);
    assert_string_equal(config->prices[0].day, "2026-01-01");
    assert_int_equal(config->prices[0].from_at, 1767225600);
    assert_int_equal(config->prices[0].item_count, 3);
    assert_string_equal(config->prices[0].items[0].item, "nano");
    assert_int_equal(config->prices[0].items[0].millicents, 100);
    assert_string_equal(config->images[0].dir, arena_printf(arena, "%s/images/tiny", folder));
    assert_string_equal(config->images[0].user, "dev");
}

/* What people ask for goes to GitHub or, in tests, stays here. */
static void test_access_requests(void **state)
{
    static const char problem[] =
        ": access_requests = on needs identity = local and, in [mail], mail = smtp";
    static const char mail[] =
        "[mail]\nmail = smtp\nurl = smtp://localhost:25\nfrom = a@b.example\n";
    struct config *config;

    (void)state;
    assert_null(load(LEAST, &config));
    assert_false(config_has_access_requests(config));
    assert_message(LEAST "access_requests = on\n", problem);
    assert_message(
        arena_printf(arena, "%saccess_requests = on\nidentity = workos\n%s", LEAST, mail), problem);
    assert_null(load(arena_printf(arena, "%saccess_requests = on\n%s", LEAST, mail), &config));
    assert_true(config_has_access_requests(config));
}

static void test_github(void **state)
{
    static const char *const refused[] = { "https://github.example.org", "http://github.com",
                                           "https://gist.github.com", "http://10.0.0.1:80" };
    static const char *const taken[] = { "https://github.com", "http://127.0.0.1:8080",
                                         "http://localhost:1", "https://[::1]:8443" };
    struct config *config;

    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++)
        assert_message(arena_printf(arena, LEAST "[github]\nurl = %s\n", refused[i]),
                       ": [github] url must be https://github.com or, for tests, on this computer");
    for (size_t i = 0; i < COUNT(taken); i++) {
        assert_null(
            load(arena_printf(arena, LEAST "github_import = on\n[github]\nurl = %s\n", taken[i]),
                 &config));
        assert_string_equal(config->github_url, taken[i]);
        assert_true(config_has_github(config));
    }
    assert_message(LEAST "github_import = on\n[privacy]\nprofile = desktop\n",
                   ": [privacy] profile = desktop shares data with no company: it needs identity = "
                   "local, billing = off and github_import = off, or another profile");
}

static void test_find(void **state)
{
    struct config *config;

    (void)state;
    assert_null(load(arena_printf(arena,
                                  "%sbig = 0\n[size big]\nlabel=Big\nvcpus=2\nmemory_mb=1\n"
                                  "disk_gb=1\n",
                                  good),
                     &config));
    assert_int_equal(config->size_count, 2);
    assert_string_equal(config_size_find(config, "big")->label, "Big");
    assert_string_equal(config_size_find(config, "nano")->label, "Nano");
    assert_null(config_size_find(config, "Big"));
    assert_null(config_size_find(config, NULL));
    assert_non_null(config_region_find(config, "local"));
    assert_null(config_region_find(config, ""));
    assert_null(config_region_find(config, NULL));
    assert_non_null(config_image_find(config, "tiny"));
    assert_null(config_image_find(config, "tin"));
    assert_null(config_image_find(config, NULL));
}

static void test_syntax_variants(void **state)
{
    struct config *config;

    (void)state;
    assert_null(load(with_line(31, "dir=/srv/images/tiny"), &config));
    assert_string_equal(config->images[0].dir, "/srv/images/tiny");
    assert_null(load(with_line(2, "name  :  Two words ; a remark\r"), &config));
    assert_string_equal(config->server_name, "Two words");
    assert_null(load(arena_printf(arena, "# first\n\n; second\n%s\n\n#last", good), &config));
    assert_null(
        load(arena_copy_bytes(arena, good, sizeof good - 2), &config)); /* no trailing newline */
    assert_null(load(arena_printf(arena, "\xef\xbb\xbf%s", good), &config));
    assert_null(load(with_line(3, "public_url = http://[::1]:8080"), &config));
}

/* The good file with a [mail] of these values. */
static const char *with_mail(const char *url, const char *from)
{
    return arena_printf(
        arena, "%.*s[mail]\nmail = smtp\nurl = %s\nuser =\nfrom = %s\nca_file = ca\n%s",
        (int)(strstr(good, "[mail]") - good), good, url, from, strstr(good, "[prices"));
}

static void test_mail(void **state)
{
    static const char url[] = "smtp://mail.example.org:587";
    static const char *const no_urls[] = {
        "", "smtp://", "https://a", "mail.example.org:587", "smtp://a/b", "smtp://a@b", "smtps://A"
    };
    static const char *const no_senders[] = {
        "",      "Domicile",      "a@b@c", "Domicile <a>", "Domicile <a@b",   "Domicile <a@b> x",
        "<a@b>", "Dom\x01 <a@b>", "<",     "x <>",         "Domicile <a@b>>", "D\xc2\x85 <a@b>",
        "a b@c",
    };
    struct config *config;

    (void)state;
    assert_null(load(good, &config));
    assert_false(config_has_mail(config));
    assert_null(load(with_mail(url, "Domicile, M\xc3\xbcnchen <noreply@example.org>"), &config));
    assert_true(config_has_mail(config));
    assert_string_equal(config->mail_url, url);
    assert_string_equal(config->mail_from_name, "Domicile, M\xc3\xbcnchen");
    assert_string_equal(config->mail_from_email, "noreply@example.org");
    assert_string_equal(config->mail_ca_file, arena_printf(arena, "%s/ca", folder));
    assert_null(load(with_mail("smtps://[::1]", "noreply@example.org"), &config));
    assert_string_equal(config->mail_from_name, "Test");
    assert_string_equal(config->mail_from_email, "noreply@example.org");
    for (size_t i = 0; i < COUNT(no_urls); i++)
        assert_message(with_mail(no_urls[i], "a@b"),
                       ": [mail] url must be like smtp://mail.example.org:587 or "
                       "smtps://mail.example.org:465, in lowercase");
    for (size_t i = 0; i < COUNT(no_senders); i++)
        assert_message(with_mail(url, no_senders[i]),
                       ": [mail] from must be like Domicile <noreply@example.org>, or only an "
                       "address");
}

/* ---- what is refused, and the message ---- */

static void test_values(void **state)
{
    static const struct {
        int line;
        const char *text, *message;
    } wrong[] = {
        { 2, "name =", ":2: name must not be empty" },
        { 2, "nam = x", ":2: unknown key \"nam\" in [server]: remove the line" },
        { 2, "Name = x", ":2: unknown key \"Name\" in [server]: remove the line" },
        { 2, "vms = 5", ":2: unknown key \"vms\" in [server]: remove the line" },
        { 2, "name", ":2: not \"key = value\"" },
        { 2, "[server", ":2: not \"key = value\"" },
        { 4, "identity = ldap", ":4: identity must be one of: local, workos" },
        { 4, "identity = local|workos", ":4: identity must be one of: local, workos" },
        { 4, "identity = |", ":4: identity must be one of: local, workos" },
        { 4, "identity = loca", ":4: identity must be one of: local, workos" },
        { 4, "identity = LOCAL", ":4: identity must be one of: local, workos" },
        { 6, "currency = euro", ":6: currency must be one of: EUR, USD, GBP, CHF" },
        { 8, "vms = five", ":8: vms must be a whole number" },
        { 8, "vms = -1", ":8: vms must be a whole number" },
        { 8, "vms = +1", ":8: vms must be a whole number" },
        { 8, "vms = 1.5", ":8: vms must be a whole number" },
        { 8, "vms = 1000000001", ":8: vms must be a whole number" },
        { 8, "vms = 99999999999999999999", ":8: vms must be a whole number" },
        { 8, "vms = 5 5", ":8: vms must be a whole number" },
        { 8, "vms = 0x5", ":8: vms must be a whole number" },
        { 8, "vms =", ":8: vms must not be empty" },
        { 17, "driver = vmware", ":17: driver must be one of: libvirt" },
        { 19, "accelerator = hvf", ":19: accelerator must be one of: auto, kvm, tcg" },
        { 32, "user = Dev", ":32: user may contain a-z, 0-9 and - only" },
        { 32, "user = a/b", ":32: user may contain a-z, 0-9 and - only" },
        { 35, "billing = on", ":35: billing must be one of: off, stripe" },
        { 41, "url = stripe",
          ":41: url must be like https://vm.example.org, in lowercase, "
          "without a trailing slash" },
        { 15, "[planet local]", ":15: unknown section [planet local]: " KNOWN },
        { 15, "[region]", ":15: unknown section [region]: " KNOWN },
        { 15, "[region Not A Name]", ":15: unknown section [region Not A Name]: " KNOWN },
        { 7, "[quota x]", ":7: unknown section [quota x]: " KNOWN },
        { 1, "", ":2: unknown section []: " KNOWN },
        { 3, "name = again", ":3: name is set twice: keep one of the lines" },
        { 3, "  name = again", ":3: name is set twice: keep one of the lines" },
    };
    static const char *const no_origins[] = {
        "localhost",   "https://",    "https://a/",     "https://A.example", "ftp://a",
        "https://a b", "https://a?x", "https://user@a", "HTTPS://a",         "https:/a",
    };
    static const char *const no_ports[] = {
        "22000",       "22000-", "-22000",       "1023-2000",   "22000-65536",
        "22001-22000", "a-b",    "22000-22999x", "22000 22999", "22000-22999-1",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_message(with_line(wrong[i].line, wrong[i].text), wrong[i].message);
    for (size_t i = 0; i < COUNT(no_origins); i++)
        assert_message(with_line(3, arena_printf(arena, "public_url = %s", no_origins[i])),
                       ":3: public_url must be like https://vm.example.org, in lowercase, "
                       "without a trailing slash");
    for (size_t i = 0; i < COUNT(no_ports); i++)
        assert_message(
            with_line(22, arena_printf(arena, "ssh_ports = %s", no_ports[i])),
            ":22: ssh_ports must be like 22000-22999, between 1024 and 65535, and at most "
            "40000 ports");
}

static void test_addresses(void **state)
{
    static const char *const bad[] = {
        "10.0.0.0/33",    "10.0.0.0/0",  "::/0",         "10.0.0",
        "example.org",    "10.0.0.0/8;", "10.0.0.0/",    "10.0.0.0/-1",
        "2001:db8::/129", "1.2.3.4 all", "10.0.0.0/8 }",
    };
    struct config *config;

    (void)state;
    assert_null(load(with_line(6, "trusted_proxies = 10.0.0.7, 2001:db8::/32"), &config));
    assert_string_equal(config->trusted_proxies, "10.0.0.7, 2001:db8::/32");
    assert_null(load(with_line(6, "unlimited_networks = 192.0.2.0/24"), &config));
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_message(
            with_line(6, arena_printf(arena, "trusted_proxies = %s", bad[i])),
            ": [server] trusted_proxies must be networks like 10.0.0.0/8, 2001:db8::/32");
        assert_message(
            with_line(6, arena_printf(arena, "unlimited_networks = 10.0.0.0/8 %s", bad[i])),
            ": [server] unlimited_networks must be networks like 10.0.0.0/8, 2001:db8::/32");
    }
    assert_null(load(with_line(5, "operator = Op@B\u00dcCHER.example."), &config));
    assert_string_equal(config->operator_email, "op@xn--bcher-kva.example");
    assert_message(with_line(5, "operator = nobody"),
                   ": [server] operator must be an email address");
}

/* The file loads without any one line, except the few that have no default. */
static void test_required_lines(void **state)
{
    static const struct {
        int line;
        const char *message;
    } needed[] = {
        { 3, ": [server] is missing \"public_url\": add the line" },
        { 5, ": [server] is missing \"operator\": add the line" },
        { 26, ": [size nano] is missing \"memory_mb\": add the line" },
        { 27, ": [size nano] is missing \"disk_gb\": add the line" },
        { 49, ": [prices 2026-01-01] is missing \"nano\": add the line" },
        { 50, ": [prices 2026-01-01] is missing \"stopped_disk_gb\": add the line" },
        { 51, ": [prices 2026-01-01] is missing \"snapshot_gb\": add the line" },
    };
    struct config *config;
    int line = 0;
    size_t found = 0;

    (void)state;
    for (const char *at = good; *at; at += strcspn(at, "\n") + 1) {
        line++;
        if (found < COUNT(needed) && needed[found].line == line)
            assert_message(with_line(line, NULL), needed[found++].message);
        else if (*at != '[')
            assert_null(load(with_line(line, NULL), &config));
    }
    assert_int_equal(found, COUNT(needed));
}

static void test_whole_sections(void **state)
{
    const char *quota = strstr(good, "[quota"), *region = strstr(good, "[region");
    const char *prices = strstr(good, "[prices");
    struct config *config;

    (void)state;
    assert_message("", ": [server] is missing \"public_url\": add the line");
    assert_null(load(arena_printf(arena, "%.*s", (int)(quota - good), good), &config));
    assert_int_equal(config->quota_vms, 5);
    assert_int_equal(config->size_count, 3);
    assert_message(arena_printf(arena, "%.*s%s", (int)(region - good), good, prices),
                   ": [prices 2026-01-01] is missing \"small\": add the line");
    assert_null(load(arena_printf(arena, "%.*s", (int)(prices - good), good), &config));
    assert_int_equal(config->prices[0].item_count, 5);
    assert_message(arena_printf(arena, "%s[size nano]\nlabel = Again\n", good),
                   ":53: label is set twice: keep one of the lines");
}

/* No text can promise a longer term: the limit is said, and why. */
static void test_terms_have_a_limit(void **state)
{
    static const char *const terms[] = {
        "[privacy]\ndestroyed_vm_days",   "[privacy]\nlog_days",   "[privacy]\nnotice_days",
        "[privacy]\nclosed_account_days", "[billing]\ngrace_days", "[billing]\nretention_days",
        "[billing]\ntrial_days",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(terms); i++) {
        struct config *config;
        struct error *e;

        assert_null(load(arena_printf(arena, LEAST "%s = 2555\n", terms[i]), &config));
        e = load(arena_printf(arena, LEAST "%s = 2556\n", terms[i]), &config);
        assert_non_null(strstr(e->text, "2555: no policy promises a term of more than 7 years"));
    }
}

/* The reported line is the one that the message is about. */
static void test_first_error_is_reported(void **state)
{
    struct buf many = buf_new(arena, 4096);
    char wide[300];

    (void)state;
    assert_message("[server]\nnonsense\nnam = x\n", ":2: not \"key = value\"");
    assert_message("[server]\nnam = x\nnonsense\n",
                   ":2: unknown key \"nam\" in [server]: remove the line");
    assert_message("[server]\nnam = x\nnom = y\n",
                   ":2: unknown key \"nam\" in [server]: remove the line");
    memset(wide, 'x', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    assert_message(with_line(2, arena_printf(arena, "name = %s", wide)),
                   ":2: the line is too long or contains a NUL byte");
    /* The end of a long comment is not the next line. */
    assert_message(with_line(2, arena_printf(arena, "# %.197sname = Trap", wide)),
                   ":2: the line is too long or contains a NUL byte");
    for (int i = 0; i < 70; i++)
        buf_printf(&many, "[size s%d]\nlabel = x\n", i);
    assert_message(many.bytes, ":129: unknown section [size s64]: " KNOWN);
}

static void test_price_lists(void **state)
{
    static const struct {
        const char *text, *message;
    } wrong[] = {
        { "[prices 2026-02-30]\nnano=1\n",
          ": [prices 2026-02-30]: the day must be like 2026-12-31" },
        { "[prices 2026-1-01]\nnano=1\n", ": [prices 2026-1-01]: the day must be like 2026-12-31" },
        { "[prices soon]\nnano=1\n", ": [prices soon]: the day must be like 2026-12-31" },
        { "[prices 2026-02-01]\nnano=1\nsnapshot_gb=1\n",
          ": [prices 2026-02-01] is missing \"stopped_disk_gb\": add the line" },
        { "[prices 2100-02-01]\nsnapshot_gb=1\nstopped_disk_gb=1\n",
          ": [prices 2100-02-01] is missing \"nano\": add the line" },
        { "[prices 2100-02-01]\nnano=1\nnano=1\n", ":54: nano is set twice" },
        { "nano=1\n", ":52: nano is set twice" },
        { "big=1.5\n", ":52: big must be a whole number of 1/1000 cents, at most 100000000" },
        { "big=-1\n", ":52: big must be a whole number of 1/1000 cents, at most 100000000" },
        { "big=\n", ":52: big must be a whole number of 1/1000 cents, at most 100000000" },
        { "big=100000001\n", ":52: big must be a whole number of 1/1000 cents, at most 100000000" },
        { "disk_gb=1\n",
          ":52: disk_gb is neither the name of a size nor stopped_disk_gb nor snapshot_gb" },
    };
    struct config *config;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_message(arena_printf(arena, "%s%s", good, wrong[i].text), wrong[i].message);
    assert_message(with_line(48, "[prices 2100-01-01]"),
                   ": needs a section [prices DAY] whose day has come: keep the one whose "
                   "prices apply now");
    /* Sorted by day, whatever the order of the lines; past lists may be incomplete. */
    assert_null(load(arena_printf(arena,
                                  "%s[prices 2100-01-01]\nnano=3\nsnapshot_gb=1\n"
                                  "stopped_disk_gb=1\n[prices 2025-01-01]\nold=9\n",
                                  good),
                     &config));
    assert_int_equal(config->price_count, 3);
    assert_string_equal(config->prices[0].day, "2025-01-01");
    assert_string_equal(config->prices[1].day, "2026-01-01");
    assert_string_equal(config->prices[2].day, "2100-01-01");
}

static void test_files(void **state)
{
    struct config *config;
    struct error *e = config_load(arena, "/nonexistent", &config);

    (void)state;
    assert_non_null(e);
    assert_int_equal(e->kind, ERROR_INPUT);
    assert_string_equal(e->text,
                        "/nonexistent/domicile.conf: cannot be read: No such file or directory");
    file_write("domicile.conf", "[server]\nname = a\0b\n", 20, 0600);
    e = config_load(arena, folder, &config);
    assert_non_null(e);
    assert_non_null(strstr(e->text, ":2: the line is too long or contains a NUL byte"));
}

/* ---- secrets ---- */

static void test_secret_lines(void **state)
{
    static const struct {
        const char *text, *current, *previous;
    } files[] = {
        { "one", "one", NULL },          { "one\n", "one", NULL },
        { "one\n\n", "one", NULL },      { "one\ntwo", "one", "two" },
        { "one\ntwo\n", "one", "two" },  { "one\ntwo\nthree\n", "one", "two" },
        { "one\n\ntwo\n", "one", NULL },
    };
    struct config_secret secret;

    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        file_write("secrets/key", files[i].text, strlen(files[i].text), 0400);
        secret.previous = "unset";
        assert_null(config_secret_load(arena, folder, "key", &secret));
        assert_string_equal(secret.current, files[i].current);
        if (files[i].previous)
            assert_string_equal(secret.previous, files[i].previous);
        else
            assert_null(secret.previous);
    }
}

static void test_secret_refused(void **state)
{
    static const char *const empty[] = { "", "\n", "\ntwo\n" };
    static const mode_t open_modes[] = { 0404, 0440, 0444, 0640, 0604, 0660, 0601, 0410, 0420 };
    struct config_secret secret;
    struct error *e;

    (void)state;
    for (size_t i = 0; i < COUNT(empty); i++) {
        file_write("secrets/key", empty[i], strlen(empty[i]), 0400);
        e = config_secret_load(arena, folder, "key", &secret);
        assert_non_null(e);
        assert_int_equal(e->kind, ERROR_INTERNAL);
        assert_string_equal(
            e->text, arena_printf(arena, "secret %s/secrets/key: the first line is empty", folder));
    }
    for (size_t i = 0; i < COUNT(open_modes); i++) {
        file_write("secrets/key", "canary\n", 7, open_modes[i]);
        e = config_secret_load(arena, folder, "key", &secret);
        assert_non_null(e);
        assert_string_equal(
            e->text,
            arena_printf(arena, "secret %s/secrets/key: readable by others: chmod 400", folder));
    }
    e = config_secret_load(arena, folder, "none", &secret);
    assert_non_null(e);
    assert_int_equal(e->kind, ERROR_INTERNAL);
    assert_string_equal(e->text, arena_printf(arena,
                                              "secret %s/secrets/none: No such file or directory: "
                                              "write it to this file and chmod 400",
                                              folder));
}

static const char *desktop_problem(const char *more)
{
    struct config *config;
    struct error *e =
        load(arena_printf(arena, LEAST "[privacy]\nprofile = desktop\n%s", more), &config);

    return e ? e->text : NULL;
}

static void the_desktop_profile_stays_in_one_country_of_the_union(void **state)
{
    (void)state;
    assert_null(desktop_problem(""));
    assert_null(desktop_problem("[region local]\ncountry = DE\n[mail]\ncountry = DE\n"));
    assert_non_null(strstr(desktop_problem("[region local]\ncountry = US\n"), "European Union"));
    assert_non_null(strstr(desktop_problem("[region local]\ncountry = DE\n[mail]\ncountry = FR\n"),
                           "one country"));
    assert_non_null(strstr(desktop_problem("controller = M\xfcller\n"), "must be UTF-8"));
    assert_non_null(strstr(desktop_problem("[billing]\nbilling = stripe\n"), "no company"));
    assert_non_null(strstr(
        desktop_problem("[server]\nidentity = workos\n[workos]\nclient_id = c\n"), "no company"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_desktop_profile_stays_in_one_country_of_the_union),
        cmocka_unit_test(test_shipped_settings),
        cmocka_unit_test(test_defaults_are_as_shown),
        cmocka_unit_test(test_sections_as_shipped),
        cmocka_unit_test(test_files_of_older_versions),
        cmocka_unit_test(test_every_field),
        cmocka_unit_test(test_access_requests),
        cmocka_unit_test(test_github),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_syntax_variants),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_required_lines),
        cmocka_unit_test(test_mail),
        cmocka_unit_test(test_whole_sections),
        cmocka_unit_test(test_terms_have_a_limit),
        cmocka_unit_test(test_first_error_is_reported),
        cmocka_unit_test(test_price_lists),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_secret_lines),
        cmocka_unit_test(test_secret_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
