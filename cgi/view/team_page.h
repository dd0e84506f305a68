/* Rows of the keys and account pages, put together from several queries. */
#pragma once

#include "ssh_key.sql.h"

#include <stdbool.h>

struct team_page_vm {
    const char *id, *name;
};

struct team_page_vm_rows {
    struct team_page_vm *row;
    size_t count;
};

/* A key with the living VMs that were made with it. */
struct team_page_key {
    const char *id, *name, *type, *fingerprint, *comment;
    int64_t created_at;
    struct team_page_vm_rows vms;
};

struct team_page_key_rows {
    struct team_page_key *row;
    size_t count;
};

/* A sign-in of the person. */
struct team_page_session {
    const char *handle, *browser;
    int64_t created_at, seen_at;
    bool is_this;
};

struct team_page_session_rows {
    struct team_page_session *row;
    size_t count;
};

struct team_page_vm_rows team_page_vms(struct arena *arena, const struct ssh_key_vms_rows *all,
                                       const char *fingerprint);
struct team_page_key_rows team_page_list(struct arena *arena, const struct ssh_key_list_rows *keys,
                                         const struct ssh_key_vms_rows *vms);
