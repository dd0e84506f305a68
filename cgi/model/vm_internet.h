/*
 * What a VM may reach of the internet: all of it, what some names lead to, or nothing. A name
 * stands for all names below it as well. Private networks, the host and mail servers are out of
 * reach in any case: see host/driver_libvirt_setup.c.
 */
#pragma once

#include "model/actor.h"
#include "model/context.h"

#define VM_INTERNET_ON    "on"
#define VM_INTERNET_NAMES "names"
#define VM_INTERNET_OFF   "off"

struct vm_internet {
    const char *mode;  /* one of these */
    const char *names; /* "deb.debian.org github.com": in one form, sorted, each once; NULL: none */
};

/*
 * From a form: `typed` are names with spaces, commas or line ends between them, as domains in any
 * script or as the start of an address ("https://github.com/"). INPUT with a message: field
 * "internet" or "internet_names".
 */
struct error *vm_internet_read(struct arena *arena, const char *mode, const char *typed,
                               struct vm_internet *out);

/* For the host: driver_vm.internet. */
const char *vm_internet_line(struct arena *arena, const char *mode, const char *names);

/* For people: "On", "Off", "Only github.com", "Only 3 names". */
const char *vm_internet_words(struct arena *arena, const char *mode, const char *names);

/*
 * Choose it for a VM, in an open write transaction; the caller wakes the worker. NOT_FOUND,
 * CONFLICT as the commands of vm_command.h; the same choice again changes nothing.
 */
struct error *vm_internet_change(const struct context *context, const struct actor *actor,
                                 const char *id, const struct vm_internet *wanted);
