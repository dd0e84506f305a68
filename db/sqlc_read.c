/*
 * Reads db/SUBJECT.sql: finds and parses the signatures.
 *
 *     -- NAME(PARAMETER TYPE, ...) SHAPE (COLUMN TYPE, ...) across teams
 *     -- Lines of contract, for the caller.
 *     SQL;
 *
 * A signature may continue on further "--" lines until its brackets are closed. Whether the SQL
 * matches the signature is not checked here (sqlc_check.c).
 */
#include "sqlc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const FORM = "`-- NAME(PARAMETER TYPE, ...) rows`, `row`, `one` or `done`";

/* Position while parsing a signature, and its statement. */
struct signature {
    const struct statement *statement;
    const char *at;
};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static char *copy(const char *from, const char *to)
{
    char *text = strndup(from, (size_t)(to - from));

    if (!text)
        give_up("memory");
    return text;
}

/* The next word, or "" if there is none. */
static char *take_word(struct signature *signature)
{
    const char *from = signature->at + strspn(signature->at, " ");
    const char *to = from;

    while (is_word(*to))
        to++;
    signature->at = to;
    return copy(from, to);
}

static bool take(struct signature *signature, char c)
{
    const char *at = signature->at + strspn(signature->at, " ");

    if (*at != c)
        return false;
    signature->at = at + 1;
    return true;
}

static bool misread(const struct signature *signature)
{
    const char *rest = signature->at + strspn(signature->at, " ");

    refuse(signature->statement->source->path, signature->statement->line,
           "signature not understood %s%.30s%s; write %s", *rest ? "at `" : "at its end", rest,
           *rest ? "`" : "", FORM);
    return false;
}

static bool read_type(struct signature *signature, enum type *out)
{
    static const char *const names[] = { "int", "text", "blob" };
    const char *word = take_word(signature);

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!strcmp(word, names[i])) {
            *out = (enum type)i;
            return true;
        }
    }
    if (!*word)
        return misread(signature);
    refuse(signature->statement->source->path, signature->statement->line,
           "`%s` is no type; write int, text or blob", word);
    return false;
}

/* "NAME TYPE, NAME TYPE)"; the opening bracket has been read. */
static bool read_fields(struct signature *signature, bool may_be_null, struct fields *out)
{
    if (take(signature, ')'))
        return true;
    do {
        struct field field = { .name = take_word(signature) };

        if (!*field.name)
            return misread(signature);
        if (!read_type(signature, &field.type))
            return false;
        field.is_nullable = may_be_null && take(signature, '?');
        if (field_find(out, field.name)) {
            refuse(signature->statement->source->path, signature->statement->line,
                   "`%s` stands twice in the signature; write it once", field.name);
            return false;
        }
        field_add(out, field);
    } while (take(signature, ','));
    return take(signature, ')') || misread(signature);
}

static bool read_shape(struct signature *signature, enum shape *out)
{
    static const char *const names[] = { "rows", "row", "done", "one" };
    const char *word = take_word(signature);

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!strcmp(word, names[i])) {
            *out = (enum shape)i;
            return true;
        }
    }
    if (!*word)
        return misread(signature);
    refuse(signature->statement->source->path, signature->statement->line,
           "`%s` is no shape; write rows, row, one or done", word);
    return false;
}

static bool read_signature(const char *text, struct statement *out)
{
    struct signature signature = { .statement = out, .at = text };

    out->name = take_word(&signature);
    if (!take(&signature, '(') || !read_fields(&signature, true, &out->parameters))
        return false;
    if (!read_shape(&signature, &out->shape))
        return false;
    if (take(&signature, '(') && !read_fields(&signature, false, &out->computed))
        return false;

    struct signature rest = signature;
    if (!strcmp(take_word(&signature), "across")) {
        out->is_across_teams = !strcmp(take_word(&signature), "teams");
        if (!out->is_across_teams)
            return misread(&rest);
    } else {
        signature = rest;
    }
    return signature.at[strspn(signature.at, " ")] == '\0' || misread(&signature);
}

/* Whether a line has the form "-- name(". */
static bool is_signature(const char *line)
{
    const char *at = line + 3;

    if (strncmp(line, "-- ", 3) || !is_word(*at))
        return false;
    while (is_word(*at))
        at++;
    return *at == '(';
}

static const char *next_line(const char *at)
{
    at += strcspn(at, "\n");
    return *at ? at + 1 : at;
}

/* The signature on one line, without the "--". `*at` moves past it. */
static char *join_signature(const char **at)
{
    char *text = NULL;
    size_t length = 0;
    int depth = 0;

    do {
        const char *end = *at + strcspn(*at, "\r\n");
        for (const char *c = *at + 2; c < end; c++) {
            depth += (*c == '(') - (*c == ')');
            text = grow(text, length, 1);
            text[length++] = *c == '\t' ? ' ' : *c;
        }
        *at = next_line(*at);
    } while (depth > 0 && !strncmp(*at, "--", 2) && !is_signature(*at));
    text = grow(text, length, 1);
    text[length] = '\0';
    return text;
}

/* Move to the next signature. Only comments may precede the first one. */
static void find_signature(struct reader *reader)
{
    const char *from = reader->at;

    while (*reader->at && !is_signature(reader->at))
        reader->at = next_line(reader->at);

    const char *sql = skip_blank(from);
    if (sql < reader->at)
        refuse(reader->source->path, line_of(from, sql, reader->line),
               "SQL without a signature; write above it %s", FORM);
    reader->line = line_of(from, reader->at, reader->line);
}

bool read_statement(struct reader *reader, struct statement *out)
{
    for (;;) {
        find_signature(reader);
        if (!*reader->at)
            return false;

        const char *from = reader->at;
        *out = (struct statement){ .source = reader->source, .line = reader->line };
        const char *signature = join_signature(&reader->at);

        const char *contract = reader->at;
        while (!strncmp(reader->at, "--", 2) && !is_signature(reader->at))
            reader->at = next_line(reader->at);
        out->contract = copy(contract, reader->at);

        const char *sql = reader->at;
        while (*reader->at && !is_signature(reader->at))
            reader->at = next_line(reader->at);
        out->sql = copy(sql, reader->at);
        out->sql_line = line_of(from, sql, reader->line);
        reader->line = line_of(from, reader->at, reader->line);

        if (read_signature(signature, out))
            return true;
    }
}
