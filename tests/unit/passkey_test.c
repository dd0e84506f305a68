/*
 * Passkeys: what a device has signed is accepted once, for this server, this session, its own key
 * and owner; anything else that a browser could send is refused, and so is a device whose count
 * does not rise.
 */
#include "model/passkey.h"

#include "adapter/crypto.h"
#include "base/limit.h"
#include "model/state_path.h"
#include "passkey_answers.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct world *world;
static struct arena *arena;
static struct context now;
static int64_t person_id;
static const char *user;
static const unsigned char zeros[CRYPTO_SECRET_BYTES];
static const struct bytes secret = { zeros, sizeof zeros };

static int set_up(void **state)
{
    const struct identity ada = { "local:ada@example.org", "ada@example.org", "Ada" };
    const char *notice;
    int64_t team_id;

    (void)state;
    world = world_open(world_folder("fake:///local"));
    arena = world->arena;
    world->config->mail = "smtp";
    now = world_context(world);
    world_check(db_begin(world->db, arena), "begin");
    world_check(identity_person(&now, &ada, &person_id, &team_id, &notice), "person");
    world_check(db_commit(world->db, arena), "commit");
    user = passkey_user(arena, person_id, now.now_at);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_close(world);
    return 0;
}

static struct error *committed(struct error *e)
{
    if (!e || strcmp(e->code, PASSKEY_COPIED) == 0)
        world_check(db_commit(world->db, arena), "commit");
    db_rollback(world->db);
    return e;
}

static struct error *add(const char *client_data, const char *authenticator_data)
{
    const struct passkey_answer answer = { .client_data = client_data,
                                           .authenticator_data = authenticator_data };
    const char *id;

    world_check(db_begin(world->db, arena), "begin");
    return committed(passkey_add(&now, secret, person_id, &answer, "Firefox on Linux", &id));
}

/* What one value in the database says. */
static const char *ask(const char *statement)
{
    static char text[1 << 12];
    FILE *pipe = popen(arena_printf(arena, "sqlite3 '%s' \"%s\" | tr -d '\\n'",
                                    main_db_path(arena, world->state_dir), statement),
                       "r");
    size_t length;

    assert_non_null(pipe);
    length = fread(text, 1, sizeof text - 1, pipe);
    text[length] = '\0';
    assert_int_equal(pclose(pipe), 0);
    return text;
}

static struct error *verify(struct passkey_answer answer, struct passkey_owner *out)
{
    world_check(db_begin(world->db, arena), "begin");
    return committed(passkey_verify(&now, secret, &answer, out));
}

#define ANSWER(of, what)                                                                           \
    (struct passkey_answer)                                                                        \
    {                                                                                              \
        .id = of##_ID, .client_data = what##_CLIENT_DATA,                                          \
        .authenticator_data = what##_AUTHENTICATOR_DATA, .signature = what##_SIGNATURE,            \
        .user = user,                                                                              \
    }

#define ADD(of) add(of##_CREATE_CLIENT_DATA, of##_CREATE_AUTHENTICATOR_DATA)

static void refused(struct error *e)
{
    assert_non_null(e);
    assert_int_equal(e->kind, ERROR_INPUT);
    assert_non_null(e->message);
}

static void test_each_algorithm(void **state)
{
    struct passkey_owner owner;

    (void)state;
    assert_null(ADD(ES256));
    assert_null(ADD(EDDSA));
    assert_null(ADD(RS256));
    assert_null(verify(ANSWER(ES256, ES256_GET), &owner));
    assert_int_equal(owner.person_id, person_id);
    assert_string_equal(owner.identity.key, "local:ada@example.org");
    assert_null(verify(ANSWER(EDDSA, EDDSA_GET), &owner));
    assert_null(verify(ANSWER(RS256, RS256_GET), &owner));
    assert_string_equal(ask("SELECT count(*) FROM passkey WHERE sign_count = 1 AND used_at"), "3");
    assert_string_equal(ask("SELECT group_concat(to_email || kind) FROM (SELECT * FROM mail LIMIT "
                            "1)"),
                        "ada@example.orgpasskey_added");
}

static void test_once(void **state)
{
    struct passkey_owner owner;

    (void)state;
    assert_null(ADD(ES256));
    refused(ADD(ES256));
    assert_null(verify(ANSWER(ES256, ES256_GET), &owner));
    refused(verify(ANSWER(ES256, ES256_GET), &owner));
    assert_string_equal(ask("SELECT count(*) FROM passkey"), "1");
    assert_string_equal(ask("SELECT count(*) FROM passkey_challenge"), "2");
}

static void test_in_time_and_session(void **state)
{
    struct passkey_owner owner;

    (void)state;
    assert_null(ADD(ES256));
    refused(verify(ANSWER(ES256, EXPIRED), &owner));
    refused(verify(ANSWER(ES256, OTHER_SESSION), &owner));
    now.now_at = 4102444800;
    refused(verify(ANSWER(ES256, ES256_GET), &owner));
    now.now_at--;
    assert_null(verify(ANSWER(ES256, ES256_GET), &owner));
}

static void test_for_this_server_and_person(void **state)
{
    struct passkey_answer answer = ANSWER(ES256, ES256_GET);
    struct passkey_owner owner;

    (void)state;
    assert_null(ADD(ES256));
    assert_null(ADD(EDDSA));
    refused(verify(ANSWER(ES256, UNVERIFIED), &owner));
    refused(verify(ANSWER(ES256, OTHER_SITE), &owner));
    refused(verify(ANSWER(ES256, OTHER_ORIGIN), &owner));
    refused(verify(ANSWER(ES256, FRAMED), &owner));
    refused(verify(ANSWER(EDDSA, ES256_GET), &owner)); /* another key */
    refused(verify(ANSWER(RS256, RS256_GET), &owner)); /* one that nobody has added */
    answer.user = passkey_user(arena, person_id + 1, now.now_at);
    refused(verify(answer, &owner));
    answer.user = NULL;
    refused(verify(answer, &owner));
    answer = ANSWER(ES256, ES256_GET);
    answer.client_data = ES256_CREATE_CLIENT_DATA;
    refused(verify(answer, &owner));
    refused(add(ES256_GET_CLIENT_DATA, ES256_CREATE_AUTHENTICATOR_DATA));
    world->config->public_url = "https://localhost";
    refused(verify(ANSWER(ES256, ES256_GET), &owner));
    world->config->public_url = "https://localhost:8443";
    assert_null(verify(ANSWER(ES256, ES256_GET), &owner));
    assert_string_equal(ask("SELECT count(*) FROM passkey WHERE used_at"), "1");
}

/* Cut off anywhere, or with a bit turned over, it is refused, and nothing breaks. */
static void test_damaged(void **state)
{
    char *data = arena_copy(arena, ES256_CREATE_AUTHENTICATOR_DATA);
    struct passkey_owner owner;

    (void)state;
    for (size_t length = 0; length < strlen(data); length++)
        refused(add(ES256_CREATE_CLIENT_DATA, arena_copy_bytes(arena, data, length)));
    refused(add("", data));
    refused(add("e30", data));
    refused(add("bm90IGpzb24", data));
    refused(add("!", data));
    assert_null(ADD(ES256));
    data = arena_copy(arena, ES256_GET_AUTHENTICATOR_DATA);
    for (size_t i = 0; data[i]; i++) {
        struct passkey_answer answer = ANSWER(ES256, ES256_GET);
        char was = data[i];

        data[i] = was == 'A' ? 'B' : 'A';
        answer.authenticator_data = data;
        refused(verify(answer, &owner));
        data[i] = was;
    }
    assert_string_equal(ask("SELECT count(*) FROM passkey"), "1");
}

static void test_counts_rise(void **state)
{
    struct passkey_owner owner;
    struct error *e;

    (void)state;
    assert_null(ADD(ES256));
    assert_null(verify(ANSWER(ES256, ES256_GET), &owner));
    e = verify(ANSWER(ES256, AGAIN), &owner);
    assert_non_null(e);
    assert_string_equal(e->code, PASSKEY_COPIED);
    assert_string_equal(ask("SELECT count(*) FROM mail WHERE kind = 'passkey_refused'"), "1");
    assert_string_equal(ask("SELECT result FROM activity WHERE action = 'passkey_copied'"),
                        "refused");
    assert_null(verify(ANSWER(ES256, LATER), &owner));
}

static void test_removed(void **state)
{
    struct passkey_owner owner;
    const char *id;

    (void)state;
    assert_null(ADD(ES256));
    id = arena_copy(arena, ask("SELECT id FROM passkey"));
    world_check(db_begin(world->db, arena), "begin");
    assert_int_equal(committed(passkey_remove(&now, person_id + 1, id, "Firefox on Linux"))->kind,
                     ERROR_NOT_FOUND);
    world_check(db_begin(world->db, arena), "begin");
    assert_null(committed(passkey_remove(&now, person_id, id, "Firefox on Linux")));
    refused(verify(ANSWER(ES256, ES256_GET), &owner));
    assert_string_equal(ask("SELECT count(*) FROM mail WHERE kind = 'passkey_removed'"), "1");
    assert_string_equal(
        ask("SELECT group_concat(action) FROM (SELECT action FROM activity ORDER BY seq)"),
        "passkey_add,passkey_remove");
}

static void test_limit(void **state)
{
    (void)state;
    ask(arena_printf(arena,
                     "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < %d) "
                     "INSERT INTO passkey SELECT 'p' || n, %lld, CAST(n AS BLOB), -7, x'00', 0, "
                     "'x', 1, NULL FROM n",
                     LIMIT_PASSKEYS, (long long)person_id));
    refused(ADD(ES256));
    ask("DELETE FROM passkey WHERE id = 'p1'");
    assert_null(ADD(ES256));
}

static void test_servers_with_a_name(void **state)
{
    struct config config = { .identity = "local" };

    (void)state;
    config.public_url = "https://localhost:8443";
    assert_true(passkey_is_offered(&config));
    config.public_url = "https://vms.example.org";
    assert_true(passkey_is_offered(&config));
    config.public_url = "https://10.example.org";
    assert_true(passkey_is_offered(&config));
    config.public_url = "https://192.0.2.1:8443";
    assert_false(passkey_is_offered(&config));
    config.public_url = "https://192.0.2.1";
    assert_false(passkey_is_offered(&config));
    config.public_url = "https://[2001:db8::1]:8443";
    assert_false(passkey_is_offered(&config));
    config.public_url = "https://vms.example.org";
    config.identity = "workos";
    assert_false(passkey_is_offered(&config));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_algorithm),
        TEST(test_once),
        TEST(test_in_time_and_session),
        TEST(test_for_this_server_and_person),
        TEST(test_damaged),
        TEST(test_counts_rise),
        TEST(test_removed),
        TEST(test_limit),
        cmocka_unit_test(test_servers_with_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
