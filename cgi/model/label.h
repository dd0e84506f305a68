/* Names that people choose: for keys, snapshots and themselves. One check, wherever they come from.
 */
#pragma once

#include "base/arena.h"

/* What is wrong with a name, as a message for its field, or NULL. */
const char *label_problem(struct arena *arena, const char *text);

/* The message for what may be part of a private key, which must not be shown again. */
extern const char LABEL_IS_PRIVATE[];

/* The same for the name of a person, who must not pass for the service itself in the activity. */
const char *label_person_problem(struct arena *arena, const char *text);
