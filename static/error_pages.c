/*
 * Writes the error pages that nginx itself serves (body too large, too many requests, program being
 * restarted), with the same template as the programs' error pages.
 *
 * usage: error_pages OUTDIR
 */
#include "web/error_page.h"

#include <stdio.h>

static int page_write(struct arena *arena, const char *dir, int status)
{
    struct buf body = buf_new(arena, 4096);
    const struct frame frame = { .server_name = "Domicile" };
    FILE *file = fopen(arena_printf(arena, "%s/%d.html", dir, status), "we");

    error_page_write(&body, &frame, status, NULL);
    if (!file || fwrite(body.bytes, 1, body.length, file) != body.length)
        return 1;
    return fclose(file) != 0;
}

int main(int argc, char **argv)
{
    static const int statuses[] = { 400, 403, 404, 405, 413, 415, 421, 429, 500, 502, 503 };
    struct arena *arena = arena_new(1024 * 1024);
    int failed = argc != 2;

    for (size_t i = 0; !failed && i < sizeof statuses / sizeof statuses[0]; i++)
        failed = page_write(arena, argv[1], statuses[i]);
    return failed;
}
