/*
 * Records of security reviews ("domicile-admin review"): STATE/reviews/2026-11-27T02:15:52Z, one
 * JSON object a line. The first says what it is and when; the last has the Ed25519 signature of all
 * bytes before it, and the public key. The key of the server is the secret "signing-key": 32 random
 * bytes in base64.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* The text of a record, signed: with the last line added. INTERNAL without a usable key. */
struct error *review_sign(struct arena *arena, const char *state_dir, const char *text,
                          const char **out);

/* The public key of this server, in base64. */
struct error *review_key(struct arena *arena, const char *state_dir, const char **out);

struct review {
    int64_t at;      /* when it was made; 0: it is no review, or the signature is not of it */
    const char *key; /* that has signed it, in base64 */
};

/* UPSTREAM if the file cannot be read. */
struct error *review_read(struct arena *arena, const char *path, struct review *out);

/* When the last one was made; 0: there is none, -1: it is damaged, or its signature is not of it.
 */
int64_t review_last_at(struct arena *arena, const char *state_dir);

/* Store a signed record of that time. */
struct error *review_store(struct arena *arena, const char *state_dir, int64_t at,
                           const char *text);
