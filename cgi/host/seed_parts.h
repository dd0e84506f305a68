/*
 * User data of several parts, as cloud-init documents it: a MIME message whose parts it applies in
 * their order.
 */
#pragma once

#include "base/buf.h"

struct seed_part {
    const char *type;  /* "text/cloud-config"; NULL: what its own beginning says */
    const char *merge; /* how cloud-init merges it with those before it; NULL: as usual */
    const char *text;
};

/*
 * Write the message; a text that is such a message becomes a part as it is. The buffer must have
 * room (seed_parts_bytes), as it does not grow: what the parts say is nowhere else afterwards.
 */
void seed_parts_write(struct buf *buf, const struct seed_part *parts, size_t count);
size_t seed_parts_bytes(const struct seed_part *parts, size_t count);
