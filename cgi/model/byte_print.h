/*
 * Recognizing texts in files without holding them: of each only its length and two salted hashes
 * are kept. A file is read once, whatever their number: at each position the hash of 8 bytes is
 * looked up, and where it is known, that of the whole text is compared.
 */
#pragma once

#include "adapter/crypto.h"

enum {
    BYTE_PRINT_LEAST = 8,   /* bytes; shorter texts stand anywhere by chance */
    BYTE_PRINT_MOST = 4096, /* of a longer text only its beginning counts */
    BYTE_PRINT_SALT_BYTES = 16,
};

struct byte_print {
    uint32_t head;  /* of the first 8 bytes; not invertible */
    int64_t length; /* BYTE_PRINT_LEAST to BYTE_PRINT_MOST */
    unsigned char hash[CRYPTO_HASH_BYTES];
};

/* `length` is at least BYTE_PRINT_LEAST. */
struct byte_print byte_print_of(const unsigned char salt[BYTE_PRINT_SALT_BYTES], const char *bytes,
                                size_t length);

/* Several, to be looked for. */
struct byte_prints;

/* `prints` are copied to the arena. */
struct byte_prints *byte_prints_new(struct arena *arena,
                                    const unsigned char salt[BYTE_PRINT_SALT_BYTES],
                                    const struct byte_print *prints, size_t count);

/* How many of them begin in the first `fresh` of `length` bytes. */
int64_t byte_prints_count(const struct byte_prints *prints, const char *bytes, size_t length,
                          size_t fresh);

/* Take out those that are in these bytes; how many. */
int64_t byte_prints_drop(struct byte_prints *prints, const char *bytes, size_t length);

/* Those that are left. */
const struct byte_print *byte_prints_list(const struct byte_prints *prints, size_t *out_count);
