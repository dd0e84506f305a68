/* The ways into a VM, as people copy them from its page. */
#pragma once

#include "vm.sql.h"
#include "web/request.h"

/* All NULL while SSH is nowhere to be reached; the last two texts also while the host key is
 * unknown. */
struct vm_access {
    const char *ssh;         /* "ssh -p 22001 dev@localhost" */
    const char *vscode;      /* "code --remote ssh-remote+dev@localhost:22001 /home/dev" */
    const char *vscode_url;  /* the same as a link that the editor opens */
    const char *ssh_config;  /* an entry for ~/.ssh/config, several lines */
    const char *scp;         /* "scp -P 22001 notes.txt dev@localhost:" */
    const char *host_key;    /* the host key's fingerprint, "SHA256:..." */
    bool is_image_gone;      /* from domicile.conf, which alone knows the user */
    const char *known_hosts; /* "[localhost]:22001 ssh-ed25519 AAAA..." */
};

/* The first of them alone: of a VM with this region, image and address. */
const char *vm_access_ssh(struct request *r, const char *region, const char *image,
                          const char *ssh_host, int64_t ssh_port);

/* From the host of the VM, or its region's; port 22 is the one that needs no mention. */
struct vm_access vm_access_of(struct request *r, const struct vm_get_row *vm);
