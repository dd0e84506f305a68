/*
 * Fuzzes ssh_key_read with a line as it is, and with the input as the blob of each kind. What is
 * accepted must be canonical: read again it gives the same, and it is never called private.
 */
#include "fuzz.h"

#include "adapter/crypto.h"
#include "base/limit.h"
#include "base/text.h"
#include "model/ssh_key.h"

#include <string.h>

static void line_check(struct arena *arena, const char *line, size_t length)
{
    struct ssh_key key, again;
    const struct error *e = ssh_key_read(arena, line, length, &key);

    FUZZ_DEMAND((e && strcmp(e->code, SSH_KEY_IS_PRIVATE) == 0) ==
                ssh_key_looks_private(line, length));
    if (e)
        return;
    FUZZ_DEMAND(key.type && key.algorithm && key.fingerprint && key.comment && key.line);
    FUZZ_DEMAND(strlen(key.fingerprint) == 50 && strncmp(key.fingerprint, "SHA256:", 7) == 0);
    FUZZ_DEMAND(strlen(key.comment) <= LIMIT_KEY_COMMENT_BYTES && text_is_line(key.line));
    FUZZ_DEMAND(!strpbrk(key.line, "\r\n"));
    FUZZ_DEMAND(!ssh_key_read(arena, key.line, strlen(key.line), &again));
    FUZZ_DEMAND(strcmp(key.line, again.line) == 0);
    FUZZ_DEMAND(strcmp(key.fingerprint, again.fingerprint) == 0);
    FUZZ_DEMAND(strcmp(key.type, again.type) == 0);
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

    line_check(arena, arena_copy_bytes(arena, bytes, length), length);
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
        line_check(arena, line, strlen(line));
    }
    return 0;
}
