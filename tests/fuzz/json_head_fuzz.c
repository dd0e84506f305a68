/* Fuzzes json_head_read against json_read: what is a JSON object has the same texts in both. */
#include "fuzz.h"

#include "adapter/json.h"
#include "base/array.h"
#include "base/json_head.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct arena *arena = fuzz_arena();
    struct json_head head[] = { { .name = "id" }, { .name = "type" } };
    bool is_read = json_head_read((const char *)bytes, length, head, COUNT(head));
    const struct json *json = NULL;
    struct error *e = json_read(arena, (const char *)bytes, length, &json);

    for (size_t i = 0; i < COUNT(head); i++)
        FUZZ_DEMAND(!head[i].text ||
                    (head[i].text > (const char *)bytes &&
                     head[i].text + head[i].length < (const char *)bytes + length));
    if (e || length == 0 || bytes[strspn((const char *)bytes, " \t\r\n")] != '{')
        return 0;
    /* jansson takes a NUL behind a number. */
    FUZZ_DEMAND(is_read || memchr(bytes, '\\', length) || memchr(bytes, '\0', length));
    for (size_t i = 0; is_read && i < COUNT(head); i++) {
        const char *text = json_get_text(json, head[i].name);

        FUZZ_DEMAND((text != NULL) == (head[i].text != NULL));
        FUZZ_DEMAND(!text || (strlen(text) == head[i].length &&
                              memcmp(text, head[i].text, head[i].length) == 0));
    }
    return 0;
}
