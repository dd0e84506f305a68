/* Who gets data, for the data inventory (/data). */
#pragma once

#include "view/data_page.h"

/* The listed recipients, then other hosts that data went to, with what the ledger knows of them. */
struct error *recipient_list_fill(struct request *r, struct data_recipient_rows *out);
