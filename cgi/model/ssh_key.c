/*
 * Reading public keys; see ssh_key.h. Key arithmetic is done by OpenSSL through crypto.h; this file
 * handles only the wire format.
 */
#include "model/ssh_key.h"

#include "adapter/crypto.h"
#include "base/array.h"
#include "base/limit.h"
#include "base/text.h"

#include <string.h>
#include <strings.h>

/* A byte string being read; `is_bad` once a read went past its end. */
struct wire {
    const unsigned char *at;
    size_t rest;
    bool is_bad;
};

struct wire_string {
    const unsigned char *bytes;
    size_t length;
};

static const char good_kinds[] =
    "Paste an Ed25519, ECDSA, RSA (2048 to 8192 bit) or security-key public key.";

static uint32_t wire_number(struct wire *wire)
{
    uint32_t number;

    if (wire->rest < 4) {
        wire->is_bad = true;
        return 0;
    }
    number = (uint32_t)wire->at[0] << 24 | (uint32_t)wire->at[1] << 16 |
             (uint32_t)wire->at[2] << 8 | wire->at[3];
    wire->at += 4;
    wire->rest -= 4;
    return number;
}

/* RFC 4251 5: string. */
static struct wire_string wire_take(struct wire *wire)
{
    size_t length = wire_number(wire);
    struct wire_string string = { wire->at, length };

    if (wire->is_bad || length > wire->rest) {
        wire->is_bad = true;
        return (struct wire_string){ wire->at, 0 };
    }
    wire->at += length;
    wire->rest -= length;
    return string;
}

static bool string_is(struct wire_string string, const char *text)
{
    return string.length == strlen(text) && memcmp(string.bytes, text, string.length) == 0;
}

/* RFC 4251 5: mpint, here positive and in its shortest form. Returns its bits; 0: invalid. */
static size_t number_bits(struct wire_string number)
{
    const unsigned char *bytes = number.bytes;
    size_t length = number.length, bits;

    if (!length || bytes[0] & 0x80)
        return 0;
    if (bytes[0] == 0) {
        if (length == 1 || !(bytes[1] & 0x80))
            return 0;
        bytes++;
        length--;
    }
    bits = length * 8;
    for (unsigned char top = bytes[0]; !(top & 0x80); top = (unsigned char)(top << 1))
        bits--;
    return bits;
}

static bool number_is_odd(struct wire_string number)
{
    return number.length && number.bytes[number.length - 1] & 1;
}

/* Each reader returns NULL and sets key->type, or an error. */
static const char *read_ed25519(struct arena *arena, struct wire *wire, struct ssh_key *key)
{
    (void)arena;
    key->type = "Ed25519";
    return wire_take(wire).length == CRYPTO_ED25519_BYTES ? NULL : "The key is cut off or damaged.";
}

static const char *read_ecdsa(struct arena *arena, struct wire *wire, struct ssh_key *key)
{
    static const struct {
        const char *name, *type;
        size_t point_bytes;
    } curves[] = {
        { "nistp256", "ECDSA P-256", 65 },
        { "nistp384", "ECDSA P-384", 97 },
        { "nistp521", "ECDSA P-521", 133 },
    };
    struct wire_string name = wire_take(wire);
    struct wire_string point = wire_take(wire);

    (void)arena;
    for (size_t i = 0; i < COUNT(curves); i++) {
        if (!string_is(name, curves[i].name) || point.length != curves[i].point_bytes ||
            !strstr(key->algorithm, curves[i].name))
            continue;
        key->type = curves[i].type;
        return crypto_ec_point_is_valid(curves[i].name, point.bytes, point.length)
                   ? NULL
                   : "The key is no point of its curve.";
    }
    return "The key is cut off or damaged.";
}

static const char *read_rsa(struct arena *arena, struct wire *wire, struct ssh_key *key)
{
    struct wire_string exponent = wire_take(wire);
    struct wire_string modulus = wire_take(wire);
    size_t bits = number_bits(modulus), exponent_bits = number_bits(exponent);

    if (!bits || exponent_bits < 2 || exponent_bits > 64 || !number_is_odd(exponent) ||
        !number_is_odd(modulus))
        return "The key's numbers are not those of an RSA key.";
    if (bits < LIMIT_RSA_BITS_MIN)
        return arena_printf(arena,
                            "An RSA key of %zu bits is too weak; make a new key with "
                            "ssh-keygen -t ed25519.",
                            bits);
    if (bits > LIMIT_RSA_BITS_MAX)
        return arena_printf(arena,
                            "An RSA key of %zu bits is longer than the 8192 that SSH servers "
                            "take.",
                            bits);
    key->type = arena_printf(arena, "RSA %zu", bits);
    return NULL;
}

static const char *read_application(struct arena *arena, struct wire *wire)
{
    struct wire_string application = wire_take(wire);
    const char *text = arena_copy_bytes(arena, application.bytes, application.length);

    if (!text_starts(text, "ssh:"))
        return "The security key's application does not begin with \"ssh:\".";
    if (strlen(text) != application.length || !text_is_utf8(text, application.length) ||
        !text_is_line(text))
        return "The security key's application holds control characters.";
    return NULL;
}

static const char *read_sk_ed25519(struct arena *arena, struct wire *wire, struct ssh_key *key)
{
    const char *problem = read_ed25519(arena, wire, key);

    key->type = "Ed25519 (security key)";
    return problem ? problem : read_application(arena, wire);
}

static const char *read_sk_ecdsa(struct arena *arena, struct wire *wire, struct ssh_key *key)
{
    const char *problem = read_ecdsa(arena, wire, key);

    key->type = "ECDSA P-256 (security key)";
    return problem ? problem : read_application(arena, wire);
}

static const struct algorithm {
    const char *name;
    const char *(*read)(struct arena *arena, struct wire *wire, struct ssh_key *key);
} algorithms[] = {
    { "ssh-ed25519", read_ed25519 },
    { "ecdsa-sha2-nistp256", read_ecdsa },
    { "ecdsa-sha2-nistp384", read_ecdsa },
    { "ecdsa-sha2-nistp521", read_ecdsa },
    { "ssh-rsa", read_rsa },
    { "sk-ssh-ed25519@openssh.com", read_sk_ed25519 },
    { "sk-ecdsa-sha2-nistp256@openssh.com", read_sk_ecdsa },
};

static const struct algorithm *algorithm_find(const char *name)
{
    for (size_t i = 0; i < COUNT(algorithms); i++) {
        if (strcmp(algorithms[i].name, name) == 0)
            return &algorithms[i];
    }
    return NULL;
}

/* The number of base64 characters at the start of `text`. */
static size_t base64_span(const char *text, size_t length)
{
    size_t span = 0;

    while (span < length && text[span] &&
           strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=", text[span]))
        span++;
    return span;
}

/* Whether base64 starts like a public key: a length below 64, then "ssh-", "ecdsa-" or "sk-". */
static bool is_public_start(const char *base64, size_t length)
{
    return length > 11 && strncmp(base64, "AAAA", 4) == 0 &&
           (strncmp(base64 + 6, "NzaC", 4) == 0 || strncmp(base64 + 6, "VjZHNh", 6) == 0 ||
            strncmp(base64 + 6, "NrL", 3) == 0);
}

/*
 * Long base64 that is not a public key is part of some key file, with or without its first lines. A
 * public key in another format ("BEGIN PUBLIC KEY") is only a mistake.
 */
static bool is_inside_of_key_file(const char *text, size_t length)
{
    enum { LONG_RUN = 48 };
    size_t at = 0, run, next, rest;

    while (at < length && strchr(" \t\r\n", text[at]) && text[at])
        at++;
    run = base64_span(text + at, length - at);
    for (next = at + run; next < length && strchr("\r\n", text[next]) && text[next];)
        next++;
    rest = base64_span(text + next, length - next);
    /* Several bare lines: the middle of a file, even if it contains the start of a public key. */
    if (next > at + run && run && rest && (run >= LONG_RUN || rest >= LONG_RUN))
        return true;
    if (memmem(text, length, "PUBLIC KEY", 10) || memmem(text, length, "CERTIFICATE", 11))
        return false;
    for (; at < length; at += run ? run : 1) {
        run = base64_span(text + at, length - at);
        if (is_public_start(text + at, run))
            return false;
        if (run >= LONG_RUN)
            return true;
    }
    return false;
}

/* Markers of private keys: armour lines, PuTTY fields, and the first characters of their base64. */
bool ssh_key_looks_private(const char *text, size_t length)
{
    static const char *const marks[] = {
        "PRIVATE KEY",
        "PRIVATE_KEY", /* every PEM armour, and names used by programs */
        "PuTTY-User-Key-File",
        "Private-Lines",
        "Private-MAC",
        "b3BlbnNzaC1rZXkt", /* "openssh-key-" */
        "openssh-key-v1",
        "-----BEGIN RSA",
        "-----BEGIN EC",
        "-----BEGIN DSA",
        "-----BEGIN ENCRYPTED",
        "-----BEGIN OPENSSH",
        "MC4CAQAwBQYDK2Vw", /* PKCS#8 Ed25519 */
        "MHcCAQEE",
        "MIGkAgEBBD",
        "MIHcAgEBBE", /* SEC 1 EC */
        "MIGHAgEAMBMGByqG",
        "MIG2AgEAMBAGByqG",
        "MIHuAgEAMBAGByqG", /* PKCS#8 EC */
        "AGE-SECRET-KEY-",
        "SSH PRIVATE KEY FILE FORMAT",
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
    return is_inside_of_key_file(text, length);
}

static const char *const private_problem = "That looks like a private key. Nothing of it was kept, "
                                           "but it has left your computer: treat it "
                                           "as lost, make a new pair with ssh-keygen -t ed25519, "
                                           "and paste the line of the file that ends in "
                                           ".pub.";

/* The part up to the next blank; `*text` moves past the following blanks. */
static const char *word_take(struct arena *arena, const char **text)
{
    size_t length = strcspn(*text, " \t");
    const char *word = arena_copy_bytes(arena, *text, length);

    *text += length;
    *text += strspn(*text, " \t");
    return word;
}

static const char *unknown_problem(const char *word)
{
    if (strcmp(word, "ssh-dss") == 0)
        return "DSA keys are broken and no longer accepted by SSH servers; make a new key with "
               "ssh-keygen -t ed25519.";
    if (strstr(word, "-cert-v01@openssh.com"))
        return "That is a certificate. Paste the public key itself, from the file that ends in "
               ".pub "
               "without -cert.";
    if (text_starts(word, "ssh-") || text_starts(word, "ecdsa-") || text_starts(word, "sk-"))
        return "This kind of key is not accepted. Paste an Ed25519, ECDSA, RSA or security-key "
               "public "
               "key.";
    return "A public key is one line that begins with ssh-ed25519, ssh-rsa, ecdsa-sha2-… or sk-…; "
           "options before it are not accepted.";
}

static const char *blob_read(struct arena *arena, const char *base64, struct ssh_key *key)
{
    const struct algorithm *algorithm = algorithm_find(key->algorithm);
    unsigned char *blob, hash[CRYPTO_HASH_BYTES];
    struct wire wire;
    const char *problem;
    size_t length;
    char *fingerprint;

    if (!crypto_base64_decode(arena, base64, strlen(base64), &blob, &length))
        return "The key is cut off or damaged: its middle part is not base64.";
    wire = (struct wire){ .at = blob, .rest = length };
    if (!string_is(wire_take(&wire), key->algorithm))
        return "The key says two different kinds at its beginning and inside.";
    problem = algorithm->read(arena, &wire, key);
    if (problem)
        return problem;
    if (wire.is_bad || wire.rest)
        return "The key is cut off, or has more inside than its kind.";
    crypto_sha256(blob, length, hash);
    fingerprint = arena_printf(arena, "SHA256:%s", crypto_base64(arena, hash, sizeof hash));
    fingerprint[strcspn(fingerprint, "=")] = '\0';
    key->fingerprint = fingerprint;
    return NULL;
}

static const char *line_read(struct arena *arena, const char *line, struct ssh_key *key)
{
    const char *rest = line, *base64, *problem;

    key->algorithm = word_take(arena, &rest);
    if (!algorithm_find(key->algorithm))
        return unknown_problem(key->algorithm);
    base64 = word_take(arena, &rest);
    if (!*base64)
        return "Only the kind of the key is there; the long middle part is missing.";
    key->comment = rest;
    if (strlen(rest) > LIMIT_KEY_COMMENT_BYTES)
        return "The comment behind the key has more than 255 bytes.";
    if (!text_is_line(rest))
        return "The comment behind the key holds control characters.";
    problem = blob_read(arena, base64, key);
    key->line = arena_printf(arena, "%s %s%s%s", key->algorithm, base64, *rest ? " " : "", rest);
    return problem;
}

/* What is wrong with the text, or NULL. */
static const char *text_read(struct arena *arena, char *line, size_t length, struct ssh_key *out)
{
    if (length > LIMIT_KEY_FIELD_BYTES)
        return "That is more than a public key can be (16 KB).";
    if (memchr(line, '\0', length) || !text_is_utf8(line, length))
        return "The text holds bytes that no public key has.";
    line += strspn(line, " \t\r\n");
    for (size_t n = strlen(line); n && strchr(" \t\r\n", line[n - 1]); n--)
        line[n - 1] = '\0';
    if (!*line)
        return good_kinds;
    if (strpbrk(line, "\r\n"))
        return "One key at a time, please: this has several lines.";
    return line_read(arena, line, out);
}

struct error *ssh_key_read(struct arena *arena, const char *text, size_t length,
                           struct ssh_key *out)
{
    char *line = arena_copy_bytes(arena, text, length);
    const char *problem;

    *out = (struct ssh_key){ .comment = "" };
    if (ssh_key_looks_private(line, length))
        return error_refuse(arena, ERROR_INPUT, SSH_KEY_IS_PRIVATE, "key", "%s", private_problem);
    problem = text_read(arena, line, length, out);
    return problem ? error_refuse(arena, ERROR_INPUT, "invalid_key", "key", "%s", problem) : NULL;
}
