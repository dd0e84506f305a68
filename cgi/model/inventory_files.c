/* The files of the state directory; see inventory.h. */
#include "base/array.h"
#include "model/inventory.h"

#include <fnmatch.h>

const struct inventory_file INVENTORY_FILES[] = {
    { "domicile.conf", "the operator's settings", "none", "forever", "withhold", "keep" },
    { "secrets/*", "keys of this server for other services", "none", "forever", "withhold",
      "keep" },
    { "tls/*", "the certificate of this server and its key", "none", "forever", "withhold",
      "keep" },
    { "app/*", "the programs that run", "none", "forever", "withhold", "keep" },
    { "run/*", "sockets, and nginx's settings of this start", "none", "forever", "withhold",
      "keep" },
    { "data/main.db", "the database; see its columns", "contract", "account", "withhold",
      "delete" },
    { "data/main.db-*", "what SQLite needs to run it: its log, and memory that is shared",
      "contract", "account", "withhold", "delete" },
    { "inbox/*/inbox.db*", "notifications from other services; see their columns", "contract",
      "90 days", "withhold", "delete" },
    { "log/[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*",
      "what the programs did and which requests failed, without addresses and content; where the "
      "profile counts it, from which other site a visitor came",
      "interest", "log", "withhold", "delete" },
    { "nginx/*", "a request or an answer that is under way", "contract", "1 hours", "withhold",
      "delete" },
    { "disks/*", "the disk of a VM with its snapshots", "contract", "destruction", "withhold",
      "delete" },
    { "seeds/*", "host name, keys and user of a VM until it has started", "contract", "destruction",
      "withhold", "delete" },
    { "images/*", "images that VMs are made from", "none", "forever", "withhold", "keep" },
    { "image_versions/*", "builds of images that VMs use", "none", "forever", "withhold", "keep" },
    { "libvirt/*", "the hypervisor's definition of each VM, its log and its memory", "contract",
      "destruction", "withhold", "delete" },
    { "/var/log/libvirt/qemu/domicile-*.log*",
      "in qemu:///system, the hypervisor's log of each start and stop of a VM, by its id",
      "interest", "log", "withhold", "delete" },
    { "exports/*.zip*", "a copy of somebody's data, until it expires", "contract", "1 days",
      "withhold", "delete" },
    { "reviews/*", "what the operator's security reviews found", "none", "forever", "withhold",
      "keep" },
    { "worker/*", "the worker's socket and lock", "none", "forever", "withhold", "keep" },
};

const size_t INVENTORY_FILE_COUNT = COUNT(INVENTORY_FILES);

const struct inventory_file *inventory_file_find(const char *path)
{
    for (size_t i = 0; i < COUNT(INVENTORY_FILES); i++) {
        if (fnmatch(INVENTORY_FILES[i].pattern, path, 0) == 0)
            return &INVENTORY_FILES[i];
    }
    return NULL;
}
