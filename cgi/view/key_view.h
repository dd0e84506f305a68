/* Rows of the key and account pages, assembled from several queries. */
#pragma once

#include "ssh_key.sql.h"

#include <stdbool.h>

struct key_view_vm {
    const char *id, *name;
};

struct key_view_vm_rows {
    struct key_view_vm *row;
    size_t count;
};

/* A key with the existing VMs that were created with it. */
struct key_view_key {
    const char *id, *name, *type, *fingerprint, *comment;
    int64_t created_at;
    struct key_view_vm_rows vms;
};

struct key_view_key_rows {
    struct key_view_key *row;
    size_t count;
};

/* A sign-in of the person. */
struct key_view_session {
    const char *handle, *browser;
    int64_t created_at, seen_at;
    bool is_this;
};

struct key_view_session_rows {
    struct key_view_session *row;
    size_t count;
};

struct key_view_vm_rows key_view_vms(struct arena *arena, const struct ssh_key_vms_rows *all,
                                     const char *fingerprint);
struct key_view_key_rows key_view_list(struct arena *arena, const struct ssh_key_list_rows *keys,
                                       const struct ssh_key_vms_rows *vms);
