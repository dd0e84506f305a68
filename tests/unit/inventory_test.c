/* What sqlc makes of the inventory: a copy and an erasure of each table that holds personal data.
 */
#include "base/array.h"
#include "model/billing_job.h"
#include "model/inventory.h"
#include "model/vm_job.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
    *state = world_open(world_folder("fake:///local"));
    return 0;
}

static int tear_down(void **state)
{
    world_close(*state);
    return 0;
}

static const struct inventory_table *table_of(const char *name)
{
    for (size_t i = 0; i < INVENTORY_MAIN.table_count; i++)
        if (strcmp(INVENTORY_MAIN.tables[i].name, name) == 0)
            return &INVENTORY_MAIN.tables[i];
    return NULL;
}

/* A column that is added appears here by itself; only sqlc's statements are looked at. */
static void each_column_is_in_its_statements(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < INVENTORY_MAIN.count; i++) {
        const struct inventory_column *column = &INVENTORY_MAIN.columns[i];
        const struct inventory_table *table = table_of(column->table);
        bool is_exported = strcmp(column->on_export, "export") == 0;
        const char *member = arena_printf(world->arena, "'%s', ", column->column);
        const char *emptied = arena_printf(world->arena, " %s = ", column->column);

        if (!table) {
            assert_false(is_exported);
            assert_string_equal(column->on_erase, "keep");
            continue;
        }
        assert_int_equal(table->copy && strstr(table->copy->sql, member), is_exported);
        if (strcmp(column->on_erase, "keep") != 0 &&
            strncmp(table->erase->sql, "DELETE ", strlen("DELETE ")) != 0)
            assert_non_null(strstr(table->erase->sql, emptied));
    }
}

static const char *first_row(struct world *world, const char *table, int64_t id)
{
    struct db_run *run = inventory_start(world->db, &INVENTORY_MAIN, table_of(table)->copy);
    const char *text = NULL;
    bool has_row;

    db_bind_int(run, 1, id);
    world_check(db_step(run, world->arena, &has_row), table);
    if (has_row)
        text = db_column_text(run, 0, world->arena);
    db_end(run);
    return text;
}

static void a_row_is_an_object_of_its_exported_columns(void **state)
{
    struct world *world = *state;
    const char *vm_id = world_create(world, "amber");
    const char *row = first_row(world, "vm", world->team_id);

    assert_non_null(strstr(row, arena_printf(world->arena, "\"id\":\"%s\"", vm_id)));
    assert_non_null(strstr(row, "\"name\":\"amber\""));
    assert_null(strstr(row, "team_id"));
    assert_null(first_row(world, "vm", world->team_id + 1));
}

/* No CHECK lists the kinds of jobs, so the words beside the column do. */
static void every_kind_of_job_is_in_words(void **state)
{
#define KIND(name, kind, ...) kind,
    static const char *const kinds[] = { VM_JOBS(KIND) BILLING_JOB_CHECKOUT,
                                         BILLING_JOB_PORTAL,
                                         BILLING_JOB_CARD,
                                         BILLING_JOB_CANCEL,
                                         BILLING_JOB_RESUME,
                                         BILLING_JOB_INVOICE,
                                         BILLING_JOB_PDF,
                                         BILLING_JOB_END };
    const char *why = NULL;

    (void)state;
    for (size_t i = 0; i < INVENTORY_MAIN.count; i++) {
        const struct inventory_column *column = &INVENTORY_MAIN.columns[i];
        if (strcmp(column->table, "job") == 0 && strcmp(column->column, "kind") == 0)
            why = column->why;
    }
    assert_non_null(why);
    for (size_t i = 0; i < COUNT(kinds); i++)
        assert_non_null(strstr(why, kinds[i]));
}

/* In the order of the foreign keys: what was created last goes first. */
static void erase(struct world *world, enum inventory_owner owner, int64_t id)
{
    for (size_t i = INVENTORY_MAIN.table_count; i-- > 0;) {
        const struct inventory_table *table = &INVENTORY_MAIN.tables[i];
        struct db_run *run;
        bool has_row;

        if (table->owner != owner || !table->erase)
            continue;
        run = inventory_start(world->db, &INVENTORY_MAIN, table->erase);
        db_bind_int(run, 1, id);
        world_check(db_step(run, world->arena, &has_row), table->name);
        db_end(run);
    }
}

static void erasure_leaves_no_row_of_the_team(void **state)
{
    struct world *world = *state;

    world_create(world, "amber");
    erase(world, INVENTORY_TEAM, world->team_id + 1);
    assert_non_null(first_row(world, "vm", world->team_id));
    erase(world, INVENTORY_TEAM, world->team_id);
    for (size_t i = 0; i < INVENTORY_MAIN.table_count; i++) {
        const struct inventory_table *table = &INVENTORY_MAIN.tables[i];
        if (table->owner == INVENTORY_TEAM && table->copy)
            assert_null(first_row(world, table->name, world->team_id));
    }
    assert_non_null(first_row(world, "person", world->person_id));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_column_is_in_its_statements, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_is_an_object_of_its_exported_columns, set_up,
                                        tear_down),
        cmocka_unit_test(every_kind_of_job_is_in_words),
        cmocka_unit_test_setup_teardown(erasure_leaves_no_row_of_the_team, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
