/* Reads the form of a VM's project, tags and note. */
#pragma once

#include "model/vm_labels.h"
#include "view/vm_labels_view.h"
#include "web/request.h"

/*
 * Read the form: `*typed`, to be shown again with what is wrong, and `*labels`, valid if nothing
 * is. Errors are of form_read().
 */
struct error *vm_labels_read(struct request *r, struct vm_labels *labels,
                             struct vm_labels_form *typed);

bool vm_labels_form_has_problem(const struct vm_labels_form *typed);
