/* What the address of a list asks for; see list_query.h. */
#include "web/list_query.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/limit.h"
#include "base/text.h"
#include "web/form.h"

#include <string.h>

/* A copy of `choices` of which the asked one is chosen, or the first. Returns its value. */
static const char *choose(struct arena *arena, const struct list_choice *choices, size_t count,
                          const char *asked, struct list_choice_rows *out)
{
    size_t chosen = 0;

    out->count = count;
    out->row = arena_array(arena, count, sizeof *out->row);
    for (size_t i = 0; i < count; i++) {
        out->row[i] = choices[i];
        if (strcmp(choices[i].value, asked) == 0)
            chosen = i;
    }
    if (!count)
        return "";
    out->row[chosen].is_chosen = true;
    return out->row[chosen].value;
}

/* The start of a day as typed; "" and 0 if it is none. */
static int64_t day_read(const struct field *field, const char **out)
{
    int64_t at = 0;
    bool is_day = !field->problem && date_day_read(field->text, &at);

    *out = is_day ? field->text : "";
    return is_day ? at : 0;
}

enum { SEARCH, SORT, FILTER, FROM, TO, FIELDS };

struct error *list_query_read(struct request *r, const struct list_kind *kind,
                              struct list_query *out)
{
    struct field fields[FIELDS] = {
        [SEARCH] = { .name = "q", .kind = FIELD_LINE, .max = LIMIT_LABEL_CHARACTERS },
        [SORT] = { .name = "sort", .kind = FIELD_LINE },
        [FILTER] = { .name = kind->filter_name, .kind = FIELD_LINE, .text = "" },
        [FROM] = { .name = "from", .kind = FIELD_LINE, .text = "" },
        [TO] = { .name = "to", .kind = FIELD_LINE, .text = "" },
    };
    struct error *e = form_read(r, fields,
                                kind->has_period     ? FIELDS
                                : kind->filter_count ? FROM
                                                     : FILTER);

    if (e)
        return e;
    *out = (struct list_query){
        .path = kind->path,
        .things = kind->things,
        .filter_name = kind->filter_name,
        .filter_label = kind->filter_label,
        .is_counted = kind->is_counted,
        .search = fields[SEARCH].problem ? "" : fields[SEARCH].text,
    };
    out->since_at = day_read(&fields[FROM], &out->first_day);
    out->before_at = day_read(&fields[TO], &out->last_day);
    out->before_at = out->before_at ? out->before_at + A_DAY_S : INT64_MAX;
    out->filter =
        choose(r->arena, kind->filters, kind->filter_count, fields[FILTER].text, &out->filters);
    out->sort = choose(r->arena, kind->sorts, kind->sort_count, fields[SORT].text, &out->sorts);
    return NULL;
}

size_t list_query_filter(const struct list_query *list)
{
    size_t i = 0;

    while (i < list->filters.count && !list->filters.row[i].is_chosen)
        i++;
    return i;
}

struct error *list_query_page(struct request *r, int64_t total, struct list_query *list)
{
    struct field asked = { .name = "page", .kind = FIELD_LINE };
    int64_t last = total > 0 ? (total - 1) / LIMIT_LIST_ROWS + 1 : 1;
    struct error *e = form_read(r, &asked, 1);

    if (e)
        return e;
    if (!text_int(asked.text, &list->number) || list->number < 1)
        list->number = 1;
    if (list->number > last)
        list->number = last;
    list->total = total;
    list->skip = (list->number - 1) * LIMIT_LIST_ROWS;
    list->from = total > 0 ? list->skip + 1 : 0;
    list->to = list->number == last ? total : list->skip + LIMIT_LIST_ROWS;
    list->newer = list->number - 1;
    list->older = list->number == last ? 0 : list->number + 1;
    list->first = list->number > 2 ? 1 : 0;
    list->last = list->number < last - 1 ? last : 0;
    list->is_paged = last > 1;
    list->is_plain = !*list->search && !*list->filter && list->number == 1 &&
                     (!list->sorts.count || list->sorts.row[0].is_chosen);
    return NULL;
}
