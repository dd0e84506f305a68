/*
 * Looks for texts in the files of a state directory, and prints what it found, as one JSON object:
 *
 *     state_find STATE DAY
 *
 *     texts   for how many it has looked
 *     files   in how many files, of `bytes` bytes together
 *     found   how often one of them was there, but for the log, and `path` of one of those files
 *     logged  how often in the log, where it may be a word of the server's own
 *     unread  files that could not be read
 *
 * Standard input: the salt, and a line for each text, as `struct byte_print` in hexadecimal: head,
 * length, hash. Of the logs that of DAY ("2026-11-27") alone is read. A program of its own, like
 * state_scan.
 */
#include "adapter/json.h"
#include "base/array.h"
#include "base/log.h"
#include "model/byte_print.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <fts.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    ARENA_BYTES = 64 * 1024 * 1024,
    CHUNK_BYTES = 1024 * 1024,
    PRINTS = 100000,
};

struct find {
    struct arena *arena;
    const struct byte_prints *prints;
    const char *log; /* pattern of the day's log */
    char *chunk;
    int64_t files, bytes, found, logged, unread;
    const char *path; /* of a file in which something was found */
};

static const char *const patterns[] = { "data/*", "inbox/*", "exports/*", "nginx/*" };

static bool is_searched(const struct find *find, const char *path)
{
    for (size_t i = 0; i < COUNT(patterns); i++) {
        if (fnmatch(patterns[i], path, 0) == 0)
            return true;
    }
    return fnmatch(find->log, path, 0) == 0;
}

/* What begins at the end of a chunk is found in the next one. */
static int64_t bytes_search(struct find *find, int file)
{
    int64_t found = 0;
    size_t kept = 0;
    ssize_t got;

    do {
        size_t length, fresh;

        got = read(file, find->chunk + kept, CHUNK_BYTES);
        length = kept + (got > 0 ? (size_t)got : 0);
        fresh = got <= 0 ? length : length > BYTE_PRINT_MOST ? length - BYTE_PRINT_MOST : 0;
        found += byte_prints_count(find->prints, find->chunk, length, fresh);
        kept = length - fresh;
        memmove(find->chunk, find->chunk + fresh, kept);
        find->bytes += got > 0 ? got : 0;
    } while (got > 0);
    find->unread += got < 0;
    return found;
}

static void file_search(struct find *find, const char *path, const char *name)
{
    int file = open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int64_t found;

    if (file < 0) {
        find->unread += errno != ENOENT; /* it may be gone by now */
        return;
    }
    find->files++;
    found = bytes_search(find, file);
    close(file);
    if (fnmatch(find->log, path, 0) == 0) {
        find->logged += found;
        return;
    }
    if (!found)
        return;
    find->found += found;
    find->path = arena_copy(find->arena, path);
}

static void state_walk(struct find *find, char *state)
{
    char *const roots[] = { state, NULL };
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);

    find->unread += !walk;
    for (FTSENT *entry; walk && (entry = fts_read(walk));) {
        const char *path = entry->fts_path + strlen(state);

        path += strspn(path, "/");
        if (!is_searched(find, path))
            continue;
        if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR ||
            (entry->fts_info == FTS_NS && entry->fts_errno != ENOENT))
            find->unread++;
        else if (entry->fts_info == FTS_F)
            file_search(find, path, entry->fts_path);
    }
    if (walk)
        fts_close(walk);
}

static bool hex_read(const char *text, unsigned char *out, size_t length)
{
    unsigned int byte;

    for (size_t i = 0; i < length; i++) {
        if (sscanf(text + 2 * i, "%2x", &byte) != 1)
            return false;
        out[i] = (unsigned char)byte;
    }
    return true;
}

/* The number of texts; -1: the input is not as it must be. */
static int64_t prints_read(struct find *find)
{
    struct byte_print *prints = arena_array(find->arena, PRINTS, sizeof *prints);
    unsigned char salt[BYTE_PRINT_SALT_BYTES];
    char line[256], hash[2 * CRYPTO_HASH_BYTES + 1];
    size_t count = 0;

    if (!fgets(line, sizeof line, stdin) || !hex_read(line, salt, sizeof salt))
        return -1;
    for (; fgets(line, sizeof line, stdin); count++) {
        long long length;

        if (count == PRINTS ||
            sscanf(line, "%x %lld %64s", &prints[count].head, &length, hash) != 3 ||
            strlen(hash) != sizeof hash - 1 ||
            !hex_read(hash, prints[count].hash, sizeof prints[count].hash))
            return -1;
        prints[count].length = length;
    }
    find->prints = byte_prints_new(find->arena, salt, prints, count);
    return (int64_t)count;
}

int main(int argc, char **argv)
{
    struct find find = { .arena = arena_new(ARENA_BYTES) };
    int64_t texts;
    const char *text;
    struct error *e;

    log_open("state_find");
    if (argc != 3) {
        fputs("usage: state_find STATE DAY\n", stderr);
        return 2;
    }
    texts = prints_read(&find);
    if (texts < 0) {
        fputs("standard input is not a salt and prints\n", stderr);
        return 2;
    }
    find.log = arena_printf(find.arena, "log/%s*", argv[2]);
    find.chunk = arena_alloc(find.arena, CHUNK_BYTES + BYTE_PRINT_MOST);
    state_walk(&find, argv[1]);
    e = json_object_write(find.arena,
                          (const struct json_field[]){
                              json_number("texts", texts),
                              json_number("files", find.files),
                              json_number("bytes", find.bytes),
                              json_number("found", find.found),
                              json_number("logged", find.logged),
                              json_text("path", find.path),
                              json_number("unread", find.unread),
                          },
                          7, &text);
    if (e) {
        fputs(e->text, stderr);
        return 1;
    }
    puts(text);
    return 0;
}
