/* The list of a team's SSH keys. */
#pragma once

#include "ssh_key.sql.h"
#include "web/request.h"

struct key_row {
    const char *id, *name, *type, *fingerprint;
    const char *project; /* or NULL */
    const char *who;     /* added it; NULL: somebody whose account is gone */
    int64_t created_at;
    struct ssh_key_vms_rows vms; /* the newest that accept it, at most LIMIT_NAMED_VMS */
    int64_t more;                /* beside them */
};

struct key_rows {
    struct key_row *row;
    size_t count;
};

/* Deleted keys that are still searched for. */
struct key_deletion {
    int64_t total;
    const char *step;   /* "Search the server's files" */
    const char *state;  /* "failed, retrying" */
    const char *answer; /* what was found, or NULL */
};

struct key_deletion_rows {
    struct key_deletion *row;
    size_t count;
};

/* A project of keys, in the filter of the list. */
struct key_project {
    const char *name;
    int64_t total;
    bool is_chosen; /* it is what is searched for */
};

struct key_project_rows {
    struct key_project *row;
    size_t count;
};

struct keys_html;

/* Reads the query (q, sort, page), and fills the list and the frame. */
struct error *key_list_fill(struct request *r, struct keys_html *page);
