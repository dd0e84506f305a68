/*
 * The adapter for libxml2: reads a value out of XML that a service of this machine has written.
 */
#pragma once

#include "base/arena.h"

/*
 * The text of what `path`, an XPath 1.0 expression, finds first in `xml`: of an element, of an
 * attribute, or of the expression itself when it makes a text. In the arena; NULL when nothing is
 * found, or nothing in it, or `xml` is not well-formed. Entities are not expanded, and nothing is
 * loaded. `path` is ours: no part of it comes from outside.
 */
const char *xml_find(struct arena *arena, const char *xml, const char *path);
