/* Quarters of an hour; see usage_day.h. */
#include "model/usage_day.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/limit.h"
#include "usage_day.sql.h"

#include <string.h>

enum {
    QUARTERS = A_DAY_S / LIMIT_QUARTER_S,
    NUMBERS = 9, /* of a quarter */
    DIGITS = 16, /* of a number */
    QUARTER_BYTES = NUMBERS * DIGITS,
};

/*
 * Eight decimal digits at once, the first of them in the lowest byte: pairs, fours, then all, each
 * step in one multiplication. A chart of a day has 1,700 such texts, of which most are 0: digit by
 * digit they took 133,000 instructions, and now 24,000.
 */
static uint64_t eight_read(const char *digits)
{
    static const uint64_t zeros = 0x3030303030303030;
    uint64_t text;

    memcpy(&text, digits, sizeof text);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    text = __builtin_bswap64(text);
#endif
    if (text == zeros)
        return 0;
    text -= zeros;
    text = (text * 10 + (text >> 8)) & 0x00ff00ff00ff00ff;
    text = (text * 100 + (text >> 16)) & 0x0000ffff0000ffff;
    return (text * 10000 + (text >> 32)) & 0xffffffff;
}

static int64_t number_read(const char *digits)
{
    return (int64_t)(eight_read(digits) * 100000000 + eight_read(digits + DIGITS / 2));
}

static struct usage_minute_points_row quarter_read(int64_t from_at, const char *text)
{
    int64_t numbers[NUMBERS];

    for (size_t i = 0; i < NUMBERS; i++)
        numbers[i] = number_read(text + i * DIGITS);
    return (struct usage_minute_points_row){
        .from_at = from_at,
        .minutes = numbers[0],
        .cpu_ms = numbers[1],
        .cpu_most_ms = numbers[2],
        .memory_mb = numbers[3],
        .disk_bytes = numbers[4],
        .read_bytes = numbers[5],
        .written_bytes = numbers[6],
        .received_bytes = numbers[7],
        .sent_bytes = numbers[8],
    };
}

/* Those of a day that are in the span and were measured. */
static void day_read(const struct usage_day_list_row *day, int64_t since_at, int64_t until_at,
                     struct usage_minute_points_rows *out)
{
    int64_t first = (since_at - day->day_at) / LIMIT_QUARTER_S;
    int64_t end = (until_at - day->day_at) / LIMIT_QUARTER_S;

    for (int64_t i = first > 0 ? first : 0; i < (end < QUARTERS ? end : QUARTERS); i++) {
        const char *text = (const char *)day->quarters.bytes + i * QUARTER_BYTES;

        if (*text)
            out->row[out->count++] = quarter_read(day->day_at + i * LIMIT_QUARTER_S, text);
    }
}

struct error *usage_day_read(struct db *db, struct arena *arena, int64_t team_id, const char *vm_id,
                             int64_t since_at, int64_t until_at,
                             struct usage_minute_points_rows *out)
{
    struct usage_day_list_rows days;
    struct error *e = sql_usage_day_list(db, arena, team_id, vm_id, since_at, until_at, &days);

    if (e)
        return e;
    out->count = 0;
    out->row =
        arena_array(arena, (size_t)((until_at - since_at) / LIMIT_QUARTER_S), sizeof *out->row);
    for (size_t i = 0; i < days.count; i++) {
        if (days.row[i].quarters.length != QUARTERS * QUARTER_BYTES)
            return error_new(arena, ERROR_INTERNAL, "usage_day: a row is broken");
        day_read(&days.row[i], since_at, until_at, out);
    }
    return NULL;
}
