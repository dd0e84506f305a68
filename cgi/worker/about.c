/*
 * The server's measurements of itself; see about.h. A program's private memory is what is resident
 * and not shared with a file: https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html
 */
#include "worker/about.h"

#include "adapter/transfer.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/text.h"

#include "about.sql.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    COMMAND_BYTES = 4096,
    PATH_BYTES = sizeof "/proc//cmdline" + NAME_MAX,
    FILES_MAX = 16, /* of a page */
    FILE_BYTES = 1024 * 1024,
    CONNECT_MS = 5000,
    ANSWER_MS = 20000,
};

struct about {
    int64_t programs, memory_kb;
    int64_t page_files, page_bytes;
};

/* ---- memory ---- */

/* The arguments of a process, each followed by a blank; "" if it is gone. */
static void command_read(const char *pid, char command[COMMAND_BYTES])
{
    char path[PATH_BYTES];
    size_t length = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%s/cmdline", pid);
    file = fopen(path, "re");
    if (file) {
        length = fread(command, 1, COMMAND_BYTES - 1, file);
        fclose(file);
    }
    command[length] = '\0';
    for (size_t i = 0; i < length; i++)
        command[i] = command[i] ? command[i] : ' ';
}

static int64_t parent_of(const char *pid)
{
    char path[PATH_BYTES];
    long long parent = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    file = fopen(path, "re");
    if (file) {
        if (fscanf(file, "%*d (%*[^)]) %*c %lld", &parent) != 1)
            parent = 0;
        fclose(file);
    }
    return parent;
}

/* One of our programs, nginx's master or one of its processes. */
static bool is_ours(struct arena *arena, const char *pid, const char *state_dir)
{
    const char *programs = arena_printf(arena, "%s/app/bin/", state_dir);
    const char *nginx = arena_printf(arena, "nginx -p %s ", state_dir);
    char command[COMMAND_BYTES];

    command_read(pid, command);
    if (text_starts(command, "nginx: ") && !strstr(command, " -p "))
        command_read(arena_printf(arena, "%lld", (long long)parent_of(pid)), command);
    return text_starts(command, programs) || strstr(command, nginx);
}

static int64_t private_kb(const char *pid)
{
    long long resident, shared;
    char path[PATH_BYTES];
    bool is_read = false;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%s/statm", pid);
    file = fopen(path, "re");
    if (file) {
        is_read = fscanf(file, "%*d %lld %lld", &resident, &shared) == 2;
        fclose(file);
    }
    return is_read ? (resident - shared) * (sysconf(_SC_PAGESIZE) / 1024) : 0;
}

static void memory_measure(struct arena *arena, const char *state_dir, struct about *out)
{
    DIR *folder = opendir("/proc");
    const struct dirent *entry;

    while (folder && (entry = readdir(folder))) {
        if (*entry->d_name < '1' || *entry->d_name > '9' ||
            !is_ours(arena, entry->d_name, state_dir))
            continue;
        out->programs++;
        out->memory_kb += private_kb(entry->d_name);
    }
    if (folder)
        closedir(folder);
}

/* ---- the start page ---- */

/* Fetches from our own address, compressed or not; "" without an answer. */
static struct buf fetch(const struct context *now, const char *path, bool is_compressed)
{
    static const char *const headers[] = { TRANSFER_UNCOUNTED, "Accept-Encoding: gzip" };
    struct buf body = buf_new(now->arena, 64 * 1024);
    struct transfer transfer = {
        .url = arena_printf(now->arena, "%s%s", now->config->public_url, path),
        .protocols = "https,http",
        .connect_ms = CONNECT_MS,
        .timeout_ms = ANSWER_MS,
        .headers = headers,
        .header_count = COUNT(headers) - !is_compressed,
        .is_unverified = true,
        .response_body = &body,
        .response_max = FILE_BYTES,
    };

    transfer_run(&transfer, now->arena);
    return body;
}

static bool is_known(const char *const *paths, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(paths[i], path) == 0)
            return true;
    }
    return false;
}

/* The page itself and every file that it names, as they are sent. */
static void page_measure(const struct context *now, struct about *out)
{
    const struct buf page = fetch(now, "/", false);
    const char *paths[FILES_MAX] = { "/" };
    size_t count = page.length ? 1 : 0;

    for (const char *at = page.bytes; at && (at = strstr(at, "\"/static/")) && count < FILES_MAX;) {
        const char *path = arena_copy_bytes(now->arena, at + 1, strcspn(at + 1, "\"#"));

        at += strlen(path);
        if (!is_known(paths, count, path))
            paths[count++] = path;
    }
    for (size_t i = 0; i < count; i++)
        out->page_bytes += (int64_t)fetch(now, paths[i], true).length;
    out->page_files = (int64_t)count;
}

struct error *about_start(struct worker_context *context)
{
    return sql_about_start(context->db, context->arena, clock_now());
}

struct error *about_measure(struct worker_context *context)
{
    struct about about = { .programs = 0 };
    struct about_get_row last;
    struct context now;
    struct error *e;

    arena_reset(context->arena);
    now = worker_context_now(context, context->arena);
    e = sql_about_get(now.db, now.arena, &last);
    if (e || now.now_at - last.measured_at < LIMIT_ABOUT_EVERY_S)
        return e;
    memory_measure(now.arena, now.config->state_dir, &about);
    page_measure(&now, &about);
    return sql_about_put(now.db, now.arena, about.programs, about.memory_kb, about.page_files,
                         about.page_bytes, clock_now());
}
