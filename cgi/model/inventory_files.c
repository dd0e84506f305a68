/* The files of the state directory; see inventory.h. */
#include "base/array.h"
#include "model/inventory.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

enum { PATTERN_BYTES = 128 };

const struct inventory_file INVENTORY_FILES[] = {
    { "domicile.conf", "the operator's settings", "none", "forever", "withhold", "keep" },
    { "secrets/*-webhook, secrets/*-webhook-thin, secrets/*-api-key, secrets/smtp-password, "
      "secrets/signing-key",
      "keys of this server for other services", "none", "forever", "withhold", "keep" },
    { "tls/*.pem, tls/*.crt",
      "the certificate of this server, its key, and whom it trusts with mail", "none", "forever",
      "withhold", "keep" },
    { "app/**", "the programs that run", "none", "forever", "withhold", "keep" },
    { "run/*.sock, run/*.conf", "sockets, and nginx's settings of this start", "none", "forever",
      "withhold", "keep" },
    { "data/main.db", "the database; see its columns", "contract", "account", "withhold",
      "delete" },
    { "data/main.db-wal, data/main.db-shm, data/main.db-journal",
      "what SQLite needs to run it: its log, and memory that is shared", "contract", "account",
      "withhold", "delete" },
    { "inbox/*/inbox.db, inbox/*/inbox.db-wal, inbox/*/inbox.db-shm, inbox/*/inbox.db-journal",
      "notifications from other services; see their columns", "contract", "90 days", "withhold",
      "delete" },
    { "log/[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9], "
      "log/[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].before",
      "what the programs did and which requests failed, without addresses and content; where the "
      "profile counts it, from which other site a visitor came",
      "interest", "log", "withhold", "delete" },
    { "nginx/pid, nginx/body/[0-9]*, nginx/answer/[0-9]*",
      "a request or an answer that is under way", "contract", "1 hours", "withhold", "delete" },
    { "disks/*.qcow2, disks/*.qcow2.part", "the disk of a VM with its snapshots", "contract",
      "destruction", "withhold", "delete" },
    { "seeds/*.iso, seeds/*.iso.part",
      "host name, keys, user and user data of a VM until it has started", "contract", "destruction",
      "withhold", "delete" },
    { "images/*/kernel*, images/*/initrd*, images/*/cmdline*, images/*/disk.qcow2*, "
      "images/*/progress*",
      "images that VMs are made from", "none", "forever", "withhold", "keep" },
    { "image_versions/*/kernel, image_versions/*/initrd, image_versions/*/cmdline, "
      "image_versions/*/disk.qcow2",
      "builds of images that VMs use", "none", "forever", "withhold", "keep" },
    { "libvirt/**", "the hypervisor's definition of each VM, its log and its memory", "contract",
      "destruction", "withhold", "delete" },
    { "/var/log/libvirt/qemu/domicile-*.log*",
      "in qemu:///system, the hypervisor's log of each start and stop of a VM, by its id",
      "interest", "log", "withhold", "delete" },
    { "exports/*.zip, exports/*.zip.part", "a copy of somebody's data, until it expires",
      "contract", "1 days", "withhold", "delete" },
    { "reviews/[0-9]*", "what the operator's security reviews found", "none", "forever", "withhold",
      "keep" },
    { "worker/worker.sock, worker/console.sock, worker/worker.lock",
      "the worker's sockets and lock", "none", "forever", "withhold", "keep" },
};

const size_t INVENTORY_FILE_COUNT = COUNT(INVENTORY_FILES);

/* Whether one of the patterns that are listed matches. */
static bool is_listed(const char *patterns, const char *path)
{
    char pattern[PATTERN_BYTES];

    for (size_t length; *patterns; patterns += length + strspn(patterns + length, ", ")) {
        length = strcspn(patterns, ",");
        snprintf(pattern, sizeof pattern, "%.*s", (int)length, patterns);
        if (fnmatch(pattern, path, strstr(pattern, "**") ? 0 : FNM_PATHNAME) == 0)
            return true;
    }
    return false;
}

const struct inventory_file *inventory_file_find(const char *path)
{
    for (size_t i = 0; i < COUNT(INVENTORY_FILES); i++) {
        if (is_listed(INVENTORY_FILES[i].patterns, path))
            return &INVENTORY_FILES[i];
    }
    return NULL;
}
