/*
 * ssh_key.c against ssh-keygen: every accepted kind with the fingerprint that ssh-keygen prints,
 * every way to be refused, and private keys in every form, whole and in parts. Keys are generated
 * or built byte by byte; none is stored here.
 */
#include "model/ssh_key.h"

#include "adapter/crypto.h"
#include "adapter/ssh.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/limit.h"
#include "child.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST_FILE_BYTES = 64 * 1024 };

static struct arena *arena;
static char folder[] = "/tmp/dkey.XXXXXX";
static size_t refused_count;

/* ---- a key as wire bytes ---- */

struct wire {
    struct buf buf;
};

static struct wire wire_new(void)
{
    return (struct wire){ buf_new(arena, 64) };
}

static void put_number(struct wire *wire, uint32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_char(&wire->buf, (char)(number >> shift));
}

static void put_bytes(struct wire *wire, const void *bytes, size_t length)
{
    put_number(wire, (uint32_t)length);
    buf_bytes(&wire->buf, bytes, length);
}

static void put_text(struct wire *wire, const char *text)
{
    put_bytes(wire, text, strlen(text));
}

static const char *line_of(const char *algorithm, const struct wire *wire, const char *comment)
{
    return arena_printf(arena, "%s %s%s%s", algorithm,
                        crypto_base64(arena, wire->buf.bytes, wire->buf.length),
                        *comment ? " " : "", comment);
}

static bool is_divisible(const unsigned char *bytes, size_t length, unsigned by)
{
    unsigned rest = 0;

    for (size_t i = 0; i < length; i++)
        rest = (rest * 256 + bytes[i]) % by;
    return rest == 0;
}

static bool has_factor_below(const unsigned char *bytes, size_t length, unsigned most)
{
    for (unsigned by = 3; by < most; by += 2) {
        if (is_divisible(bytes, length, by))
            return true;
    }
    return false;
}

/* An odd number of exactly `bits` bits as encoded in an mpint, without a small factor. */
static struct wire number_of(size_t bits)
{
    struct wire number = wire_new();
    size_t length = (bits + 7) / 8;
    unsigned char *bytes = arena_alloc(arena, length);

    do {
        crypto_random(bytes, length);
        bytes[0] &= (unsigned char)(0xff >> (length * 8 - bits));
        bytes[0] |= (unsigned char)(0x80 >> (length * 8 - bits));
        bytes[length - 1] |= 1;
    } while (bits > 64 && has_factor_below(bytes, length, 1000));
    if (bytes[0] & 0x80)
        buf_char(&number.buf, 0);
    buf_bytes(&number.buf, bytes, length);
    return number;
}

static struct wire rsa_wire(const void *exponent, size_t exponent_length, struct wire modulus)
{
    struct wire wire = wire_new();

    put_text(&wire, "ssh-rsa");
    put_bytes(&wire, exponent, exponent_length);
    put_bytes(&wire, modulus.buf.bytes, modulus.buf.length);
    return wire;
}

static const char *rsa_line(size_t bits)
{
    struct wire wire = rsa_wire("\1\0\1", 3, number_of(bits));

    return line_of("ssh-rsa", &wire, "you@laptop");
}

static struct wire ed25519_wire(const char *algorithm, size_t length)
{
    unsigned char public[64] = { 0 };
    struct wire wire = wire_new();

    crypto_random(public, CRYPTO_ED25519_BYTES);
    put_text(&wire, algorithm);
    put_bytes(&wire, public, length);
    return wire;
}

static const char *sk_ed25519_line(const void *application, size_t length)
{
    struct wire wire = ed25519_wire("sk-ssh-ed25519@openssh.com", 32);

    put_bytes(&wire, application, length);
    return line_of("sk-ssh-ed25519@openssh.com", &wire, "token");
}

/* The base points of the curves (SEC 2), uncompressed. */
static const struct curve {
    const char *name, *algorithm, *type, *point;
} curves[] = {
    { "nistp256", "ecdsa-sha2-nistp256", "ECDSA P-256",
      "04"
      "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
      "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5" },
    { "nistp384", "ecdsa-sha2-nistp384", "ECDSA P-384",
      "04"
      "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e38"
      "72760ab7"
      "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c"
      "90ea0e5f" },
    { "nistp521", "ecdsa-sha2-nistp521", "ECDSA P-521",
      "04"
      "00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1d"
      "c127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66"
      "011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550"
      "b9013fad0761353c7086a272c24088be94769fd16650" },
};

static size_t hex_bytes(const char *hex, unsigned char *out)
{
    size_t length = strlen(hex) / 2;

    for (size_t i = 0; i < length; i++) {
        const char digits[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

        out[i] = (unsigned char)strtoul(digits, NULL, 16);
    }
    return length;
}

static const char *ecdsa_line(const char *algorithm, const char *curve, const void *point,
                              size_t length)
{
    struct wire wire = wire_new();

    put_text(&wire, algorithm);
    put_text(&wire, curve);
    put_bytes(&wire, point, length);
    if (strncmp(algorithm, "sk-", 3) == 0)
        put_text(&wire, "ssh:");
    return line_of(algorithm, &wire, "ec");
}

/* ---- files and ssh-keygen ---- */

static const char *path_of(const char *name)
{
    return arena_printf(arena, "%s/%s", folder, name);
}

static void file_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

static const char *file_read(const char *path)
{
    char *text = arena_alloc(arena, MOST_FILE_BYTES);
    FILE *file = fopen(path, "re");

    assert_non_null(file);
    assert_true(fread(text, 1, MOST_FILE_BYTES - 1, file) > 0);
    fclose(file);
    return text;
}

/* A new private key file as ssh-keygen writes it; `format` NULL: its default. */
static const char *private_file(const char *kind, const char *bits, const char *format,
                                const char *passphrase)
{
    static int count;
    const char *path = path_of(arena_printf(arena, "id_%d", count++));
    const char *arguments[16] = { "ssh-keygen", "-q", "-t",         kind, "-N",
                                  passphrase,   "-C", "you@laptop", "-f", path };
    size_t n = 10;
    char out[1024];

    if (bits) {
        arguments[n++] = "-b";
        arguments[n++] = bits;
    }
    if (format) {
        arguments[n++] = "-m";
        arguments[n++] = format;
    }
    if (child_run(arguments, out, sizeof out) != 0)
        fail_msg("ssh-keygen: %s", out);
    return path;
}

static const char *public_of(const char *path)
{
    char *line = (char *)(uintptr_t)file_read(arena_printf(arena, "%s.pub", path));

    line[strcspn(line, "\n")] = '\0';
    return line;
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(512 << 20);
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    const char *const arguments[] = { "rm", "-rf", folder, NULL };
    char out[64];

    (void)state;
    arena_free(arena);
    return child_run(arguments, out, sizeof out);
}

/* ---- assertions ---- */

static struct ssh_key read_good(const char *line)
{
    struct ssh_keys keys;
    const struct error *e = ssh_keys_read(arena, line, strlen(line), &keys);

    if (e)
        fail_msg("refused: %.60s...: %s", line, e->message);
    assert_int_equal(keys.count, 1);
    return keys.key[0];
}

/* Accepted, and ssh-keygen agrees. */
static void accept(const char *line, const char *type)
{
    struct ssh_key key = read_good(line);
    const char *path = path_of("accept.pub");
    const char *const arguments[] = { "ssh-keygen", "-l", "-f", path, NULL };
    char out[4096];

    file_write(path, arena_printf(arena, "%s\n", line));
    assert_int_equal(child_run(arguments, out, sizeof out), 0);
    assert_non_null(strstr(out, arena_printf(arena, " %s ", key.fingerprint)));
    assert_string_equal(key.type, type);
    assert_true(strncmp(line, key.algorithm, strlen(key.algorithm)) == 0);
    assert_string_equal(key.line, line);
    assert_non_null(strstr(line, key.comment));
    assert_false(ssh_key_looks_private(arena, line, strlen(line)));
}

/* No twenty characters of the text are quoted. */
static void assert_quotes_nothing(const char *problem, const char *text, size_t length)
{
    for (size_t at = 0; at + 20 <= length; at++) {
        if (!memchr(text + at, '\0', 20))
            assert_null(memmem(problem, strlen(problem), text + at, 20));
    }
}

/* The code of the refusal. */
static const char *refuse_bytes(const char *text, size_t length)
{
    struct ssh_keys keys;
    const struct error *e = ssh_keys_read(arena, text, length, &keys);

    if (!e)
        fail_msg("accepted: %.*s", (int)length, text);
    assert_int_equal(e->kind, ERROR_INPUT);
    assert_string_equal(e->field, "key");
    assert_true(strlen(e->message) > 10);
    assert_quotes_nothing(e->message, text, length);
    assert_quotes_nothing(e->text, text, length);
    refused_count++;
    return e->code;
}

static void refuse(const char *text)
{
    if (strcmp(refuse_bytes(text, strlen(text)), "invalid_key") != 0)
        fail_msg("taken for a private key: %s", text);
}

static void refuse_wire(const char *algorithm, struct wire wire)
{
    refuse(line_of(algorithm, &wire, "you@laptop"));
}

static void assert_private(const char *text, size_t length, const char *what)
{
    if (strcmp(refuse_bytes(text, length), SSH_KEY_IS_PRIVATE) != 0)
        fail_msg("not seen as private (%s): %s", what, text);
    assert_true(ssh_key_looks_private(arena, text, length));
}

/* ---- what is accepted ---- */

static void test_generated_keys(void **state)
{
    static const struct {
        const char *kind, *bits, *type;
    } kinds[] = {
        { "ed25519", NULL, "Ed25519" },    { "ecdsa", "256", "ECDSA P-256" },
        { "ecdsa", "384", "ECDSA P-384" }, { "ecdsa", "521", "ECDSA P-521" },
        { "rsa", "2048", "RSA 2048" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++)
        accept(public_of(private_file(kinds[i].kind, kinds[i].bits, NULL, "")), kinds[i].type);
}

static void test_every_size_of_rsa(void **state)
{
    static const size_t sizes[] = { 2048, 2049, 3071, 3072, 4096, 8191, 8192 };
    struct wire wire;

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++)
        accept(rsa_line(sizes[i]), arena_printf(arena, "RSA %zu", sizes[i]));
    wire = rsa_wire("\3", 1, number_of(2048));
    accept(line_of("ssh-rsa", &wire, "e=3"), "RSA 2048");
    wire = rsa_wire("\0\xff\xff\xff\xff\xff\xff\xff\xff", 9, number_of(2048));
    accept(line_of("ssh-rsa", &wire, "e of 64 bits"), "RSA 2048");
}

static void test_every_curve(void **state)
{
    unsigned char point[256];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        size_t length = hex_bytes(curves[i].point, point);

        accept(ecdsa_line(curves[i].algorithm, curves[i].name, point, length), curves[i].type);
    }
}

static void test_security_keys(void **state)
{
    unsigned char point[256];
    size_t length = hex_bytes(curves[0].point, point);

    (void)state;
    accept(sk_ed25519_line("ssh:", 4), "Ed25519 (security key)");
    accept(sk_ed25519_line("ssh:work laptop", 15), "Ed25519 (security key)");
    accept(ecdsa_line("sk-ecdsa-sha2-nistp256@openssh.com", "nistp256", point, length),
           "ECDSA P-256 (security key)");
}

static void test_blanks_and_comments(void **state)
{
    struct wire wire = ed25519_wire("ssh-ed25519", 32);
    const char *bare = line_of("ssh-ed25519", &wire, "");
    char longest[LIMIT_KEY_COMMENT_BYTES + 1] = { 0 };

    (void)state;
    memset(longest, 'c', LIMIT_KEY_COMMENT_BYTES);
    accept(bare, "Ed25519");
    accept(line_of("ssh-ed25519", &wire, longest), "Ed25519");
    accept(line_of("ssh-ed25519", &wire, "Zoë's laptop \xf0\x9f\x92\xbb"), "Ed25519");
    assert_string_equal(read_good(arena_printf(arena, "\r\n \t%s\r\n\r\n", bare)).line, bare);
    assert_string_equal(read_good(arena_printf(arena, "%s \t ", bare)).comment, "");
    assert_string_equal(
        read_good(arena_printf(arena, "ssh-ed25519\t  %s \t a  b ", bare + 12)).line,
        arena_printf(arena, "%s a  b", bare));
}

/* ---- what is refused ---- */

static void test_other_kinds(void **state)
{
    static const char *const names[] = {
        "ssh-dss",
        "ssh-dsa",
        "ssh-xmss@openssh.com",
        "ssh-ed448",
        "ssh-ed25519-cert-v01@openssh.com",
        "ssh-rsa-cert-v01@openssh.com",
        "ecdsa-sha2-nistp256-cert-v01@openssh.com",
        "sk-ssh-ed25519-cert-v01@openssh.com",
        "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
        "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
        "rsa-sha2-256",
        "rsa-sha2-512",
        "ssh-rsa1",
        "ecdsa-sha2-nistp224",
        "ecdsa-sha2-nistk163",
        "ecdsa-sha2-secp256k1",
        "sk-ssh-ed25519",
        "x509v3-ssh-rsa",
        "SSH-ED25519",
        "Ssh-rsa",
        "ssh-ed25519,",
        "\"ssh-ed25519\"",
        "ssh-ed2551",
        "ssh-ed255190",
        "ssh",
        "",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct wire wire = ed25519_wire(names[i], 32);
        const char *line = line_of(names[i], &wire, "you@laptop");

        if (strncmp(names[i], "ssh-", 4) == 0 || strncmp(names[i], "ecdsa-", 6) == 0)
            refuse(line);
        refuse_bytes(line, strlen(line));
    }
    refuse(public_of(private_file("dsa", NULL, NULL, "")));
}

static void test_real_certificate(void **state)
{
    const char *authority = private_file("ed25519", NULL, NULL, "");
    const char *path = private_file("ed25519", NULL, NULL, "");
    const char *const arguments[] = {
        "ssh-keygen", "-q", "-s", authority, "-I", "you", arena_printf(arena, "%s.pub", path), NULL
    };
    char out[1024];

    (void)state;
    assert_int_equal(child_run(arguments, out, sizeof out), 0);
    refuse(file_read(arena_printf(arena, "%s-cert.pub", path)));
}

static void test_other_lines(void **state)
{
    struct wire wire = ed25519_wire("ssh-ed25519", 32);
    const char *line = line_of("ssh-ed25519", &wire, "you@laptop");
    const char *base64 = crypto_base64(arena, wire.buf.bytes, wire.buf.length);
    static const char *const before[] = {
        "command=\"/bin/true\" ",
        "no-pty ",
        "restrict,pty ",
        "from=\"10.0.0.0/8\" ",
        "cert-authority ",
        "1 ",
        "ssh ",
        "localhost ",
        "[localhost]:22001 ",
        "@revoked * ",
        "@cert-authority *.example.org ",
        "|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ",
        "#",
        "ssh-ed25519 ",
        "-",
        "ssh-rsa ",
        "git@host:",
        "SHA256:",
        "you@laptop ",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(before); i++)
        refuse(arena_printf(arena, "%s%s", before[i], line));
    refuse(arena_printf(arena, "%s\nand one more", line));
    refuse(arena_printf(arena, "Here it is:\n%s", line));
    refuse(base64);
    refuse(arena_printf(arena, "%s\n", base64));
    refuse("ssh-ed25519");
    refuse("ssh-ed25519 ");
    refuse("");
    refuse(" \t\r\n ");
    refuse("SHA256:jv1bZXjnLqcYMcAbcdefghijklmnopqrstuvwxyz012");
    refuse("How do I make a key?");
    refuse(arena_printf(arena, "ssh-ed25519 %.40s %s you@laptop", base64, base64 + 40));
    refuse(arena_printf(arena, "ssh-ed25519\v%s", base64));
}

/* A modulus with a factor below 1,000, by multiplying. */
static struct wire number_with_factor(unsigned factor)
{
    struct wire number = number_of(2040), product = wire_new();
    unsigned char *bytes = arena_alloc(arena, 256);
    unsigned carry = 0;

    memcpy(bytes + 1, number.buf.bytes + number.buf.length - 255, 255);
    for (size_t i = 256; i-- > 0;) {
        carry += bytes[i] * factor;
        bytes[i] = (unsigned char)carry;
        carry >>= 8;
    }
    assert_true(is_divisible(bytes, 256, factor) && bytes[0]);
    if (bytes[0] & 0x80)
        buf_char(&product.buf, 0);
    buf_bytes(&product.buf, bytes, 256);
    return product;
}

static void test_small_factors(void **state)
{
    static const unsigned factors[] = { 129, 131, 137, 139, 151, 211, 251 };

    (void)state;
    for (size_t i = 0; i < COUNT(factors); i++) {
        struct wire modulus = number_with_factor(factors[i]);

        refuse_wire("ssh-rsa", rsa_wire("\1\0\1", 3, modulus));
    }
}

/* Points of order 1, 2, 4 and 8 and numbers beyond the field, with either sign. */
static void test_weak_ed25519(void **state)
{
    static const char *const points[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    unsigned char point[32];

    (void)state;
    for (size_t i = 0; i < COUNT(points); i++) {
        for (unsigned sign = 0; sign <= 0x80; sign += 0x80) {
            struct wire wire = wire_new(), sk = wire_new();

            hex_bytes(points[i], point);
            point[31] |= (unsigned char)sign;
            put_text(&wire, "ssh-ed25519");
            put_bytes(&wire, point, 32);
            refuse_wire("ssh-ed25519", wire);
            put_text(&sk, "sk-ssh-ed25519@openssh.com");
            put_bytes(&sk, point, 32);
            put_text(&sk, "ssh:");
            refuse_wire("sk-ssh-ed25519@openssh.com", sk);
        }
    }
}

static void test_rsa_numbers(void **state)
{
    static const size_t sizes[] = { 1, 8, 512, 768, 1024, 2040, 2047, 8193, 8200, 16384 };
    static const struct {
        const char *bytes;
        size_t length;
    } exponents[] = {
        { "", 0 },
        { "\0", 1 },
        { "\1", 1 },
        { "\2", 1 },
        { "\4", 1 },
        { "\1\0\0", 3 },
        { "\1\0\2", 3 },
        { "\0\1\0\1", 4 },
        { "\0\0\0\3", 4 },
        { "\x81", 1 },
        { "\xff\xff", 2 },
        { "\0\x7f", 2 },
        { "\1\0\0\0\0\0\0\0\1", 9 },
        { "\3\1\1\1\1\1\1\1\1\1\1\1\1", 13 },
    };
    struct wire modulus, wire;

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++)
        refuse(rsa_line(sizes[i]));
    for (size_t i = 0; i < COUNT(exponents); i++)
        refuse_wire("ssh-rsa", rsa_wire(exponents[i].bytes, exponents[i].length, number_of(2048)));
    refuse_wire("ssh-rsa", rsa_wire(number_of(2048).buf.bytes, 257, number_of(2048)));

    modulus = number_of(2048); /* even */
    modulus.buf.bytes[modulus.buf.length - 1] &= (char)0xfe;
    refuse_wire("ssh-rsa", rsa_wire("\1\0\1", 3, modulus));
    modulus = number_of(2048); /* negative: the sign byte is missing */
    modulus.buf.bytes++;
    modulus.buf.length--;
    refuse_wire("ssh-rsa", rsa_wire("\1\0\1", 3, modulus));
    modulus = wire_new(); /* one zero byte too many */
    buf_char(&modulus.buf, 0);
    buf_bytes(&modulus.buf, number_of(2048).buf.bytes, 257);
    refuse_wire("ssh-rsa", rsa_wire("\1\0\1", 3, modulus));
    modulus = wire_new();
    buf_char(&modulus.buf, 0);
    buf_bytes(&modulus.buf, number_of(2047).buf.bytes, 256);
    refuse_wire("ssh-rsa", rsa_wire("\1\0\1", 3, modulus));
    refuse_wire("ssh-rsa", rsa_wire("\1\0\1", 3, wire_new()));
    modulus = wire_new(); /* all zero bytes */
    buf_bytes(&modulus.buf, arena_alloc(arena, 300), 300);
    refuse_wire("ssh-rsa", rsa_wire("\1\0\1", 3, modulus));

    wire = wire_new(); /* modulus and exponent swapped */
    put_text(&wire, "ssh-rsa");
    modulus = number_of(2048);
    put_bytes(&wire, modulus.buf.bytes, modulus.buf.length);
    put_bytes(&wire, "\1\0\1", 3);
    refuse_wire("ssh-rsa", wire);
}

static void test_points(void **state)
{
    static const char sk[] = "sk-ecdsa-sha2-nistp256@openssh.com";
    unsigned char point[256], other[256];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const char *algorithm = curves[i].algorithm, *name = curves[i].name;
        size_t length = hex_bytes(curves[i].point, point);
        size_t half = (length - 1) / 2;

        for (size_t k = 0; k < 3; k++) {
            size_t size = hex_bytes(curves[k].point, other);

            if (k == i)
                continue;
            refuse(ecdsa_line(algorithm, curves[k].name, other, size));
            refuse(ecdsa_line(algorithm, curves[k].name, point, length));
            refuse(ecdsa_line(algorithm, name, other, size));
        }
        refuse(ecdsa_line(algorithm, name, point, length - 1));
        refuse(ecdsa_line(algorithm, name, point, length + 1));
        refuse(ecdsa_line(algorithm, "nistp999", point, length));
        refuse(ecdsa_line(algorithm, "", point, length));
        refuse(ecdsa_line(algorithm, name, "", 0));
        refuse(ecdsa_line(algorithm, name, "\0", 1)); /* the identity */
        memcpy(other, point, length);
        other[length - 1] ^= 1; /* not on the curve */
        refuse(ecdsa_line(algorithm, name, other, length));
        memset(other + 1, 0, length - 1);
        refuse(ecdsa_line(algorithm, name, other, length));
        memset(other + 1, 0xff, length - 1); /* coordinates not in the field */
        refuse(ecdsa_line(algorithm, name, other, length));
        memcpy(other, point, length);
        for (int form = 0; form < 8; form++) { /* compressed and hybrid forms */
            other[0] = (unsigned char)form;
            if (form != 4) {
                refuse(ecdsa_line(algorithm, name, other, half + 1));
                refuse(ecdsa_line(algorithm, name, other, length));
            }
        }
        if (i > 0)
            refuse(ecdsa_line(sk, name, point, length));
    }
}

static void test_other_ed25519(void **state)
{
    static const struct {
        const char *text;
        size_t length;
    } applications[] = {
        { "", 0 },          { "ssh", 3 },      { "webauthn", 8 },     { "SSH:", 4 },
        { "https://x", 9 }, { " ssh:", 5 },    { "ssh:\0", 5 },       { "ssh:a\0b", 7 },
        { "ssh:\n", 5 },    { "ssh:\x7f", 5 }, { "ssh:\xc2\x85", 6 }, { "ssh:\xff", 5 },
    };
    struct wire wire;

    (void)state;
    for (size_t length = 0; length < 64; length++) {
        if (length != 32)
            refuse_wire("ssh-ed25519", ed25519_wire("ssh-ed25519", length));
    }
    for (size_t i = 0; i < COUNT(applications); i++)
        refuse(sk_ed25519_line(applications[i].text, applications[i].length));
    wire = ed25519_wire("sk-ssh-ed25519@openssh.com", 32);
    refuse_wire("sk-ssh-ed25519@openssh.com", wire); /* no application at all */
    wire = wire_new();
    put_text(&wire, "ssh-ed25519");
    refuse_wire("ssh-ed25519", wire);
    refuse_wire("ssh-ed25519", wire_new());
    put_number(&wire, 0xffffffff);
    refuse_wire("ssh-ed25519", wire);
    wire = wire_new();
    put_number(&wire, 0x80000000);
    refuse_wire("ssh-ed25519", wire);
}

/* One of every accepted kind. */
static size_t good_lines(const char *lines[8])
{
    struct wire wire = ed25519_wire("ssh-ed25519", 32);
    unsigned char point[256];
    size_t count = 0, length;

    lines[count++] = line_of("ssh-ed25519", &wire, "");
    for (size_t i = 0; i < 3; i++) {
        length = hex_bytes(curves[i].point, point);
        lines[count++] = ecdsa_line(curves[i].algorithm, curves[i].name, point, length);
    }
    wire = rsa_wire("\1\0\1", 3, number_of(2048));
    lines[count++] = line_of("ssh-rsa", &wire, "");
    lines[count++] = sk_ed25519_line("ssh:", 4);
    length = hex_bytes(curves[0].point, point);
    lines[count++] = ecdsa_line("sk-ecdsa-sha2-nistp256@openssh.com", "nistp256", point, length);
    return count;
}

static void test_cut_at_every_byte(void **state)
{
    const char *lines[8];
    size_t count = good_lines(lines);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        const char *base64 = strchr(lines[i], ' ') + 1;
        size_t text_end = (size_t)(base64 - lines[i]) + strcspn(base64, " "), length;
        const char *algorithm = arena_copy_bytes(arena, lines[i], (size_t)(base64 - lines[i] - 1));
        unsigned char *blob;
        struct wire wire = wire_new();

        read_good(lines[i]);
        for (size_t cut = 0; cut < text_end; cut++)
            refuse(arena_copy_bytes(arena, lines[i], cut));
        assert_true(crypto_base64_decode(arena, base64, strcspn(base64, " "), &blob, &length));
        for (size_t cut = 0; cut < length; cut++) {
            wire.buf.length = 0;
            buf_bytes(&wire.buf, blob, cut);
            refuse_wire(algorithm, wire);
        }
        wire.buf.length = 0;
        buf_bytes(&wire.buf, blob, length);
        for (int extra = 1; extra <= 4; extra++) { /* bytes after the key */
            buf_char(&wire.buf, 0);
            refuse_wire(algorithm, wire);
        }
    }
}

static void test_inner_kind(void **state)
{
    const char *lines[8];
    size_t count = good_lines(lines);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++) {
            const char *other = arena_copy_bytes(arena, lines[k], strcspn(lines[k], " "));

            if (k != i)
                refuse(arena_printf(arena, "%s%s", other, strchr(lines[i], ' ')));
        }
    }
}

/* The base64 of a security key whose blob leaves `padding` characters of padding. */
static void refuse_other_padding(size_t padding)
{
    const char *sk = strchr(sk_ed25519_line("ssh:xy", padding == 2 ? 6 : 4), ' ') + 1;
    const char *padded = arena_copy_bytes(arena, sk, strcspn(sk, " "));
    const char *bare = arena_copy_bytes(arena, padded, strcspn(padded, "="));
    char *changed = arena_copy(arena, padded);

    assert_int_equal(strlen(padded) - strlen(bare), padding);
    read_good(arena_printf(arena, "sk-ssh-ed25519@openssh.com %s", padded));
    for (size_t other = 0; other < 7; other++) {
        if (other != padding)
            refuse(arena_printf(arena, "sk-ssh-ed25519@openssh.com %s%.*s", bare, (int)other,
                                "======="));
    }
    changed[strlen(bare) - 1]++; /* bits after the last byte */
    refuse(arena_printf(arena, "sk-ssh-ed25519@openssh.com %s", changed));
}

static void test_base64(void **state)
{
    struct wire plain = ed25519_wire("ssh-ed25519", 32);
    const char *good = crypto_base64(arena, plain.buf.bytes, plain.buf.length);
    static const char *const tails[] = { "=", "==", "===", "====", "A", "AA", "AAA", "A===" };
    static const char bad[] = "-_.,*!~:;\"'\\()[]{}<>@#$%^&|`?\x01\x7f";
    char *changed;

    (void)state;
    for (size_t i = 0; i < COUNT(tails); i++)
        refuse(arena_printf(arena, "ssh-ed25519 %s%s you", good, tails[i]));
    refuse_other_padding(1);
    refuse_other_padding(2);
    for (size_t i = 0; bad[i]; i++) {
        changed = arena_copy(arena, good);
        changed[50] = bad[i];
        refuse(arena_printf(arena, "ssh-ed25519 %s", changed));
    }
    changed = arena_copy(arena, good);
    changed[40] = '=';
    refuse(arena_printf(arena, "ssh-ed25519 %s", changed));
    refuse(arena_printf(arena, "ssh-ed25519 %.30s %s", good, good + 30));
    refuse(arena_printf(arena, "ssh-ed25519 %.30s\t%s", good, good + 30));
    changed = arena_printf(arena, "ssh-ed25519 =%s", good);
    refuse_bytes(changed, strlen(changed));
}

static void test_invalid_bytes(void **state)
{
    struct wire wire = ed25519_wire("ssh-ed25519", 32);
    const char *bare = line_of("ssh-ed25519", &wire, "");
    static const char *const comments[] = {
        "a\x01z",         "a\x1b[31mz",         "a\x7fz",    "a\xc2\x80z", "a\xffz", "a\xc0\x80z",
        "a\xed\xa0\x80z", "a\xf4\x90\x80\x80z", "a\xe2\x80",
    };
    char most[LIMIT_KEY_COMMENT_BYTES + 2] = { 0 };
    char *large = arena_alloc(arena, LIMIT_KEY_FIELD_BYTES + 2);
    size_t length = strlen(bare);

    (void)state;
    for (size_t i = 0; i < COUNT(comments); i++)
        refuse(arena_printf(arena, "%s %s", bare, comments[i]));
    memset(most, 'c', LIMIT_KEY_COMMENT_BYTES + 1);
    refuse(arena_printf(arena, "%s %s", bare, most));

    memset(large, ' ', LIMIT_KEY_FIELD_BYTES + 1);
    memcpy(large, bare, length);
    read_good(arena_copy_bytes(arena, large, LIMIT_KEY_FIELD_BYTES));
    refuse(large);
    memset(large + length, 'c', LIMIT_KEY_FIELD_BYTES + 1 - length);
    refuse(large);

    for (size_t at = 0; at <= length; at++) {
        char *holed = arena_alloc(arena, length + 2);

        memcpy(holed, bare, at);
        memcpy(holed + at + 1, bare + at, length - at);
        refuse_bytes(holed, length + 1);
    }
}

static void test_number_of_refusals(void **state)
{
    (void)state;
    print_message("%zu inputs were refused\n", refused_count);
    assert_true(refused_count >= 126);
}

/* ---- private keys ---- */

static const char *replaced(const char *text, const char *newline, const char *before)
{
    struct buf out = buf_new(arena, strlen(text) * 2);

    buf_text(&out, before);
    for (; *text; text++) {
        if (*text != '\n') {
            buf_char(&out, *text);
            continue;
        }
        buf_text(&out, newline);
        if (text[1])
            buf_text(&out, before);
    }
    return out.bytes;
}

static bool has_long_line(const char *text)
{
    for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
        if (strcspn(text, "\n") >= 60)
            return true;
    }
    return false;
}

/* Whole, in parts, and altered as by mail, terminals and editors. */
static void refuse_private(const char *text, const char *what)
{
    static const char *const newlines[] = { "\n", "\r\n", " ", "", "\\n", "\n\n" };
    static const char *const before[] = { "", "    ", "\t", "> ", "| " };
    const char *body = strchr(text, '\n') + 1;
    const char *last = body;

    for (size_t n = 0; n < COUNT(newlines); n++) {
        for (size_t b = 0; b < COUNT(before); b++) {
            const char *whole = replaced(text, newlines[n], before[b]);

            assert_private(whole, strlen(whole), what);
        }
    }
    assert_private(arena_printf(arena, "ssh-ed25519 %s", text), strlen(text) + 12, what);
    for (const char *at = body; *at; at += strcspn(at, "\n"), at += *at == '\n') {
        if (strchr(at, '-') == at)
            break;
        last = at;
    }
    /* From every line on, and up to every line; then without any armor. */
    for (const char *at = body; at <= last && *at; at += strcspn(at, "\n") + 1) {
        const char *tail = arena_copy_bytes(arena, at, (size_t)(last - at) + strcspn(last, "\n"));
        const char *head = arena_copy_bytes(arena, text, (size_t)(at - text));

        assert_private(at, strlen(at), what); /* the final armor is included */
        assert_private(head, strlen(head), what);
        if (!has_long_line(tail))
            continue;
        assert_private(tail, strlen(tail), what);
        assert_private(replaced(tail, "\r\n", ""), strlen(replaced(tail, "\r\n", "")), what);
        assert_private(replaced(tail, "", ""), strlen(replaced(tail, "", "")), what);
        assert_private(replaced(tail, "\n", "  "), strlen(replaced(tail, "\n", "  ")), what);
        for (size_t skip = 1; skip < strcspn(tail, "\n"); skip++) {
            if (has_long_line(tail + skip))
                assert_private(tail + skip, strlen(tail + skip), what);
        }
    }
}

static void test_private_keys(void **state)
{
    static const struct {
        const char *kind, *bits, *format;
    } forms[] = {
        { "ed25519", NULL, NULL },   { "ecdsa", "256", NULL },    { "ecdsa", "384", NULL },
        { "ecdsa", "521", NULL },    { "rsa", "2048", NULL },     { "dsa", NULL, NULL },
        { "ecdsa", "256", "PEM" },   { "ecdsa", "384", "PEM" },   { "ecdsa", "521", "PEM" },
        { "rsa", "2048", "PEM" },    { "dsa", NULL, "PEM" },      { "ecdsa", "256", "PKCS8" },
        { "ecdsa", "384", "PKCS8" }, { "ecdsa", "521", "PKCS8" }, { "rsa", "2048", "PKCS8" },
        { "dsa", NULL, "PKCS8" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        const char *what = arena_printf(arena, "%s %s", forms[i].kind,
                                        forms[i].format ? forms[i].format : "OpenSSH");

        refuse_private(file_read(private_file(forms[i].kind, forms[i].bits, forms[i].format, "")),
                       what);
        refuse_private(
            file_read(private_file(forms[i].kind, forms[i].bits, forms[i].format, "correct horse")),
            what);
    }
}

/* What ssh-keygen does not write. The bytes are random: only their format matters. */
static const char *random_lines(size_t bytes)
{
    unsigned char *secret = arena_alloc(arena, bytes);
    struct buf lines = buf_new(arena, 256);
    const char *base64;

    crypto_random(secret, bytes);
    base64 = crypto_base64(arena, secret, bytes);
    for (size_t at = 0; at < strlen(base64); at += 64)
        buf_printf(&lines, "%.64s\n", base64 + at);
    return lines.bytes;
}

static void test_other_private_keys(void **state)
{
    static const char *const versions[] = { "2", "3" };
    const char *text;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        text = arena_printf(
            arena,
            "PuTTY-User-Key-File-%s: ssh-ed25519\nEncryption: %s\nComment: you\n"
            "Public-Lines: 2\nAAAAC3NzaC1lZDI1NTE5AAAAIGxW1k2yKCkEFZ8mVmsGUkEzH9WvqBuKNpJfWG2S\n"
            "MkVr\nPrivate-Lines: 1\n%sPrivate-MAC: %064d\n",
            versions[i], i ? "none" : "aes256-cbc", random_lines(36), 7);
        assert_private(text, strlen(text), "PuTTY");
        assert_private(strstr(text, "Comment"), strlen(strstr(text, "Comment")), "PuTTY");
        assert_private(strstr(text, "AAAA"), strlen(strstr(text, "AAAA")), "PuTTY");
        assert_private(strstr(text, "Private-"), strlen(strstr(text, "Private-")), "PuTTY");
        text = replaced(text, "\r\n", "");
        assert_private(text, strlen(text), "PuTTY");
    }
    text = "AGE-SECRET-KEY-1QQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQQPQ";
    assert_private(text, strlen(text), "age");
    assert_private("age-secret-key-1qqp", 19, "age");
    text = arena_printf(arena, "MC4CAQAwBQYDK2VwBCIEI%s", random_lines(32) + 1);
    assert_private(text, strlen(text), "PKCS#8 Ed25519");
    text = arena_printf(arena, "MC4CAQAwBQYDK2VuBCIEI%s", random_lines(32) + 1);
    assert_private(text, strlen(text), "PKCS#8 X25519");
    text = arena_printf(arena, "MIGbMFcGCSqGSIb3DQEFDTBK%s", random_lines(100));
    assert_private(text, strlen(text), "PKCS#8 encrypted");
    text = arena_printf(arena, "ssh-rsa MIIEvQIBADANBgkqhkiG9w0BAQEFAASC%s", random_lines(900));
    assert_private(text, strlen(text), "PKCS#8 behind a kind");
    text = arena_printf(arena, "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: \"you\"\n%s",
                        random_lines(300));
    assert_private(text, strlen(text), "ssh.com");
    text = arena_printf(arena, "SSH PRIVATE KEY FILE FORMAT 1.1\n%s", random_lines(300));
    assert_private(text, strlen(text), "SSH 1");
    assert_private("openssh-key-v1\0\0\0\0\4none", 23, "OpenSSH, not encoded");
    assert_private("-----BEGIN OPENSSH", 18, "the first words alone");
    assert_private("\0\0-----BEGIN EC PRIVATE KEY", 27, "behind NUL bytes");
    text = arena_printf(arena, "%*s-----BEGIN RSA PRIVATE KEY-----", 20000, " ");
    assert_private(text, strlen(text), "behind more than can be read");
}

static void test_no_alarm_for_names(void **state)
{
    static const char *const names[] = {
        "",
        "laptop",
        "you@laptop",
        "MIIE",
        "Zoë's private laptop",
        "my key for /usr/local/bin/backup",
        "d41d8cd98f00b204e9800998ecf8427e",
        "my old private key",
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ",
        "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        assert_false(ssh_key_looks_private(arena, names[i], strlen(names[i])));
}

/* ---- as people paste them ---- */

/* One key is read from the text: the one of `line`. */
static void same(const char *text, const char *line)
{
    struct ssh_key key = read_good(text);

    if (strcmp(key.line, line) != 0)
        fail_msg("read as %s, not %s", key.line, line);
}

static const char *exported(const char *path, const char *format)
{
    char *out = arena_alloc(arena, 8192);
    const char *const arguments[] = { "ssh-keygen", "-e", "-m",
                                      format,       "-f", arena_printf(arena, "%s.pub", path),
                                      NULL };

    assert_int_equal(child_run(arguments, out, 8192), 0);
    return out;
}

static void test_other_formats(void **state)
{
    static const char *const kinds[][2] = { { "rsa", "2048" },
                                            { "rsa", "3072" },
                                            { "ecdsa", "256" },
                                            { "ecdsa", "384" },
                                            { "ecdsa", "521" } };

    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        const char *path = private_file(kinds[i][0], kinds[i][1], NULL, "");
        const char *line = public_of(path), *text;
        const char *bare = arena_copy_bytes(arena, line, strlen(line) - strlen(" you@laptop"));
        struct ssh_key key = read_good(exported(path, "RFC4716"));

        assert_string_equal(key.fingerprint, read_good(line).fingerprint);
        assert_non_null(strstr(key.comment, "converted by")); /* so says ssh-keygen */
        same(exported(path, "PKCS8"), bare);
        if (i < 2)
            same(exported(path, "PEM"), bare);
        text = exported(path, "RFC4716");
        refuse(arena_copy_bytes(arena, text, strlen(text) / 2));
        text = exported(path, "PKCS8");
        refuse(arena_copy_bytes(arena, text, strlen(text) / 2));
        refuse(replaced(text, "", ""));
    }
    same("-----BEGIN PUBLIC KEY-----\n"
         "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
         "-----END PUBLIC KEY-----\n",
         "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBm/RAlphM3+hUG6wWfcO5bIUIaqMLa2ywxcOK1wMWbh");
    refuse("-----BEGIN PUBLIC KEY-----\n" /* X25519: no key of SSH */
           "MCowBQYDK2VuAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
           "-----END PUBLIC KEY-----\n");
    refuse("-----BEGIN CERTIFICATE-----\n"
           "MIIBdzCCAR2gAwIBAgIUQ0m0c2VydGlmaWNhdGUgb2Ygbm9ib2R5AAAAAAAAAAAA\n"
           "-----END CERTIFICATE-----\n");
}

/* RFC 4716, 3.6: the examples' forms, with headers that go on. */
static void test_rfc4716(void **state)
{
    struct wire wire = ed25519_wire("ssh-ed25519", 32);
    const char *base64 = crypto_base64(arena, wire.buf.bytes, wire.buf.length);

    (void)state;
    same(arena_printf(
             arena,
             "---- BEGIN SSH2 PUBLIC KEY ----\r\nSubject: me\r\nComment: \"my \\\r\nkey\"\r\n"
             "%.40s\r\n%s\r\n---- END SSH2 PUBLIC KEY ----\r\n",
             base64, base64 + 40),
         arena_printf(arena, "ssh-ed25519 %s my key", base64));
    same(arena_printf(arena,
                      "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: mine\n"
                      "Public-Lines: 2\n%.64s\n%s\n",
                      base64, base64 + 64),
         arena_printf(arena, "ssh-ed25519 %s mine", base64));
    refuse(arena_printf(arena, "PuTTY-User-Key-File-3: ssh-ed25519\nPublic-Lines: 2\n%.64s\n",
                        base64));
    refuse("PuTTY-User-Key-File-3: ssh-ed25519\n");
    refuse("---- BEGIN SSH2 PUBLIC KEY ----\n---- END SSH2 PUBLIC KEY ----");
}

/* Wrapped at every width, by itself and as quoted mail. */
static void test_wrapped(void **state)
{
    const char *line = public_of(private_file("rsa", "3072", NULL, ""));
    struct wire wire = ed25519_wire("ssh-ed25519", 32);
    const char *base64 = crypto_base64(arena, wire.buf.bytes, wire.buf.length);

    (void)state;
    for (size_t width = 60; width < 100; width++) {
        struct buf wrapped = buf_new(arena, 1024), quoted = buf_new(arena, 1024);

        for (size_t at = 0; at < strlen(line); at += width) {
            buf_printf(&wrapped, "%.*s\n", (int)width, line + at);
            buf_printf(&quoted, "> %.*s\r\n", (int)width, line + at);
        }
        same(wrapped.bytes, line);
        same(quoted.bytes, line);
    }
    line = arena_printf(arena, "ssh-ed25519 %s you@laptop", base64);
    same(arena_printf(arena, "ssh-ed25519\n%s you@laptop", base64), line);
    same(arena_printf(arena, "ssh-ed25519 %.40s\n%s you@laptop", base64, base64 + 40), line);
    same(arena_printf(arena, "ssh-ed25519 %s\nyou@laptop\n", base64), line);
    refuse(arena_printf(arena, "ssh-ed25519 %.60s\n\nyou@laptop", base64));
    refuse(arena_printf(arena, "ssh-ed25519 %.60s laptop", base64)); /* not laptop as base64 */
    refuse(arena_printf(arena, "ssh-ed25519 %.62s laptop", base64));
}

static void test_marks(void **state)
{
    struct wire wire = ed25519_wire("ssh-ed25519", 32);
    const char *line = line_of("ssh-ed25519", &wire, "you@laptop");
    static const char *const around[][2] = {
        { "\xef\xbb\xbf", "\r\n" },
        { "\xff\xfe" + 2, "\xe2\x80\x8b" },
        { "\xc2\xa0", "\xc2\xa0" },
        { "\xe2\x80\x8b", "\xe2\x81\xa0" },
        { "\"", "\"" },
        { "'", "'" },
        { "\"", "\"," },
        { "“", "”" },
        { "`", "`" },
        { "- ", "" },
        { "  - \"", "\"" },
        { "* ", "" },
        { "• ", "" },
        { "> > ", "" },
        { "# mine\n", "\n# yours" },
        { "\n\n\t", "\n\n" },
        { "\xe2\x80\xaa", "\xe2\x80\xac" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(around); i++)
        same(arena_printf(arena, "%s%s%s", around[i][0], line, around[i][1]), line);
    same(replaced(line, "", ""), line);
    line = line_of("ssh-ed25519", &wire, "");
    same(arena_printf(arena, "ssh-ed25519\xc2\xa0%s\xe3\x80\x80", line + 12), line);
    same(arena_printf(arena, "%.30s\xe2\x80\x8b%s", line, line + 30), line);
    same(arena_printf(arena, "%s a\xef\xbb\xbfz", line), arena_printf(arena, "%s az", line));
    same(arena_printf(arena, "%s a\xef\xbf\xbez", line), arena_printf(arena, "%s az", line));
    same(arena_printf(arena, "%s say \"hi\"", line), arena_printf(arena, "%s say \"hi\"", line));
}

static void test_several(void **state)
{
    const char *lines[8];
    size_t count = good_lines(lines);
    struct buf text = buf_new(arena, 4096);
    struct ssh_keys keys;
    const struct error *e;

    (void)state;
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s%s\r\n", i % 2 ? "\n# next\n" : "", lines[i]);
    buf_printf(&text, "%s\n%s\n", lines[0],
               exported(private_file("rsa", "2048", NULL, ""), "RFC4716"));
    assert_null(ssh_keys_read(arena, text.bytes, text.length, &keys));
    assert_int_equal(keys.count, count + 1); /* the repeated one counts once */
    for (size_t i = 0; i < count; i++)
        assert_string_equal(keys.key[i].line, lines[i]);

    buf_text(&text, "ssh-rsa AAAA me");
    e = ssh_keys_read(arena, text.bytes, text.length, &keys);
    assert_non_null(e);
    assert_non_null(strstr(e->message, "Line "));
    assert_true(keys.is_public);
    assert_non_null(ssh_keys_read(arena, "password", 8, &keys));
    assert_false(keys.is_public);
}

/* Whatever fills a form is read within half of a request's memory. */
static void test_memory(void **state)
{
    static const char *const fillings[] = {
        "AAAAC3NzaC1lZDI1NTE5AAAAAA",
        "ssh-rsa A\n",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA\n",
        "AAAAB3NzaC1yc2EAAAADAQAB\n",
        "\n",
        "> ",
        "A\n",
        "\"",
        "---- BEGIN SSH2 PUBLIC KEY ----\na:\\\n",
        "\xe2\x80\x8b",
        "a ",
        "-----BEGIN PUBLIC KEY-----\n",
    };
    static const size_t sizes[] = { LIMIT_KEY_FIELD_BYTES, LIMIT_BODY_BYTES };

    (void)state;
    for (size_t i = 0; i < 2 * COUNT(fillings); i++) {
        struct arena *small = arena_new(LIMIT_REQUEST_ARENA_BYTES / 2);
        struct buf text = buf_new(arena, LIMIT_BODY_BYTES);
        const char *filling = fillings[i / 2];
        struct ssh_keys keys;

        while (text.length + strlen(filling) <= sizes[i % 2])
            buf_text(&text, filling);
        ssh_keys_read(small, text.bytes, text.length, &keys);
        arena_free(small);
    }
}

/* Pieces of private keys beside a public key. */
static void test_private_beside_public(void **state)
{
    const char *line = public_of(private_file("rsa", "2048", NULL, ""));
    const char *secret = file_read(private_file("rsa", "2048", "PEM", ""));
    const char *piece = strchr(secret, '\n') + 1;
    const char *text = arena_printf(arena, "%s %.64s", line, piece);

    (void)state;
    assert_private(text, strlen(text), "one line as a comment");
    text = arena_printf(arena, "%s\n%.64s\n", line, piece);
    assert_private(text, strlen(text), "one line behind a key");
    text = arena_printf(arena, "%.64s\n%s\n", piece, line);
    assert_private(text, strlen(text), "one line before a key");
    text = arena_printf(arena, "%s PUBLIC KEY %.64s", line, piece);
    assert_private(text, strlen(text), "with a word against the alarm");
    text = arena_printf(arena, "%.200s %.64s", line, piece);
    assert_private(text, strlen(text), "behind half a key, far from its end");
    text = arena_printf(arena, "%s %.32s\xe2\x80\x8b%.32s", line, piece, piece + 32);
    assert_int_equal(strcmp(refuse_bytes(text, strlen(text)), SSH_KEY_IS_PRIVATE), 0);
}

/* ---- host keys ---- */

/* Keys that libssh generates for a VM can be read by ssh-keygen as well as here. */
static void test_host_key(void **state)
{
    const char *const arguments[] = { "ssh-keygen", "-y", "-f", path_of("host"), NULL };
    struct ssh_key_pair pair, other;
    char out[1024];

    (void)state;
    assert_null(ssh_key_pair_new(arena, &pair));
    file_write(path_of("host"), pair.private_pem);
    if (child_run(arguments, out, sizeof out) != 0)
        fail_msg("ssh-keygen: %s", out);
    assert_int_equal(strncmp(out, pair.public_line, strlen(pair.public_line)), 0);
    assert_string_equal(read_good(pair.public_line).fingerprint, pair.fingerprint);
    accept(pair.public_line, "Ed25519");
    assert_private(pair.private_pem, strlen(pair.private_pem), "host key");
    assert_null(strchr(pair.public_line + 12, ' '));
    assert_null(ssh_key_pair_new(arena, &other));
    assert_string_not_equal(other.private_pem, pair.private_pem);
    assert_string_not_equal(other.public_line, pair.public_line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generated_keys),
        cmocka_unit_test(test_every_size_of_rsa),
        cmocka_unit_test(test_every_curve),
        cmocka_unit_test(test_security_keys),
        cmocka_unit_test(test_blanks_and_comments),
        cmocka_unit_test(test_other_kinds),
        cmocka_unit_test(test_real_certificate),
        cmocka_unit_test(test_other_lines),
        cmocka_unit_test(test_other_formats),
        cmocka_unit_test(test_rfc4716),
        cmocka_unit_test(test_wrapped),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_private_beside_public),
        cmocka_unit_test(test_small_factors),
        cmocka_unit_test(test_weak_ed25519),
        cmocka_unit_test(test_rsa_numbers),
        cmocka_unit_test(test_points),
        cmocka_unit_test(test_other_ed25519),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_inner_kind),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_invalid_bytes),
        cmocka_unit_test(test_private_keys),
        cmocka_unit_test(test_other_private_keys),
        cmocka_unit_test(test_number_of_refusals),
        cmocka_unit_test(test_no_alarm_for_names),
        cmocka_unit_test(test_host_key),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
