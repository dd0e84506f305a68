/* API keys of LLM providers; see provider_key.h. */
#include "model/provider_key.h"

#include "base/array.h"

#include <string.h>

/* Shorter ones are words that begin like a key. */
enum { REST_MIN = 16 };

static const char *const beginnings[] = { "sk-ant-api", "sk-ant-sid", "sk-proj-", "sk-svcacct-" };

static bool is_key_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
}

static bool is_long(const char *rest, size_t length)
{
    for (size_t i = 0; i < REST_MIN; i++) {
        if (i == length || !is_key_byte(rest[i]))
            return false;
    }
    return true;
}

bool provider_key_is_among(const char *bytes, size_t length)
{
    const char *end = bytes + length;

    for (size_t i = 0; i < COUNT(beginnings); i++) {
        size_t size = strlen(beginnings[i]);

        for (const char *at = bytes;
             (at = memmem(at, (size_t)(end - at), beginnings[i], size)) != NULL; at += size) {
            if (is_long(at + size, (size_t)(end - at) - size))
                return true;
        }
    }
    return false;
}

bool provider_key_is_in(const char *text)
{
    return provider_key_is_among(text, strlen(text));
}
