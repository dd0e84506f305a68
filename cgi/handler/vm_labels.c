/* The form of a VM's project, tags and note; see vm_labels.h. */
#include "handler/vm_labels.h"

#include "base/limit.h"
#include "model/label.h"
#include "web/form.h"

enum { PROJECT, TAGS, NOTE, FIELDS };

struct error *vm_labels_read(struct request *r, struct vm_labels *labels,
                             struct vm_labels_form *typed)
{
    struct field fields[FIELDS] = {
        [PROJECT] = { .name = "project", .kind = FIELD_LABEL, .max = LIMIT_PROJECT_CHARACTERS },
        [TAGS] = { .name = "tags", .kind = FIELD_LINE },
        [NOTE] = { .name = "note", .kind = FIELD_LINES },
    };
    struct error *e = form_read(r, fields, FIELDS);

    if (e)
        return e;
    *labels = (struct vm_labels){ .project = *fields[PROJECT].text ? fields[PROJECT].text : NULL };
    if (!fields[TAGS].problem)
        fields[TAGS].problem = vm_tags_read(r->arena, fields[TAGS].text, &labels->tags);
    if (!fields[NOTE].problem)
        fields[NOTE].problem = vm_note_read(r->arena, fields[NOTE].text, &labels->note);
    if (fields[NOTE].problem == LABEL_IS_PRIVATE || fields[NOTE].problem == LABEL_IS_API_KEY)
        fields[NOTE].text = ""; /* the form is shown again, with its input */
    *typed = (struct vm_labels_form){
        .project = fields[PROJECT].text,
        .project_problem = fields[PROJECT].problem,
        .tags = fields[TAGS].text,
        .tags_problem = fields[TAGS].problem,
        .note = fields[NOTE].text,
        .note_problem = fields[NOTE].problem,
    };
    return NULL;
}

bool vm_labels_form_has_problem(const struct vm_labels_form *typed)
{
    return typed->project_problem || typed->tags_problem || typed->note_problem;
}
