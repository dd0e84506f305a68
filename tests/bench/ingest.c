/*
 * How many signed events a second are acknowledged as on disk, through nginx and cgi/stripe, and
 * how many commits a second SQLite alone makes on the same disk with one row each.
 *
 *   ingest NGINX_SOCKET SECRET SENDERS EVENTS [RAW_DB]
 *
 * Each sender keeps one connection and waits for each answer. Prints a JSON object: events per
 * second, the median and the 99th percentile in milliseconds, and with RAW_DB, a database to make,
 * the raw commits per second.
 */
#include "adapter/crypto.h"
#include "adapter/db.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"

#include "inbox.sql.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FILL = 480 }; /* bodies of about 0.55 KB, as Stripe's smaller events have */

struct sender {
    pthread_t thread;
    int index, count;
    int64_t *took_us;
    int good;
};

static const char *secret, *nginx_socket;

static struct buf body_make(struct arena *arena, int sender, int number)
{
    struct buf body = buf_new(arena, 1024);

    /* Another run must not send what is known already. */
    buf_printf(&body,
               "{\"id\":\"evt_%07d_%03d_%06d\",\"object\":\"event\",\"type\":\"bench\",\"fill\":\"",
               (int)getpid(), sender, number);
    for (int i = 0; i < FILL; i++)
        buf_char(&body, 'x');
    buf_text(&body, "\"}");
    return body;
}

static struct buf request_make(struct arena *arena, int sender, int number)
{
    struct buf body = body_make(arena, sender, number), out = buf_new(arena, 2048);
    const char *time = arena_printf(arena, "%lld", (long long)clock_now());
    const char *message = arena_printf(arena, "%s.%s", time, body.bytes);
    unsigned char hash[CRYPTO_HASH_BYTES];

    crypto_hmac_sha256(secret, strlen(secret), message, strlen(message), hash);
    buf_printf(&out,
               "POST /webhooks/stripe HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n"
               "Stripe-Signature: t=%s,v1=",
               body.length, time);
    for (size_t i = 0; i < sizeof hash; i++)
        buf_printf(&out, "%02x", hash[i]);
    buf_printf(&out, "\r\n\r\n%s", body.bytes);
    return out;
}

static int connection_open(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", nginx_socket);
    return connect(fd, (struct sockaddr *)&address, sizeof address) < 0 ? -1 : fd;
}

/* Answers are small: one read holds them. False: nginx has closed the connection, as it does after
 * a thousand requests. */
static bool ask(int fd, const struct buf *request, char *answer, size_t size)
{
    return send(fd, request->bytes, request->length, MSG_NOSIGNAL) == (ssize_t)request->length &&
           recv(fd, answer, size, 0) > 0;
}

static void *sender_run(void *argument)
{
    struct sender *sender = argument;
    struct arena *arena = arena_new(1024 * 1024);
    char answer[4096] = "";
    int fd = connection_open();

    for (int i = 0; i < sender->count; i++) {
        struct buf request = request_make(arena, sender->index, i);
        int64_t begun_us = clock_monotonic_us();

        if (!ask(fd, &request, answer, sizeof answer)) {
            close(fd);
            fd = connection_open();
            if (!ask(fd, &request, answer, sizeof answer))
                break;
        }
        sender->took_us[i] = clock_monotonic_us() - begun_us;
        sender->good += strncmp(answer, "HTTP/1.1 200", 12) == 0;
        arena_reset(arena);
    }
    close(fd);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void check(struct error *e)
{
    if (!e)
        return;
    fprintf(stderr, "ingest: %s\n", e->text);
    exit(1);
}

static double raw_commits(const char *path, int count)
{
    struct arena *arena = arena_new(16 * 1024 * 1024);
    struct db *db;
    int64_t before, begun_us;

    check(db_migrate(arena, &DB_INBOX, path, &before));
    check(db_open(arena, &DB_INBOX, path, DB_READ_WRITE, &db));
    begun_us = clock_monotonic_us();
    for (int i = 0; i < count; i++) {
        struct buf body = body_make(arena, -1, i);

        check(db_begin(db, arena));
        check(sql_inbox_add(db, arena, "stripe", arena_printf(arena, "evt_%d", i), "bench", 1,
                            (struct bytes){ body.bytes, body.length }));
        check(db_commit(db, arena));
        arena_reset(arena);
    }
    begun_us = clock_monotonic_us() - begun_us;
    db_close(db);
    return count * 1e6 / (double)begun_us;
}

static int number(const char *text)
{
    return (int)strtol(text, NULL, 10);
}

/* False: not all of them were acknowledged. */
static bool send_all(struct sender *sender, int senders, int each, int64_t *took_us)
{
    int good = 0;

    for (int i = 0; i < senders; i++) {
        sender[i] = (struct sender){ .index = i, .count = each, .took_us = took_us + i * each };
        pthread_create(&sender[i].thread, NULL, sender_run, &sender[i]);
    }
    for (int i = 0; i < senders; i++) {
        pthread_join(sender[i].thread, NULL);
        good += sender[i].good;
    }
    if (good != senders * each)
        fprintf(stderr, "ingest: %d of %d events were acknowledged\n", good, senders * each);
    return good == senders * each;
}

int main(int argc, char **argv)
{
    int senders = argc >= 5 ? number(argv[3]) : 0, events = argc >= 5 ? number(argv[4]) : 0;
    struct sender *sender = calloc((size_t)senders + 1, sizeof *sender);
    int64_t *took_us = calloc((size_t)events + 1, sizeof *took_us), begun_us;
    int each, count;

    if (senders < 1 || events < senders || !sender || !took_us) {
        fputs("usage: ingest NGINX_SOCKET SECRET SENDERS EVENTS [RAW_DB]\n", stderr);
        return 2;
    }
    nginx_socket = argv[1];
    secret = argv[2];
    each = events / senders;
    count = each * senders;
    begun_us = clock_monotonic_us();
    if (!send_all(sender, senders, each, took_us))
        return 1;
    begun_us = clock_monotonic_us() - begun_us;
    qsort(took_us, (size_t)count, sizeof *took_us, compare);
    printf("{ \"per_s\": %.0f, \"p50_ms\": %.2f, \"p99_ms\": %.2f", count * 1e6 / (double)begun_us,
           (double)took_us[count / 2] / 1000, (double)took_us[count * 99 / 100] / 1000);
    if (argc == 6)
        printf(", \"raw_per_s\": %.0f", raw_commits(argv[5], events < 2000 ? events : 2000));
    puts(" }");
    return 0;
}
