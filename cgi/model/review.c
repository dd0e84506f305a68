/* Records of security reviews; see review.h. */
#include "model/review.h"

#include "adapter/json.h"
#include "base/date.h"
#include "base/text.h"
#include "model/signing.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RECORD_BYTES = 1024 * 1024 };

static const char SIGNATURE[] = "{\"signature\"";

/* ---- the key ---- */

static const char *key_text(struct arena *arena, const struct signing_key *key)
{
    return crypto_base64(arena, key->public, sizeof key->public);
}

struct error *review_key(struct arena *arena, const char *state_dir, const char **out)
{
    struct signing_key key;
    struct error *e = signing_key_load(arena, state_dir, &key);

    if (!e)
        *out = key_text(arena, &key);
    return e;
}

struct error *review_sign(struct arena *arena, const char *state_dir, const char *text,
                          const char **out)
{
    unsigned char signature[CRYPTO_SIGNATURE_BYTES];
    struct signing_key key;
    struct error *e = signing_key_load(arena, state_dir, &key);

    if (e)
        return e;
    crypto_ed25519_sign(key.seed, text, strlen(text), signature);
    *out = arena_printf(arena, "%s%s:\"%s\",\"key\":\"%s\"}\n", text, SIGNATURE,
                        crypto_base64(arena, signature, sizeof signature), key_text(arena, &key));
    return NULL;
}

/* ---- a record ---- */

static bool decoded(struct arena *arena, const char *text, size_t wanted, unsigned char **out)
{
    size_t length = 0;

    return text && crypto_base64_decode(arena, text, strlen(text), out, &length) &&
           length == wanted;
}

/* The last line is right, and of all before it. */
static bool is_signed(struct arena *arena, const char *text, size_t before, const char **key)
{
    const struct json *line;
    unsigned char *signature, *public;

    if (json_read(arena, text + before, strlen(text + before), &line))
        return false;
    *key = json_get_text(line, "key");
    return decoded(arena, json_get_text(line, "signature"), CRYPTO_SIGNATURE_BYTES, &signature) &&
           decoded(arena, *key, CRYPTO_ED25519_BYTES, &public) &&
           crypto_ed25519_is_signed(public, text, before, signature);
}

struct error *review_read(struct arena *arena, const char *path, struct review *out)
{
    char *text = arena_alloc(arena, RECORD_BYTES + 1);
    FILE *file = fopen(path, "re");
    const struct json *head;
    const char *last, *at;
    int64_t at_ms;
    size_t length;

    *out = (struct review){ .at = 0 };
    if (!file)
        return error_new(arena, ERROR_UPSTREAM, "%s: %m", path);
    length = fread(text, 1, RECORD_BYTES, file);
    fclose(file);
    text[length] = '\0';
    last = strstr(text, SIGNATURE);
    if (!last || json_read(arena, text, strcspn(text, "\n"), &head))
        return NULL;
    at = json_get_text(head, "review_at");
    if (at && date_iso_read(at, &at_ms) && is_signed(arena, text, (size_t)(last - text), &out->key))
        out->at = at_ms / 1000;
    return NULL;
}

int64_t review_last_at(struct arena *arena, const char *state_dir)
{
    const char *folder_path = arena_printf(arena, "%s/reviews", state_dir);
    DIR *folder = opendir(folder_path);
    const char *last = "";
    struct review review;

    /* Names sort by time. */
    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        if (*entry->d_name != '.' && strcmp(entry->d_name, last) > 0)
            last = arena_copy(arena, entry->d_name);
    }
    if (folder)
        closedir(folder);
    if (!*last)
        return 0;
    if (review_read(arena, arena_printf(arena, "%s/%s", folder_path, last), &review) || !review.at)
        return -1;
    return review.at;
}

struct error *review_store(struct arena *arena, const char *state_dir, int64_t at, const char *text)
{
    const char *path = arena_printf(arena, "%s/reviews/%s", state_dir, date_iso(arena, at));
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    size_t length = strlen(text);
    bool is_written;

    if (file < 0)
        return error_new(arena, ERROR_INTERNAL, "%s: %m", path);
    is_written = write(file, text, length) == (ssize_t)length && fsync(file) == 0;
    close(file);
    return is_written ? NULL : error_new(arena, ERROR_UNAVAILABLE, "%s: %m", path);
}
