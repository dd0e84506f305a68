/*
 * Recognizing private keys; see ssh_key.h. Public keys are blanked out first; long base64 that is
 * left is part of some key file.
 */
#include "base/array.h"
#include "base/text.h"
#include "model/ssh_key_read.h"

#include <string.h>
#include <strings.h>

enum { LONG_RUN = 48 };

size_t ssh_key_base64_span(const char *text, size_t length)
{
    size_t span = 0;

    while (span < length && text[span] &&
           strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=", text[span]))
        span++;
    return span;
}

/* A line end with blanks and the marks of quoted mail around it; 0: there is none. */
static size_t line_end_span(const char *text, size_t length)
{
    size_t span = 0;
    bool has_end = false;

    while (span < length && text[span] && strchr(" \t\r\n>|", text[span]))
        has_end |= text[span++] == '\n';
    return has_end ? span : 0;
}

/* Whether base64 starts like a public key: a length below 64, then "ssh-", "ecdsa-" or "sk-". */
static bool is_public_start(const char *base64, size_t length)
{
    return length > 11 && strncmp(base64, "AAAA", 4) == 0 &&
           (strncmp(base64 + 6, "NzaC", 4) == 0 || strncmp(base64 + 6, "VjZHNh", 6) == 0 ||
            strncmp(base64 + 6, "NrL", 3) == 0);
}

/*
 * Blanks out the public key that begins at `text` with a run of `run` characters, and goes on in
 * further lines. Returns how much of the text it is.
 */
static size_t public_blank(struct arena *arena, char *text, size_t length, size_t run)
{
    const char *head = arena_copy_bytes(arena, text, run < SSH_KEY_HEAD ? run : SSH_KEY_HEAD);
    size_t expected = ssh_key_base64_length(arena, head);
    size_t count = run, at = run;

    while (count < expected && run) {
        size_t gap = line_end_span(text + at, length - at);

        run = gap ? ssh_key_base64_span(text + at + gap, length - at - gap) : 0;
        count += run;
        at += run ? gap + run : 0;
    }
    at -= expected && count > expected ? count - expected : 0;
    memset(text, ' ', at);
    return at;
}

static void public_keys_blank(struct arena *arena, char *text, size_t length)
{
    for (size_t at = 0, run; at < length; at += run ? run : 1) {
        run = ssh_key_base64_span(text + at, length - at);
        if (is_public_start(text + at, run))
            run = public_blank(arena, text + at, length - at, run);
    }
}

/* What is inside of the armour of a public key or a certificate. */
static void armours_blank(char *text, size_t length)
{
    static const char begin[] = "-----BEGIN ";
    char *at = text, *end = text + length;

    while ((at = memmem(at, (size_t)(end - at), begin, sizeof begin - 1))) {
        char *label = at + sizeof begin - 1;
        char *body = memmem(label, (size_t)(end - label), "-----", 5);

        at = label;
        if (!body || (!memmem(label, (size_t)(body - label), "PUBLIC KEY", 10) &&
                      !memmem(label, (size_t)(body - label), "CERTIFICATE", 11)))
            continue;
        for (at = body + 5; at < end && *at && *at != '-'; at++)
            *at = ' ';
    }
}

/* Random base64 of some length has letters of both kinds; names and hashes have one. */
static bool has_long_base64(const char *text, size_t length)
{
    for (size_t at = 0, run; at < length; at += run ? run : 1) {
        bool has_upper = false, has_lower = false;

        run = ssh_key_base64_span(text + at, length - at);
        for (size_t i = at; i < at + run; i++) {
            has_upper |= text[i] >= 'A' && text[i] <= 'Z';
            has_lower |= text[i] >= 'a' && text[i] <= 'z';
        }
        if (run >= LONG_RUN && has_upper && has_lower)
            return true;
    }
    return false;
}

/* Markers of private keys: armour lines, PuTTY fields, and the first characters of their base64. */
static bool has_mark(const char *text, size_t length)
{
    static const char *const marks[] = {
        "PRIVATE KEY-",       "PRIVATE KEY --",
        "PRIVATE_KEY", /* every PEM armour, and names used by programs */
        "Private-Lines",      "Private-MAC",
        "b3BlbnNzaC1rZXkt", /* "openssh-key-" */
        "openssh-key-v1",     "-----BEGIN ENCRYPTED",
        "-----BEGIN OPENSSH", "-----BEGIN RSA PRI",
        "-----BEGIN DSA PRI", "-----BEGIN EC PRI",
        "-----BEGIN PRI",     "MC4CAQAwBQYDK2Vw", /* PKCS#8 Ed25519 */
        "MHcCAQEE",           "MIGkAgEBBD",
        "MIHcAgEBBE", /* SEC 1 EC */
        "MIGHAgEAMBMGByqG",   "MIG2AgEAMBAGByqG",
        "MIHuAgEAMBAGByqG", /* PKCS#8 EC */
        "AGE-SECRET-KEY-",    "SSH PRIVATE KEY FILE FORMAT",
    };

    for (size_t at = 0; at < length; at++) {
        for (size_t i = 0; i < COUNT(marks); i++) {
            size_t mark;

            if ((text[at] ^ marks[i][0]) & ~0x20) /* a different letter, ignoring case */
                continue;
            mark = strlen(marks[i]);
            if (mark <= length - at && strncasecmp(text + at, marks[i], mark) == 0)
                return true;
        }
    }
    return false;
}

bool ssh_key_looks_private(struct arena *arena, const char *text, size_t length)
{
    char *rest = arena_copy_bytes(arena, text, length);
    size_t rest_length;

    for (size_t i = 0; i < length; i++) {
        if (!rest[i])
            rest[i] = '\n';
    }
    rest = arena_copy(arena, text_clean(arena, rest));
    rest_length = strlen(rest);
    if (has_mark(text, length) || has_mark(rest, rest_length))
        return true;
    public_keys_blank(arena, rest, rest_length);
    armours_blank(rest, rest_length);
    return has_long_base64(rest, rest_length);
}
