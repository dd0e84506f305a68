/*
 * Writes the NoCloud seed (see seed.h).
 *
 * user-data is "#cloud-config" and JSON, which is also YAML, so that no value can become a key or a
 * list: json_quote() quotes everything. Characters that JSON and YAML read differently (control
 * characters, NEL, LS, PS, DEL and the like) are rejected. seed_read.sh relies on one item per
 * line. The meta-data of a seed without a host key are on one line, so that it finds none: guests
 * of builds from before such seeds would take one for a new identity and lose their host key.
 *
 * The owner's user data comes in parts. Where cloud-init reads the seed, they are merged into one
 * (cloud-init, "Merging user-data sections"): the owner's first, so that ours, which say how they
 * are merged, keep the account, its keys and the host key whatever the owner's say, and leave all
 * else to those. Our own guests read our text alone, and give the owner's to cloud-init
 * (seed_apply.sh).
 *
 * libarchive builds the image in an unnamed file in TMPDIR. The texts contain the guest's private
 * SSH host key and are wiped from memory here.
 */
#include "host/seed.h"

#include "adapter/archive.h"
#include "adapter/crypto.h"
#include "adapter/json.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/text.h"
#include "host/seed_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RANDOM_BYTES = 32 };

static const char HEADER[] = "#cloud-config\n";

/* ---- validation ---- */

static bool is_name(const char *text, size_t longest, const char *letters)
{
    size_t length = text ? strlen(text) : 0;

    return length > 0 && length <= longest && text[0] != '-' && strspn(text, letters) == length;
}

static struct error *check(struct arena *arena, const struct driver_seed *seed)
{
    static const char word[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    static const char any[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

    if (!is_name(seed->user_name, 32, word))
        return error_new(arena, ERROR_INPUT, "the user name is not [a-z0-9_-]{1,32}");
    if (seed->says_wait)
        return NULL;
    if (!text_is_host_name(seed->host_name))
        return error_new(arena, ERROR_INPUT, "the host name is none");
    if (!is_name(seed->instance_id, 128, any))
        return error_new(arena, ERROR_INPUT, "the instance id is not [A-Za-z0-9._-]{1,128}");
    if (seed->host_key_private &&
        (!text_is_lines(seed->host_key_private) || !text_is_line(seed->host_key_public)))
        return error_new(arena, ERROR_INPUT, "the host key holds a hidden character");
    if (seed->script && !text_is_lines(seed->script))
        return error_new(arena, ERROR_INPUT, "the script holds a hidden character");
    if (seed->user_data && !seed->host_key_private)
        return error_new(arena, ERROR_INPUT, "user data is for a new guest");
    for (size_t i = 0; i < seed->ssh_key_count; i++) {
        if (!text_is_line(seed->ssh_keys[i]))
            return error_new(arena, ERROR_INPUT, "SSH key %zu holds a hidden character", i + 1);
    }
    return NULL;
}

/* ---- the texts ---- */

/*
 * Write one item on its own line, as guest_init.sh expects: `before`, the text as a JSON string,
 * `after`. An earlier error is passed through, so that calls can be chained without checks.
 */
static struct error *put(struct error *e, struct buf *buf, const char *before, const char *text,
                         const char *after)
{
    const char *quoted;

    if (!e)
        e = json_quote(buf->arena, text, &quoted);
    if (e)
        return e;
    buf_text(buf, before);
    buf_text(buf, quoted);
    buf_text(buf, after);
    buf_char(buf, '\n');
    return NULL;
}

static struct error *meta_data(const struct driver_seed *seed, struct buf *buf)
{
    struct error *e = NULL;

    if (seed->says_wait) {
        buf_literal(buf, "{\n  \"wait\": \"yes\"\n}\n");
        return NULL;
    }
    if (!seed->host_key_private)
        return put(NULL, buf, "{ \"instance-id\": ", seed->instance_id, " }");
    buf_literal(buf, "{\n");
    e = put(e, buf, "  \"instance-id\": ", seed->instance_id, ",");
    e = put(e, buf, "  \"local-hostname\": ", seed->host_name, "");
    buf_literal(buf, "}\n");
    return e;
}

/*
 * The disk of a clone has the access and the identity of its source, which cloud-init leaves as
 * they are, except for the host keys: the keys of people, the machine id, the random seed.
 */
#define RENEWAL                                                                                    \
    "  \"bootcmd\": [\n"                                                                           \
    "    [\"cloud-init-per\", \"instance\", \"domicile\", \"sh\", \"-c\",\n"                       \
    "      \"rm -f /root/.ssh/authorized_keys /home/*/.ssh/authorized_keys /etc/machine-id "       \
    "/var/lib/dbus/machine-id /var/lib/systemd/random-seed; systemd-machine-id-setup\"]\n"         \
    "  ]\n"

/* For cloud-init, which adds to the keys that are there. Other users' are none of ours. */
static struct error *keys_renewal(const struct driver_seed *seed, struct buf *buf)
{
    const char *command = arena_printf(buf->arena,
                                       "rm -f /root/.ssh/authorized_keys "
                                       "/home/%s/.ssh/authorized_keys",
                                       seed->user_name);

    buf_literal(buf, "  \"bootcmd\": [\n"
                     "    [\"cloud-init-per\", \"instance\", \"domicile\", \"sh\", \"-c\",\n");
    return put(NULL, buf, "      ", command, "]\n  ]\n}");
}

/* cloud-init makes only such host keys as are missing then: it keeps the one of the creation. */
static struct error *host_keys(const struct driver_seed *seed, struct buf *buf)
{
    struct error *e;

    if (!seed->host_key_private) {
        buf_literal(buf, "  \"ssh_deletekeys\": false,\n"
                         "  \"ssh_genkeytypes\": [\"ed25519\"],\n");
        return put(NULL, buf, "  \"hostname\": ", seed->host_name, ",");
    }
    buf_literal(buf, "  \"ssh_keys\": {\n");
    e = put(NULL, buf, "    \"ed25519_private\": ", seed->host_key_private, ",");
    e = put(e, buf, "    \"ed25519_public\": ", seed->host_key_public, "");
    buf_literal(buf, "  },\n");
    return e;
}

/*
 * For the guest's random numbers, besides what its own kernel has from this host's: also one that
 * waited long has something new when it becomes somebody's.
 */
static struct error *random_seed(struct buf *buf)
{
    unsigned char bytes[RANDOM_BYTES];
    struct error *e;

    crypto_random(bytes, sizeof bytes);
    buf_literal(buf, "  \"random_seed\": {\n");
    e = put(NULL, buf, "    \"data\": ", crypto_hex(buf->arena, bytes, sizeof bytes), "");
    buf_literal(buf, "  },\n");
    return e;
}

/* The members of the object that describes the account. */
static struct error *account(const struct driver_seed *seed, struct buf *buf)
{
    struct error *e = put(NULL, buf, "      \"name\": ", seed->user_name, ",");

    buf_literal(buf, "      \"shell\": \"/bin/bash\",\n      \"lock_passwd\": true,\n"
                     "      \"sudo\": \"ALL=(ALL) NOPASSWD:ALL\",\n"
                     "      \"ssh_authorized_keys\": [\n");
    for (size_t i = 0; i < seed->ssh_key_count; i++)
        e = put(e, buf, "        ", seed->ssh_keys[i], i + 1 < seed->ssh_key_count ? "," : "");
    buf_literal(buf, "      ]\n");
    return e;
}

/* All but account and host key, to the end. */
static struct error *settings(const struct driver_seed *seed, struct buf *buf)
{
    struct error *e = NULL;

    buf_literal(buf, "  \"ssh_pwauth\": false,\n  \"disable_root\": true,\n"
                     "  \"locale\": \"C.UTF-8\",\n  \"ssh\": {\n"
                     "    \"emit_keys_to_console\": false\n  },\n"
                     "  \"no_ssh_fingerprints\": true,\n");
    if (seed->script) {
        buf_literal(buf, "  \"runcmd\": [\n");
        e = put(e, buf, "    ", seed->script, "");
        buf_literal(buf, "  ],\n");
    }
    if (e || !seed->host_key_private)
        return e ? e : keys_renewal(seed, buf);
    e = random_seed(buf);
    buf_literal(buf, RENEWAL "}\n");
    return e;
}

static struct error *user_data(const struct driver_seed *seed, struct buf *buf)
{
    struct error *e;

    buf_text(buf, HEADER);
    if (seed->says_wait) {
        buf_literal(buf, "{\n");
        e = put(NULL, buf, "  \"name\": ", seed->user_name, "");
        buf_literal(buf, "}\n");
        return e;
    }
    buf_literal(buf, "{\n  \"users\": [\n    {\n");
    e = account(seed, buf);
    buf_literal(buf, "    }\n  ],\n");
    if (!e)
        e = host_keys(seed, buf);
    return e ? e : settings(seed, buf);
}

/* With "user", which is the default user's, any list of "users" in the owner's keeps ours. */
static struct error *identity(const struct driver_seed *seed, struct buf *buf)
{
    struct error *e;

    buf_text(buf, HEADER);
    buf_literal(buf, "{\n");
    e = host_keys(seed, buf);
    buf_literal(buf, "  \"user\":\n    {\n");
    if (!e)
        e = account(seed, buf);
    buf_literal(buf, "    }\n}\n");
    return e;
}

/* The size of a buffer that any text of ours fits in. Escaping at most doubles a text. */
static size_t longest_text(const struct driver_seed *seed)
{
    size_t longest = 4096 + (seed->host_key_private ? 2 * strlen(seed->host_key_private) : 0);

    for (size_t i = 0; i < seed->ssh_key_count; i++)
        longest += 64 + 2 * strlen(seed->ssh_keys[i]);
    return longest + (seed->script ? 2 * strlen(seed->script) : 0);
}

static void wipe(struct buf *buf)
{
    if (buf->bytes)
        explicit_bzero(buf->bytes, buf->length);
}

/* For cloud-init: the owner's and ours. */
static struct error *user_data_merged(const struct driver_seed *seed, struct buf *buf)
{
    size_t longest = longest_text(seed);
    struct buf ours = buf_new(buf->arena, longest), rest = buf_new(buf->arena, longest);
    struct error *e = identity(seed, &ours);

    buf_text(&rest, HEADER);
    buf_literal(&rest, "{\n");
    if (!e)
        e = settings(seed, &rest);
    if (!e) {
        const struct seed_part parts[] = {
            { NULL, NULL, seed->user_data },
            { "text/cloud-config", NULL, ours.bytes },
            { "text/cloud-config", "list(prepend)+dict(no_replace,recurse_list)+str()",
              rest.bytes },
        };

        *buf = buf_new(buf->arena, seed_parts_bytes(parts, COUNT(parts)));
        seed_parts_write(buf, parts, COUNT(parts));
    }
    wipe(&ours);
    wipe(&rest);
    return e;
}

static struct buf user_data_alone(struct arena *arena, const struct driver_seed *seed)
{
    const struct seed_part part = { NULL, NULL, seed->user_data };
    struct buf buf = buf_new(arena, seed_parts_bytes(&part, 1));

    seed_parts_write(&buf, &part, 1);
    return buf;
}

/*
 * For cloud-init, which by itself asks for an address on the first interface alone: a session's
 * guest has the way to its SSH there, and the internet on the second, if it may have any. Netplan
 * goes by "match", what knows no patterns by the names.
 */
#define INTERFACE "{ \"match\": { \"name\": \"e*\" }, \"dhcp4\": true, \"optional\": true }"
static const char NETWORK[] = "{\n  \"version\": 2,\n  \"ethernets\": {\n"
                              "    \"eth0\": " INTERFACE ",\n    \"eth1\": " INTERFACE "\n  }\n}\n";

/* ---- the image ---- */

struct text {
    const char *name;
    struct buf buf;
};

static struct error *write_image(struct arena *arena, int file, const struct text *texts,
                                 size_t count)
{
    struct archive_file *archive;
    struct error *e = archive_file_open(arena, file, ARCHIVE_SEED, &archive);

    if (e)
        return e;
    for (size_t i = 0; !e && i < count; i++) {
        const struct buf *buf = &texts[i].buf;

        if (!buf->length)
            continue;
        e = archive_file_begin(archive, arena, texts[i].name, (int64_t)buf->length, 0);
        if (!e)
            e = archive_file_put(archive, arena, buf->bytes, buf->length);
    }
    e = archive_file_close(archive, arena, e);
    return e ? error_in(arena, e, "the seed") : NULL;
}

static struct error *write_file(struct arena *arena, const char *path, const struct text *texts,
                                size_t count)
{
    const char *part = arena_printf(arena, "%s.part", path);
    struct error *e;
    int file;

    /* Left by a killed worker; created again, so that its mode is right. */
    unlink(part);
    file = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return error_new(arena, ERROR_UNAVAILABLE, "%s: %m", part);
    e = write_image(arena, file, texts, count);
    if (!e && fsync(file) < 0)
        e = error_new(arena, ERROR_UNAVAILABLE, "%s: %m", part);
    close(file);
    if (!e && rename(part, path) < 0)
        e = error_new(arena, ERROR_UNAVAILABLE, "%s: %m", path);
    if (e)
        unlink(part);
    return e;
}

struct error *seed_write(struct arena *arena, const char *path, const struct driver_seed *seed,
                         bool is_for_cloud_init)
{
    struct error *e = check(arena, seed);
    /* Must not grow: an old buffer would keep the key. */
    struct text texts[] = {
        { "meta-data", buf_new(arena, 512) },
        { "user-data", buf_new(arena, longest_text(seed)) },
        { "cloud-user-data", { .arena = arena } },
        { "network-config", buf_new(arena, sizeof NETWORK) },
    };
    bool is_merged = seed->user_data && is_for_cloud_init;

    if (!e)
        e = meta_data(seed, &texts[0].buf);
    if (!e)
        e = is_merged ? user_data_merged(seed, &texts[1].buf) : user_data(seed, &texts[1].buf);
    if (!e && seed->user_data && !is_merged)
        texts[2].buf = user_data_alone(arena, seed);
    if (is_for_cloud_init)
        buf_text(&texts[3].buf, NETWORK);
    if (!e)
        e = write_file(arena, path, texts, COUNT(texts));
    wipe(&texts[1].buf);
    wipe(&texts[2].buf);
    return e;
}
