/* Recognizing texts; see byte_print.h. */
#include "model/byte_print.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FILTER_BITS = 16 };

struct byte_prints {
    unsigned char salt[BYTE_PRINT_SALT_BYTES];
    uint64_t factor;
    struct byte_print *row; /* by head */
    size_t count;
    bool filter[1 << FILTER_BITS]; /* whether a head begins with these bits */
};

/* Odd, so that no bit of the 8 bytes is lost before the upper half is taken. */
static uint64_t factor_of(const unsigned char *salt)
{
    uint64_t factor;

    memcpy(&factor, salt, sizeof factor);
    return factor | 1;
}

static uint32_t head_of(uint64_t factor, const char *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, sizeof word);
    return (uint32_t)((word * factor) >> 32);
}

static void hash_of(const unsigned char *salt, const char *bytes, size_t length, unsigned char *out)
{
    crypto_hmac_sha256(salt, BYTE_PRINT_SALT_BYTES, bytes, length, out);
}

struct byte_print byte_print_of(const unsigned char salt[BYTE_PRINT_SALT_BYTES], const char *bytes,
                                size_t length)
{
    struct byte_print print = {
        .head = head_of(factor_of(salt), bytes),
        .length = length < BYTE_PRINT_MOST ? (int64_t)length : BYTE_PRINT_MOST,
    };

    hash_of(salt, bytes, (size_t)print.length, print.hash);
    return print;
}

static int by_head(const void *a, const void *b)
{
    const struct byte_print *first = a, *second = b;

    return (first->head > second->head) - (first->head < second->head);
}

struct byte_prints *byte_prints_new(struct arena *arena,
                                    const unsigned char salt[BYTE_PRINT_SALT_BYTES],
                                    const struct byte_print *prints, size_t count)
{
    struct byte_prints *all = arena_alloc(arena, sizeof *all);

    *all = (struct byte_prints){ .factor = factor_of(salt), .count = count };
    memcpy(all->salt, salt, sizeof all->salt);
    all->row = arena_array(arena, count, sizeof *all->row);
    memcpy(all->row, prints, count * sizeof *all->row);
    qsort(all->row, count, sizeof *all->row, by_head);
    for (size_t i = 0; i < count; i++)
        all->filter[all->row[i].head >> (32 - FILTER_BITS)] = true;
    return all;
}

/* The first with this head, or one after all. */
static size_t first_of(const struct byte_prints *prints, uint32_t head)
{
    size_t from = 0, until = prints->count;

    while (from < until) {
        size_t middle = (from + until) / 2;

        if (prints->row[middle].head < head)
            from = middle + 1;
        else
            until = middle;
    }
    return from;
}

static bool is_there(const struct byte_prints *prints, const struct byte_print *print,
                     const char *bytes, size_t length)
{
    unsigned char hash[CRYPTO_HASH_BYTES];

    if ((size_t)print->length > length)
        return false;
    hash_of(prints->salt, bytes, (size_t)print->length, hash);
    return memcmp(hash, print->hash, sizeof hash) == 0;
}

int64_t byte_prints_count(const struct byte_prints *prints, const char *bytes, size_t length,
                          size_t fresh)
{
    int64_t count = 0;

    for (size_t at = 0; at < fresh && at + BYTE_PRINT_LEAST <= length; at++) {
        uint32_t head = head_of(prints->factor, bytes + at);

        if (!prints->filter[head >> (32 - FILTER_BITS)])
            continue;
        for (size_t i = first_of(prints, head); i < prints->count && prints->row[i].head == head;
             i++)
            count += is_there(prints, &prints->row[i], bytes + at, length - at);
    }
    return count;
}

int64_t byte_prints_drop(struct byte_prints *prints, const char *bytes, size_t length)
{
    size_t before = prints->count;

    for (size_t at = 0; at + BYTE_PRINT_LEAST <= length; at++) {
        uint32_t head = head_of(prints->factor, bytes + at);

        if (!prints->filter[head >> (32 - FILTER_BITS)])
            continue;
        for (size_t i = first_of(prints, head); i < prints->count && prints->row[i].head == head;) {
            if (!is_there(prints, &prints->row[i], bytes + at, length - at)) {
                i++;
                continue;
            }
            prints->count--;
            memmove(&prints->row[i], &prints->row[i + 1],
                    (prints->count - i) * sizeof *prints->row);
        }
    }
    return (int64_t)(before - prints->count);
}

const struct byte_print *byte_prints_list(const struct byte_prints *prints, size_t *out_count)
{
    *out_count = prints->count;
    return prints->row;
}
