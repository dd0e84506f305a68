/*
 * Chains of hashes: how the history of a team, or of the operator, is verified. Anybody can do it
 * with this description and SHA-256 alone.
 *
 * A chain has places, counted from 1 without gaps. Hashes are SHA-256 over texts, each written as a
 * netstring, "LENGTH:BYTES," with the length in bytes as a decimal number. What is not there is the
 * empty text; numbers are decimal, hashes 64 lower-case hexadecimal digits. The hash of an entry is
 * that of 12 texts:
 *
 *      1 whose chain: the team's number, "0" is the operator
 *      2 the place
 *      3 when it began, in milliseconds since 1970
 *      4 what happened, as a code: "sign_in"
 *      5 the id of the VM
 *      6 the id of another object
 *      7 who did it: "person", "system" (the software itself) or "operator"
 *      8 of the person who did it, or, of another actor, whom it was about: SHA-256 over 16 random
 *        bytes, the salt, and the person's number
 *      9 "done", "failed", "refused" or "dropped"
 *     10 the title that pages show, and
 *     11 the line below it
 *     12 how long it took, in milliseconds
 *
 * The hash of a place is that of three texts: "domicile-audit-2", the hash of the place before (64
 * times "0" before the first), and the hash of its entry.
 *
 * These texts hold every kind of entry. Of a command that is run inside a guest they hold its code
 * (4), the VM, the id of the run (6), who asked for it, how it ended, the name of the program and
 * its exit status (11) and the time it took; never its arguments, input, output or any other
 * content.
 *
 * Erasing a person removes the salt and the number of each of their entries and keeps text 8, which
 * then says nothing, so the chain remains valid. An entry whose time is over is erased as a whole:
 * its hash stays, which covers a random salt or a random id and so cannot be guessed, and binds the
 * places before and behind it. A chain is cut from its front alone, at a signed end
 * (model/audit_head.h): what is left begins with that end's hash.
 */
#pragma once

#include "adapter/crypto.h"

enum { AUDIT_SALT_BYTES = 16 };

#define AUDIT_FORMAT "domicile-audit-2"

/* An entry, as it stands in the chain; texts may be NULL. */
struct audit_body {
    int64_t team_id, seq, at_ms, took_ms;
    const char *action, *vm_id, *object, *actor, *result, *what, *detail;
    const char *person_hash; /* in hexadecimal */
};

/* How the netstrings are written; for what else is hashed or signed in this form. */
struct buf;
void audit_text(struct buf *out, const char *text);
void audit_number(struct buf *out, int64_t number);

/* Text 8. */
const char *audit_person_hash(struct arena *arena, const unsigned char salt[AUDIT_SALT_BYTES],
                              int64_t person_id);

void audit_entry_hash(struct arena *arena, const struct audit_body *body,
                      unsigned char out[CRYPTO_HASH_BYTES]);

/* The hash of a place, from the one before, which `out` may be. */
void audit_hash(struct arena *arena, const unsigned char before[CRYPTO_HASH_BYTES],
                const unsigned char entry_hash[CRYPTO_HASH_BYTES],
                unsigned char out[CRYPTO_HASH_BYTES]);

/* A walk along a chain; begin with the place and hash that the first one follows. */
struct audit_walk {
    int64_t seq; /* of the last place seen */
    unsigned char hash[CRYPTO_HASH_BYTES];
    int64_t erased;
};

/*
 * The next place. `body` NULL: it is erased.
 * NULL if it is right, else what is wrong, in the arena; the walk goes on behind it.
 */
const char *audit_walk_next(struct arena *arena, struct audit_walk *walk, int64_t seq,
                            const unsigned char hash[CRYPTO_HASH_BYTES],
                            const unsigned char entry_hash[CRYPTO_HASH_BYTES],
                            const struct audit_body *body);
