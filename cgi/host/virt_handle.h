/*
 * Internal to the adapter for libvirt: the only file that includes libvirt's headers. Only virt.c
 * and virt_*.c that implement virt.h include it; others use virt.h.
 */
#pragma once

#include "host/virt.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

struct virt {
    const char *uri;
    virConnectPtr connection; /* NULL after a failed attempt to reconnect */
};

/* Free what libvirt allocated. */
void virt_release(void *memory);

/* The last libvirt error of the calling thread. */
struct error *virt_failure(struct arena *arena);

/* virt_failure if `result` is negative. */
struct error *virt_checked(struct arena *arena, int result);

/* Copy `text` to the arena and free it; virt_failure if it is NULL. */
struct error *virt_checked_text(struct arena *arena, char *text, const char **out);
