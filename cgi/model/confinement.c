/* The table of what each program may do; see confinement.h. */
#include "model/confinement.h"

#include "base/array.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

enum { PATHS_IN_ROW = 24 };

/*
 * Paths without "/" at their beginning are in the state directory. Who only has the main database
 * has read all else that it needs before.
 */
static const struct confinement {
    const char *name;
    enum sandbox_calls calls;
    struct sandbox_path paths[PATHS_IN_ROW];
} table[] = {
    { "site", SANDBOX_NO_NETWORK, { { "data", SANDBOX_WRITE } } },
    { "dashboard", SANDBOX_NO_NETWORK, { { "data", SANDBOX_WRITE } } },
    { "vm", SANDBOX_NO_NETWORK, { { "data", SANDBOX_WRITE } } },
    { "costs", SANDBOX_NO_NETWORK, { { "data", SANDBOX_WRITE } } },
    { "account", SANDBOX_NO_NETWORK, { { "data", SANDBOX_WRITE } } },
    { "billing", SANDBOX_NO_NETWORK, { { "data", SANDBOX_WRITE } } },
    { "operator", SANDBOX_NO_NETWORK, { { "data", SANDBOX_WRITE } } },
    { "signin", SANDBOX_NO_NETWORK, { { "data", SANDBOX_WRITE } } },
    { "github", SANDBOX_NO_NETWORK, { { "data", SANDBOX_WRITE } } },
    /* Names, certificates and libraries of the resolver. */
    { "signin_workos",
      SANDBOX_NETWORK,
      { { "data", SANDBOX_WRITE },
        { "/etc", SANDBOX_READ },
        { "/usr", SANDBOX_READ },
        { "/run", SANDBOX_READ } } },
    { "github_import",
      SANDBOX_NETWORK,
      { { "data", SANDBOX_WRITE },
        { "/etc", SANDBOX_READ },
        { "/usr", SANDBOX_READ },
        { "/run", SANDBOX_READ } } },
    { "stripe", SANDBOX_NO_NETWORK, { { "inbox/stripe", SANDBOX_WRITE } } },
    { "workos", SANDBOX_NO_NETWORK, { { "inbox/workos", SANDBOX_WRITE } } },
    { "log_keeper", SANDBOX_NO_NETWORK, { { "log", SANDBOX_WRITE } } },
    { "guest_relay", SANDBOX_NETWORK, { { NULL, SANDBOX_READ } } },
    { "ssh_probe", SANDBOX_NO_NETWORK, { { NULL, SANDBOX_READ } } },
    /* QEMU for a look at a disk; that disk and the image below it are added. */
    { "disk_guest",
      SANDBOX_PROGRAMS,
      { { "/usr", SANDBOX_RUN },
        { "/etc", SANDBOX_READ },
        { "/sys", SANDBOX_READ },
        { "/proc", SANDBOX_READ },
        { "/dev/null", SANDBOX_WRITE },
        { "/dev/urandom", SANDBOX_READ },
        { "/dev/kvm", SANDBOX_WRITE } } },
    /*
     * libvirt's session daemon and its guests are started by the worker and live under the same
     * rules. Nothing that is run can be written, and nothing that can be written is run.
     */
    { "worker",
      SANDBOX_PROGRAMS,
      { { ".", SANDBOX_LIST },
        { "log", SANDBOX_READ },
        { "nginx", SANDBOX_READ },
        { "reviews", SANDBOX_READ },
        { "data", SANDBOX_WRITE },
        { "inbox/stripe", SANDBOX_WRITE },
        { "inbox/workos", SANDBOX_WRITE },
        { "disks", SANDBOX_OWN },
        { "seeds", SANDBOX_OWN },
        { "images", SANDBOX_READ },
        { "image_versions", SANDBOX_OWN },
        { "libvirt", SANDBOX_OWN },
        { "worker", SANDBOX_OWN },
        { "exports", SANDBOX_OWN },
        { "secrets/signing-key", SANDBOX_READ },
        { "secrets/workos-api-key", SANDBOX_READ },
        { "secrets/stripe-api-key", SANDBOX_READ },
        { "/usr", SANDBOX_RUN },
        { "/etc", SANDBOX_READ },
        { "/run", SANDBOX_READ },
        { "/sys", SANDBOX_READ },
        { "/proc", SANDBOX_WRITE },
        { "/var/log/libvirt", SANDBOX_LIST },
        { "/dev", SANDBOX_WRITE } } },
};

static const struct confinement *row_find(const char *name)
{
    for (size_t i = 0; i < COUNT(table); i++) {
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    }
    return NULL;
}

static size_t count_of(const struct sandbox_path *paths, size_t most)
{
    size_t count = 0;

    while (paths && count < most && paths[count].path)
        count++;
    return count;
}

void confinement_enter(struct arena *arena, const char *state_dir, const char *name,
                       const struct sandbox_path *more)
{
    const struct confinement *row = row_find(name);
    size_t own_count = row ? count_of(row->paths, PATHS_IN_ROW) : 0;
    size_t more_count = count_of(more, SIZE_MAX);
    struct sandbox_path *paths = arena_array(arena, own_count + more_count + 1, sizeof *paths);

    assert(row);
    for (size_t i = 0; i < own_count; i++) {
        paths[i] = row->paths[i];
        if (*paths[i].path != '/')
            paths[i].path = arena_printf(arena, "%s/%s", state_dir, paths[i].path);
    }
    for (size_t i = 0; i < more_count; i++)
        paths[own_count + i] = more[i];
    sandbox_enter(row->calls, paths);
}
