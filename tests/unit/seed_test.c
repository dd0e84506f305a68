/* seed.c: the image can be read back, its texts are JSON, and no value can escape its field. */
#include "host/seed.h"

#include "adapter/crypto.h"
#include "base/buf.h"

#include <archive.h>
#include <archive_entry.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char PRIVATE[] = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\nBBBB\n"
                              "-----END OPENSSH PRIVATE KEY-----\n";

struct place {
    struct arena *arena;
    char folder[32];
    const char *path;
};

static int set_up(void **state)
{
    struct arena *arena = arena_new(16 << 20);
    struct place *place = arena_alloc(arena, sizeof *place);

    place->arena = arena;
    memcpy(place->folder, "/tmp/seed_test.XXXXXX", sizeof "/tmp/seed_test.XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    place->path = arena_printf(arena, "%s/seed.iso", place->folder);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;

    unlink(place->path);
    assert_int_equal(rmdir(place->folder), 0); /* no .part file is left */
    arena_free(place->arena);
    return 0;
}

static struct driver_seed plain_seed(void)
{
    static const char *const keys[] = { "ssh-ed25519 AAAAC3Nza me@laptop" };

    return (struct driver_seed){
        .instance_id = "abcdefgh234567ab-1",
        .host_name = "box",
        .user_name = "dev",
        .ssh_keys = keys,
        .ssh_key_count = 1,
        .host_key_private = PRIVATE,
        .host_key_public = "ssh-ed25519 AAAAhost",
    };
}

/* The text of a file in the image. */
static const char *read_back(struct place *place, const char *wanted)
{
    struct archive *archive = archive_read_new();
    struct archive_entry *entry;
    const char *text = NULL;

    archive_read_support_format_iso9660(archive);
    assert_int_equal(archive_read_open_filename(archive, place->path, 10240), ARCHIVE_OK);
    while (archive_read_next_header(archive, &entry) == ARCHIVE_OK) {
        char bytes[32768];
        la_ssize_t length;

        if (strcmp(archive_entry_pathname(entry), wanted) != 0)
            continue;
        length = archive_read_data(archive, bytes, sizeof bytes);
        assert_true(length > 0);
        text = arena_copy_bytes(place->arena, bytes, (size_t)length);
    }
    archive_read_free(archive);
    assert_non_null(text);
    return text;
}

static json_t *parse(const char *text)
{
    json_error_t error;
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, &error);

    assert_non_null(value);
    return value;
}

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    assert_non_null(text);
    return text;
}

static void test_can_be_read_back(void **state)
{
    struct place *place = *state;
    struct driver_seed seed = plain_seed();
    struct stat info;
    const char *user_text;
    json_t *meta, *user, *account, *keys;

    assert_null(seed_write(place->arena, place->path, &seed, false));
    assert_int_equal(stat(place->path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);

    meta = parse(read_back(place, "meta-data"));
    assert_string_equal(text_at(meta, "instance-id"), "abcdefgh234567ab-1");
    assert_string_equal(text_at(meta, "local-hostname"), "box");
    json_decref(meta);

    user_text = read_back(place, "user-data");
    assert_memory_equal(user_text, "#cloud-config\n", 14);
    user = parse(user_text + 14);
    keys = json_object_get(user, "ssh_keys");
    assert_string_equal(text_at(keys, "ed25519_private"), PRIVATE);
    assert_string_equal(text_at(keys, "ed25519_public"), "ssh-ed25519 AAAAhost");
    account = json_array_get(json_object_get(user, "users"), 0);
    assert_string_equal(text_at(account, "name"), "dev");
    assert_true(json_is_true(json_object_get(account, "lock_passwd")));
    keys = json_object_get(account, "ssh_authorized_keys");
    assert_int_equal(json_array_size(keys), 1);
    assert_string_equal(json_string_value(json_array_get(keys, 0)),
                        "ssh-ed25519 AAAAC3Nza me@laptop");
    json_decref(user);
}

/* ---- user data ---- */

static const char OWNERS[] = "#cloud-config\nusers: [ eve ]\nhostname: \"mime-version: no\"\n";

/* Of the message `text`, part `number` from 0: its headers, and what they encode. */
static const char *part_of(struct place *place, const char *text, int number, const char **headers)
{
    const char *quote = strstr(text, "boundary=\"") + 10;
    const char *boundary = arena_printf(place->arena, "\n--%.*s\n", 16, quote), *body, *end;
    struct buf base64 = buf_new(place->arena, 4096);
    unsigned char *bytes;
    size_t length;

    assert_memory_equal(text, "Content-Type: multipart/mixed; boundary=", 40);
    for (int i = 0; i <= number; i++)
        text = strstr(text, boundary) + strlen(boundary);
    body = strstr(text, "\n\n") + 2;
    end = strstr(body, "\n--");
    *headers = arena_copy_bytes(place->arena, text, (size_t)(body - text));
    for (const char *at = body; at < end; at++) {
        if (*at != '\n')
            buf_char(&base64, *at);
    }
    assert_true(crypto_base64_decode(place->arena, base64.bytes, base64.length, &bytes, &length));
    return arena_copy_bytes(place->arena, (const char *)bytes, length);
}

/* A guest of ours reads its own text as ever, and gives the owner's to cloud-init as it is. */
static void test_the_owners_user_data_is_beside_ours(void **state)
{
    struct place *place = *state;
    struct driver_seed seed = plain_seed();
    const char *headers;

    seed.user_data = OWNERS;
    assert_null(seed_write(place->arena, place->path, &seed, false));
    assert_memory_equal(read_back(place, "user-data"), "#cloud-config\n{", 15);
    assert_string_equal(part_of(place, read_back(place, "cloud-user-data"), 0, &headers), OWNERS);
    assert_non_null(strstr(headers, "Content-Type: text/plain"));
}

/* cloud-init merges them in this order: the account and the host key are ours in any case. */
static void test_cloud_init_gets_both(void **state)
{
    struct place *place = *state;
    struct driver_seed seed = plain_seed();
    const char *text, *headers, *part;
    json_t *ours;

    seed.user_data = OWNERS;
    assert_null(seed_write(place->arena, place->path, &seed, true));
    text = read_back(place, "user-data");
    assert_string_equal(part_of(place, text, 0, &headers), OWNERS);
    part = part_of(place, text, 1, &headers);
    assert_non_null(strstr(headers, "text/cloud-config"));
    assert_null(strstr(headers, "Merge-Type"));
    assert_memory_equal(part, "#cloud-config\n", 14);
    ours = parse(part + 14);
    assert_string_equal(text_at(json_object_get(ours, "user"), "name"), "dev");
    assert_string_equal(text_at(json_object_get(ours, "ssh_keys"), "ed25519_private"), PRIVATE);
    json_decref(ours);
    part = part_of(place, text, 2, &headers);
    assert_non_null(strstr(headers, "Merge-Type: list(prepend)+dict(no_replace,recurse_list)"));
    ours = parse(part + 14);
    assert_non_null(json_object_get(ours, "bootcmd"));
    assert_null(json_object_get(ours, "users"));
    json_decref(ours);
}

/* Both interfaces of a session's guest get an address, and neither is waited for. */
static void test_cloud_init_sets_up_all_interfaces(void **state)
{
    struct place *place = *state;
    struct driver_seed seed = plain_seed();
    json_t *network, *interfaces, *one;
    const char *name;

    assert_null(seed_write(place->arena, place->path, &seed, true));
    network = parse(read_back(place, "network-config"));
    interfaces = json_object_get(network, "ethernets");
    assert_int_equal(json_integer_value(json_object_get(network, "version")), 2);
    assert_int_equal(json_object_size(interfaces), 2);
    json_object_foreach(interfaces, name, one)
    {
        assert_memory_equal(name, "eth", 3);
        assert_string_equal(text_at(json_object_get(one, "match"), "name"), "e*");
        assert_true(json_is_true(json_object_get(one, "dhcp4")));
        assert_true(json_is_true(json_object_get(one, "optional")));
    }
    json_decref(network);
}

/* Several parts stay what they are. */
static void test_parts_of_the_owner_are_kept(void **state)
{
    static const char parts[] = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
                                "--b\nContent-Type: text/x-shellscript\n\n#!/bin/sh\n--b--\n";
    struct place *place = *state;
    struct driver_seed seed = plain_seed();

    seed.user_data = parts;
    assert_null(seed_write(place->arena, place->path, &seed, true));
    assert_non_null(
        strstr(read_back(place, "user-data"), arena_printf(place->arena, "\n%s\n--", parts)));
}

static void test_only_a_new_guest_gets_user_data(void **state)
{
    struct place *place = *state;
    struct driver_seed seed = plain_seed();

    seed.user_data = OWNERS;
    seed.host_key_private = seed.host_key_public = NULL;
    assert_non_null(seed_write(place->arena, place->path, &seed, false));
}

/*
 * For a guest that was set up before: cloud-init takes it for new contents and keeps the host key;
 * scripts of builds that know no such seed find no identity in it.
 */
static void test_without_a_host_key(void **state)
{
    struct place *place = *state;
    struct driver_seed seed = plain_seed();
    const char *meta_text, *user_text;
    json_t *meta, *user, *command;

    seed.host_key_private = seed.host_key_public = NULL;
    assert_null(seed_write(place->arena, place->path, &seed, false));
    meta_text = read_back(place, "meta-data");
    meta = parse(meta_text);
    assert_string_equal(text_at(meta, "instance-id"), "abcdefgh234567ab-1");
    json_decref(meta);
    assert_null(strstr(meta_text, "\n\"instance-id\""));
    assert_null(strstr(meta_text, "\n "));

    user_text = read_back(place, "user-data");
    user = parse(user_text + 14);
    assert_non_null(strstr(user_text, "\n  \"hostname\": \"box\",\n"));
    assert_null(json_object_get(user, "ssh_keys"));
    assert_true(json_is_false(json_object_get(user, "ssh_deletekeys")));
    command = json_array_get(json_object_get(user, "bootcmd"), 0);
    assert_string_equal(json_string_value(json_array_get(command, 5)),
                        "rm -f /root/.ssh/authorized_keys /home/dev/.ssh/authorized_keys");
    json_decref(user);

    seed.ssh_key_count = 0;
    assert_null(seed_write(place->arena, place->path, &seed, false));
    json_decref(parse(read_back(place, "user-data") + 14));
}

/* Of no use to anybody: neither script nor cloud-init finds an identity or a key in it. */
static void test_says_wait(void **state)
{
    struct place *place = *state;
    const struct driver_seed seed = { .says_wait = true, .user_name = "dev" };

    assert_null(seed_write(place->arena, place->path, &seed, false));
    assert_string_equal(read_back(place, "meta-data"), "{\n  \"wait\": \"yes\"\n}\n");
    assert_string_equal(read_back(place, "user-data"),
                        "#cloud-config\n{\n  \"name\": \"dev\"\n}\n");
}

static const char *random_of(struct place *place)
{
    json_t *user = parse(read_back(place, "user-data") + 14);
    const char *data =
        arena_copy(place->arena, text_at(json_object_get(user, "random_seed"), "data"));

    json_decref(user);
    return data;
}

/* Each seed has other random bytes, on a line of their own. */
static void test_random_seed(void **state)
{
    struct place *place = *state;
    struct driver_seed seed = plain_seed();
    const char *first, *second;

    assert_null(seed_write(place->arena, place->path, &seed, false));
    first = random_of(place);
    assert_int_equal(strlen(first), 64);
    assert_non_null(strstr(read_back(place, "user-data"),
                           arena_printf(place->arena, "\n    \"data\": \"%s\"\n", first)));
    assert_null(seed_write(place->arena, place->path, &seed, false));
    second = random_of(place);
    assert_string_not_equal(first, second);
}

static void test_is_labelled(void **state)
{
    struct place *place = *state;
    struct driver_seed seed = plain_seed();
    char label[33] = "";
    FILE *file;

    assert_null(seed_write(place->arena, place->path, &seed, false));
    file = fopen(place->path, "rb");
    assert_non_null(file);
    /* The volume identifier of the primary volume descriptor. */
    assert_int_equal(fseek(file, 16 * 2048 + 40, SEEK_SET), 0);
    assert_int_equal(fread(label, 1, 32, file), 32);
    fclose(file);
    assert_true(strncasecmp(label, "cidata", 6) == 0);
}

/* Comments that try to end the string, the list or the document, or to be a template. */
static void test_comments_stay_inside(void **state)
{
    static const char *const hostile[] = {
        "ssh-ed25519 AAAA \"]}], \"runcmd\": [\"touch /owned\"]",
        "ssh-ed25519 AAAA \\\", \\n runcmd: [x]",
        "ssh-ed25519 AAAA ]\\",
        "ssh-ed25519 AAAA # comment: {a: b}, - x",
        "ssh-ed25519 AAAA ## template: jinja {{ v1.x }} {% raw %}",
        "ssh-ed25519 AAAA --- ... !!python/object:os.system &a *a",
        "ssh-ed25519 AAAA \xc3\xa4\xe2\x82\xac\xf0\x9f\x8f\xa0",
    };
    struct place *place = *state;
    struct driver_seed seed = plain_seed();
    size_t count = sizeof hostile / sizeof *hostile;
    json_t *user, *account, *keys;

    seed.ssh_keys = hostile;
    seed.ssh_key_count = count;
    assert_null(seed_write(place->arena, place->path, &seed, false));
    user = parse(read_back(place, "user-data") + 14);
    assert_null(json_object_get(user, "runcmd"));
    assert_int_equal(json_array_size(json_object_get(user, "users")), 1);
    account = json_array_get(json_object_get(user, "users"), 0);
    keys = json_object_get(account, "ssh_authorized_keys");
    assert_int_equal(json_array_size(keys), count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(json_string_value(json_array_get(keys, i)), hostile[i]);
    json_decref(user);
}

/* guest_init.sh reads line by line: one item each, and nothing that looks like another item. */
static void test_layout_is_one_item_per_line(void **state)
{
    struct place *place = *state;
    struct driver_seed seed = plain_seed();
    const char *text;

    assert_null(seed_write(place->arena, place->path, &seed, false));
    text = read_back(place, "user-data");
    assert_non_null(strstr(text, "\n      \"name\": \"dev\",\n"));
    assert_non_null(strstr(text, "\n      \"ssh_authorized_keys\": [\n"
                                 "        \"ssh-ed25519 AAAAC3Nza me@laptop\"\n      ]\n"));
    assert_non_null(strstr(text, "\n    \"ed25519_private\": \"-----BEGIN OPENSSH PRIVATE KEY-----"
                                 "\\nAAAA\\nBBBB\\n-----END OPENSSH PRIVATE KEY-----\\n\",\n"));
    text = read_back(place, "meta-data");
    assert_non_null(strstr(text, "\n  \"instance-id\": \"abcdefgh234567ab-1\",\n"));
    assert_non_null(strstr(text, "\n  \"local-hostname\": \"box\"\n"));
}

/* On one line, as guest_init.sh reads it; without one, cloud-init is told of none. */
static void test_script_is_one_item(void **state)
{
    static const char script[] = "for i in 1 2; do\n    echo \"$i\" \\\n    >>out\ndone\n";
    struct place *place = *state;
    struct driver_seed seed = plain_seed();
    const char *text;
    json_t *user, *commands;

    seed.script = script;
    assert_null(seed_write(place->arena, place->path, &seed, false));
    text = read_back(place, "user-data");
    assert_non_null(strstr(text, "\n  \"runcmd\": [\n    \"for i in"));
    user = parse(text + 14);
    commands = json_object_get(user, "runcmd");
    assert_int_equal(json_array_size(commands), 1);
    assert_string_equal(json_string_value(json_array_get(commands, 0)), script);
    json_decref(user);
    seed.script = NULL;
    assert_null(seed_write(place->arena, place->path, &seed, false));
    assert_null(strstr(read_back(place, "user-data"), "runcmd"));
}

static void refused(struct place *place, const struct driver_seed *seed)
{
    struct error *e = seed_write(place->arena, place->path, seed, false);

    assert_non_null(e);
    assert_int_equal(e->kind, ERROR_INPUT);
    assert_int_not_equal(access(place->path, F_OK), 0);
}

static void test_bad_names_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "-box",
        "Box",
        "box one",
        "box\n",
        "a\"b",
        "a:b",
        "{{x}}",
        "b\xc3\xa4r",
        "a.b",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", /* 64 */
    };
    struct place *place = *state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct driver_seed seed = plain_seed();

        seed.host_name = bad[i];
        refused(place, &seed);
        seed = plain_seed();
        seed.user_name = bad[i];
        refused(place, &seed);
    }
}

static void test_bad_characters_are_refused(void **state)
{
    static const char *const bad[] = {
        "\x7f",         "\xc2\x85", "\xc2\x80", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf",
        "\xef\xbf\xbe", "\xff",     "\xc0\xaf", "\xed\xa0\x80", "\xe2\x80",
    };
    struct place *place = *state;

    for (int c = 1; c < 0x20; c++) {
        const char *const keys[] = { arena_printf(place->arena, "ssh-ed25519 AAAA a%cb", c) };
        struct driver_seed seed = plain_seed();

        seed.ssh_keys = keys;
        refused(place, &seed);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *const keys[] = { arena_printf(place->arena, "ssh-ed25519 AAAA a%sb", bad[i]) };
        struct driver_seed seed = plain_seed();

        seed.ssh_keys = keys;
        refused(place, &seed);
    }
}

static void test_replaces_the_whole_image(void **state)
{
    struct place *place = *state;
    struct driver_seed seed = plain_seed();

    assert_null(seed_write(place->arena, place->path, &seed, false));
    seed.host_name = "other";
    assert_null(seed_write(place->arena, place->path, &seed, false));
    assert_non_null(strstr(read_back(place, "meta-data"), "\"other\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_can_be_read_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_without_a_host_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_owners_user_data_is_beside_ours, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_cloud_init_gets_both, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cloud_init_sets_up_all_interfaces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_parts_of_the_owner_are_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_only_a_new_guest_gets_user_data, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_says_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_random_seed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_is_labelled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_comments_stay_inside, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_layout_is_one_item_per_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_script_is_one_item, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_names_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_characters_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_replaces_the_whole_image, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
