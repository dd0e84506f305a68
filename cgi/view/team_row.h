/* Rows of the team's pages. */
#pragma once

#include "ssh_key.sql.h"

#include <stdbool.h>

struct team_person {
    int64_t id, since_at;
    const char *name, *email, *role;
    bool is_self, is_closed;
    bool can_change; /* by who looks at the page: role, removal */
};

struct team_person_view_rows {
    struct team_person *row;
    size_t count;
};

/* A team that the person is in. */
struct team_view {
    int64_t id, people, vms;
    const char *name, *role;
    bool is_personal, is_closed, is_current;
};

struct team_view_rows {
    struct team_view *row;
    size_t count;
};

/* A key that the person has added to the team, and the VMs that accept it. */
struct team_key {
    const char *name, *fingerprint;
    struct ssh_key_vms_rows vms;
    bool has_more;
};

struct team_key_rows {
    struct team_key *row;
    size_t count;
};
