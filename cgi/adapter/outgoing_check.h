/*
 * What may leave at all: to which hosts, and without bytes that would end a line. The door itself
 * is outgoing.c.
 */
#pragma once

#include "adapter/outgoing.h"

/* `scheme` (without TLS) to this computer? */
bool outgoing_is_loopback(const char *origin, const char *scheme);

/* An origin that may be on the list. */
bool outgoing_is_origin(const char *text);

/* INTERNAL when the URL is below none of the origins, or a header is not printable. */
struct error *outgoing_request_check(struct arena *arena, const char *const *origins, size_t count,
                                     const struct outgoing_request *request);

/* INTERNAL when a header of the letter could hold another one. */
struct error *outgoing_letter_check(struct arena *arena, const struct outgoing_letter *letter);
