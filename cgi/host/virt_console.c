/* Consoles of libvirt's domains; see virt.h. */
#include "host/virt_handle.h"

static struct error *stream_read(struct arena *arena, virStreamPtr stream,
                                 void (*listen)(void *listener, const char *bytes, size_t length),
                                 void *listener)
{
    char bytes[1024];
    int length;

    while ((length = virStreamRecv(stream, bytes, sizeof bytes)) > 0)
        listen(listener, bytes, (size_t)length);
    return length < 0 ? virt_failure(arena) : NULL;
}

/* `flags` as virDomainOpenConsole has them; `listen` NULL: nothing is read. */
static struct error *console_open(struct virt *virt, struct arena *arena, const char *name,
                                  unsigned flags,
                                  void (*listen)(void *listener, const char *bytes, size_t length),
                                  void *listener)
{
    struct error *e;
    virDomainPtr domain = virDomainLookupByName(virt->connection, name);
    virStreamPtr stream;

    if (!domain)
        return virt_failure(arena);
    stream = virStreamNew(virt->connection, 0);
    e = stream ? virt_checked(arena, virDomainOpenConsole(domain, NULL, stream, flags))
               : virt_failure(arena);
    if (!e && listen)
        e = stream_read(arena, stream, listen, listener);
    if (stream) {
        virStreamAbort(stream);
        virStreamFree(stream);
    }
    virDomainFree(domain);
    return e;
}

struct error *virt_domain_console(struct virt *virt, struct arena *arena, const char *name,
                                  void (*listen)(void *listener, const char *bytes, size_t length),
                                  void *listener)
{
    return console_open(virt, arena, name, 0, listen, listener);
}

struct error *virt_domain_console_end(struct virt *virt, struct arena *arena, const char *name)
{
    return console_open(virt, arena, name, VIR_DOMAIN_CONSOLE_FORCE, NULL, NULL);
}
