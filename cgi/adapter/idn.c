/* E-mail addresses; see idn.h. Alone includes libidn2. */
#include "adapter/idn.h"

#include "base/text.h"

#include <idn2.h>
#include <string.h>

const char *idn_email(struct arena *arena, const char *text)
{
    const char *at = strrchr(text, '@');
    char *domain = NULL;
    const char *email = NULL;
    size_t length;

    if (!at || !text_is_utf8(text, strlen(text)) ||
        idn2_to_ascii_8z(at + 1, &domain, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != IDN2_OK)
        return NULL;
    length = strlen(domain);
    if (length > 1 && domain[length - 1] == '.')
        domain[length - 1] = '\0';
    email = text_lower(arena, arena_printf(arena, "%.*s@%s", (int)(at - text), text, domain));
    idn2_free(domain);
    return text_is_email(email) ? email : NULL;
}
