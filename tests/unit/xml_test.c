/* xml.c: values found, nothing found, malformed documents, entities that stay unexpanded. */
#include "adapter/xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(1024 * 1024);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const char document[] =
    "<domain xmlns:q='http://example.org/q'><name a='1'>box &amp; co</name><empty/>"
    "<disk device='disk'><source file='/a'/></disk>"
    "<disk device='cdrom'><source file='/b &lt;'/></disk>"
    "<q:args><q:arg value='port=22:x'/></q:args></domain>";

static void a_value_is_found(void **state)
{
    (void)state;
    assert_string_equal(xml_find(arena, document, "/domain/name"), "box & co");
    assert_string_equal(xml_find(arena, document, "/domain/disk[@device = 'cdrom']/source/@file"),
                        "/b <");
    assert_string_equal(xml_find(arena, document, "//source/@file"), "/a");
    assert_string_equal(
        xml_find(arena, document, "substring-after(//*[local-name() = 'arg']/@value, 'port=')"),
        "22:x");
}

static void missing_values_are_null(void **state)
{
    (void)state;
    assert_null(xml_find(arena, document, "/domain/disk/target"));
    assert_null(xml_find(arena, document, "/domain/empty"));
    assert_null(xml_find(arena, document, "substring-after(/domain/name, 'none')"));
    assert_null(xml_find(arena, document, "/domain["));
}

static void malformed_documents_yield_null(void **state)
{
    (void)state;
    assert_null(xml_find(arena, "", "/*"));
    assert_null(xml_find(arena, "no XML", "/*"));
    assert_null(xml_find(arena, "<a><b>x</a>", "/a/b"));
}

static void an_entity_reads_no_file(void **state)
{
    static const char attack[] = "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>"
                                 "<a>&e;</a>";

    (void)state;
    assert_null(xml_find(arena, attack, "/a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_found),
        cmocka_unit_test(missing_values_are_null),
        cmocka_unit_test(malformed_documents_yield_null),
        cmocka_unit_test(an_entity_reads_no_file),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
