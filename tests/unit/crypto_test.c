/* crypto.c against published vectors (RFC 4648, FIPS 180-4, RFC 4231, RFC 8032), and the form of
 * secrets. */
#include "adapter/crypto.h"
#include "base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(64 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static size_t hex_bytes(const char *hex, unsigned char *out)
{
    size_t length = strlen(hex) / 2;

    for (size_t i = 0; i < length; i++) {
        const char digits[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

        out[i] = (unsigned char)strtoul(digits, NULL, 16);
    }
    return length;
}

static const char *hex_of(const unsigned char *bytes, size_t length)
{
    char *hex = arena_alloc(arena, 2 * length + 1);

    for (size_t i = 0; i < length; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    return hex;
}

static void test_sha256(void **state)
{
    static const struct {
        const char *text, *hash;
    } vectors[] = {
        { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    };
    unsigned char hash[CRYPTO_HASH_BYTES];
    char *million = arena_alloc(arena, 1000000);

    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        crypto_sha256(vectors[i].text, strlen(vectors[i].text), hash);
        assert_string_equal(hex_of(hash, sizeof hash), vectors[i].hash);
    }
    memset(million, 'a', 1000000);
    crypto_sha256(million, 1000000, hash);
    assert_string_equal(hex_of(hash, sizeof hash),
                        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* RFC 4231 4.2 to 4.8. */
static void test_hmac_sha256(void **state)
{
    static const struct {
        const char *key, *data, *mac;
    } vectors[] = {
        { "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
        { "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          "dddddddddddddddddddddddddddddddddddddddddddddddddddd"
          "dddddddddddddddddddddddddddddddddddddddddddddddd",
          "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
        { "0102030405060708090a0b0c0d0e0f10111213141516171819",
          "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
          "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
          "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
    };
    static const struct {
        const char *data, *mac;
    } long_keys[] = {
        { "Test Using Larger Than Block-Size Key - Hash Key First",
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
        { "This is a test using a larger than block-size key and a larger than block-size data. "
          "The key needs to be hashed before being used by the HMAC algorithm.",
          "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
    };
    unsigned char key[131], data[256], mac[CRYPTO_HASH_BYTES];

    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        size_t key_length = hex_bytes(vectors[i].key, key);
        size_t length = hex_bytes(vectors[i].data, data);

        crypto_hmac_sha256(key, key_length, data, length, mac);
        assert_string_equal(hex_of(mac, sizeof mac), vectors[i].mac);
    }
    memset(key, 0xaa, sizeof key);
    for (size_t i = 0; i < COUNT(long_keys); i++) {
        crypto_hmac_sha256(key, sizeof key, long_keys[i].data, strlen(long_keys[i].data), mac);
        assert_string_equal(hex_of(mac, sizeof mac), long_keys[i].mac);
    }
    memset(key, 0x0c, 20); /* 4.6, cut to 128 bits */
    crypto_hmac_sha256(key, 20, "Test With Truncation", 20, mac);
    assert_string_equal(hex_of(mac, 16), "a3b6167473100ee06e0c796c2955552b");
}

/* An empty key is a key of its own, not the previous one again. */
static void test_hmac_empty_key(void **state)
{
    unsigned char mac[CRYPTO_HASH_BYTES];

    (void)state;
    crypto_hmac_sha256("another", 7, "", 0, mac);
    crypto_hmac_sha256("", 0, "", 0, mac);
    assert_string_equal(hex_of(mac, sizeof mac),
                        "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void test_equal(void **state)
{
    (void)state;
    assert_true(crypto_equal("", "", 0));
    assert_true(crypto_equal("abc", "abd", 2));
    assert_false(crypto_equal("abc", "abd", 3));
    assert_false(crypto_equal("\0a", "\0b", 2));
}

/* RFC 4648 section 10. */
static const char *const plain[] = { "", "f", "fo", "foo", "foob", "fooba", "foobar" };
static const char *const encoded[] = { "",         "Zg==",     "Zm8=",    "Zm9v",
                                       "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };

static void test_base64_vectors(void **state)
{
    unsigned char *bytes;
    size_t length;

    (void)state;
    for (size_t i = 0; i < COUNT(plain); i++) {
        const char *url = crypto_base64url(arena, plain[i], strlen(plain[i]));

        assert_string_equal(crypto_base64(arena, plain[i], strlen(plain[i])), encoded[i]);
        assert_int_equal(strlen(url), strcspn(encoded[i], "="));
        assert_true(strncmp(url, encoded[i], strlen(url)) == 0);
        assert_true(crypto_base64_decode(arena, encoded[i], strlen(encoded[i]), &bytes, &length));
        assert_int_equal(length, strlen(plain[i]));
        assert_memory_equal(bytes, plain[i], length);
        assert_true(crypto_base64url_decode(arena, url, strlen(url), &bytes, &length));
        assert_int_equal(length, strlen(plain[i]));
        assert_memory_equal(bytes, plain[i], length);
    }
    assert_string_equal(crypto_base64(arena, "\xfb\xff\xbf", 3), "+/+/");
    assert_string_equal(crypto_base64url(arena, "\xfb\xff\xbf", 3), "-_-_");
}

static void test_base64_round_trip(void **state)
{
    unsigned char bytes[300], *again;
    size_t length;

    (void)state;
    crypto_random(bytes, sizeof bytes);
    for (size_t size = 0; size < sizeof bytes; size++) {
        const char *text = crypto_base64(arena, bytes, size);

        assert_true(crypto_base64_decode(arena, text, strlen(text), &again, &length));
        assert_int_equal(length, size);
        assert_memory_equal(again, bytes, size);
        text = crypto_base64url(arena, bytes, size);
        assert_true(crypto_base64url_decode(arena, text, strlen(text), &again, &length));
        assert_int_equal(length, size);
        assert_memory_equal(again, bytes, size);
    }
}

/* Of all texts with these last four characters, only canonical ones are accepted. */
static void test_base64_is_canonical(void **state)
{
    static const char letters[] = "ABCDwxyz0189+/=-_ \n\t\r.\x01\x80";
    char text[] = "Zm9v????";
    unsigned char *bytes;
    size_t length, good = 0;

    (void)state;
    for (size_t i = 0; i < sizeof letters; i++) {
        for (size_t k = 0; k < sizeof letters; k++) {
            for (size_t m = 0; m < sizeof letters; m++) {
                text[4] = 'A';
                text[5] = letters[i];
                text[6] = letters[k];
                text[7] = letters[m];
                if (!crypto_base64_decode(arena, text, 8, &bytes, &length))
                    continue;
                good++;
                assert_string_equal(crypto_base64(arena, bytes, length), text);
            }
        }
    }
    assert_true(good > 14 * 14 * 14);
}

static void test_base64_refused(void **state)
{
    static const char *const bad[] = {
        "Z",
        "Zg",
        "Zg=",
        "Zg===",
        "Zg====",
        "Zm8",
        "Zm8==",
        "Zm9v=",
        "Zm9v==",
        "Zm9v===",
        "Zm9v====",
        "=",
        "==",
        "===",
        "====",
        "=Zm9",
        "Zm=v",
        "Z===",
        "Zh==",
        "Zm9=",
        "Zg==Zg==",
        "Zm 9v",
        " Zm9v",
        "Zm9v ",
        "Zm9v\n",
        "Zm\n9v",
        "Zm9-",
        "Zm9_",
        "Zm9.",
        "\xc3\xa9"
        "Zm",
        "Zm9v\nZm9v",
        "Zg=\n",
        "Zg=A",
    };
    static const char *const bad_url[] = {
        "Z", "Zg==", "Zm8=", "Zh", "Zm9", "Zm9vY", "Zm9+", "Zm9/", "Zm 9v", "Zm9v\n", "=",
    };
    unsigned char *bytes;
    size_t length;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (crypto_base64_decode(arena, bad[i], strlen(bad[i]), &bytes, &length))
            fail_msg("read: %s", bad[i]);
    }
    for (size_t i = 0; i < COUNT(bad_url); i++) {
        if (crypto_base64url_decode(arena, bad_url[i], strlen(bad_url[i]), &bytes, &length))
            fail_msg("read: %s", bad_url[i]);
    }
    assert_false(crypto_base64_decode(arena, "Zm\09v", 5, &bytes, &length));
    assert_false(crypto_base64_decode(arena, "Zm\0v", 4, &bytes, &length));
}

static void test_token_form(void **state)
{
    static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm-_09";
    char text[CRYPTO_TOKEN_CHARS + 1];

    (void)state;
    assert_int_equal(sizeof good - 1, CRYPTO_TOKEN_CHARS);
    assert_true(crypto_is_token(good));
    assert_false(crypto_is_token(""));
    assert_false(crypto_is_token(good + 1));
    assert_false(crypto_is_token(arena_printf(arena, "%sA", good)));
    for (int c = 1; c < 256; c++) {
        bool is_fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_';

        memcpy(text, good, sizeof text);
        text[42] = (char)c;
        assert_int_equal(crypto_is_token(text), is_fine);
    }
}

static void test_id_form(void **state)
{
    char text[] = "abcdefghijkl2347";

    (void)state;
    assert_true(crypto_is_id(text));
    assert_false(crypto_is_id(""));
    assert_false(crypto_is_id(text + 1));
    assert_false(crypto_is_id("abcdefghijkl23456"));
    for (int c = 1; c < 256; c++) {
        text[15] = (char)c;
        assert_int_equal(crypto_is_id(text), (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7'));
    }
}

/* Each character equally often: five standard deviations would be one in two million. */
static void assert_even(const int *counts, size_t letters, double total)
{
    double expected = total / (double)letters, squares = 0;

    for (size_t i = 0; i < letters; i++)
        squares += (counts[i] - expected) * (counts[i] - expected) / expected;
    /* Chi-squared: mean: characters - 1, variance: twice that. */
    assert_true(squares < (double)letters + 8 * 11.3);
}

static void test_distribution(void **state)
{
    static const char token_letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    enum { ROUNDS = 20000 };
    int ids[32] = { 0 }, tokens[64] = { 0 };

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        const char *id = crypto_id(arena), *token = crypto_token(arena);

        assert_true(crypto_is_id(id));
        assert_true(crypto_is_token(token));
        for (int i = 0; id[i]; i++)
            ids[strchr(CRYPTO_ID_LETTERS, id[i]) - CRYPTO_ID_LETTERS]++;
        for (int i = 0; i < CRYPTO_TOKEN_CHARS - 1; i++) /* the last one has 4 of 6 bits */
            tokens[strchr(token_letters, token[i]) - token_letters]++;
        if (round % 1000 == 999)
            arena_reset(arena);
    }
    assert_even(ids, 32, (double)ROUNDS * CRYPTO_ID_CHARS);
    assert_even(tokens, 64, (double)ROUNDS * (CRYPTO_TOKEN_CHARS - 1));
}

/* Lengths below, at and above the size of the random pool; nothing repeats or stays zero. */
static void test_random_lengths(void **state)
{
    static const size_t lengths[] = { 1, 16, 31, 32, 511, 512, 513, 1000, 65536 };

    (void)state;
    for (size_t i = 0; i < COUNT(lengths); i++) {
        unsigned char *one = arena_alloc(arena, lengths[i] + 1);
        unsigned char *two = arena_alloc(arena, lengths[i] + 1);
        bool is_last_set = false;

        for (int round = 0; round < 50; round++) {
            crypto_random(one, lengths[i]);
            crypto_random(two, lengths[i]);
            is_last_set |= one[lengths[i] - 1] != 0;
            assert_int_equal(one[lengths[i]], 0);
            if (lengths[i] >= 16)
                assert_memory_not_equal(one, two, lengths[i]);
        }
        assert_true(is_last_set);
    }
}

/* A process that forks must not issue the same secrets as its child. */
static void test_random_after_fork(void **state)
{
    char theirs[CRYPTO_TOKEN_CHARS + 1] = { 0 };
    int ends[2], status;
    pid_t child;

    (void)state;
    crypto_token(arena); /* the pool is not empty */
    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        const char *token = crypto_token(arena);

        _exit(write(ends[1], token, CRYPTO_TOKEN_CHARS) == CRYPTO_TOKEN_CHARS ? 0 : 1);
    }
    assert_true(child > 0);
    assert_int_equal(read(ends[0], theirs, CRYPTO_TOKEN_CHARS), CRYPTO_TOKEN_CHARS);
    assert_true(waitpid(child, &status, 0) == child && status == 0);
    assert_true(crypto_is_token(theirs));
    assert_string_not_equal(theirs, crypto_token(arena));
    close(ends[0]);
    close(ends[1]);
}

static int text_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void test_no_duplicates(void **state)
{
    enum { COUNT = 20000 };
    const char **all = arena_array(arena, COUNT, sizeof *all);

    (void)state;
    for (int i = 0; i < COUNT; i++)
        all[i] = i % 2 ? crypto_id(arena) : crypto_token(arena);
    qsort(all, COUNT, sizeof *all, text_compare);
    for (int i = 1; i < COUNT; i++)
        assert_string_not_equal(all[i - 1], all[i]);
}

/* RFC 8032 7.1, tests 1 and 2. */
static void test_ed25519(void **state)
{
    static const struct {
        const char *seed, *public, *message, *signature;
    } vectors[] = {
        { "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
          "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
          "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e3970"
          "1cf9b46bd25bf5f0595bbe24655141438e7a100b" },
        { "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
          "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "r",
          "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613"
          "d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        unsigned char seed[CRYPTO_ED25519_BYTES], public[CRYPTO_ED25519_BYTES];
        unsigned char signature[CRYPTO_SIGNATURE_BYTES];
        const char *message = vectors[i].message;
        size_t length = strlen(message);

        hex_bytes(vectors[i].seed, seed);
        crypto_ed25519_public(seed, public);
        assert_string_equal(hex_of(public, sizeof public), vectors[i].public);
        crypto_ed25519_sign(seed, message, length, signature);
        assert_string_equal(hex_of(signature, sizeof signature), vectors[i].signature);
        assert_true(crypto_ed25519_is_signed(public, message, length, signature));
        assert_false(crypto_ed25519_is_signed(public, "x", 1, signature));
        signature[0] ^= 1;
        assert_false(crypto_ed25519_is_signed(public, message, length, signature));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ed25519),
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_hmac_sha256),
        cmocka_unit_test(test_hmac_empty_key),
        cmocka_unit_test(test_random_lengths),
        cmocka_unit_test(test_random_after_fork),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_base64_vectors),
        cmocka_unit_test(test_base64_round_trip),
        cmocka_unit_test(test_base64_is_canonical),
        cmocka_unit_test(test_base64_refused),
        cmocka_unit_test(test_token_form),
        cmocka_unit_test(test_id_form),
        cmocka_unit_test(test_distribution),
        cmocka_unit_test(test_no_duplicates),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
