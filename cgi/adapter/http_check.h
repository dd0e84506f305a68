/*
 * What may leave at all: to which hosts, and without bytes that would end a line. The door itself
 * is http_client.c.
 */
#pragma once

#include "adapter/http_client.h"

/* An origin that may be on the list. */
bool http_is_origin(const char *text);

/* INTERNAL when the URL is below none of the origins, or a header is not printable. */
struct error *http_request_check(struct arena *arena, const char *const *origins, size_t count,
                                 const struct http_request *request);

/* INTERNAL when a header of the letter could hold another one. */
struct error *smtp_message_check(struct arena *arena, const struct smtp_message *letter);
