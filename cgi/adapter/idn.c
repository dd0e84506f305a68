/* E-mail addresses; see idn.h. Alone includes libidn2. */
#include "adapter/idn.h"

#include "base/text.h"

#include <idn2.h>
#include <string.h>

/* NULL: not a domain. ASCII is left as it is: names like a--b are older than IDNA's rules. */
static const char *ascii_domain(struct arena *arena, const char *domain)
{
    char *ascii = NULL;
    const char *copy;

    if (text_is_printable(domain, ' '))
        return domain;
    if (idn2_to_ascii_8z(domain, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != IDN2_OK)
        return NULL;
    copy = arena_copy(arena, ascii);
    idn2_free(ascii);
    return copy;
}

const char *idn_email(struct arena *arena, const char *text)
{
    const char *at = strrchr(text, '@');
    const char *domain;
    const char *email;
    size_t length;

    if (!at || !text_is_line(text))
        return NULL;
    domain = ascii_domain(arena, at + 1);
    if (!domain)
        return NULL;
    length = strlen(domain);
    length -= length > 1 && domain[length - 1] == '.';
    email = arena_printf(arena, "%.*s@%.*s", (int)(at - text), text, (int)length, domain);
    return text_is_email(email) ? text_lower(arena, email) : NULL;
}
