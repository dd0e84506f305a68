/*
 * Tokenizes HTML like a browser, far enough to know the context: text, tag, attribute value,
 * script. One function per state, called for each byte.
 *
 * tmplc_check.c decides which tags and attributes are allowed.
 */
#include "tmplc_html.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* The name of each state, and what to write instead of a value there. */
static const struct {
    const char *name;
    const char *advice;
} places[HTML_STATES] = {
    [HTML_TEXT] = { "text", "" },
    [HTML_RCDATA] = { "text", "" },
    [HTML_RAW] = { "a script or style", "put it in a data- attribute and read it from there" },
    [HTML_TAG_OPEN] = { "a tag name", "write each tag out in an {{ if }}" },
    [HTML_TAG_NAME] = { "a tag name", "write each tag out in an {{ if }}" },
    [HTML_BETWEEN] = { "an attribute name", "write the attribute out in an {{ if }}" },
    [HTML_SEPARATE] = { "an attribute name", "write the attribute out in an {{ if }}" },
    [HTML_NAME] = { "an attribute name", "write the attribute out in an {{ if }}" },
    [HTML_AFTER_NAME] = { "an attribute name", "write the attribute out in an {{ if }}" },
    [HTML_BEFORE_VALUE] = { "an unquoted attribute", "put the value in quotes" },
    [HTML_DOUBLE] = { "an attribute", "" },
    [HTML_SINGLE] = { "an attribute", "" },
    [HTML_UNQUOTED] = { "an unquoted attribute", "put the value in quotes" },
    [HTML_DECLARATION] = { "a doctype", "write <!doctype html>" },
    [HTML_COMMENT] = { "a comment", "write {{# a note }} or put it in the text" },
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool is_url(const struct html *html)
{
    return html->attribute.kind == ATTRIBUTE_URL || html->attribute.kind == ATTRIBUTE_FETCHED;
}

static void add_name(char *name, size_t size, size_t *length, char c)
{
    if (*length + 1 < size)
        name[(*length)++] = (char)tolower((unsigned char)c);
}

static bool follows(const char *next, const char *end, const char *word)
{
    size_t length = strlen(word);

    return (size_t)(end - next) >= length && strncasecmp(next, word, length) == 0;
}

static void tag_begins(struct html *html)
{
    html->tag = (struct html_tag){
        .line = html->line,
        .is_whole = true,
        .is_ours = html->tag.is_ours,
    };
    html->at.tag++;
    html->at.state = HTML_TAG_OPEN;
}

static void tag_ends(struct html *html)
{
    const char *name = html->tag.name;

    check_tag(html);
    html->at.state = HTML_TEXT;
    html->tag.is_ours = false;
    if (html->tag.is_end)
        return;
    if (strcmp(name, "script") == 0 || strcmp(name, "style") == 0)
        html->at.state = HTML_RAW;
    else if (strcmp(name, "title") == 0 || strcmp(name, "textarea") == 0)
        html->at.state = HTML_RCDATA;
    html->is_raw_refused = false;
}

static void attribute_begins(struct html *html)
{
    html->attribute = (struct html_attribute){ .line = html->line, .is_whole = true };
    html->at.attribute++;
    html->at.state = HTML_NAME;
}

static void value_begins(struct html *html, enum html_state state, size_t start)
{
    html->at.state = state;
    html->at.url_at = URL_START;
    html->attribute.value_start = start;
    html->run_start = start;
    html->is_run_at_start = true;
}

/* The value has ended before the last byte read. */
static void value_ends(struct html *html)
{
    size_t end = html->literal.length - 1;

    if (is_url(html) && html->is_run_at_start)
        check_url_run(html, end);
    check_attribute_value(html, html->literal.length - 1);
}

static void attribute_without_value(struct html *html)
{
    html->attribute.value_start = html->literal.length;
    check_attribute_value(html, html->literal.length);
}

static void step_text(struct html *html, const char *next, const char *end)
{
    (void)end;
    if (*next == '<')
        tag_begins(html);
}

/* Only their own end tag ends title, textarea, script and style. */
static void step_raw(struct html *html, const char *next, const char *end)
{
    size_t length = html->tag.name_length;
    bool is_end =
        *next == '<' && follows(next, end, "</") && follows(next + 2, end, html->tag.name);
    char after = is_end && next + 2 + length < end ? next[2 + length] : '>';

    if (is_end && (is_space(after) || after == '/' || after == '>')) {
        tag_begins(html);
        return;
    }
    if (html->at.state != HTML_RAW || is_space(*next) || html->is_raw_refused)
        return;
    html->is_raw_refused = true;
    if (strcmp(html->tag.name, "script") == 0)
        refuse(html->path, html->line, "a script in the page; write it in static/app.js");
}

static void step_tag_open(struct html *html, const char *next, const char *end)
{
    if (*next == '/' && !html->tag.is_end) {
        html->tag.is_end = true;
    } else if (isalpha((unsigned char)*next)) {
        add_name(html->tag.name, sizeof html->tag.name, &html->tag.name_length, *next);
        html->at.state = HTML_TAG_NAME;
    } else if (*next == '!' && !html->tag.is_end) {
        html->at.state = follows(next, end, "!--") ? HTML_COMMENT : HTML_DECLARATION;
    } else {
        refuse(html->path, html->line, "a \"<\" that begins no tag; write &lt;");
        html->at.state = HTML_TEXT;
    }
}

static void step_between(struct html *html, const char *next, const char *end)
{
    (void)end;
    if (*next == '>') {
        tag_ends(html);
    } else if (is_space(*next) || *next == '/') {
        html->at.state = HTML_BETWEEN;
    } else {
        if (strchr("\"'<=", *next))
            refuse(html->path, html->line, "a stray %c in <%s>; check the quotes of the tag", *next,
                   html->tag.name);
        attribute_begins(html);
        add_name(html->attribute.name, sizeof html->attribute.name, &html->attribute.name_length,
                 *next);
    }
}

static void step_separate(struct html *html, const char *next, const char *end)
{
    if (!is_space(*next) && *next != '/' && *next != '>')
        refuse(html->path, html->line,
               "no space between two attributes of <%s>; write one, or check the quotes",
               html->tag.name);
    step_between(html, next, end);
}

static void step_tag_name(struct html *html, const char *next, const char *end)
{
    if (is_space(*next) || *next == '/' || *next == '>') {
        step_between(html, next, end);
        return;
    }
    if (*next == '<')
        refuse(html->path, html->line, "a stray < in <%s>; write &lt;", html->tag.name);
    add_name(html->tag.name, sizeof html->tag.name, &html->tag.name_length, *next);
}

static void step_after_name(struct html *html, const char *next, const char *end)
{
    if (is_space(*next)) {
        html->at.state = HTML_AFTER_NAME;
    } else if (*next == '=') {
        html->at.state = HTML_BEFORE_VALUE;
    } else {
        attribute_without_value(html);
        step_between(html, next, end);
    }
}

static void step_name(struct html *html, const char *next, const char *end)
{
    if (is_space(*next) || *next == '=' || *next == '/' || *next == '>') {
        check_attribute_name(html);
        step_after_name(html, next, end);
        return;
    }
    if (strchr("\"'<", *next))
        refuse(html->path, html->line, "a stray %c in <%s>; check the quotes of the tag", *next,
               html->tag.name);
    add_name(html->attribute.name, sizeof html->attribute.name, &html->attribute.name_length,
             *next);
}

static void step_before_value(struct html *html, const char *next, const char *end)
{
    (void)end;
    if (*next == '"' || *next == '\'') {
        value_begins(html, *next == '"' ? HTML_DOUBLE : HTML_SINGLE, html->literal.length);
    } else if (*next == '>') {
        refuse(html->path, html->line, "no value behind %s=; write %s=\"\"", html->attribute.name,
               html->attribute.name);
        tag_ends(html);
    } else if (!is_space(*next)) {
        value_begins(html, HTML_UNQUOTED, html->literal.length - 1);
        html->at.url_at = URL_LATER;
        if (is_url(html))
            refuse(html->path, html->line, "a URL without quotes; write %s=\"...\"",
                   html->attribute.name);
    }
}

static void step_quoted(struct html *html, const char *next, const char *end)
{
    (void)end;
    if (*next == (html->at.state == HTML_DOUBLE ? '"' : '\'')) {
        value_ends(html);
        html->at.state = HTML_SEPARATE;
    } else {
        html->at.url_at = URL_LATER;
    }
}

static void step_unquoted(struct html *html, const char *next, const char *end)
{
    if (is_space(*next) || *next == '>') {
        value_ends(html);
        step_between(html, next, end);
    } else if (strchr("\"'<=`", *next)) {
        refuse(html->path, html->line, "a stray %c in %s=; put the value in quotes", *next,
               html->attribute.name);
    }
}

static void step_declaration(struct html *html, const char *next, const char *end)
{
    (void)end;
    if (*next == '>')
        html->at.state = HTML_TEXT;
}

static void step_comment(struct html *html, const char *next, const char *end)
{
    size_t length = html->literal.length;

    (void)end;
    if (*next == '>' && length >= 3 && memcmp(html->literal.bytes + length - 3, "-->", 3) == 0)
        html->at.state = HTML_TEXT;
}

static void (*const steps[HTML_STATES])(struct html *, const char *, const char *) = {
    [HTML_TEXT] = step_text,
    [HTML_RCDATA] = step_raw,
    [HTML_RAW] = step_raw,
    [HTML_TAG_OPEN] = step_tag_open,
    [HTML_TAG_NAME] = step_tag_name,
    [HTML_BETWEEN] = step_between,
    [HTML_SEPARATE] = step_separate,
    [HTML_NAME] = step_name,
    [HTML_AFTER_NAME] = step_after_name,
    [HTML_BEFORE_VALUE] = step_before_value,
    [HTML_DOUBLE] = step_quoted,
    [HTML_SINGLE] = step_quoted,
    [HTML_UNQUOTED] = step_unquoted,
    [HTML_DECLARATION] = step_declaration,
    [HTML_COMMENT] = step_comment,
};

void html_read(struct html *html, const char *bytes, size_t length)
{
    const char *end = bytes + length;

    if (html->is_plain) {
        text_add(&html->literal, bytes, length);
        return;
    }
    for (const char *next = bytes; next < end; next++) {
        text_add(&html->literal, next, 1);
        steps[html->at.state](html, next, end);
        if (*next == '\n')
            html->line++;
    }
}

/* The literal is interrupted: check the part of the URL read so far. */
static void interrupt(struct html *html)
{
    bool is_in_value = html->at.state == HTML_DOUBLE || html->at.state == HTML_SINGLE;

    if (html->at.state == HTML_BEFORE_VALUE)
        value_begins(html, HTML_UNQUOTED, html->literal.length);
    if (is_in_value && is_url(html) && html->is_run_at_start && html->at.url_at != URL_START)
        check_url_run(html, html->literal.length);
    html->is_run_at_start = false;
    html->attribute.is_whole = false;
    html->tag.is_whole = false;
}

enum html_use html_value_here(struct html *html)
{
    const struct html_attribute *attribute = &html->attribute;
    enum html_url_at url_at = html->at.url_at;
    bool is_behind_slash = html->is_run_at_start && html->literal.length == html->run_start + 1 &&
                           html->literal.bytes[html->run_start] == '/';

    if (html->is_plain)
        return USE_LINE;
    interrupt(html);
    if (*places[html->at.state].advice) {
        refuse(html->path, html->line, "a value in %s; %s", places[html->at.state].name,
               places[html->at.state].advice);
        return USE_REFUSED;
    }
    if (html->at.state == HTML_TEXT)
        return USE_TEXT;
    if (html->at.state == HTML_RCDATA || attribute->kind == ATTRIBUTE_PLAIN)
        return USE_PLAIN;
    html->at.url_at = URL_LATER;
    if (attribute->kind == ATTRIBUTE_LITERAL)
        refuse(html->path, html->line,
               "a value in %s=, which the browser reads as more than text; put it in a data- "
               "attribute",
               attribute->name);
    else if (is_url(html) && url_at == URL_UNCLEAR)
        refuse(html->path, html->line,
               "a value that may or may not begin the URL; write the whole URL in each branch");
    else if (is_url(html) && is_behind_slash)
        refuse(html->path, html->line,
               "a value right behind the first / of a URL, which could become //; write a longer "
               "path");
    if (!is_url(html) || url_at == URL_UNCLEAR || is_behind_slash)
        return USE_REFUSED;
    return url_at == URL_START ? USE_URL : USE_URL_PART;
}

bool html_block_here(struct html *html)
{
    enum html_state state = html->at.state;

    if (state == HTML_NAME || state == HTML_AFTER_NAME) {
        if (state == HTML_NAME)
            check_attribute_name(html);
        attribute_without_value(html);
    }
    if (state == HTML_NAME || state == HTML_TAG_NAME)
        html->at.state = HTML_SEPARATE;
    else if (state == HTML_AFTER_NAME)
        html->at.state = HTML_BETWEEN;
    state = html->at.state;
    interrupt(html);
    if (!*places[state].advice || state == HTML_BETWEEN || state == HTML_SEPARATE)
        return true;
    refuse(html->path, html->line, "a block in %s; %s", places[state].name, places[state].advice);
    return false;
}

bool html_each_here(const struct html *html)
{
    bool is_in_value = html->at.state == HTML_DOUBLE || html->at.state == HTML_SINGLE;

    return html->at.state == HTML_TEXT || html->at.state == HTML_RCDATA ||
           (is_in_value && html->attribute.kind == ATTRIBUTE_PLAIN);
}

void html_taken(struct html *html)
{
    html->literal.length = 0;
    html->run_start = 0;
    html->is_run_at_start = html->at.url_at == URL_START;
}

void html_resume(struct html *html, struct html_position position)
{
    html->at = position;
    html->is_run_at_start = position.url_at == URL_START;
}

bool html_meet(struct html_position a, struct html_position b, struct html_position *merged)
{
    bool is_in_tag = a.state == HTML_BETWEEN || a.state == HTML_SEPARATE;

    *merged = a;
    if (is_in_tag) {
        if (b.state == HTML_SEPARATE)
            merged->state = HTML_SEPARATE;
        return a.tag == b.tag && (b.state == HTML_BETWEEN || b.state == HTML_SEPARATE);
    }
    if (a.url_at != b.url_at)
        merged->url_at = URL_UNCLEAR;
    if (a.state == HTML_DOUBLE || a.state == HTML_SINGLE)
        return a.state == b.state && a.attribute == b.attribute;
    return a.state == b.state && (a.state == HTML_TEXT || a.tag == b.tag);
}

const char *html_place_name(const struct html *html)
{
    if (html->at.state == HTML_BETWEEN || html->at.state == HTML_SEPARATE)
        return "a tag";
    return places[html->at.state].name;
}
