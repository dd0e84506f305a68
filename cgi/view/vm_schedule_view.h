/* The schedules of a VM as a form: as stored, or as typed with what is wrong. */
#pragma once

#include "view/option.h"
#include "vm.sql.h"
#include "web/request.h"

struct vm_schedule_form {
    const char *zone, *start, *stop, *snapshot, *keep; /* "08:00"; "": none */
    struct option_rows days;                           /* Monday first */
    const char *problem;
    bool is_zone_wrong, is_start_wrong, is_stop_wrong, is_keep_wrong; /* where it is */
    const char *words; /* vm_schedule_words(); NULL: no schedule */
};

struct vm_schedule_form vm_schedule_view_of(struct request *r, const struct vm_get_row *vm);

/* The days of the form with these chosen: bit 0 is Monday. */
struct option_rows vm_schedule_view_days(struct arena *arena, int64_t days);
