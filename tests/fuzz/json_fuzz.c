/* Fuzzes json_read, and walks all that was read; its texts are UTF-8 and written again. */
#include "fuzz.h"

#include "adapter/json.h"
#include "base/limit.h"
#include "base/text.h"

#include <string.h>

static void walk(struct arena *arena, const struct json *json, int depth)
{
    const char *text = json_as_text(json), *quoted;

    FUZZ_DEMAND(depth <= LIMIT_JSON_DEPTH);
    if (text) {
        FUZZ_DEMAND(text_is_utf8(text, strlen(text)));
        FUZZ_DEMAND(!json_quote(arena, text, &quoted));
        FUZZ_DEMAND(strlen(quoted) >= strlen(text) + 2);
    }
    for (const struct json *inner = json_first(json); inner; inner = json_next(inner))
        walk(arena, inner, depth + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct arena *arena = fuzz_arena();
    const struct json *json = NULL;
    struct error *e = json_read(arena, (const char *)bytes, length, &json);
    int64_t number;

    FUZZ_DEMAND((e == NULL) == (json != NULL));
    if (e)
        return 0;
    walk(arena, json, 1);
    json_get_text(json, "user.id");
    json_get_flag(json, "data.a");
    json_get_number(json, "n", &number);
    return 0;
}
