/* A list of names as text, each once: "email, name". */
#pragma once

#include "base/buf.h"

/* Add the first `length` bytes of `name`, which has no ',', unless the list has them or 0. */
void name_list_add(struct buf *list, const char *name, size_t length);

/* Add all names of another list. */
void name_list_join(struct buf *list, const char *names);
