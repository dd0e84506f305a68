/* Domains and e-mail addresses; see idn.h. Alone includes libidn2. */
#include "adapter/idn.h"

#include "base/text.h"

#include <idn2.h>
#include <string.h>

enum { DNS_LABEL_BYTES = 63, DNS_NAME_BYTES = 253 }; /* RFC 1035 */

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

/* Letters, digits and hyphens, not at either end. */
static bool is_label(const char *label, size_t length)
{
    return length > 0 && length <= DNS_LABEL_BYTES &&
           strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789-") >= length && label[0] != '-' &&
           label[length - 1] != '-';
}

const char *idn_domain(struct arena *arena, const char *text)
{
    const char *domain = text_is_line(text) ? ascii_domain(arena, text) : NULL;
    const char *last;
    size_t length = domain ? strlen(domain) : 0;

    length -= length > 1 && domain[length - 1] == '.';
    if (!length || length > DNS_NAME_BYTES)
        return NULL;
    domain = text_lower(arena, arena_copy_bytes(arena, domain, length));
    last = strrchr(domain, '.');
    for (const char *label = domain; last; label += strcspn(label, ".") + 1) {
        if (!is_label(label, strcspn(label, ".")))
            return NULL;
        if (label == last + 1)
            break;
    }
    /* No top-level domain is a number (RFC 3696), and so no address is a name, or a single letter.
     */
    return last && last[1] && last[2] && strspn(last + 1, "0123456789") < strlen(last + 1) ? domain
                                                                                           : NULL;
}
