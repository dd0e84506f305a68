/*
 * Fuzzes the questions of text.c. UTF-8 is compared with jansson, which has a decoder of its own;
 * numbers with what they print as.
 */
#include "fuzz.h"

#include "base/text.h"

#include <jansson.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct arena *arena = fuzz_arena();
    const char *text = arena_copy_bytes(arena, bytes, length);
    json_t *other = json_stringn((const char *)bytes, length);
    const char *lower = text_lower(arena, text);
    int64_t number;

    FUZZ_DEMAND(text_is_utf8((const char *)bytes, length) == (other != NULL));
    json_decref(other);
    if (text_int(text, &number)) {
        int64_t again;

        FUZZ_DEMAND(text_int(arena_printf(arena, "%lld", (long long)number), &again));
        FUZZ_DEMAND(number == again);
    }
    if (text_is_utf8(text, strlen(text)) && text_is_line(text)) {
        FUZZ_DEMAND(!strpbrk(text, "\r\n\t\v\f\x1b\x7f"));
        FUZZ_DEMAND(!strstr(text, "\xc2\x85") && !strstr(text, "\xe2\x80\xa8"));
    }
    if (text_is_host_name(text))
        FUZZ_DEMAND(strlen(text) <= 63 && text_is_line(text) && strcmp(text, lower) == 0);
    if (text_is_email(text))
        FUZZ_DEMAND(text_is_line(text) && strchr(text, '@') == strrchr(text, '@'));
    if (text_is_local_path(text))
        FUZZ_DEMAND(text[0] == '/' && text[1] != '/' && !strpbrk(text, "\\: \r\n"));
    FUZZ_DEMAND(strlen(lower) == strlen(text) && !strpbrk(lower, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
    FUZZ_DEMAND(text_starts(text, lower) == (strcmp(text, lower) == 0));
    return 0;
}
