/*
 * What a libvirt session keeps of its running domains, so that a new daemon finds them again:
 * $XDG_RUNTIME_DIR/libvirt/qemu/run/NAME.xml. Ours is on disk and outlives a reboot.
 */
#pragma once

#include "base/arena.h"

#include <sys/types.h>

/*
 * If no daemon runs, remove the entries of domains that were only being started when the last one
 * died, and end their QEMU: a new daemon would take them for paused, with a job that never ends,
 * and they could neither be started nor removed. Call it before connecting to a session, which
 * starts the daemon.
 */
void virt_status_tidy(struct arena *arena);

/* The process of a session's running domain; 0: not known. */
pid_t virt_status_pid(struct arena *arena, const char *domain);
