/* What happened to a VM, as marks in its charts. */
#pragma once

#include "web/request.h"

struct vm_html;

/* Of what ended in this span: the newest first, several of a kind that are close are one. */
struct error *vm_tick_fill(struct request *r, const char *vm_id, int64_t from_at, int64_t until_at,
                           struct vm_html *page);

/* A moment in a chart of this length: "14:00", or "20 Nov" if it is longer than a day. */
const char *vm_tick_moment(struct arena *arena, int64_t length_s, int64_t at);
