/*
 * What a team writes on its VMs, to find and remember them: a project, tags and a note. None of it
 * has any effect. The activity says which of them was changed, and not what they say.
 */
#pragma once

#include "model/actor.h"
#include "model/context.h"

#include <stdbool.h>

/* Each NULL: none. */
struct vm_labels {
    const char *project; /* a name that people choose (label.h) */
    const char *tags;    /* as vm_tags_read() gives them */
    const char *note;    /* lines of plain text, at most LIMIT_NOTE_CHARACTERS */
};

/*
 * Tags as people type them, with spaces or commas between, in any order and case: each once, in
 * lower case, in order, with single spaces between; NULL: none. What is wrong is returned as a
 * message for the field, or NULL.
 */
const char *vm_tags_read(struct arena *arena, const char *typed, const char **out);

/* The same for a note: with line feeds alone, and nothing around it; NULL: none. */
const char *vm_note_read(struct arena *arena, const char *typed, const char **out);

/* Whether a search, in lower case, finds a VM with these: "#web" the tag, other words a part. */
bool vm_labels_match(struct arena *arena, const char *project, const char *tags,
                     const char *search);

/*
 * Write them on the actor's VM, in an open write transaction; they were checked before. NOT_FOUND:
 * the team has no such VM; CONFLICT if it is gone, or a restriction does not allow it.
 */
struct error *vm_labels_set(const struct context *context, const struct actor *actor,
                            const char *id, const struct vm_labels *labels);
