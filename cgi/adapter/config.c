/* STATE/domicile.conf and STATE/secrets; see config.h. The adapter for inih. */
#include "adapter/config.h"

#include "adapter/config_network.h"
#include "adapter/config_prices.h"
#include "adapter/idn.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/name_list.h"
#include "base/text.h"
#include "base/url.h"

#include <errno.h>
#include <ini.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_SECTIONS = 64, MAX_TITLE = 49, MAX_SECRET_BYTES = 4096 };

enum kind {
    TEXT,     /* not empty */
    OPTIONAL, /* text, may be empty */
    URL,      /* https://host[:port] or http://, no trailing slash */
    NAME,     /* [a-z0-9-] */
    COUNTRY,  /* ISO 3166: "DE"; may be empty */
    NUMBER,   /* 0 to 1000000000 */
    PORTS,    /* "first-last" */
};

struct key {
    const char *name;
    enum kind kind;
    size_t offset;
    const char *fallback; /* NULL: required */
    const char *choices;  /* NULL: any; else "|local|workos|" */
    const char *former;   /* NULL, or an older name of the key */
};

#define KEY(type, kind_, field, name_, ...)                                                        \
    { .name = name_, .kind = kind_, .offset = offsetof(type, field), __VA_ARGS__ },
#define CONFIG_KEY(...) KEY(struct config, __VA_ARGS__)
#define REGION_KEY(...) KEY(struct config_region, __VA_ARGS__)
#define SIZE_KEY(...)   KEY(struct config_size, __VA_ARGS__)
#define IMAGE_KEY(...)  KEY(struct config_image, __VA_ARGS__)

static const struct key server_keys[] = { CONFIG_SERVER_KEYS(CONFIG_KEY) };
static const struct key quota_keys[] = { CONFIG_QUOTA_KEYS(CONFIG_KEY) };
static const struct key workos_keys[] = { CONFIG_WORKOS_KEYS(CONFIG_KEY) };
static const struct key github_keys[] = { CONFIG_GITHUB_KEYS(CONFIG_KEY) };
static const struct key mail_keys[] = { CONFIG_MAIL_KEYS(CONFIG_KEY) };
static const struct key billing_keys[] = { CONFIG_BILLING_KEYS(CONFIG_KEY) };
static const struct key stripe_keys[] = { CONFIG_STRIPE_KEYS(CONFIG_KEY) };
static const struct key privacy_keys[] = { CONFIG_PRIVACY_KEYS(CONFIG_KEY) };
static const struct key region_keys[] = { CONFIG_REGION_KEYS(REGION_KEY) };
static const struct key size_keys[] = { CONFIG_SIZE_KEYS(SIZE_KEY) };
static const struct key image_keys[] = { CONFIG_IMAGE_KEYS(IMAGE_KEY) };

/* A kind of section; those with their own struct may occur several times: "[size small]". */
static const struct section_kind {
    const char *word;
    const char *name;       /* placeholder after the word in messages: "NAME"; NULL: none */
    const struct key *keys; /* NULL: names of sizes, see config_prices.h */
    size_t key_count;
    size_t struct_size; /* 0: the keys are fields of struct config itself */
    size_t list_offset, count_offset;
    const char *shipped; /* default sections when the file has none */
} section_kinds[] = {
    { "server", NULL, server_keys, COUNT(server_keys), 0, 0, 0, NULL },
    { "quota", NULL, quota_keys, COUNT(quota_keys), 0, 0, 0, NULL },
    { "workos", NULL, workos_keys, COUNT(workos_keys), 0, 0, 0, NULL },
    { "github", NULL, github_keys, COUNT(github_keys), 0, 0, 0, NULL },
    { "mail", NULL, mail_keys, COUNT(mail_keys), 0, 0, 0, NULL },
    { "billing", NULL, billing_keys, COUNT(billing_keys), 0, 0, 0, NULL },
    { "stripe", NULL, stripe_keys, COUNT(stripe_keys), 0, 0, 0, NULL },
    { "privacy", NULL, privacy_keys, COUNT(privacy_keys), 0, 0, 0, NULL },
    { "region", "NAME", region_keys, COUNT(region_keys), sizeof(struct config_region),
      offsetof(struct config, regions), offsetof(struct config, region_count),
      CONFIG_SHIPPED_REGIONS },
    { "size", "NAME", size_keys, COUNT(size_keys), sizeof(struct config_size),
      offsetof(struct config, sizes), offsetof(struct config, size_count), CONFIG_SHIPPED_SIZES },
    { "prices", "DAY", NULL, 0, sizeof(struct config_prices), offsetof(struct config, prices),
      offsetof(struct config, price_count), CONFIG_SHIPPED_PRICES },
    { "image", "NAME", image_keys, COUNT(image_keys), sizeof(struct config_image),
      offsetof(struct config, images), offsetof(struct config, image_count),
      CONFIG_SHIPPED_IMAGES },
};

/* A section that is being read. */
struct section {
    const char *title; /* as written: "size small" */
    const struct section_kind *kind;
    char *target; /* the struct to fill */
    bool *is_set; /* of each key */
};

struct reading {
    struct arena *arena;
    struct config *config;
    struct section sections[MAX_SECTIONS];
    size_t section_count;
    FILE *file;
    int line;            /* current line in inih, counted from 1 */
    const char *problem; /* the first problem found here, and its line */
    int problem_line;
};

static bool is_name(const char *text)
{
    return *text && strlen(text) < 64 &&
           !text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")];
}

/* Or empty. */
static bool is_country(const char *text)
{
    size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

    return !text[length] && (length == 0 || length == 2);
}

static bool number_read(const char *text, int64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoll(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && !errno && *out <= 1000000000;
}

static bool ports_read(const char *text, struct config_region *region)
{
    int used = 0;
    long long first, last;

    if (sscanf(text, "%6lld-%6lld%n", &first, &last, &used) != 2 || text[used] || first < 1024 ||
        last > 65535 || first > last || last - first >= LIMIT_PORTS)
        return false;
    region->ssh_port_first = first;
    region->ssh_port_last = last;
    return true;
}

/* "a, b" of "|a|b|". */
static const char *choices_text(struct arena *arena, const char *choices)
{
    struct buf text = buf_new(arena, 64);

    for (const char *at = choices + 1; *at; at += strcspn(at, "|") + 1)
        name_list_add(&text, at, strcspn(at, "|"));
    return text.bytes;
}

/* Store a value. NULL, or what is wrong with it. */
static const char *value_store(struct reading *reading, char *target, const struct key *key,
                               const char *value)
{
    char *field = target + key->offset;
    const char *choice = arena_printf(reading->arena, "|%s|", value);

    if (key->kind != OPTIONAL && key->kind != COUNTRY && !*value)
        return "must not be empty";
    if (key->choices && (strchr(value, '|') || !strstr(key->choices, choice)))
        return arena_printf(reading->arena, "must be one of: %s",
                            choices_text(reading->arena, key->choices));
    if (key->kind == NAME && !is_name(value))
        return "may contain a-z, 0-9 and - only";
    if (key->kind == COUNTRY && !is_country(value))
        return "must be the two capital letters of a country, like DE";
    if (key->kind == URL && !url_is_origin(value, "https://") && !url_is_origin(value, "http://"))
        return "must be like https://vm.example.org, in lowercase, without a trailing slash";
    if (key->kind == NUMBER)
        return number_read(value, (int64_t *)(void *)field) ? NULL : "must be a whole number";
    if (key->kind == PORTS && !ports_read(value, (struct config_region *)(void *)target))
        return "must be like 22000-22999, between 1024 and 65535, and at most 40000 ports";
    if (!text_is_utf8(value, strlen(value)))
        return "must be UTF-8";
    *(const char **)(void *)field = arena_copy(reading->arena, value);
    return NULL;
}

/* Set every key to its default; "*" is the section's name. */
static void defaults_store(struct reading *reading, const struct section *section)
{
    for (size_t i = 0; i < section->kind->key_count; i++) {
        const struct key *key = &section->kind->keys[i];
        const char *star = key->fallback ? strchr(key->fallback, '*') : NULL;
        const char *value =
            star ? arena_printf(reading->arena, "%.*s%s", (int)(star - key->fallback),
                                key->fallback, strchr(section->title, ' ') + 1)
                 : key->fallback;

        if (value)
            value_store(reading, section->target, key, value);
    }
}

static struct section *section_new(struct reading *reading, const char *title)
{
    struct section *section = &reading->sections[reading->section_count];
    size_t word = strcspn(title, " ");

    for (size_t i = 0; i < COUNT(section_kinds); i++) {
        const struct section_kind *kind = &section_kinds[i];
        bool is_named = title[word] == ' ' && is_name(title + word + 1);

        if (strlen(kind->word) != word || strncmp(kind->word, title, word) != 0 ||
            is_named != (kind->struct_size > 0) || reading->section_count == MAX_SECTIONS)
            continue;
        *section = (struct section){ .title = arena_copy(reading->arena, title), .kind = kind };
        section->is_set = arena_array(reading->arena, kind->key_count, sizeof *section->is_set);
        section->target = (char *)reading->config;
        if (is_named) {
            section->target = arena_alloc(reading->arena, kind->struct_size);
            /* The first member of every such struct is its name. */
            *(const char **)(void *)section->target = section->title + word + 1;
        }
        defaults_store(reading, section);
        reading->section_count++;
        return section;
    }
    return NULL;
}

static void problem_note(struct reading *reading, const char *problem)
{
    reading->problem = problem;
    reading->problem_line = reading->line;
}

/* The section with that title; NULL, with the problem recorded, if invalid. */
static struct section *section_find(struct reading *reading, const char *title)
{
    struct section *section = NULL;
    struct buf known;

    for (size_t i = 0; !section && i < reading->section_count; i++) {
        if (strcmp(reading->sections[i].title, title) == 0)
            section = &reading->sections[i];
    }
    if (!section)
        section = section_new(reading, title);
    if (section)
        return section;
    known = buf_new(reading->arena, 256);
    for (size_t i = 0; i < COUNT(section_kinds); i++) {
        buf_printf(&known, "%s%s", i ? ", " : "", section_kinds[i].word);
        if (section_kinds[i].name)
            buf_printf(&known, " %s", section_kinds[i].name);
    }
    problem_note(reading, arena_printf(reading->arena, "unknown section [%s]: known are %s", title,
                                       known.bytes));
    return NULL;
}

/* inih reports a section only with its first key; a section of defaults has none. */
static void header_take(struct reading *reading, const char *line)
{
    const char *end = line[0] == '[' ? strchr(line, ']') : NULL;
    size_t length = end ? (size_t)(end - line) - 1 : 0;

    if (length > MAX_TITLE)
        problem_note(reading, "the name of the section is too long");
    else if (end)
        section_find(reading, arena_copy_bytes(reading->arena, line + 1, length));
}

/* inih's reader, like fgets. inih would parse the rest of an overlong line as a new line. */
static char *line_read(char *line, int size, void *user)
{
    struct reading *reading = user;

    if (reading->problem || !fgets(line, size, reading->file))
        return NULL; /* report only the first problem */
    reading->line++;
    if (!strchr(line, '\n') && !feof(reading->file)) {
        problem_note(reading, "the line is too long or contains a NUL byte");
        return NULL;
    }
    header_take(reading, line);
    return reading->problem ? NULL : line;
}

/* NULL if there is no such key. */
static const struct key *key_find(const struct section_kind *kind, const char *name)
{
    for (size_t i = 0; i < kind->key_count; i++) {
        const struct key *key = &kind->keys[i];

        if (strcmp(key->name, name) == 0 || (key->former && strcmp(key->former, name) == 0))
            return key;
    }
    return NULL;
}

/* Process one pair. NULL, or what is wrong with the line. */
static const char *line_problem(struct reading *reading, struct section *section, const char *name,
                                const char *value)
{
    const struct key *key = key_find(section->kind, name);
    const char *problem;
    bool *is_set;

    if (!section->kind->keys) {
        problem = config_prices_take(reading->arena, (void *)section->target, name, value);
    } else if (!key) {
        return arena_printf(reading->arena, "unknown key \"%s\" in [%s]: remove the line", name,
                            section->title);
    } else {
        is_set = &section->is_set[key - section->kind->keys];
        problem = *is_set ? "is set twice: keep one of the lines"
                          : value_store(reading, section->target, key, value);
        *is_set = true;
    }
    return problem ? arena_printf(reading->arena, "%s %s", name, problem) : NULL;
}

/* inih's callback: 1 continues, 0 makes the parser return this line's number. */
static int pair_take(void *user, const char *title, const char *name, const char *value)
{
    struct reading *reading = user;
    struct section *section = section_find(reading, title);
    const char *problem = section ? line_problem(reading, section, name, value) : NULL;

    if (problem)
        problem_note(reading, problem);
    return section && !problem;
}

/* Of images only what is there at once, where the full one is not built. */
static const char *shipped_of(const struct reading *reading, const struct section_kind *kind)
{
    bool is_cut = kind->keys == image_keys && strcmp(reading->config->image_build, "off") == 0;

    return is_cut ? CONFIG_SHIPPED_TINY : kind->shipped;
}

/* What the file omits: default sections, and missing keys that are required. */
static const char *missing_find(struct reading *reading)
{
    for (size_t i = 0; i < COUNT(section_kinds); i++) {
        const struct section_kind *kind = &section_kinds[i];
        bool is_there = false;

        for (size_t k = 0; !is_there && k < reading->section_count; k++)
            is_there = reading->sections[k].kind == kind;
        if (is_there)
            continue;
        if (kind->shipped ? ini_parse_string(shipped_of(reading, kind), pair_take, reading) != 0
                          : !section_find(reading, kind->word))
            return "too many sections";
    }
    for (size_t i = 0; i < reading->section_count; i++) {
        const struct section *section = &reading->sections[i];

        for (size_t k = 0; k < section->kind->key_count; k++) {
            if (!section->is_set[k] && !section->kind->keys[k].fallback)
                return arena_printf(reading->arena, "[%s] is missing \"%s\": add the line",
                                    section->title, section->kind->keys[k].name);
        }
    }
    return NULL;
}

static void lists_fill(struct reading *reading)
{
    for (size_t k = 0; k < COUNT(section_kinds); k++) {
        const struct section_kind *kind = &section_kinds[k];
        char *config = (char *)reading->config;
        char *list;
        size_t count = 0;

        if (!kind->struct_size)
            continue;
        list = arena_array(reading->arena, MAX_SECTIONS, kind->struct_size);
        for (size_t i = 0; i < reading->section_count; i++) {
            if (reading->sections[i].kind == kind)
                memcpy(list + kind->struct_size * count++, reading->sections[i].target,
                       kind->struct_size);
        }
        *(void **)(void *)(config + kind->list_offset) = list;
        *(size_t *)(void *)(config + kind->count_offset) = count;
    }
}

/* Read all pairs; reports the first line with a problem, inih's (a syntax error) or ours. */
static struct error *pairs_read(struct reading *reading, const char *path)
{
    int line;

    reading->file = fopen(path, "re");
    if (!reading->file)
        return error_new(reading->arena, ERROR_INPUT, "%s: cannot be read: %s", path,
                         strerror(errno));
    line = ini_parse_stream(line_read, reading, pair_take, reading);
    fclose(reading->file);
    if (line > 0 && (!reading->problem || line < reading->problem_line))
        return error_new(reading->arena, ERROR_INPUT, "%s:%d: not \"key = value\"", path, line);
    if (reading->problem)
        return error_new(reading->arena, ERROR_INPUT, "%s:%d: %s", path, reading->problem_line,
                         reading->problem);
    return NULL;
}

/* In the form in which people's addresses are compared with them. */
static const char *addresses_check(struct arena *arena, struct config *config)
{
    config->operator_email = idn_email(arena, config->operator_email);
    if (!config->operator_email)
        return "[server] operator must be an email address";
    config->privacy_contact = *config->privacy_contact ? idn_email(arena, config->privacy_contact)
                                                       : config->operator_email;
    return config->privacy_contact ? NULL : "[privacy] contact must be an email address";
}

/* What people ask for goes to GitHub, or stays on this computer. */
static const char *github_check(const struct config *config)
{
    bool is_ours = url_is_loopback(config->github_url, "http://") ||
                   url_is_loopback(config->github_url, "https://");

    return is_ours || strcmp(config->github_url, CONFIG_GITHUB_URL) == 0
               ? NULL
               : "[github] url must be " CONFIG_GITHUB_URL " or, for tests, on this computer";
}

struct error *config_load(struct arena *arena, const char *state_dir, struct config **out)
{
    const char *path = arena_printf(arena, "%s/domicile.conf", state_dir);
    struct reading *reading = arena_alloc(arena, sizeof *reading);
    struct error *e;

    reading->arena = arena;
    reading->config = arena_alloc(arena, sizeof *reading->config);
    reading->config->state_dir = arena_copy(arena, state_dir);
    e = pairs_read(reading, path);
    if (e)
        return e;
    reading->problem = missing_find(reading);
    if (!reading->problem)
        reading->problem = addresses_check(arena, reading->config);
    if (!reading->problem)
        reading->problem = config_networks_check(arena, reading->config);
    if (!reading->problem)
        reading->problem = github_check(reading->config);
    if (!reading->problem)
        reading->problem = config_mail_check(arena, reading->config);
    if (!reading->problem)
        reading->problem = config_profile_apply(reading->config);
    if (reading->problem)
        return error_new(arena, ERROR_INPUT, "%s: %s", path, reading->problem);
    lists_fill(reading);
    *out = reading->config;
    reading->problem = config_profile_check(*out);
    if (!reading->problem)
        reading->problem = config_prices_check(arena, *out, clock_now());
    if (reading->problem)
        return error_new(arena, ERROR_INPUT, "%s: %s", path, reading->problem);
    for (size_t i = 0; i < (*out)->image_count; i++) {
        if ((*out)->images[i].dir[0] != '/')
            (*out)->images[i].dir =
                arena_printf(arena, "%s/%s", (*out)->state_dir, (*out)->images[i].dir);
    }
    return NULL;
}

struct error *config_secret_load(struct arena *arena, const char *state_dir, const char *name,
                                 struct config_secret *out)
{
    const char *path = arena_printf(arena, "%s/secrets/%s", state_dir, name);
    char *text = arena_alloc(arena, MAX_SECRET_BYTES + 1);
    FILE *file = fopen(path, "re");
    struct stat status;
    char *rest;

    if (!file || fstat(fileno(file), &status) != 0)
        return error_new(arena, ERROR_INTERNAL, "secret %s: %s%s", path, strerror(errno),
                         errno == ENOENT ? ": write it to this file and chmod 400" : "");
    if (fread(text, 1, MAX_SECRET_BYTES, file) == 0)
        *text = '\0';
    fclose(file);
    if (status.st_mode & 077)
        return error_new(arena, ERROR_INTERNAL, "secret %s: readable by others: chmod 400", path);
    rest = strchr(text, '\n');
    if (rest)
        *rest++ = '\0';
    if (!*text)
        return error_new(arena, ERROR_INTERNAL, "secret %s: the first line is empty", path);
    out->current = text;
    out->previous = NULL;
    if (rest && *rest && *rest != '\n') {
        rest[strcspn(rest, "\n")] = '\0';
        out->previous = rest;
    }
    return NULL;
}
