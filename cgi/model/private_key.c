/* Private keys among other bytes; see private_key.h. */
#include "model/private_key.h"

#include "base/array.h"

#include <string.h>

static const struct {
    const char *text, *what;
} beginnings[] = { { "PRIVATE KEY-----", "a PEM private key" },
                   { "PRIVATE KEY BLOCK-----", "a PGP private key" },
                   { "PuTTY-User-Key-File-", "a PuTTY private key" },
                   { "AGE-SECRET-KEY-1", "an age secret key" } };

bool private_key_is_among(const char *bytes, size_t length, const char **what)
{
    for (size_t i = 0; i < COUNT(beginnings); i++) {
        if (!memmem(bytes, length, beginnings[i].text, strlen(beginnings[i].text)))
            continue;
        if (what)
            *what = beginnings[i].what;
        return true;
    }
    return false;
}
