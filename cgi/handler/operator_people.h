/* The admin's handlers about people: looks at them, sign-in links, suspensions, invites. */
#pragma once

#include "web/request.h"

struct error *operator_people_show(struct request *r);
struct error *operator_person_show(struct request *r);
struct error *operator_person_suspend(struct request *r);
struct error *operator_person_restore(struct request *r);
struct error *operator_person_link(struct request *r); /* of the page that shows it, once */
struct error *operator_invite_post(struct request *r);
struct error *operator_invite_revoke(struct request *r);
