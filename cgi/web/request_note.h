/* What a request adds to the history; see model/audit.h. */
#pragma once

#include "model/audit.h"
#include "web/request.h"

/*
 * Record in the history of the session's team what the person does; `entry` says what. Of a POST in
 * its transaction; of a GET, which changes nothing else, in one of its own, before anything is read
 * for the answer.
 */
struct error *request_note(struct request *r, struct audit_entry entry);

/* The same in the operator's history. */
struct error *request_note_operator(struct request *r, struct audit_entry entry);

/* The same in the history of the person's own team. */
struct error *request_note_personal(struct request *r, struct audit_entry entry);

/*
 * The admin opens a page that shows people, or looks at one person or team: recorded in the
 * operator's history, of a person or team also in theirs, once an hour. Of a GET, in a transaction
 * of its own, before anything is read for the answer. NOT_FOUND: there is no such person or team.
 */
struct error *request_note_page(struct request *r, const char *name);
struct error *request_note_person(struct request *r, int64_t person_id);
struct error *request_note_team(struct request *r, int64_t team_id);
