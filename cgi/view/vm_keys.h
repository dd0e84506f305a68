/* The SSH keys of a VM and their changes, in its settings. */
#pragma once

#include "view/option.h"
#include "vm.sql.h"
#include "vm_key.sql.h"
#include "web/request.h"

struct vm_keys_view {
    struct vm_key_list_rows rows; /* those that it accepts or is to accept */
    struct option_rows choice;    /* the team's others */
    bool is_pending;              /* its guest has not taken all changes of its keys and name */
    bool is_waiting;              /* for a start: not all of that is taken now */
    bool is_name_waiting;         /* for its next start, to be told its new name */
    bool is_now;                  /* its guest agent takes changes while it runs */
    bool has_agent_failed;        /* at the last change, which waits for the next start */
    bool is_agent_offered;        /* its image has one */
    bool has_agent, is_agent_up;  /* from its next start; since its last one */
    const char *problem;          /* why a key was not added or removed */
    const char *last; /* fingerprint of its last key, whose removal is to be confirmed */
};

/* `is_now` and `is_name_waiting` alone. */
void vm_keys_fill_pace(const struct vm_get_row *vm, struct vm_keys_view *out);

/* All of it but `problem` and `last`. */
struct error *vm_keys_fill(struct request *r, const struct vm_get_row *vm,
                           struct vm_keys_view *out);
