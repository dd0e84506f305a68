/* Reads the form of a VM's schedules. */
#pragma once

#include "model/vm_schedule.h"
#include "view/vm_schedule_view.h"

/*
 * Read the form: `*typed`, to be shown again, and `*schedule`; what is wrong is in typed->problem.
 * `life` as in vm. Errors are of form_read().
 */
struct error *vm_schedule_read(struct request *r, const char *life, struct vm_schedule *schedule,
                               struct vm_schedule_form *typed);
