/*
 * Carries the Ethernet frames of a region's guests between QEMU and the guests' network:
 *
 *     guest_relay FOLDER DEVICE FIRST LAST
 *
 * It runs inside the namespace that guest_net.sh makes, where DEVICE is the host's end of the
 * network. QEMU is outside of it: each guest's netdev is a datagram socket FOLDER/PORT, one
 * datagram for each frame, that sends to FOLDER/relay. A guest that runs on while this program is
 * replaced has its network again as soon as the next one listens there.
 *
 * Guests are hostile, and are kept apart here: what a guest sends goes to the host's end alone, and
 * only if it is IPv4 or ARP from the addresses that belong to its port. FOLDER/lock is held while
 * frames are carried. Without a control plane, which holds FOLDER/keep, and without guests it ends.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/guest_address.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/text.h"
#include "model/confinement.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    ARENA_BYTES = 256 * 1024 * 1024, /* reserved, used as guests appear */
    FRAME_BYTES = 1522,              /* Ethernet's largest, with a tag */
    LOOK_EVERY_MS = 5000,            /* whether anybody still needs this */
    BURST = 64,                      /* frames of one side before the other has its turn */
};

/* Where the parts of a frame are. */
enum {
    TO_MAC = 0,
    FROM_MAC = 6,
    TYPE = 12,
    ARP_FROM_MAC = 22,
    ARP_FROM_IP = 28,
    ARP_TO_IP = 38,
    ARP_END = 42,
    IP_PROTOCOL = 23,
    IP_FROM = 26,
    IP_TO = 30,
    IP_END = 34, /* without options, which DHCP has not */
    UDP_TO = 36,
    DHCP_CLIENT = 70,
    DHCP_END = 76,
};

struct frame {
    size_t length;
    unsigned char bytes[FRAME_BYTES];
};

/* A guest that has sent something. */
struct guest {
    int file;              /* connected to its socket; -1: not yet */
    size_t first, waiting; /* frames for which its socket had no room, in a ring */
    struct frame *ring;
};

struct relay {
    struct arena *arena;
    const char *folder;
    int device, socket, keep;
    int64_t first_port;
    size_t count;
    struct guest *guests; /* by number - 2 */
    struct pollfd *polled;
    size_t *polled_guest;
};

/* ---- addresses ---- */

static bool is_mac_of(const unsigned char *bytes, unsigned int number)
{
    const unsigned char mac[6] = GUEST_MAC_START;

    return memcmp(bytes, mac, 4) == 0 && bytes[4] == number >> 8 && bytes[5] == (number & 0xff);
}

static bool is_ip_of(const unsigned char *bytes, unsigned int number)
{
    const unsigned char ip[4] = GUEST_IP_START;

    return memcmp(bytes, ip, 2) == 0 && bytes[2] == number >> 8 && bytes[3] == (number & 0xff);
}

static bool is_zero(const unsigned char *bytes)
{
    return memcmp(bytes, "\0\0\0\0", 4) == 0;
}

static unsigned int number_at(const unsigned char *bytes, size_t offset)
{
    return (unsigned int)bytes[offset] << 8 | bytes[offset + 1];
}

/* May this guest send it? Of IPv6 nothing, and nothing in another's name. */
static bool is_allowed(const struct frame *frame, unsigned int number)
{
    const unsigned char *bytes = frame->bytes;

    if (frame->length < IP_END || !is_mac_of(bytes + FROM_MAC, number))
        return false;
    if (number_at(bytes, TYPE) == 0x0806)
        return frame->length >= ARP_END && is_mac_of(bytes + ARP_FROM_MAC, number) &&
               (is_ip_of(bytes + ARP_FROM_IP, number) || is_zero(bytes + ARP_FROM_IP));
    if (number_at(bytes, TYPE) != 0x0800)
        return false;
    if (is_ip_of(bytes + IP_FROM, number))
        return true;
    /* DHCP, before it has an address. */
    return is_zero(bytes + IP_FROM) && memcmp(bytes + IP_TO, "\xff\xff\xff\xff", 4) == 0 &&
           frame->length > UDP_TO + 2 && bytes[IP_PROTOCOL] == 17 && number_at(bytes, UDP_TO) == 67;
}

/* The guest that a frame of the host is for; 0: none. */
static unsigned int number_for(const struct frame *frame)
{
    const unsigned char *bytes = frame->bytes;
    const unsigned char *to = bytes + TO_MAC;
    unsigned int number;

    if (frame->length < IP_END)
        return 0;
    if (*to == 0xff && number_at(bytes, TYPE) == 0x0806 && frame->length >= ARP_END) {
        number = number_at(bytes, ARP_TO_IP + 2);
        return is_ip_of(bytes + ARP_TO_IP, number) ? number : 0;
    }
    if (*to == 0xff && frame->length >= DHCP_END && bytes[IP_PROTOCOL] == 17 &&
        number_at(bytes, UDP_TO) == 68)
        to = bytes + DHCP_CLIENT;
    number = number_at(to, 4);
    return is_mac_of(to, number) ? number : 0;
}

/* NULL: not a guest of this region. */
static struct guest *guest_at(const struct relay *relay, unsigned int number)
{
    return number >= 2 && number - 2 < relay->count ? &relay->guests[number - 2] : NULL;
}

/* ---- to a guest ---- */

static struct sockaddr_un address_of(const struct relay *relay, int64_t port)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    snprintf(address.sun_path, sizeof address.sun_path, "%s/%lld", relay->folder, (long long)port);
    return address;
}

/* A socket that is connected to the one of the guest with this port; -1: there is none. */
static int connect_to(const struct relay *relay, int64_t port)
{
    const struct sockaddr_un address = address_of(relay, port);
    int file = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (file >= 0 && connect(file, (const struct sockaddr *)&address, sizeof address) == 0)
        return file;
    if (file >= 0)
        close(file);
    return -1;
}

static bool guest_connect(const struct relay *relay, struct guest *guest)
{
    if (guest->file < 0)
        guest->file = connect_to(relay, relay->first_port + (guest - relay->guests));
    return guest->file >= 0;
}

static void guest_forget(struct guest *guest)
{
    if (guest->file >= 0)
        close(guest->file);
    guest->file = -1;
    guest->waiting = 0;
}

/* False: its socket has no room. What nobody receives is gone. */
static bool guest_send(struct relay *relay, struct guest *guest, const struct frame *frame)
{
    /* Twice: a guest that was started again has another socket at the same path. */
    for (int i = 0; i < 2 && guest_connect(relay, guest); i++) {
        if (send(guest->file, frame->bytes, frame->length, MSG_NOSIGNAL) >= 0)
            return true;
        if (errno == EAGAIN || errno == ENOBUFS)
            return false;
        guest_forget(guest);
    }
    return true;
}

static void guest_deliver(struct relay *relay, struct guest *guest, const struct frame *frame)
{
    if (!guest->waiting && guest_send(relay, guest, frame))
        return;
    if (!guest->ring)
        guest->ring = arena_array(relay->arena, LIMIT_GUEST_FRAMES, sizeof *guest->ring);
    if (guest->waiting == LIMIT_GUEST_FRAMES)
        return; /* as a full queue of any network does */
    guest->ring[(guest->first + guest->waiting++) % LIMIT_GUEST_FRAMES] = *frame;
}

static void guest_flush(struct relay *relay, struct guest *guest)
{
    while (guest->waiting && guest_send(relay, guest, &guest->ring[guest->first])) {
        if (!guest->waiting)
            return; /* forgotten */
        guest->first = (guest->first + 1) % LIMIT_GUEST_FRAMES;
        guest->waiting--;
    }
}

/* ---- both directions ---- */

static void device_read(struct relay *relay)
{
    for (int i = 0; i < BURST; i++) {
        struct frame frame;
        ssize_t length = read(relay->device, frame.bytes, sizeof frame.bytes);
        struct guest *guest;

        if (length <= 0)
            return;
        frame.length = (size_t)length;
        guest = guest_at(relay, number_for(&frame));
        if (guest)
            guest_deliver(relay, guest, &frame);
    }
}

/* The port in the name of the socket that it comes from; 0: not a guest's. */
static int64_t port_of(const struct relay *relay, const struct sockaddr_un *from, socklen_t length)
{
    const size_t start = offsetof(struct sockaddr_un, sun_path), folder = strlen(relay->folder);
    char path[sizeof from->sun_path + 1] = "";
    int64_t port = 0;

    if (length > start)
        memcpy(path, from->sun_path, length - start);
    if (strncmp(path, relay->folder, folder) != 0 || path[folder] != '/' ||
        !text_int(path + folder + 1, &port) || port < relay->first_port ||
        port >= relay->first_port + (int64_t)relay->count)
        return 0;
    return port;
}

static void socket_read(struct relay *relay)
{
    for (int i = 0; i < BURST; i++) {
        struct frame frame;
        struct sockaddr_un from;
        socklen_t from_length = sizeof from;
        ssize_t length = recvfrom(relay->socket, frame.bytes, sizeof frame.bytes,
                                  MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&from, &from_length);
        int64_t port = length < 0 ? 0 : port_of(relay, &from, from_length);

        if (length < 0)
            return;
        frame.length = (size_t)length;
        if (length > FRAME_BYTES || !port ||
            !is_allowed(&frame, guest_number(relay->first_port, port)))
            continue;
        if (write(relay->device, frame.bytes, frame.length) < 0 && errno != EAGAIN)
            log_error("relay", log_text("write", strerror(errno)));
    }
}

static bool has_guests(const struct relay *relay)
{
    for (size_t i = 0; i < relay->count; i++) {
        int file = connect_to(relay, relay->first_port + (int64_t)i);

        if (file < 0)
            continue;
        close(file);
        return true;
    }
    return false;
}

/* Whoever starts a control plane takes `keep` first, and so waits until this process has ended. */
static bool is_needed(const struct relay *relay)
{
    struct stat status;

    if (stat(relay->folder, &status) < 0)
        return false;
    if (flock(relay->keep, LOCK_EX | LOCK_NB) < 0)
        return true;
    if (!has_guests(relay))
        return false;
    flock(relay->keep, LOCK_UN);
    return true;
}

static void poll_once(struct relay *relay)
{
    size_t count = 2;

    relay->polled[0] = (struct pollfd){ .fd = relay->device, .events = POLLIN };
    relay->polled[1] = (struct pollfd){ .fd = relay->socket, .events = POLLIN };
    for (size_t i = 0; i < relay->count; i++) {
        if (!relay->guests[i].waiting)
            continue;
        relay->polled[count] = (struct pollfd){ .fd = relay->guests[i].file, .events = POLLOUT };
        relay->polled_guest[count++] = i;
    }
    if (poll(relay->polled, count, LOOK_EVERY_MS) <= 0)
        return;
    for (size_t i = 2; i < count; i++) {
        if (relay->polled[i].revents)
            guest_flush(relay, &relay->guests[relay->polled_guest[i]]);
    }
    if (relay->polled[0].revents)
        device_read(relay);
    if (relay->polled[1].revents)
        socket_read(relay);
}

static void carry(struct relay *relay)
{
    int64_t looked_us = clock_monotonic_us();

    for (;;) {
        poll_once(relay);
        if (clock_monotonic_us() - looked_us < LOOK_EVERY_MS * 1000)
            continue;
        if (!is_needed(relay))
            return;
        looked_us = clock_monotonic_us();
    }
}

/* ---- opening ---- */

static bool device_open(struct relay *relay, const char *name)
{
    struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };

    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    relay->device = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    return relay->device >= 0 && ioctl(relay->device, TUNSETIFF, &request) == 0;
}

static bool socket_open(struct relay *relay)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int length = snprintf(address.sun_path, sizeof address.sun_path, "%s/relay", relay->folder);

    relay->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return relay->socket >= 0 && length < (int)sizeof address.sun_path &&
           (unlink(address.sun_path) == 0 || errno == ENOENT) &&
           bind(relay->socket, (const struct sockaddr *)&address, sizeof address) == 0;
}

/* A file of the folder; -1: failed. */
static int file_open(const struct relay *relay, const char *name)
{
    return open(arena_printf(relay->arena, "%s/%s", relay->folder, name),
                O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* Until this process ends. A lock of this kind can be looked at without taking it. */
static bool lock_take(const struct relay *relay)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int file = file_open(relay, "lock");

    return file >= 0 && fcntl(file, F_OFD_SETLK, &lock) == 0;
}

static void confine(const struct relay *relay)
{
    const struct sandbox_path paths[] = { { relay->folder, SANDBOX_LIST }, { NULL, SANDBOX_LIST } };

    confinement_enter(relay->arena, "", "guest_relay", paths);
}

int main(int argc, char **argv)
{
    struct relay relay = { .arena = arena_new(ARENA_BYTES) };
    int64_t last = 0;

    log_open("guest_relay");
    if (argc != 5 || !text_int(argv[3], &relay.first_port) || !text_int(argv[4], &last) ||
        last < relay.first_port || last - relay.first_port > 0xfff0) {
        fputs("usage: guest_relay FOLDER DEVICE FIRST LAST\n", stderr);
        return 2;
    }
    relay.folder = argv[1];
    relay.count = (size_t)(last - relay.first_port + 1);
    relay.guests = arena_array(relay.arena, relay.count, sizeof *relay.guests);
    relay.polled = arena_array(relay.arena, relay.count + 2, sizeof *relay.polled);
    relay.polled_guest = arena_array(relay.arena, relay.count + 2, sizeof *relay.polled_guest);
    for (size_t i = 0; i < relay.count; i++)
        relay.guests[i].file = -1;
    relay.keep = file_open(&relay, "keep");
    if (relay.keep < 0 || !device_open(&relay, argv[2]) || !socket_open(&relay) ||
        !lock_take(&relay)) {
        log_error("relay", log_text("folder", relay.folder), log_text("error", strerror(errno)));
        return 1;
    }
    confine(&relay);
    carry(&relay);
    return 0;
}
