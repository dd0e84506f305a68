/* Names that people choose: for keys, snapshots and themselves. One check, wherever they come from.
 */
#pragma once

#include "base/arena.h"

/*
 * What is wrong with a name, as a message for its field, or NULL. LABEL_IS_PRIVATE (compare the
 * pointer): it may be part of a private key; do not show it again.
 */
const char *label_problem(struct arena *arena, const char *text);
extern const char LABEL_IS_PRIVATE[];

/* The same for the name of a person, who must not pass for the service itself in the activity. */
const char *label_person_problem(struct arena *arena, const char *text);
