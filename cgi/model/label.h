/* Names that people choose: for keys, snapshots and themselves. One check, wherever they come from.
 */
#pragma once

#include "base/arena.h"

/* What is wrong with a name, as a message for its field, or NULL. */
const char *label_problem(struct arena *arena, const char *text);

/*
 * The messages for what may be part of a private key, and for what has an API key of an LLM
 * provider in it (model/provider_key.h): neither may be stored or shown again.
 */
extern const char LABEL_IS_PRIVATE[], LABEL_IS_API_KEY[];

/* The same for the name of a person, who must not pass for the service itself in the activity. */
const char *label_person_problem(struct arena *arena, const char *text);

/*
 * The name as a mail shows it, in the arena: mail programs make links of what looks like an
 * address, so a space follows each dot of any kind, colon and at sign inside a word: "evil.example"
 * is "evil. example". Also names that no form has checked, as those of organizations at WorkOS.
 */
const char *label_in_mail(struct arena *arena, const char *text);
