/* Formatting of the short texts that pages are made of, several times faster than vsnprintf(). */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/*
 * As vsnprintf(), if the format has nothing but %s, %.*s, %%, %d, %lld and %zu, the numbers also
 * with a 0 and a width ("%02d", "%0*lld"), and the text with its NUL fits into `size` bytes.
 * Returns its length; -1 otherwise, and then `out` is undefined.
 */
int format_simple(char *out, size_t size, const char *format, va_list arguments);

enum { FORMAT_INT_BYTES = 21 }; /* a sign, 19 digits and the NUL */

/* Writes a number to the end of `digits`; returns where it begins. */
const char *format_int(char digits[FORMAT_INT_BYTES], int64_t number);
