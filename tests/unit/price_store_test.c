/*
 * Prices: copied from the configuration into the database, where past prices are never altered;
 * read for any time; and how they are formatted. Also the two small formatters: amounts and CSV.
 */
#include "base/array.h"
#include "base/csv.h"
#include "base/date.h"
#include "base/text.h"
#include "model/price.h"
#include "model/price_store.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { DAY = 86400 };

static const int64_t NOW = 1793491200; /* 1 Nov 2026 */
static struct world *world;

static int set_up(void **state)
{
    (void)state;
    world = world_open(world_folder("fake:///local"));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_close(world);
    return 0;
}

/* A configuration with lists that start on these days from NOW, and nano's price in each. */
struct list {
    int64_t day, nano;
};

static struct config configuration(const struct list *lists, size_t count)
{
    struct config config = *world->config;

    config.price_count = count;
    config.prices = arena_array(world->arena, count, sizeof *config.prices);
    for (size_t i = 0; i < count; i++) {
        struct config_price_item items[] = { { "nano", lists[i].nano },
                                             { "small", 400 },
                                             { PRICE_STOPPED_DISK, 7 },
                                             { PRICE_SNAPSHOT, 3 } };

        config.prices[i].from_at = NOW + lists[i].day * DAY;
        config.prices[i].day = date_day(world->arena, config.prices[i].from_at);
        config.prices[i].item_count = COUNT(items);
        config.prices[i].items =
            (struct config_price_item *)(void *)arena_copy_bytes(world->arena, items, sizeof items);
    }
    return config;
}

static struct error *store(const struct list *lists, size_t count, int64_t day)
{
    struct config config = configuration(lists, count);

    return prices_store(world->db, world->arena, &config, NOW + day * DAY);
}

static int64_t nano_at(int64_t day)
{
    struct price_list_rows prices;

    world_check(sql_price_list(world->db, world->arena, &prices), "list");
    return price_at(&prices, "nano", NOW + day * DAY);
}

#define STORE(day, ...)                                                                            \
    store((const struct list[]){ __VA_ARGS__ },                                                    \
          sizeof((const struct list[]){ __VA_ARGS__ }) / sizeof(struct list), day)

static void assert_refused(struct error *e, const char *text)
{
    assert_non_null(e);
    assert_int_equal(e->kind, ERROR_INPUT);
    if (!strstr(e->text, text))
        fail_msg("\"%s\" is not in: %s", text, e->text);
}

/* The tests' world has already stored a list of 2020: nano 100. */
static const int64_t FIRST = (1577836800 - NOW) / DAY;

static void what_comes_may_change_what_was_may_not(void **state)
{
    (void)state;
    assert_null(STORE(0, { FIRST, 100 }, { 10, 200 }));
    assert_int_equal(nano_at(9), 100);
    assert_int_equal(nano_at(10), 200);
    /* Announced is not yet in effect. */
    assert_null(STORE(5, { FIRST, 100 }, { 10, 250 }, { 20, 300 }));
    assert_int_equal(nano_at(10), 250);
    assert_int_equal(nano_at(20), 300);
    assert_null(STORE(6, { FIRST, 100 }, { 10, 250 }));
    assert_int_equal(nano_at(20), 250);
    /* It takes effect. */
    assert_refused(STORE(11, { FIRST, 100 }, { 10, 260 }),
                   "says nano = 260, but 250 has held since that day");
    assert_refused(STORE(11, { FIRST, 90 }, { 10, 250 }),
                   "says nano = 90, but 100 has held since that day");
    assert_refused(STORE(11, { FIRST, 100 }),
                   "says nano = 100, but a later section said 250, and that holds now");
    assert_refused(STORE(11, { FIRST, 100 }, { 10, 250 }, { 11, 300 }),
                   "that day has begun with another price");
    assert_refused(STORE(11, { FIRST, 100 }, { 5, 120 }, { 10, 250 }),
                   "that day has begun with another price");
    assert_int_equal(nano_at(4), 100);
    assert_int_equal(nano_at(5), 100);
    assert_int_equal(nano_at(11), 250);
    /* Storing twice changes nothing; the oldest may leave the file, the database keeps it. */
    assert_null(STORE(11, { FIRST, 100 }, { 10, 250 }));
    assert_null(STORE(11, { 10, 250 }));
    assert_int_equal(nano_at(0), 100);
    assert_int_equal(nano_at(FIRST - 1), 0);
}

/* A refused configuration leaves even announced prices unchanged. */
static void what_is_refused_is_refused_whole(void **state)
{
    (void)state;
    assert_null(STORE(0, { FIRST, 100 }, { 10, 200 }));
    assert_refused(STORE(0, { FIRST, 101 }, { 10, 999 }), "what has held is not altered");
    assert_int_equal(nano_at(10), 200);
}

static void a_new_size_needs_no_new_day(void **state)
{
    struct list lists[] = { { FIRST, 100 } };
    struct config config = configuration(lists, 1);
    struct price_list_rows prices;

    (void)state;
    config.prices[0].items[1] = (struct config_price_item){ "huge", 9000 };
    assert_null(prices_store(world->db, world->arena, &config, NOW));
    assert_null(sql_price_list(world->db, world->arena, &prices));
    assert_int_equal(price_at(&prices, "huge", NOW), 9000);
    assert_int_equal(price_at(&prices, "small", NOW), 400); /* no longer sold, still priced */
}

static void a_living_vm_has_a_price(void **state)
{
    const char *id = world_create(world, "first");

    (void)state;
    assert_null(STORE(0, { FIRST, 100 }));
    assert_null(sql_vm_resize(world->db, world->arena, world->team_id, id, "forgotten", 1, 1, 1));
    assert_refused(STORE(0, { FIRST, 100 }), "VMs of the size \"forgotten\", which has no price");
    assert_null(sql_vm_set_gone(world->db, world->arena, id, NOW));
    assert_null(STORE(0, { FIRST, 100 }));
}

/* ---- how money is formatted and parsed ---- */

static void prices_are_written_exactly(void **state)
{
    static const struct {
        int64_t millicents;
        const char *exact, *hour, *month;
    } prices[] = {
        { 100, "€0.001", "€0.001", "€0.73" },
        { 400, "€0.004", "€0.004", "€2.92" },
        { 50, "€0.0005", "< €0.001", "€0.37" },
        { 5, "€0.00005", "< €0.001", "€0.04" },
        { 1, "€0.00001", "< €0.001", "< €0.01" },
        { 103, "€0.00103", "€0.001", "€0.75" },
        { 0, "€0", "€0", "€0.00" },
        { 123456, "€1.23456", "€1.235", "€901.23" },
        { 200000000, "€2,000.000", "€2,000.000", "€1,460,000.00" },
    };
    static struct price_list_row rows[] = { { "nano", 1, 100 }, { "nano", 1798761600, 1400 } };
    static const struct price_list_rows list = { rows, 2 };

    (void)state;
    for (size_t i = 0; i < COUNT(prices); i++) {
        assert_string_equal(price_hour(world->config, world->arena, prices[i].millicents),
                            prices[i].hour);
        assert_string_equal(price_hour_exact(world->config, world->arena, prices[i].millicents),
                            prices[i].exact);
        assert_string_equal(price_month(world->config, world->arena, prices[i].millicents),
                            prices[i].month);
    }
    /* Half a cent is rounded up; what is less than a cent is not nothing. */
    assert_string_equal(price_amount(world->config, world->arena, 0), "€0.00");
    assert_string_equal(price_amount(world->config, world->arena, 1), "< €0.01");
    assert_string_equal(price_amount(world->config, world->arena, 999), "< €0.01");
    assert_string_equal(price_amount(world->config, world->arena, 1499), "€0.01");
    assert_string_equal(price_amount(world->config, world->arena, 1500), "€0.02");
    assert_string_equal(price_coming(world->config, world->arena, &list, "nano", NOW),
                        "€0.014 from 1 Jan 2027");
    assert_null(price_coming(world->config, world->arena, &list, "nano", 1798761600));
    assert_null(price_coming(world->config, world->arena, &list, "small", NOW));
}

static void amounts_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t cents;
    } good[] = { { "0", 0 },
                 { "12", 1200 },
                 { "12.5", 1250 },
                 { "12,50", 1250 },
                 { "0.01", 1 },
                 { "007", 700 },
                 { "999999999999", 99999999999900 } };
    static const char *const bad[] = {
        "",    "x",     "-1",   "+1",    "1.",  ".5", "1.234",
        "1e3", "1 000", "1.2.", "1,2,3", "€12", "1 ", "1234567890123"
    };
    int64_t cents;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_true(text_cents(good[i].text, &cents));
        assert_int_equal(cents, good[i].cents);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(text_cents(bad[i], &cents));
}

static void csv_is_quoted_and_starts_no_formula(void **state)
{
    static const char *const fields[] = { "plain", "a,b", "say \"hi\"", "two\r\nlines", "",
                                          "=1+1",  "+1",  "-1",         "@x",           "\tx" };
    struct buf buf = buf_new(world->arena, 64);

    (void)state;
    for (size_t i = 0; i < COUNT(fields); i++)
        csv_text(&buf, fields[i]);
    csv_line_end(&buf);
    csv_int(&buf, -5);
    csv_text(&buf, "=\"x\",1");
    csv_line_end(&buf);
    assert_string_equal(buf.bytes,
                        "plain,\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\",,'=1+1,'+1,'-1,'@x,"
                        "'\tx\r\n-5,\"'=\"\"x\"\",1\"\r\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_comes_may_change_what_was_may_not),
        TEST(what_is_refused_is_refused_whole),
        TEST(a_new_size_needs_no_new_day),
        TEST(a_living_vm_has_a_price),
        TEST(prices_are_written_exactly),
        TEST(amounts_are_read),
        TEST(csv_is_quoted_and_starts_no_formula),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
