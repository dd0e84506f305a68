/* Formatting of short texts; see format.h. */
#include "base/format.h"

#include <stdbool.h>
#include <string.h>

enum { DIGITS_MAX = 20 };

/* Where the text goes. */
struct text {
    char *at, *end; /* the NUL is before `end` */
};

static bool bytes_put(struct text *text, const char *bytes, size_t length)
{
    if (length >= (size_t)(text->end - text->at))
        return false;
    memcpy(text->at, bytes, length);
    text->at += length;
    return true;
}

static bool number_put(struct text *text, uint64_t number, bool is_negative, int width)
{
    char digits[DIGITS_MAX + 1];
    char *first = digits + sizeof digits;
    int length;

    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    if (is_negative && !bytes_put(text, "-", 1))
        return false;
    length = (int)(digits + sizeof digits - first) + is_negative;
    for (; length < width; length++) {
        if (!bytes_put(text, "0", 1))
            return false;
    }
    return bytes_put(text, first, (size_t)(digits + sizeof digits - first));
}

static bool signed_put(struct text *text, int64_t number, int width)
{
    return number_put(text, number < 0 ? -(uint64_t)number : (uint64_t)number, number < 0, width);
}

/* "0*" or "02" before a number: its least width. */
static int width_read(const char **format, va_list *arguments)
{
    int width = 0;

    if ((*format)[0] == '0' && (*format)[1] == '*') {
        *format += 2;
        return va_arg(*arguments, int);
    }
    if (**format != '0')
        return 0;
    for (; **format >= '0' && **format <= '9'; (*format)++)
        width = width * 10 + (**format - '0');
    return width;
}

/* "d", "lld" or "zu", with its width. */
static bool number_convert(struct text *text, const char **format, va_list *arguments)
{
    int width = width_read(format, arguments);
    const char *kind = *format;

    if (kind[0] == 'd') {
        *format += 1;
        return signed_put(text, va_arg(*arguments, int), width);
    }
    if (kind[0] == 'l' && kind[1] == 'l' && kind[2] == 'd') {
        *format += 3;
        return signed_put(text, va_arg(*arguments, long long), width);
    }
    if (kind[0] == 'z' && kind[1] == 'u') {
        *format += 2;
        return number_put(text, va_arg(*arguments, size_t), false, width);
    }
    return false;
}

/* One conversion, behind its '%'. */
static bool convert(struct text *text, const char **format, va_list *arguments)
{
    const char *kind = *format, *string;
    int most;

    if (kind[0] == '%') {
        *format += 1;
        return bytes_put(text, "%", 1);
    }
    if (kind[0] == 's') {
        *format += 1;
        string = va_arg(*arguments, const char *);
        return string && bytes_put(text, string, strlen(string));
    }
    if (kind[0] == '.' && kind[1] == '*' && kind[2] == 's') {
        *format += 3;
        most = va_arg(*arguments, int);
        string = va_arg(*arguments, const char *);
        return string && most >= 0 && bytes_put(text, string, strnlen(string, (size_t)most));
    }
    return number_convert(text, format, arguments);
}

int format_simple(char *out, size_t size, const char *format, va_list arguments)
{
    struct text text = { out, out + size };
    bool is_good = true;
    va_list rest;

    va_copy(rest, arguments);
    while (is_good && *format) {
        if (*format == '%') {
            format++;
            is_good = convert(&text, &format, &rest);
        } else if (text.end - text.at > 1) {
            *text.at++ = *format++;
        } else {
            is_good = false;
        }
    }
    va_end(rest);
    if (!is_good || text.at == text.end)
        return -1;
    *text.at = '\0';
    return (int)(text.at - out);
}

const char *format_int(char digits[FORMAT_INT_BYTES], int64_t number)
{
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    char *first = digits + FORMAT_INT_BYTES - 1;

    *first = '\0';
    do {
        *--first = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (number < 0)
        *--first = '-';
    return first;
}
