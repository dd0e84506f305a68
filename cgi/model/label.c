/* Checks names that people choose; see label.h. */
#include "model/label.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/limit.h"
#include "base/text.h"
#include "model/provider_key.h"
#include "model/ssh_key.h"

#include <string.h>
#include <strings.h>

const char LABEL_IS_PRIVATE[] = "That looks like a private key. Nothing of it was kept.";
const char LABEL_IS_API_KEY[] = "That looks like an API key. Nothing of it was kept.";

const char *label_problem(struct arena *arena, const char *text)
{
    size_t length = text_length(text);

    if (ssh_key_looks_private(arena, text, strlen(text)))
        return LABEL_IS_PRIVATE;
    if (provider_key_is_in(text))
        return LABEL_IS_API_KEY;
    if (length > LIMIT_LABEL_CHARACTERS)
        return arena_printf(arena, "At most %d characters, please; this has %zu.",
                            LIMIT_LABEL_CHARACTERS, length);
    if (!text_is_line(text))
        return "One line without invisible characters, please.";
    return NULL;
}

const char *label_person_problem(struct arena *arena, const char *text)
{
    if (strcasecmp(text, "Domicile") == 0)
        return "In the activity that is the name of the service itself. Please choose another.";
    return label_problem(arena, text);
}

/*
 * Bytes of what separates the parts of an address at the start of `text`; 0: something else. Beside
 * the three of ASCII, what programs turn into one of them (UTS 46; NFKC: one and more dots, digits
 * with a dot, colons, at signs) and what people take for a dot: all that confusables.txt of UTS 39
 * has for U+002E and for U+00B7, but for digits.
 */
static size_t separator_length(const char *text)
{
    /* clang-format off */
    static const char *const separators[] = {
        ".", ":", "@",
        "\u3002", "\uff0e", "\uff61", "\uff20", "\u2024", "\u2025", "\u2026", "\ufe52",
        "\ufe12", "\ufe19", "\ufe30", "\ufe13", "\ufe55", "\uff1a", "\ufe6b", "\u2236",
        "\ua789", "\U0001f100",
        /* as U+002E */
        "\u0701", "\u0702", "\u06d4", "\ua4f8", "\ua4fa", "\ua60e", "\U00010a50", "\U0001d16d",
        /* as U+00B7 */
        "\u00b7", "\u0387", "\u1427", "\u16eb", "\u2022", "\u2027", "\u2219", "\u22c5",
        "\u2e31", "\u30fb", "\ua78f", "\uff65", "\U00010101",
    };
    /* clang-format on */
    unsigned char last = text_starts(text, "\xe2\x92") ? (unsigned char)text[2] : 0;

    if (last >= 0x88 && last <= 0x9b) /* U+2488 to U+249B: "1." to "20." */
        return 3;

    for (size_t i = 0; i < COUNT(separators); i++) {
        if (text_starts(text, separators[i]))
            return strlen(separators[i]);
    }
    return 0;
}

const char *label_in_mail(struct arena *arena, const char *text)
{
    struct buf out = buf_new(arena, strlen(text) + 16);

    while (*text) {
        size_t length = separator_length(text);

        buf_bytes(&out, text, length ? length : 1);
        text += length ? length : 1;
        if (length && *text && *text != ' ')
            buf_char(&out, ' ');
    }
    return out.length ? out.bytes : "";
}
