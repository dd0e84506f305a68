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

int64_t provider_key_count(const char *bytes, size_t length, size_t fresh)
{
    int64_t count = 0;

    for (size_t i = 0; i < COUNT(beginnings); i++) {
        size_t size = strlen(beginnings[i]);
        const char *end = bytes + length;

        for (const char *at = bytes;
             (at = memmem(at, (size_t)(end - at), beginnings[i], size)) != NULL; at += size)
            count += (size_t)(at - bytes) < fresh && is_long(at + size, (size_t)(end - at) - size);
    }
    return count;
}

bool provider_key_is_in(const char *text)
{
    size_t length = strlen(text);

    return provider_key_count(text, length, length) > 0;
}
