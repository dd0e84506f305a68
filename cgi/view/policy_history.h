/* The versions of the policies, what each has changed, and what is signed. */
#pragma once

#include "web/request.h"

struct policy_version {
    int64_t number, effective_at, announced_at;
    const char *effective;    /* the day */
    const char *label, *chip; /* "In force", "Announced"; NULL: an earlier one */
    const char *changed;      /* documents: "Privacy policy, Cookies" */
    const char *changes;      /* what it weakens; NULL: nothing */
    const char *hash;
};

struct policy_version_rows {
    struct policy_version *row;
    size_t count;
};

struct policy_piece {
    const char *text;
    bool is_removed, is_added;
};

struct policy_piece_rows {
    struct policy_piece *row;
    size_t count;
};

/* A paragraph that has changed. */
struct policy_change_text {
    struct policy_piece_rows pieces;
};

struct policy_change_text_rows {
    struct policy_change_text *row;
    size_t count;
};

/* A document that has changed. */
struct policy_change {
    const char *title;
    struct policy_change_text_rows texts;
};

struct policy_change_rows {
    struct policy_change *row;
    size_t count;
};

/* GET /privacy/history */
struct error *policy_history_show(struct request *r);

/* GET /privacy/history/:number: what it has changed, against the version before it. */
struct error *policy_version_show(struct request *r);

/* GET /privacy/changes: the version of the last change that people had to be told of. */
struct error *policy_changes_show(struct request *r);

/* GET /privacy/history/:number/policy.json, the signed bytes, and policy.sig, the signature. */
struct error *policy_body_show(struct request *r);
struct error *policy_signature_show(struct request *r);

/* GET /.well-known/domicile-keys.json: the public keys that have signed, newest first. */
struct error *policy_keys_show(struct request *r);
