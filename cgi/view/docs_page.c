/* The docs; see docs_page.h. */
#include "view/docs_page.h"

#include <string.h>

static struct error *show(struct request *r, const struct docs_page *page)
{
    r->frame.title = page->title;
    page->write(&r->response.body, &r->frame);
    return NULL;
}

struct error *docs_index_show(struct request *r)
{
    return show(r, &DOCS_PAGES[0]);
}

/* The index has one address, /docs. */
struct error *docs_page_show(struct request *r)
{
    for (size_t i = 1; i < DOCS_PAGE_COUNT; i++) {
        if (strcmp(DOCS_PAGES[i].name, r->parameters[0]) == 0)
            return show(r, &DOCS_PAGES[i]);
    }
    return error_new(r->arena, ERROR_NOT_FOUND, "there is no page \"%s\"", r->parameters[0]);
}
