/*
 * Live parts: htmx polls a page and gets 304 as long as nothing has changed.
 *
 * Polling instead of server-sent events: an event stream would occupy a FastCGI request for as long
 * as a page is open.
 */
#pragma once

#include "web/request.h"

/*
 * Whether what this process answered last to this session at this address is what the browser
 * shows, in the same minute and with nothing changed in the database since: then the response is
 * 304, and no handler need run. Most polls of an open page are of this kind; it costs a twentieth.
 */
bool live_is_current(struct request *r);

/*
 * Respond with the page or, for htmx, only its live part (templates omit the frame if
 * frame.is_fragment). `render` is the render_NAME() that tmplc generates for a page with a live
 * part. The version is a hash of the output without tokens and with a fixed clock, so it changes
 * exactly when the content does. With r->is_changing, the next poll is answered anew.
 */
void live_respond(struct request *r,
                  void (*render)(struct buf *buf, const struct frame *frame, const void *page),
                  const void *page);
