/* The page about this server: its version, since when it runs, and what it needs (/about). */
#pragma once

#include "web/request.h"

/* Answers GET /about. */
struct error *about_page_show(struct request *r);
