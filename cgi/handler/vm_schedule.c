/* The form of a VM's schedules; see vm_schedule.h. */
#include "handler/vm_schedule.h"

#include "base/array.h"
#include "base/limit.h"
#include "base/text.h"
#include "web/form.h"

#include <stdio.h>
#include <string.h>

enum { ZONE, DAY, START, STOP, SNAPSHOT, KEEP, FIELDS };

/* "08:30", as browsers send it; "": none. False if it is neither. */
static bool minute_read(const char *text, int64_t *out)
{
    enum { LENGTH = 5 };
    int hour, minute;

    *out = VM_SCHEDULE_NONE;
    if (!*text)
        return true;
    if (strlen(text) != LENGTH || strspn(text, "0123456789:") != LENGTH ||
        sscanf(text, "%2d:%2d", &hour, &minute) != 2 || text[2] != ':' || hour > 23 || minute > 59)
        return false;
    *out = hour * 60 + minute;
    return true;
}

static int64_t days_read(const struct field *field)
{
    int64_t days = 0, day;

    for (size_t i = 0; i < field->list_count; i++) {
        if (text_int(field->list[i], &day) && day >= 0 && day < VM_SCHEDULE_DAYS)
            days |= 1 << day;
    }
    return days;
}

struct error *vm_schedule_read(struct request *r, const char *life, struct vm_schedule *schedule,
                               struct vm_schedule_form *typed)
{
    struct field fields[FIELDS] = {
        [ZONE] = { .name = "zone", .kind = FIELD_LINE },
        [DAY] = { .name = "day", .kind = FIELD_LIST },
        [START] = { .name = "start", .kind = FIELD_LINE },
        [STOP] = { .name = "stop", .kind = FIELD_LINE },
        [SNAPSHOT] = { .name = "snapshot", .kind = FIELD_LINE },
        [KEEP] = { .name = "keep", .kind = FIELD_LINE },
    };
    struct error *e = form_read(r, fields, FIELDS);
    enum vm_schedule_field wrong = VM_SCHEDULE_START_AT;
    bool is_time;

    if (e)
        return e;
    *schedule = (struct vm_schedule){ .zone = fields[ZONE].text, .days = days_read(&fields[DAY]) };
    is_time = minute_read(fields[START].text, &schedule->start_minute) &&
              minute_read(fields[STOP].text, &schedule->stop_minute) &&
              minute_read(fields[SNAPSHOT].text, &schedule->snapshot_minute);
    if (!text_int(fields[KEEP].text, &schedule->keep))
        schedule->keep = 0;
    *typed = (struct vm_schedule_form){
        .zone = fields[ZONE].text,
        .start = fields[START].text,
        .stop = fields[STOP].text,
        .snapshot = fields[SNAPSHOT].text,
        .keep = fields[KEEP].text,
        .days = vm_schedule_view_days(r->arena, schedule->days),
        .problem = is_time ? vm_schedule_problem(r->arena, schedule, life, &wrong)
                           : "Write times like 08:30.",
    };
    for (size_t i = 0; i < FIELDS && !typed->problem; i++) {
        typed->problem = fields[i].problem;
        wrong = VM_SCHEDULE_ZONE; /* of which alone more can be typed than its control allows */
    }
    typed->is_zone_wrong = typed->problem && wrong == VM_SCHEDULE_ZONE;
    typed->is_start_wrong = typed->problem && wrong == VM_SCHEDULE_START_AT;
    typed->is_stop_wrong = typed->problem && wrong == VM_SCHEDULE_STOP_AT;
    typed->is_keep_wrong = typed->problem && wrong == VM_SCHEDULE_KEEP;
    return NULL;
}
