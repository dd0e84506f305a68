/*
 * Live parts: htmx asks a page again, and hears 304 while nothing has changed.
 *
 * Short polling was chosen over server-sent events because an open event stream would hold one
 * FastCGI request, and with it a part of a process, for as long as a page is open.
 */
#pragma once

#include "web/request.h"

/*
 * Answer with the page, or for htmx with the changing part alone (templates leave out the frame
 * when frame.is_fragment). The version is the hash of what would be shown without its tokens and
 * with a still clock, so it changes exactly when something on the page does.
 */
void live_answer(struct request *r,
                 void (*render)(struct buf *buf, const struct frame *frame, const void *page),
                 const void *page);
