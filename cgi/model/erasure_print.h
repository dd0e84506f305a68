/*
 * What the search of a deletion looks for: of each text what recognizes it (byte_print.h), as it is
 * and percent-encoded. All functions need an open write transaction.
 */
#pragma once

#include "model/context.h"

/* From here on the deletion cannot be undone. `*out_salt` is a new one, in the arena. */
struct error *erasure_print_begin(const struct context *context, const char *erasure_id,
                                  const unsigned char **out_salt);

/* `text` has at least BYTE_PRINT_LEAST bytes. */
struct error *erasure_print_add(const struct context *context, const char *erasure_id,
                                const unsigned char *salt, const char *text);
