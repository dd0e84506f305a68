/* Fields of forms and queries; see form.h. Decoding as in the URL Standard, section 5.1. */
#include "web/form.h"

#include "base/limit.h"
#include "base/text.h"
#include "model/identity.h"
#include "model/label.h"
#include "model/provider_key.h"
#include "model/ssh_key.h"

#include <string.h>
#include <strings.h>

struct pair {
    const char *name, *value;
};

static int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* NULL for a broken escape, a NUL byte, or bytes that are not UTF-8. */
static const char *decode(struct arena *arena, const char *text, size_t length)
{
    char *out = arena_alloc(arena, length + 1);
    size_t n = 0;

    for (size_t i = 0; i < length; i++) {
        char c = text[i] == '+' ? ' ' : text[i];

        if (c == '%') {
            int high = i + 2 < length ? hex_of(text[i + 1]) : -1;
            int low = i + 2 < length ? hex_of(text[i + 2]) : -1;

            if (high < 0 || low < 0)
                return NULL;
            c = (char)(high << 4 | low);
            i += 2;
        }
        if (!c)
            return NULL;
        out[n++] = c;
    }
    return text_is_utf8(out, n) ? out : NULL;
}

static struct error *pairs_read(struct request *r, struct pair *pairs, size_t *count)
{
    bool is_post = strcmp(r->method, "POST") == 0;
    const char *rest = is_post ? r->body : r->query;
    const char *end = rest + (is_post ? r->body_length : strlen(r->query));

    *count = 0;
    while (rest < end) {
        const char *stop = memchr(rest, '&', (size_t)(end - rest));
        const char *equals;
        struct pair pair;

        stop = stop ? stop : end;
        equals = memchr(rest, '=', (size_t)(stop - rest));
        equals = equals ? equals : stop;
        pair.name = decode(r->arena, rest, (size_t)(equals - rest));
        pair.value = equals < stop ? decode(r->arena, equals + 1, (size_t)(stop - equals - 1)) : "";
        if (!pair.name || !pair.value)
            return error_new(r->arena, ERROR_MALFORMED, "invalid form encoding");
        if (*count == LIMIT_FORM_FIELDS)
            return error_new(r->arena, ERROR_MALFORMED, "too many fields");
        pairs[(*count)++] = pair;
        rest = stop + 1;
    }
    return NULL;
}

static struct error *media_check(struct request *r)
{
    static const char form[] = "application/x-www-form-urlencoded";

    if (strcmp(r->method, "POST") != 0 ||
        (strncasecmp(r->content_type, form, sizeof form - 1) == 0 &&
         strchr("; \t", r->content_type[sizeof form - 1])))
        return NULL;
    return error_new(r->arena, ERROR_MEDIA, "content type is not %s", form);
}

static const char *email_check(struct arena *arena, struct field *field)
{
    const char *email = identity_email(arena, field->text);

    if (!email)
        return "Enter a valid email address, like ada@example.org.";
    field->text = email;
    return NULL;
}

static const char *empty_problem(const struct field *field)
{
    switch (field->kind) {
    case FIELD_LABEL:
    case FIELD_PERSON:
    case FIELD_HOST_NAME:
        return "Enter a name.";
    case FIELD_EMAIL:
        return "Enter an email address.";
    case FIELD_INT:
        return "Enter a number.";
    default:
        return "Enter a value.";
    }
}

static const char *text_problem(struct arena *arena, struct field *field)
{
    int64_t length = (int64_t)text_length(field->text);
    int64_t max = field->max ? field->max : LIMIT_BODY_BYTES;

    if (!length)
        return field->is_required ? empty_problem(field) : NULL;
    if (length < field->min)
        return arena_printf(arena, "At least %lld characters, please.", (long long)field->min);
    if (length > max)
        return arena_printf(arena, "At most %lld characters, please; this has %lld.",
                            (long long)max, (long long)length);
    switch (field->kind) {
    case FIELD_LINE:
        return text_is_line(field->text) ? NULL : "One line without invisible characters, please.";
    case FIELD_LABEL:
        return label_problem(arena, field->text);
    case FIELD_PERSON:
        return label_person_problem(arena, field->text);
    case FIELD_HOST_NAME:
        return text_is_host_name(field->text)
                   ? NULL
                   : "Use lowercase letters, digits and hyphens (not at either end), at most 63 "
                     "characters.";
    case FIELD_EMAIL:
        return email_check(arena, field);
    default:
        return NULL;
    }
}

static const char *number_problem(struct arena *arena, struct field *field)
{
    if (!*field->text)
        return field->is_required ? empty_problem(field) : NULL;
    if (!text_int(field->text, &field->number))
        return "A whole number, please.";
    if (field->number < field->min || field->number > field->max)
        return arena_printf(arena, "Between %lld and %lld, please.", (long long)field->min,
                            (long long)field->max);
    return NULL;
}

static bool list_has(const struct field *field, const char *value)
{
    for (size_t i = 0; i < field->list_count; i++) {
        if (strcmp(field->list[i], value) == 0)
            return true;
    }
    return false;
}

static struct error *field_fill(struct request *r, struct field *field, const struct pair *pairs,
                                size_t pair_count)
{
    const char **list = arena_array(r->arena, pair_count + 1, sizeof *list);

    field->list = list;
    field->list_count = 0;
    for (size_t i = 0; i < pair_count; i++) {
        bool is_again = field->kind == FIELD_LIST && list_has(field, pairs[i].value);

        if (strcmp(pairs[i].name, field->name) == 0 && !is_again)
            list[field->list_count++] = pairs[i].value;
    }
    if (field->kind == FIELD_LIST) {
        field->problem = field->is_required && !field->list_count ? "Choose at least one." : NULL;
        return NULL;
    }
    if (field->list_count > 1)
        return error_new(r->arena, ERROR_MALFORMED, "repeated field %s", field->name);
    field->text = field->list_count ? list[0] : "";
    if (field->kind != FIELD_LINES)
        field->text = text_trim(r->arena, field->text);
    field->problem =
        field->kind == FIELD_INT ? number_problem(r->arena, field) : text_problem(r->arena, field);
    if (field->problem && ssh_key_looks_private(r->arena, field->text, strlen(field->text))) {
        field->text = ""; /* a form with a problem is shown again, with its input */
        field->problem = LABEL_IS_PRIVATE;
    }
    if (provider_key_is_in(field->text)) {
        field->text = "";
        field->problem = LABEL_IS_API_KEY;
    }
    return NULL;
}

struct error *form_read(struct request *r, struct field *fields, size_t count)
{
    struct pair *pairs = arena_array(r->arena, LIMIT_FORM_FIELDS, sizeof *pairs);
    size_t pair_count;
    struct error *e = media_check(r);

    if (!e)
        e = pairs_read(r, pairs, &pair_count);
    for (size_t i = 0; i < count && !e; i++)
        e = field_fill(r, &fields[i], pairs, pair_count);
    return e;
}

bool form_has_problems(const struct field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (fields[i].problem)
            return true;
    }
    return false;
}

struct error *form_value(struct request *r, const char *name, const char **out)
{
    struct field field = { .name = name, .kind = FIELD_LINES };
    struct error *e = form_read(r, &field, 1);

    *out = !e && field.list_count ? field.text : NULL;
    return e;
}

struct error *form_is(struct request *r, const char *name, const char *word, bool *out)
{
    const char *value;
    struct error *e = form_value(r, name, &value);

    *out = value && strcmp(value, word) == 0;
    return e;
}

void form_refuse(struct request *r)
{
    db_rollback(r->db);
    r->response.status = 422;
}

void form_keys_read(struct request *r, struct field *field, struct ssh_keys *out)
{
    const struct error *e = ssh_keys_read(r->arena, field->text, strlen(field->text), out);

    if (e)
        field->problem = e->message;
    if (!out->is_public)
        field->text = "";
}

bool form_blame(struct field *fields, size_t count, const struct error *refusal)
{
    for (size_t i = 0; i < count; i++) {
        if (refusal->field && strcmp(fields[i].name, refusal->field) == 0) {
            fields[i].problem = refusal->message;
            return true;
        }
    }
    return false;
}
