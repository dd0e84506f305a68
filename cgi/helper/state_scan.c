/*
 * Looks through the files of a state directory and prints what it found, as one JSON object:
 *
 *     state_scan STATE
 *
 *     undeclared      files that the inventory does not know
 *     unread          folders and files that could not be read
 *     log_oldest_at   time of the oldest line of the logs, 0: none
 *     log_addresses   lines of the logs with an IP address other than this machine's
 *     private_keys    files with private keys, such as databases, logs, and what nginx keeps of
 * requests provider_keys   the same with API keys of LLM providers
 *
 * and of each "NAME_where": what was found in which files, NULL if nothing was.
 *
 * A program of its own: closing a database's file would drop the locks that SQLite holds in the
 * same process (https://sqlite.org/howtocorrupt.html, 2.2).
 */
#include "adapter/json.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "model/inventory.h"
#include "model/private_key.h"
#include "model/provider_key.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <fts.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ARENA_BYTES = 4 * 1024 * 1024,
    CHUNK_BYTES = 1024 * 1024,
    OVERLAP_BYTES = PROVIDER_KEY_BYTES, /* longer than any pattern */
    LINE_BYTES = 16 * 1024,
    NAMED_FILES = 3,
};

/* Only what people and programs have written is searched, not disks and programs. */
static const char *const searched[] = { "data/*", "inbox/*", "log/*", "nginx/*" };

/* How many there are, in how many files, and what was found in the first of them. */
struct finding {
    int64_t count, files;
    const char *path, *where; /* the last of the files; "a PEM private key in nginx/body/01, ..." */
};

struct scan {
    struct arena *arena;
    regex_t address;
    char *chunk;
    const char *path; /* of the file that is being read */
    struct finding undeclared, unread, log_addresses, private_keys, provider_keys;
    int64_t log_oldest_at;
};

static void found(struct scan *scan, struct finding *finding, int64_t count, const char *what)
{
    if (!count)
        return;
    finding->count += count;
    if (finding->path && strcmp(finding->path, scan->path) == 0)
        return;
    finding->path = arena_copy(scan->arena, scan->path);
    if (++finding->files <= NAMED_FILES)
        finding->where = arena_printf(scan->arena, "%s%s%s%s", finding->where ? finding->where : "",
                                      finding->where ? ", " : "", what, finding->path);
}

/* NULL: nothing was found. */
static struct json_field where(struct scan *scan, const char *name, const struct finding *finding)
{
    int64_t others = finding->files - NAMED_FILES;

    return json_text(name, others > 0 ? arena_printf(scan->arena, "%s and %lld more",
                                                     finding->where, (long long)others)
                                      : finding->where);
}

static bool is_searched(const char *path)
{
    for (size_t i = 0; i < COUNT(searched); i++) {
        if (fnmatch(searched[i], path, 0) == 0)
            return true;
    }
    return false;
}

/* A key may stand in several parts of a file, and begins and ends with a line: files are counted.
 */
static void keys_search(struct scan *scan, int file)
{
    const char *key = NULL;
    bool has_provider_key = false;
    size_t kept = 0;

    for (ssize_t got; (got = read(file, scan->chunk + kept, CHUNK_BYTES)) > 0;) {
        size_t length = kept + (size_t)got;

        if (!key)
            private_key_is_among(scan->chunk, length, &key);
        has_provider_key |= provider_key_is_among(scan->chunk, length);
        /* What begins at the end of one chunk is found in the next. */
        kept = length < OVERLAP_BYTES ? length : OVERLAP_BYTES;
        memmove(scan->chunk, scan->chunk + length - kept, kept);
    }
    found(scan, &scan->private_keys, key != NULL,
          key ? arena_printf(scan->arena, "%s in ", key) : NULL);
    found(scan, &scan->provider_keys, has_provider_key, "an API key in ");
}

static bool has_ipv4(const struct scan *scan, const char *line)
{
    for (regmatch_t match[2]; regexec(&scan->address, line, 2, match, 0) == 0;
         line += match[1].rm_eo) {
        const char *address = line + match[1].rm_so;

        if (!text_starts(address, "127.") && !text_starts(address, "0.0.0.0"))
            return true;
    }
    return false;
}

/* Times and MAC addresses have too few parts to be one. */
static bool has_ipv6(const char *line)
{
    static const char letters[] = "0123456789abcdefABCDEF:.";
    char word[INET6_ADDRSTRLEN];
    struct in6_addr address;

    for (size_t length; *line; line += length + strcspn(line + length, letters)) {
        length = strspn(line, letters);
        if (length < 3 || length >= sizeof word)
            continue;
        snprintf(word, sizeof word, "%.*s", (int)length, line);
        if (inet_pton(AF_INET6, word, &address) == 1 && !IN6_IS_ADDR_LOOPBACK(&address))
            return true;
    }
    return false;
}

/* "time=1795718132.817 ...", as base/log.c writes it. */
static void line_read(struct scan *scan, const char *line)
{
    int64_t at = text_starts(line, "time=") ? strtoll(line + 5, NULL, 10) : 0;

    if (at && (!scan->log_oldest_at || at < scan->log_oldest_at))
        scan->log_oldest_at = at;
    found(scan, &scan->log_addresses, has_ipv4(scan, line) || has_ipv6(line), "");
}

/* A line that is longer than the buffer is read in parts. */
static void log_read(struct scan *scan, int file)
{
    FILE *stream = fdopen(dup(file), "r");
    char line[LINE_BYTES];

    if (!stream)
        return;
    rewind(stream);
    while (fgets(line, sizeof line, stream))
        line_read(scan, line);
    fclose(stream);
}

static void file_scan(struct scan *scan, const char *path, const char *name)
{
    int file;

    scan->path = path;
    found(scan, &scan->undeclared, !inventory_file_find(path), "");
    if (!is_searched(path))
        return;
    file = open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) {
        found(scan, &scan->unread, errno != ENOENT, ""); /* it may be gone by now */
        return;
    }
    keys_search(scan, file);
    if (fnmatch("log/*", path, 0) == 0)
        log_read(scan, file);
    close(file);
}

static void state_walk(struct scan *scan, char *state)
{
    char *const roots[] = { state, NULL };
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);

    for (FTSENT *entry; walk && (entry = fts_read(walk));) {
        const char *path = entry->fts_path + strlen(state);

        path += strspn(path, "/");
        scan->path = path;
        /* What has gone meanwhile need not be read. */
        if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR ||
            (entry->fts_info == FTS_NS && entry->fts_errno != ENOENT))
            found(scan, &scan->unread, 1, "");
        else if (entry->fts_info == FTS_F || entry->fts_info == FTS_DEFAULT ||
                 entry->fts_info == FTS_SL)
            file_scan(scan, path, entry->fts_path);
    }
    if (walk)
        fts_close(walk);
}

int main(int argc, char **argv)
{
    struct scan scan = { .arena = arena_new(ARENA_BYTES), .path = NULL };
    const char *text;
    struct error *e;

    log_open("state_scan");
    if (argc != 2) {
        fputs("usage: state_scan STATE\n", stderr);
        return 2;
    }
    scan.chunk = arena_alloc(scan.arena, CHUNK_BYTES + OVERLAP_BYTES);
    if (regcomp(&scan.address, "([0-9]{1,3}(\\.[0-9]{1,3}){3})", REG_EXTENDED) != 0)
        return 1;
    state_walk(&scan, argv[1]);
    e = json_object_write(scan.arena,
                          (const struct json_field[]){
                              json_number("undeclared", scan.undeclared.count),
                              where(&scan, "undeclared_where", &scan.undeclared),
                              json_number("unread", scan.unread.count),
                              where(&scan, "unread_where", &scan.unread),
                              json_number("log_addresses", scan.log_addresses.count),
                              where(&scan, "log_addresses_where", &scan.log_addresses),
                              json_number("private_keys", scan.private_keys.count),
                              where(&scan, "private_keys_where", &scan.private_keys),
                              json_number("provider_keys", scan.provider_keys.count),
                              where(&scan, "provider_keys_where", &scan.provider_keys),
                              json_number("log_oldest_at", scan.log_oldest_at),
                          },
                          11, &text);
    if (e) {
        log_error("scan", log_text("error", e->text));
        return 1;
    }
    puts(text);
    return 0;
}
