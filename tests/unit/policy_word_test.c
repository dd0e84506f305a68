/*
 * policy_word.c: what the policy texts say of a configuration, which setting is missing, and which
 * conditions hold.
 */
#include "model/policy_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct arena *arena;

static const struct config_region regions[] = {
    { .name = "a", .uri = "qemu:///session", .accelerator = "kvm", .country = "DE" },
    { .name = "b", .uri = "qemu:///system", .accelerator = "auto", .country = "" },
};

/* As domicile.conf leaves it when nothing of [privacy] is set. */
static struct config least(void)
{
    return (struct config){
        .server_name = "Here",
        .public_url = "https://vm.example.org:8443",
        .identity = "local",
        .mail = "off",
        .billing = "off",
        .profile = "personal-vm",
        .privacy_contact = "op@example.org",
        .controller = "",
        .controller_address = "",
        .controller_country = "",
        .authority = "",
        .authority_url = "",
        .minimum_age = 16,
        .log_days = 1,
        .destroyed_vm_days = 90,
        .regions = (struct config_region *)(uintptr_t)regions,
        .region_count = 1,
    };
}

static void word_is(const struct config *config, const char *name, const char *expected)
{
    assert_string_equal(policy_word(arena, config, name), expected);
}

static void test_words(void **state)
{
    struct config config = least();

    (void)state;
    word_is(&config, "server", "Here");
    word_is(&config, "origin", "https://vm.example.org:8443");
    word_is(&config, "host", "vm.example.org");
    word_is(&config, "address", "vm.example.org:8443");
    word_is(&config, "contact", "op@example.org");
    word_is(&config, "log_days", "1 day");
    word_is(&config, "destroyed_vm_days", "90 days");
    word_is(&config, "session_days", "30 days");
    word_is(&config, "minimum_age", "16");
    word_is(&config, "profile", "personal-vm");
    config.public_url = "https://vm.example.org";
    word_is(&config, "address", "vm.example.org:443");
    assert_null(policy_word(arena, &config, "term")); /* the promise's own */
    assert_null(policy_word(arena, &config, "nothing"));
}

static void test_missing_settings_are_named(void **state)
{
    struct config config = least();

    (void)state;
    word_is(&config, "controller", "[privacy] controller is not set");
    word_is(&config, "controller_address", "[privacy] address is not set");
    word_is(&config, "controller_country", "[privacy] country is not set");
    word_is(&config, "authority", "[privacy] authority is not set");
    word_is(&config, "authority_url", "[privacy] authority_url is not set");
    config.controller = "Example Ltd";
    config.controller_country = "NL";
    word_is(&config, "controller", "Example Ltd");
    word_is(&config, "controller_country", "the Netherlands");
    config.controller_country = "XX"; /* not in the list of names */
    word_is(&config, "controller_country", "XX");
}

static bool holds(const struct config *config, const char *word)
{
    bool is_known;
    bool result = policy_condition(config, word, &is_known);

    assert_true(is_known);
    return result;
}

static void test_conditions(void **state)
{
    struct config config = least();
    bool is_known = true;

    (void)state;
    assert_false(holds(&config, "billing"));
    assert_false(holds(&config, "workos"));
    assert_false(holds(&config, "mail"));
    assert_false(holds(&config, "controller"));
    assert_true(holds(&config, "account-records"));
    assert_false(holds(&config, "system"));
    assert_true(holds(&config, "session"));
    assert_true(holds(&config, "kvm"));
    assert_true(holds(&config, "places"));
    config.region_count = 2; /* one more, of the system, which may be emulated */
    assert_true(holds(&config, "system"));
    assert_false(holds(&config, "kvm"));
    assert_false(holds(&config, "places"));
    config.billing = "stripe";
    config.controller = config.controller_address = "here";
    assert_true(holds(&config, "billing"));
    assert_false(holds(&config, "controller")); /* the country is missing */
    config.controller_country = "DE";
    assert_true(holds(&config, "controller"));
    assert_false(holds(&config, "terminal")); /* not offered by this version */
    assert_false(policy_condition(&config, "terminals", &is_known));
    assert_false(is_known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_missing_settings_are_named),
        cmocka_unit_test(test_conditions),
    };

    arena = arena_new(1 << 20);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
