/*
 * A tab of a VM's page, and what follows a command of the page: the tab, or the same tab again with
 * why the command was refused.
 */
#pragma once

#include "handler/vm_labels.h"
#include "handler/vm_schedule.h"
#include "vm.sql.h"
#include "web/request.h"

/* A form of the page, and what is wrong with it. */
enum vm_form {
    FORM_BUTTON,
    FORM_RENAME,
    FORM_SNAPSHOT,
    FORM_RESIZE,
    FORM_INTERNET,
    FORM_KEYS,
    FORM_LIFE,
    FORM_LABELS,
    FORM_SCHEDULE
};

struct vm_problem {
    enum vm_form form;
    const char *typed;   /* in its field; NULL: it has none */
    const char *message; /* shown beside the field, of a button above the page */
    bool is_conflict;    /* the VM's state does not allow it; `message` may be NULL */
    const struct vm_schedule_form *schedule; /* of FORM_SCHEDULE, as typed */
    const struct vm_labels_form *labels;     /* of FORM_LABELS, as typed */
};

/* The VM that the request is about. NOT_FOUND. */
struct error *vm_tab_vm(struct request *r, struct vm_get_row *vm);

/* To "/vms/ID", or one of its tabs: the target of every redirect. */
void vm_tab_redirect(struct request *r, const char *id, const char *tab);

/* A tab of the VM, or its receipt; `problem` NULL: there is none. */
struct error *vm_tab_respond(struct request *r, const char *tab, const struct vm_problem *problem);

/* The tab again, with a message next to a field; its forms keep their input. */
struct error *vm_tab_again(struct request *r, const char *tab, struct vm_problem problem);

/* What follows a command that ended with `e`. */
struct error *vm_tab_end(struct request *r, struct error *e, const char *tab,
                         struct vm_problem problem);
