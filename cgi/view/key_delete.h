/* A key on the page that asks whether to delete it. */
#pragma once

#include "ssh_key.sql.h"

struct key_delete_row {
    const char *id, *name, *type, *fingerprint;
    struct ssh_key_vms_rows vms; /* that accept it */
    bool has_more;               /* of them */
};

struct key_delete_rows {
    struct key_delete_row *row;
    size_t count;
};
