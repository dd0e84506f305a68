/* A key on the page that asks whether to delete it. */
#pragma once

#include "ssh_key.sql.h"

struct key_delete_row {
    const char *id, *name, *type, *fingerprint;
    struct ssh_key_vms_rows vms; /* that accept it, some as the only key */
    bool has_more;               /* of them */
    bool is_long;                /* too many to be read in a list of keys */
};

struct key_delete_rows {
    struct key_delete_row *row;
    size_t count;
};
