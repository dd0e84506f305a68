/* For ssh_key*.c alone: one key, and how far it extends in a text. */
#pragma once

#include "model/ssh_key.h"

/* Characters of base64 that say how long the whole key is. */
enum { SSH_KEY_HEAD = 256 };

bool ssh_key_is_algorithm(const char *name);

/*
 * How many characters of base64 the key has that begins with `base64`, which may be cut off and
 * holds nothing else. 0: the beginning of no key, or too little to tell.
 */
size_t ssh_key_base64_length(struct arena *arena, const char *base64);

/* The number of base64 characters at the start of `text`. */
size_t ssh_key_base64_span(const char *text, size_t length);
