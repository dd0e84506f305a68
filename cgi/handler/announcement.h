/* Announcements: the admin's pages of them, and their dismissal by those who have read them. */
#pragma once

#include "web/request.h"

struct error *announcements_show(struct request *r);
struct error *announcement_post(struct request *r);
struct error *announcement_show(struct request *r);
struct error *announcement_edit(struct request *r);
struct error *announcement_end_post(struct request *r);
struct error *announcement_delete_post(struct request *r);
struct error *announcement_dismiss(struct request *r);
