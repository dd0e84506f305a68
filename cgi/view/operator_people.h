/* The admin's pages of people: the list, with open invites, and a person. */
#pragma once

#include "operator_people.html.h"
#include "operator_person.html.h"
#include "web/request.h"

/* What is typed and what is wrong with it is in `page`; the rest is filled from the database. */
struct error *operator_people_respond(struct request *r, struct operator_people_html page);
struct error *operator_person_respond(struct request *r, int64_t person_id,
                                      struct operator_person_html page);
