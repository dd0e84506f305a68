/*
 * Checks which HTML is allowed: which attributes are URLs, which take no values, which are
 * forbidden; where URLs may point; static files by their hashed names, with their integrity.
 *
 * The content security policy forbids inline scripts and styles and anything from other servers.
 * Violations are found here at build time, not in the browser. A mail has no policy and no static
 * files: it may contain its own style, but nothing that is fetched or submitted.
 */
#include "tmplc_html.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Attributes whose values are not plain text. Names that begin with "on" are scripts, see below. */
static const struct {
    const char *name;
    enum attribute_kind kind;
} attribute_kinds[] = {
    { "action", ATTRIBUTE_URL },
    { "background", ATTRIBUTE_FETCHED },
    { "cite", ATTRIBUTE_URL },
    { "data", ATTRIBUTE_FETCHED },
    { "formaction", ATTRIBUTE_URL },
    { "href", ATTRIBUTE_URL },
    { "hx-delete", ATTRIBUTE_FETCHED },
    { "hx-get", ATTRIBUTE_FETCHED },
    { "hx-headers", ATTRIBUTE_LITERAL },
    { "hx-patch", ATTRIBUTE_FETCHED },
    { "hx-post", ATTRIBUTE_FETCHED },
    { "hx-push-url", ATTRIBUTE_URL },
    { "hx-put", ATTRIBUTE_FETCHED },
    { "hx-replace-url", ATTRIBUTE_URL },
    { "hx-request", ATTRIBUTE_LITERAL },
    { "hx-trigger", ATTRIBUTE_LITERAL },
    { "hx-vals", ATTRIBUTE_LITERAL },
    { "hx-vars", ATTRIBUTE_LITERAL },
    { "imagesrcset", ATTRIBUTE_LITERAL },
    { "longdesc", ATTRIBUTE_URL },
    { "ping", ATTRIBUTE_LITERAL },
    { "poster", ATTRIBUTE_FETCHED },
    { "src", ATTRIBUTE_FETCHED },
    { "srcset", ATTRIBUTE_LITERAL },
    { "sse-connect", ATTRIBUTE_FETCHED },
    { "ws-connect", ATTRIBUTE_FETCHED },
    { "xlink:href", ATTRIBUTE_FETCHED },
};

/* The same as html_url() accepts. */
static const char *const schemes[] = { "https:", "http:", "mailto:", "vscode:", "ssh:" };

static enum attribute_kind attribute_kind(const char *name)
{
    /* htmx treats data-hx-get like hx-get. */
    if (strncmp(name, "data-hx-", 8) == 0)
        name += 5;
    for (size_t i = 0; i < sizeof attribute_kinds / sizeof attribute_kinds[0]; i++)
        if (strcmp(attribute_kinds[i].name, name) == 0)
            return attribute_kinds[i].kind;
    return ATTRIBUTE_PLAIN;
}

void check_attribute_name(struct html *html)
{
    const char *name = html->attribute.name;

    html->attribute.kind = ATTRIBUTE_REFUSED;
    if (strncmp(name, "on", 2) == 0 || strncmp(name, "hx-on", 5) == 0 ||
        strncmp(name, "data-hx-on", 10) == 0)
        refuse(html->path, html->line,
               "%s= is a script in the page; write it in static/app.js, with values in data- "
               "attributes",
               name);
    else if (strcmp(name, "style") == 0 && html->is_mail)
        html->attribute.kind = ATTRIBUTE_LITERAL;
    else if (strcmp(name, "style") == 0)
        refuse(html->path, html->line, "a style in the page; write a class, and app.css");
    else if (strcmp(name, "srcdoc") == 0)
        refuse(html->path, html->line, "srcdoc= is a page in the page; write a page of its own");
    else if (strcmp(name, "formmethod") == 0)
        refuse(html->path, html->line,
               "formmethod= changes the form's method; write a {{ form }} of its own");
    else
        html->attribute.kind = attribute_kind(name);
    /* A link's href is fetched, an anchor's is not. */
    if (strcmp(name, "href") == 0 && strcmp(html->tag.name, "a") != 0 &&
        strcmp(html->tag.name, "area") != 0)
        html->attribute.kind = ATTRIBUTE_FETCHED;
    if (html->is_mail && html->attribute.kind == ATTRIBUTE_FETCHED)
        refuse(html->path, html->line, "%s= is fetched, and tells who reads the mail; leave it out",
               name);
}

static bool is_word(const char *value, size_t length, const char *word)
{
    return length == strlen(word) && strncasecmp(value, word, length) == 0;
}

/* Whether `word` is one of the words of `value`. */
static bool has_word(const char *value, size_t length, const char *word)
{
    size_t start = 0;

    for (size_t i = 0; i <= length; i++) {
        if (i < length && !isspace((unsigned char)value[i]))
            continue;
        if (is_word(value + start, i - start, word))
            return true;
        start = i + 1;
    }
    return false;
}

void check_attribute_value(struct html *html, size_t end)
{
    const struct html_attribute *attribute = &html->attribute;
    struct html_tag *tag = &html->tag;
    const char *value = html->literal.bytes + attribute->value_start;
    size_t length = attribute->is_whole ? end - attribute->value_start : 0;

    if (strcmp(attribute->name, "alt") == 0)
        tag->has_alt = true;
    if (strcmp(attribute->name, "method") == 0 && !attribute->is_whole)
        tag->is_method_unclear = true;
    if (strcmp(attribute->name, "method") == 0 && has_word(value, length, "post"))
        tag->is_post = true;
    if (strcmp(attribute->name, "rel") == 0 && has_word(value, length, "stylesheet"))
        tag->is_stylesheet = true;
    if (strcmp(attribute->name, strcmp(tag->name, "script") == 0 ? "src" : "href") == 0)
        tag->integrity_at = html->literal.length;
}

/* Whether the URL names a scheme; `length` counts its ":". */
static bool has_scheme(const char *url, size_t url_length, size_t *length)
{
    size_t i = 0;

    if (url_length == 0 || !isalpha((unsigned char)url[0]))
        return false;
    while (i < url_length && (isalnum((unsigned char)url[i]) || memchr("+-.", url[i], 3)))
        i++;
    *length = i + 1;
    return i < url_length && url[i] == ':';
}

static void check_scheme(const struct html *html, const char *url, size_t length)
{
    bool is_known = false;

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        is_known = is_known || is_word(url, length, schemes[i]);
    if (!is_known)
        refuse(html->path, html->line, "a %.*s URL; write https:, or a path that begins with /",
               (int)length, url);
    else if (html->attribute.kind == ATTRIBUTE_FETCHED)
        refuse(html->path, html->line, "%s= fetches from another server; put the file in static/",
               html->attribute.name);
}

static void name_static_file(struct html *html, size_t end)
{
    static const char folder[] = "/static/";
    size_t start = html->run_start + sizeof folder - 1;
    const char *name = html->literal.bytes + start;
    size_t length = 0;
    const struct static_file *file;

    while (start + length < end && name[length] != '#' && name[length] != '?')
        length++;
    file = static_file_find(name, length);
    if (!file) {
        refuse(html->path, html->line,
               "no static file \"%.*s\"; write the whole name of one in static/", (int)length,
               name);
        return;
    }
    html->tag.file = file;
    text_replace(&html->literal, start, start + length, file->hashed_name);
}

/* The literal text from run_start to `end`, which begins a URL. */
void check_url_run(struct html *html, size_t end)
{
    const char *url = html->literal.bytes + html->run_start;
    size_t length = end - html->run_start;
    size_t scheme_length;

    if (length > 0 && (isspace((unsigned char)*url) || iscntrl((unsigned char)*url)))
        refuse(html->path, html->line, "white space before a URL; begin %s= with the URL",
               html->attribute.name);
    else if (has_scheme(url, length, &scheme_length))
        check_scheme(html, url, scheme_length);
    else if (length >= 2 && url[0] == '/' && (url[1] == '/' || url[1] == '\\'))
        refuse(html->path, html->line,
               "a URL that begins with // leads to another server; write https:, or one /");
    else if (length >= 8 && memcmp(url, "/static/", 8) == 0)
        name_static_file(html, end);
}

/* The browser must refuse a script or style that differs from the one at build time. */
static void add_integrity(struct html *html)
{
    struct html_tag *tag = &html->tag;
    struct text attribute = { 0 };

    if (!tag->is_whole) {
        refuse(html->path, tag->line,
               "a value or block in this <%s>; put the {{ if }} around the whole tag", tag->name);
        return;
    }
    if (!tag->file)
        return;
    text_printf(&attribute, " integrity=\"%s\"", tag->file->integrity);
    text_replace(&html->literal, tag->integrity_at, tag->integrity_at, attribute.bytes);
}

void check_tag(struct html *html)
{
    const struct html_tag *tag = &html->tag;
    bool is_form = strcmp(tag->name, "form") == 0;

    if (is_form && html->is_form_open && !tag->is_ours)
        refuse(html->path, tag->line, "<%sform> within {{ form }}; {{ end }} ends the form",
               tag->is_end ? "/" : "");
    if (tag->is_end)
        return;
    if (is_form && !tag->is_ours && (tag->is_post || tag->is_method_unclear))
        refuse(html->path, tag->line,
               "a form with method post written by hand; write {{ form \"/path\" }} ... {{ end }}");
    if (html->is_mail && (strcmp(tag->name, "form") == 0 || strcmp(tag->name, "script") == 0))
        refuse(html->path, tag->line, "a <%s> in a mail; write a link to a page", tag->name);
    if (strcmp(tag->name, "style") == 0 && !html->is_mail)
        refuse(html->path, tag->line, "a <style> in the page; write it in static/app.css");
    if (strcmp(tag->name, "img") == 0 && !tag->has_alt)
        refuse(html->path, tag->line, "an <img> without alt; write alt=\"\" if it only decorates");
    if (strcmp(tag->name, "script") == 0 || (strcmp(tag->name, "link") == 0 && tag->is_stylesheet))
        add_integrity(html);
}
