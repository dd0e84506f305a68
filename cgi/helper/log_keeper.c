/*
 * Keeps what the programs say: from standard input into STATE/log, a file for each day (UTC).
 *
 *     log_keeper STATE
 *
 * A day that exceeds LIMIT_LOG_DAY_BYTES keeps its end: what came before is in DAY.before, until
 * that is full again. No line is kept for longer than the log_days of domicile.conf: the file of
 * the day on which it would be is removed. What cannot be written is dropped: a full disk stops no
 * program.
 *
 * It ends with its day, and the next one, which multiwatch starts on the same pipe, removes what is
 * old: a change of log_days is subject to notice (model/policy_hold.h) and is in force from the
 * begin of a day, and nobody who reads what others say can read the database.
 */
#include "adapter/config.h"
#include "adapter/db.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/log.h"
#include "model/confinement.h"
#include "model/policy_hold.h"
#include "model/state_path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ARENA_BYTES = 64 * 1024,
    CONFIG_BYTES = 1024 * 1024,
    CHUNK_BYTES = 64 * 1024,
    DAY_BYTES = sizeof "2026-01-01",
    ALL_DAYS = 36500,
};

struct keeper {
    struct arena *arena; /* of a line */
    int folder;
    int file; /* -1: none */
    int64_t size;
    bool has_dropped; /* lines, since it last said so */
    bool is_over;     /* its day */
    char day[DAY_BYTES];
};

static volatile sig_atomic_t is_ending;

static void end(int signal_number)
{
    (void)signal_number;
    is_ending = 1;
}

/* ---- files ---- */

/* `days`: on which a line is kept, its own included. */
static void old_remove(struct keeper *keeper, int64_t days)
{
    /* Names of files begin with their day, so they sort by it. */
    const char *first = date_day_iso(keeper->arena, clock_now() - (days - 1) * A_DAY_S);
    DIR *folder = fdopendir(openat(keeper->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

    if (!folder)
        return;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] != '.' && strncmp(entry->d_name, first, DAY_BYTES - 1) < 0)
            unlinkat(keeper->folder, entry->d_name, 0);
    }
    closedir(folder);
}

static void file_open(struct keeper *keeper)
{
    struct stat status;

    if (keeper->file >= 0)
        close(keeper->file);
    keeper->file = openat(keeper->folder, keeper->day,
                          O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    keeper->size = keeper->file >= 0 && fstat(keeper->file, &status) == 0 ? status.st_size : 0;
}

static void day_begin(struct keeper *keeper)
{
    const char *day;
    bool is_same;

    arena_reset(keeper->arena);
    day = date_day_iso(keeper->arena, clock_now());
    is_same = strcmp(keeper->day, day) == 0;
    if (keeper->file >= 0 && is_same)
        return;
    keeper->is_over = *keeper->day && !is_same;
    snprintf(keeper->day, sizeof keeper->day, "%s", day);
    file_open(keeper);
}

/* Nobody can count what is missing: worker/log_count.c leaves such a day out. */
static void dropped_tell(struct keeper *keeper)
{
    int count;

    if (!keeper->has_dropped || keeper->file < 0)
        return;
    count = dprintf(keeper->file, "\ntime=%lld level=error program=log_keeper event=dropped\n",
                    (long long)clock_now());
    keeper->has_dropped = count <= 0;
    keeper->size += count > 0 ? count : 0;
}

/* Of whole lines, unless one is longer than a chunk. */
static void keep(struct keeper *keeper, const char *bytes, size_t length)
{
    day_begin(keeper);
    if (keeper->size + (int64_t)length > LIMIT_LOG_DAY_BYTES) {
        const char *before = arena_printf(keeper->arena, "%s.before", keeper->day);

        keeper->has_dropped |= unlinkat(keeper->folder, before, 0) == 0;
        renameat(keeper->folder, keeper->day, keeper->folder, before);
        file_open(keeper);
    }
    dropped_tell(keeper);
    keeper->has_dropped |= length > 0 && keeper->file < 0;
    while (length > 0 && keeper->file >= 0) {
        ssize_t count = write(keeper->file, bytes, length);

        if (count <= 0) {
            keeper->has_dropped = true;
            return;
        }
        bytes += count;
        length -= (size_t)count;
        keeper->size += count;
    }
}

/* ---- input ---- */

static size_t whole_lines(const char *bytes, size_t length)
{
    const char *last = memrchr(bytes, '\n', length);

    return last ? (size_t)(last - bytes) + 1 : 0;
}

/* Asked to end, it still takes what is there. What is read as its day ends is of the new one. */
static void keep_all(struct keeper *keeper)
{
    static char bytes[CHUNK_BYTES];
    size_t held = 0;

    while (!keeper->is_over) {
        ssize_t count = read(STDIN_FILENO, bytes + held, sizeof bytes - held);
        size_t whole;

        if (is_ending)
            fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        held += (size_t)count;
        whole = held == sizeof bytes ? held : whole_lines(bytes, held);
        keep(keeper, bytes, whole);
        memmove(bytes, bytes + whole, held - whole);
        held -= whole;
    }
    keep(keeper, bytes, held);
}

/* As domicile.conf says, unless it has not been announced; without a database there is no policy.
 */
static struct error *config_read(struct arena *arena, const char *state_dir, struct config **out)
{
    const char *path = main_db_path(arena, state_dir);
    struct db *db;
    int64_t number;
    struct error *e = config_load(arena, state_dir, out);

    if (e || (access(path, F_OK) < 0 && errno == ENOENT))
        return e;
    e = db_open(arena, &DB_MAIN, path, DB_READ_ONLY, &db);
    if (e)
        return e;
    e = policy_apply(db, arena, *out, clock_now(), &number);
    db_close(db);
    return e;
}

/* Until the text in force is known, nothing is deleted that it may keep. */
static int64_t days_read(struct arena *arena, const char *state_dir)
{
    struct config *config;
    struct error *e = config_read(arena, state_dir, &config);

    if (!e)
        return config->log_days;
    log_error("policy", log_text("error", e->text));
    return ALL_DAYS;
}

int main(int argc, char **argv)
{
    struct keeper keeper = { .arena = arena_new(ARENA_BYTES), .file = -1 };
    const struct sigaction ending = { .sa_handler = end };
    struct arena *arena = arena_new(CONFIG_BYTES);

    log_open("log_keeper");
    if (argc != 2) {
        fputs("usage: log_keeper STATE\n", stderr);
        return 2;
    }
    keeper.folder =
        open(arena_printf(arena, "%s/log", argv[1]), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (keeper.folder < 0) {
        fprintf(stderr, "log_keeper: %s/log: %m\n", argv[1]);
        return 1;
    }
    sigaction(SIGTERM, &ending, NULL);
    sigaction(SIGQUIT, &ending, NULL); /* what multiwatch 1.0.0 sends for "-s TERM" */
    day_begin(&keeper);
    dup2(keeper.file, STDERR_FILENO); /* what it says itself */
    old_remove(&keeper, days_read(arena, argv[1]));
    confinement_enter(arena, argv[1], "log_keeper", NULL);
    signal(SIGINT, SIG_IGN);
    keep_all(&keeper);
    return 0;
}
