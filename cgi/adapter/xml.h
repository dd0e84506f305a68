/* The adapter for libxml2: reads a value from XML written by a service on this machine. */
#pragma once

#include "base/arena.h"

/*
 * The text of the first match of `path`, an XPath 1.0 expression, in `xml`: of an element, an
 * attribute, or the expression itself if it yields a string. In the arena; NULL if there is no
 * match, it is empty, or `xml` is not well-formed. Entities are not expanded and nothing is loaded.
 * `path` must be trusted: no part of it may come from outside.
 */
const char *xml_find(struct arena *arena, const char *xml, const char *path);
