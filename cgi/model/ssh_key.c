/*
 * One public key; see ssh_key_read.h. Key arithmetic is done by OpenSSL through crypto.h; this file
 * handles only the line and the wire format.
 */
#include "model/ssh_key_read.h"

#include "adapter/crypto.h"
#include "base/array.h"
#include "base/limit.h"
#include "base/text.h"

#include <string.h>

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

/* Small factors mean a damaged key, or one that anybody can break. */
static bool number_has_small_factor(struct wire_string number)
{
    enum { LARGEST = 1000 };

    for (unsigned divisor = 3; divisor < LARGEST; divisor += 2) {
        unsigned rest = 0;

        for (size_t i = 0; i < number.length; i++)
            rest = (rest << 8 | number.bytes[i]) % divisor;
        if (!rest)
            return true;
    }
    return false;
}

/*
 * Points of small order, with which anybody can sign, and y coordinates that are not below 2^255 -
 * 19 (RFC 8032 5.1.3). The bit of the sign does not matter.
 */
static bool is_weak_ed25519(const unsigned char point[CRYPTO_ED25519_BYTES])
{
    static const unsigned char weak[][CRYPTO_ED25519_BYTES] = {
        { 0 },
        { 1 },
        { 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
          0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
          0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
        { 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
          0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
          0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
    };
    unsigned char y[CRYPTO_ED25519_BYTES];
    size_t high = 1;

    memcpy(y, point, sizeof y);
    y[sizeof y - 1] &= 0x7f;
    for (size_t i = 0; i < COUNT(weak); i++) {
        if (memcmp(y, weak[i], sizeof y) == 0)
            return true;
    }
    while (high < sizeof y - 1 && y[high] == 0xff)
        high++;
    return high == sizeof y - 1 && y[high] == 0x7f && y[0] >= 0xec; /* p - 1 has the order 2 */
}

/* Each reader returns NULL and sets key->type, or an error. */
static const char *read_ed25519(struct arena *arena, struct wire *wire, struct ssh_key *key)
{
    struct wire_string point = wire_take(wire);

    (void)arena;
    key->type = "Ed25519";
    if (point.length != CRYPTO_ED25519_BYTES)
        return "This key is incomplete or damaged. Copy the whole line from your .pub file.";
    return is_weak_ed25519(point.bytes) ? "The key is a point that protects nothing." : NULL;
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
    return "This key is incomplete or damaged. Copy the whole line from your .pub file.";
}

static const char *read_rsa(struct arena *arena, struct wire *wire, struct ssh_key *key)
{
    struct wire_string exponent = wire_take(wire);
    struct wire_string modulus = wire_take(wire);
    size_t bits = number_bits(modulus), exponent_bits = number_bits(exponent);

    if (!bits || exponent_bits < 2 || exponent_bits > 64 || !number_is_odd(exponent) ||
        !number_is_odd(modulus) || number_has_small_factor(modulus))
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
    if (strlen(text) != application.length || !text_is_line(text))
        return "The security key's application holds hidden characters.";
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
    size_t strings; /* in its wire format, the name included */
    const char *(*read)(struct arena *arena, struct wire *wire, struct ssh_key *key);
} algorithms[] = {
    { "ssh-ed25519", 2, read_ed25519 },
    { "ecdsa-sha2-nistp256", 3, read_ecdsa },
    { "ecdsa-sha2-nistp384", 3, read_ecdsa },
    { "ecdsa-sha2-nistp521", 3, read_ecdsa },
    { "ssh-rsa", 3, read_rsa },
    { "sk-ssh-ed25519@openssh.com", 3, read_sk_ed25519 },
    { "sk-ecdsa-sha2-nistp256@openssh.com", 4, read_sk_ecdsa },
};

static const struct algorithm *algorithm_find(const char *name)
{
    for (size_t i = 0; i < COUNT(algorithms); i++) {
        if (strcmp(algorithms[i].name, name) == 0)
            return &algorithms[i];
    }
    return NULL;
}

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
    if (text_starts(word, "SHA256:") || text_starts(word, "MD5:"))
        return "That is the fingerprint of a key. Paste the key itself.";
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

bool ssh_key_is_algorithm(const char *name)
{
    return algorithm_find(name) != NULL;
}

/* The bytes of the wire format that begins in the first `length` bytes; 0: it cannot be known. */
static size_t wire_length(struct arena *arena, const unsigned char *bytes, size_t length)
{
    struct wire wire = { .at = bytes, .rest = length };
    struct wire_string name = wire_take(&wire);
    const struct algorithm *algorithm =
        wire.is_bad ? NULL : algorithm_find(arena_copy_bytes(arena, name.bytes, name.length));
    size_t total = 4 + name.length;

    for (size_t i = 1; algorithm && i < algorithm->strings; i++) {
        size_t next = wire_number(&wire);

        if (wire.is_bad || next > LIMIT_KEY_FIELD_BYTES)
            return 0;
        total += 4 + next;
        next = next < wire.rest ? next : wire.rest;
        wire.at += next;
        wire.rest -= next;
    }
    return algorithm ? total : 0;
}

size_t ssh_key_base64_length(struct arena *arena, const char *base64)
{
    size_t whole = strcspn(base64, "=") / 4 * 4, length, total;
    unsigned char *bytes;

    whole = whole < SSH_KEY_HEAD ? whole : SSH_KEY_HEAD;
    if (!crypto_base64_decode(arena, base64, whole, &bytes, &length))
        return 0;
    total = wire_length(arena, bytes, length);
    return (total + 2) / 3 * 4;
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
        return "The key is incomplete or damaged. Copy the whole line from the .pub file.";
    wire = (struct wire){ .at = blob, .rest = length };
    if (!string_is(wire_take(&wire), key->algorithm))
        return "The key is damaged: its type and content differ. Copy the whole line from the "
               ".pub file.";
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

const char *ssh_key_line_read(struct arena *arena, const char *line, struct ssh_key *out)
{
    const char *rest = line, *base64, *problem;

    *out = (struct ssh_key){ .comment = "" };
    out->algorithm = word_take(arena, &rest);
    if (!algorithm_find(out->algorithm))
        return unknown_problem(out->algorithm);
    base64 = word_take(arena, &rest);
    if (!*base64)
        return "Only the kind of the key is there; the long middle part is missing.";
    out->comment = rest;
    if (strlen(rest) > LIMIT_KEY_COMMENT_BYTES)
        return "The comment behind the key has more than 255 bytes.";
    if (!text_is_line(rest))
        return "The comment behind the key holds hidden characters.";
    problem = blob_read(arena, base64, out);
    out->line = arena_printf(arena, "%s %s%s%s", out->algorithm, base64, *rest ? " " : "", rest);
    return problem;
}
