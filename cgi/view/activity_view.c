/* Entries of the activity; see activity_view.h. */
#include "view/activity_view.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/text.h"
#include "job_step.sql.h"
#include "view/vm_view.h"
#include "web/session.h"

#include <string.h>

enum { STEP_MIN_MS = 100 };

static const char ARROW[] = " → ", RENAMED[] = "Renamed", FAILED[] = " failed", COMMA[] = ", ";

/* Whose detail is the name of the object, which the title has after these words. */
static const struct subject {
    const char *start, *shown;
} subjects[] = {
    { "Snapshot ", "Snapshot " },
    { "Restore ", "Restore of " },
    { "SSH key ", "SSH key " },
};

/* By the first letters of a title. */
static const struct kind {
    const char *start, *icon;
} kinds[] = {
    { "Creat", "plus" },
    { "Clon", "plus" },
    { "Start", "play" },
    { "Resum", "play" },
    { "Stop", "power" },
    { "Shut", "power" },
    { "Snapshot", "camera" },
    { "Restore", "undo-2" },
    { "Restart", "rotate-cw" },
    { "Retr", "rotate-cw" },
    { "Resiz", "sliders-horizontal" },
    { "Renam", "pencil" },
    { "Destroy", "trash" },
    { "Failed", "circle-alert" },
    { "Not responding", "circle-alert" },
    { "Sign-in refused", "circle-alert" },
    { "SSH key", "key-round" },
    { "Sign", "user" },
    { "Name", "user" },
    { "Member", "user" },
    { "Left", "user" },
    { "Invite", "mail" },
    { "Email notifications", "mail" },
    { "Spending limit reached", "circle-alert" },
    { "80% of the spending limit", "circle-alert" },
    { "Team", "users" },
    { "Role", "user" },
    { "Costs downloaded", "download" },
    { "Activity downloaded", "download" },
};

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);

    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* "old → new" beside "Renamed". */
static bool rename_title(struct arena *arena, struct activity_entry *entry)
{
    const char *arrow = strstr(entry->detail, ARROW);

    if (!arrow || strcmp(entry->before, RENAMED) != 0)
        return false;
    entry->before = "Renamed from ";
    entry->object = arena_copy_bytes(arena, entry->detail, (size_t)(arrow - entry->detail));
    entry->between = " to ";
    entry->other = arrow + strlen(ARROW);
    return true;
}

static bool subject_title(struct activity_entry *entry)
{
    /* Beside a failure there is its reason. */
    for (size_t i = 0; i < COUNT(subjects) && !ends_with(entry->before, FAILED); i++) {
        size_t length = strlen(subjects[i].start);

        if (strncmp(entry->before, subjects[i].start, length) != 0)
            continue;
        entry->after = entry->before + length - 1;
        entry->before = subjects[i].shown;
        entry->object = entry->detail;
        return true;
    }
    return false;
}

static const char *icon_of(const char *title)
{
    if (ends_with(title, FAILED))
        return "circle-alert";
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (strncmp(title, kinds[i].start, strlen(kinds[i].start)) == 0)
            return kinds[i].icon;
    }
    return "activity";
}

static void title_make(struct arena *arena, struct activity_entry *entry)
{
    const char *comma = strstr(entry->before, COMMA);

    entry->icon = icon_of(entry->before);
    if (comma) {
        entry->size = comma;
        entry->before = arena_copy_bytes(arena, entry->before, (size_t)(comma - entry->before));
    }
    entry->what = entry->before;
    if (entry->detail && (rename_title(arena, entry) || subject_title(entry)))
        entry->detail = NULL;
}

struct activity_entry_rows activity_view_team(struct arena *arena,
                                              const struct activity_list_rows *rows)
{
    struct activity_entry_rows out = {
        .row = arena_array(arena, rows->count, sizeof *out.row),
        .count = rows->count,
    };

    for (size_t i = 0; i < rows->count; i++) {
        const struct activity_list_row *row = &rows->row[i];

        out.row[i] = (struct activity_entry){
            .at_ms = row->at_ms,
            .id = row->id,
            .seen_at = row->seen_at,
            .vm_id = row->vm_id,
            .vm_name = row->vm_name,
            .before = row->what,
            .detail = row->about && row->detail
                          ? arena_printf(arena, "%s: %s", row->about, row->detail)
                          : row->detail,
            .took_ms = row->took_ms,
            .who = row->who,
        };
        title_make(arena, &out.row[i]);
    }
    return out;
}

struct error *activity_view_vm(struct request *r, const char *vm_id, int64_t before_at_ms,
                               const char *after_id, int64_t max, struct activity_entry_rows *out)
{
    struct activity_of_vm_rows rows;
    struct error *e = sql_activity_of_vm(r->db, r->arena, r->session->team_id, vm_id, before_at_ms,
                                         after_id, max, &rows);

    if (e)
        return e;
    out->count = rows.count;
    out->row = arena_array(r->arena, rows.count, sizeof *out->row);
    for (size_t i = 0; i < rows.count; i++) {
        const struct activity_of_vm_row *row = &rows.row[i];

        out->row[i] = (struct activity_entry){
            .at_ms = row->at_ms,
            .id = row->id,
            .seen_at = row->seen_at,
            .before = row->what,
            .detail = row->detail,
            .took_ms = row->took_ms,
            .job_number = row->job_number,
            .who = row->who,
        };
        title_make(r->arena, &out->row[i]);
    }
    return NULL;
}

static const char *jobs_json(struct arena *arena, const struct activity_entry_rows *entries)
{
    struct buf json = { .arena = arena };

    for (size_t i = 0; i < entries->count; i++)
        buf_text(&json, arena_printf(arena, "%s%lld", i ? "," : "[",
                                     (long long)entries->row[i].job_number));
    buf_text(&json, entries->count ? "]" : "[]");
    return json.bytes;
}

/* Put the steps of `entry` at `row`, where there is room for all; returns where the next begin. */
static struct activity_step *steps_give(const struct job_step_took_rows *steps,
                                        struct activity_entry *entry, struct activity_step *row)
{
    size_t count = 0;

    for (size_t i = 0; i < steps->count; i++) {
        const struct job_step_took_row *step = &steps->row[i];
        const char *name = vm_view_step(step->name, true);

        if (step->job_number == entry->job_number && step->answer)
            entry->answer = step->answer;
        if (step->job_number != entry->job_number || !name || step->took_ms < STEP_MIN_MS)
            continue;
        row[count] = (struct activity_step){ name, step->took_ms, .is_first = count == 0 };
        count++;
    }
    if (count > 1)
        entry->steps = (struct activity_step_rows){ row, count };
    return row + count;
}

struct error *activity_view_steps(struct request *r, struct activity_entry_rows *entries)
{
    struct job_step_took_rows steps;
    struct activity_step *row;
    struct error *e = sql_job_step_took(r->db, r->arena, r->session->team_id,
                                        jobs_json(r->arena, entries), &steps);

    if (e)
        return e;
    row = arena_array(r->arena, steps.count, sizeof *row);
    for (size_t i = 0; i < entries->count; i++) {
        if (entries->row[i].job_number && entries->row[i].took_ms)
            row = steps_give(&steps, &entries->row[i], row);
    }
    return NULL;
}
