/*
 * A chain as a file, with all that is needed to verify it (audit_chain.h): JSON Lines in UTF-8.
 *
 * The first line names the form, the team, and the place and hash that the first place follows (0
 * and zeros at the beginning; else that of a signed end where the chain was cut, or of the file
 * before this one):
 *
 *     {"format":"domicile-audit-2","team_id":1,"team":"Alice","after":0,"after_hash":"00..."}
 *
 * Then one line for each place: its hash, that of its entry, and texts 3 to 12 of that under these
 * keys (null: empty; "person": text 8). While the person is not erased, "person_id" and "salt"
 * (hexadecimal) are what it was made of. A place whose entry is erased has "seq" and the hashes
 * alone:
 *
 *     {"seq":1,"hash":"ab...","entry_hash":"cd...","at_ms":1764201600000,"action":"sign_in",...}
 *
 * The last line is the newest signed end (audit_head.h) of the whole chain, with the public key,
 * both in base64, and the place after which the next file begins (null: this is the last one). Of a
 * chain that no end was signed of, "head_seq" is 0 and the rest null. Entries behind the signed
 * end, or all of a part that ends before it, are not covered: anybody can make up such entries with
 * their hashes. They are proven when a later end is signed, or by the database
 * (sql_audit_link_list):
 *
 *     {"more_after":null,"head_seq":9,"head_hash":"cd...","head_at":1764201700,"key_id":...}
 *
 * Files may follow one another in one file.
 */
#pragma once

#include "base/buf.h"
#include "model/audit_chain.h"
#include "model/context.h"

#include <stdio.h>

/*
 * Append the chain of a team behind the place `after`, as far as about `most` bytes; `team` is its
 * name. Needs a read transaction.
 */
struct error *audit_file_write(const struct context *context, int64_t team_id, const char *team,
                               int64_t after, size_t most, struct buf *out);

struct audit_file {
    int64_t team_id;
    int64_t after; /* the place behind which it begins */
    int64_t places, erased;
    int64_t head_seq, head_at; /* the signed end; 0: none */
    int64_t unproven;          /* places that it does not cover: anybody could have written them */
    int64_t last_seq;          /* the last place, and its hash */
    unsigned char last_hash[CRYPTO_HASH_BYTES];
    const char *key;     /* that has signed it, in base64; NULL: none */
    int64_t more_after;  /* the file is a part, that ends there; 0: it is the last one */
    int64_t line;        /* that was read last */
    const char *problem; /* NULL: all is right */
};

/*
 * Verify a file, which is read twice, as far as a line that is no text or longer than
 * LIMIT_AUDIT_LINE_BYTES; texts are in the arena. Knows nothing but the file.
 */
void audit_file_verify(struct arena *arena, FILE *file, struct audit_file *out);

/*
 * The next line, in `text` of LIMIT_AUDIT_LINE_BYTES. `*is_end`: there is none. INPUT if it is no
 * text, too long, or cannot be read.
 */
struct error *audit_file_line(struct arena *arena, FILE *file, char *text, bool *is_end);

/* How the last place compares with the chain of this server. */
enum audit_known {
    AUDIT_KNOWN,     /* it has the same, and so all that is before it */
    AUDIT_DIFFERENT, /* it has another, or ends before */
    AUDIT_UNKNOWN,   /* it has no such chain, or has cut it off behind that place */
};
struct error *audit_file_compare(const struct context *context, const struct audit_file *file,
                                 enum audit_known *out);
