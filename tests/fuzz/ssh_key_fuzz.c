/*
 * Fuzzes ssh_keys_read with a text as it is, and with the input as the blob of each kind. What is
 * accepted must be canonical: read again it gives the same, and it is never called private.
 */
#include "fuzz.h"

#include "adapter/crypto.h"
#include "base/limit.h"
#include "base/text.h"
#include "model/ssh_key.h"

#include <string.h>

static void key_check(struct arena *arena, const struct ssh_key *key)
{
    struct ssh_keys again;

    FUZZ_DEMAND(key->type && key->algorithm && key->fingerprint && key->comment && key->line);
    FUZZ_DEMAND(strlen(key->fingerprint) == 50 && strncmp(key->fingerprint, "SHA256:", 7) == 0);
    FUZZ_DEMAND(strlen(key->comment) <= LIMIT_KEY_COMMENT_BYTES && text_is_line(key->line));
    FUZZ_DEMAND(!strpbrk(key->line, "\r\n"));
    FUZZ_DEMAND(!ssh_keys_read(arena, key->line, strlen(key->line), &again) && again.count == 1);
    FUZZ_DEMAND(strcmp(key->line, again.key[0].line) == 0);
    FUZZ_DEMAND(strcmp(key->fingerprint, again.key[0].fingerprint) == 0);
    FUZZ_DEMAND(strcmp(key->type, again.key[0].type) == 0);
}

static void text_check(struct arena *arena, const char *text, size_t length)
{
    struct ssh_keys keys;
    const struct error *e = ssh_keys_read(arena, text, length, &keys);

    if (ssh_key_looks_private(arena, text, length))
        FUZZ_DEMAND(e && strcmp(e->code, SSH_KEY_IS_PRIVATE) == 0 && !keys.is_public);
    FUZZ_DEMAND(e ? true : keys.count > 0);
    for (size_t i = 0; !e && i < keys.count; i++)
        key_check(arena, &keys.key[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const char *const kinds[] = {
        "ssh-ed25519",
        "ssh-rsa",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    };
    struct arena *arena = fuzz_arena();
    const char *line;

    text_check(arena, arena_copy_bytes(arena, bytes, length), length);
    if (length < 1 || length > 10000)
        return 0;
    /* The first byte picks the kind; the rest stands behind its name. */
    {
        const char *kind = kinds[bytes[0] % (sizeof kinds / sizeof kinds[0])];
        size_t name = strlen(kind);
        char *blob = arena_alloc(arena, 4 + name + length);

        blob[3] = (char)name;
        memcpy(blob + 4, kind, name);
        memcpy(blob + 4 + name, bytes + 1, length - 1);
        line =
            arena_printf(arena, "%s %s", kind, crypto_base64(arena, blob, 4 + name + length - 1));
        text_check(arena, line, strlen(line));
    }
    return 0;
}
