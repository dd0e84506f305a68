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
