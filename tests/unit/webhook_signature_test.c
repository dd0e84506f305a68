/*
 * Webhook signatures against the vectors in tests/fixtures (computed with the services' own
 * libraries), and against headers that only our rules refuse.
 */
#include "web/webhook_signature.h"

#include "adapter/crypto.h"
#include "adapter/json.h"
#include "base/array.h"
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static const char *file_read(const char *path, size_t *out_length)
{
    FILE *file = fopen(path, "re");
    char *bytes = arena_alloc(arena, 1024 * 1024);

    if (!file)
        fail_msg("%s: cannot be read; run the tests in the project's folder", path);
    *out_length = fread(bytes, 1, 1024 * 1024, file);
    fclose(file);
    return bytes;
}

static bool is_accepted(const char *scheme, const struct signed_body *body, const char *secret,
                        int64_t now_ms)
{
    if (strcmp(scheme, "stripe") == 0)
        return signature_stripe(arena, body, &secret, 1, now_ms);
    return signature_workos(arena, body, &secret, 1, now_ms);
}

static void test_vectors(void **state)
{
    size_t length, seen = 0;
    const char *bytes = file_read("tests/fixtures/signature-vectors.json", &length);
    const struct json *all;

    (void)state;
    assert_null(json_read(arena, bytes, length, &all));
    for (const struct json *row = json_first(all); row; row = json_next(row), seen++) {
        const char *scheme = json_get_text(row, "scheme");
        const char *file = json_get_text(row, "body_file");
        const struct json *header = json_first(json_get(row, "headers"));
        struct signed_body body = { .header = json_as_text(header) };
        int64_t now = 0;

        body.bytes = file_read(arena_printf(arena, "tests/fixtures/%s", file), &body.length);
        assert_true(json_get_number(row, "now", &now));
        if (is_accepted(scheme, &body, json_get_text(row, "secret"), now * 1000) !=
            json_get_flag(row, "accept"))
            fail_msg("%s: %s", json_get_text(row, "name"), json_get_text(row, "why"));
    }
    assert_int_equal(seen, 17);
}

/* "TIME.BODY" signed, in hex. */
static const char *hex_sign(const char *secret, const char *time, const char *bytes)
{
    const char *message = arena_printf(arena, "%s.%s", time, bytes);
    unsigned char hash[CRYPTO_HASH_BYTES];
    struct buf hex = buf_new(arena, 65);

    crypto_hmac_sha256(secret, strlen(secret), message, strlen(message), hash);
    for (size_t i = 0; i < sizeof hash; i++)
        buf_printf(&hex, "%02x", hash[i]);
    return hex.bytes;
}

static void test_rolled(void **state)
{
    const char *secrets[] = { "new", "old" };
    const char *hex = hex_sign("old", "1700000000", "{}");
    struct signed_body body = { arena_printf(arena, "t=1700000000,v1=%s", hex), "{}", 2 };

    (void)state;
    assert_true(signature_stripe(arena, &body, secrets, 2, 1700000000000));
    assert_false(signature_stripe(arena, &body, secrets, 1, 1700000000000));
    hex = hex_sign("old", "1700000000123", "{}");
    body.header = arena_printf(arena, "t=1700000000123, v1=%s", hex);
    assert_true(signature_workos(arena, &body, secrets, 2, 1700000000000));
    assert_false(signature_workos(arena, &body, secrets, 1, 1700000000000));
}

/* With %s for the right signature. */
static const char *const refused[] = {
    "",
    "t=1700000000",
    "v1=%s",
    "t=,v1=%s",
    "t=1700000000,t=1700000000,v1=%s",
    "t=1700000000,v1=%s0",
    "t=-1700000000,v1=%s",
    "t=+1700000000,v1=%s",
    "t=1700000000.0,v1=%s",
    "t=17000000000000000000000,v1=%s",
    "t=1700000000, v1=%s", /* as the vendor's own library writes it */
    "t=1700000000;v1=%s",
    "T=1700000000,V1=%s",
    "t=1700000000,v0=%s",
    "t=1700000000,v1= %s",
};

static void test_refused(void **state)
{
    const char *secret = "secret";
    const char *hex = hex_sign(secret, "1700000000", "{}");
    struct signed_body body = { arena_printf(arena, "v0=x,t=1700000000,v1=%s,", hex), "{}", 2 };

    (void)state;
    assert_true(signature_stripe(arena, &body, &secret, 1, 1700000000000));
    body.length = 1;
    assert_false(signature_stripe(arena, &body, &secret, 1, 1700000000000));
    body.length = 2;
    for (size_t i = 0; i < COUNT(refused); i++) {
        const char *at = strstr(refused[i], "%s");

        body.header = refused[i];
        if (at)
            body.header =
                arena_printf(arena, "%.*s%s%s", (int)(at - refused[i]), refused[i], hex, at + 2);
        if (signature_stripe(arena, &body, &secret, 1, 1700000000000))
            fail_msg("accepted: %s", refused[i]);
    }
}

static int arena_open(void **state)
{
    (void)state;
    arena = arena_new(64 * 1024 * 1024);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_vectors, arena_open),
        cmocka_unit_test_setup(test_rolled, arena_open),
        cmocka_unit_test_setup(test_refused, arena_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
