/* Finds promises in sentences that are none, and parameters that are not well written. */
#include "mdc.h"

#include <ctype.h>
#include <string.h>

/*
 * Words by which a sentence promises something; in lowercase. A policy says these in a promise,
 * which is measured, or in a statement, which says why it cannot be.
 */
static const char *const promise_words[] = {
    "never",      "always",      "only",      "within",    "delete",         "deletes",
    "deleted",    "remove",      "removes",   "removed",   "erase",          "erases",
    "erased",     "wipe",        "wiped",     "destroyed", "encrypt",        "encrypts",
    "encrypted",  "isolated",    "anonymous", "secure",    "securely",       "safe",
    "protected",  "don't",       "doesn't",   "won't",     "can't",          "isn't",
    "aren't",     "cannot",      "nobody",    "none",      "nothing",        "guarantee",
    "guarantees", "guaranteed",  "ensure",    "ensures",   "ensured",        "exactly",
    "solely",     "immediately", "at most",   "at least",  "no longer than", "not share",
    "not sell",   "do not",      "does not",  "did not",   "will not",       "is not",
    "are not",    "must not",    "no one",    "at once",   "under no",       "commit to",
};

/* Lowercase, blanks for line breaks, and ' for its typographic form. The same number of lines. */
static char *plain_of(const char *text)
{
    char *plain = allocate(strlen(text) + 1);
    char *to = plain;

    while (*text) {
        if (strncmp(text, "\u2019", 3) == 0) {
            *to++ = '\'';
            text += 3;
        } else {
            *to++ = *text == '\n' ? ' ' : (char)tolower((unsigned char)*text);
            text++;
        }
    }
    return plain;
}

static bool is_letter(char byte)
{
    return isalnum((unsigned char)byte) || byte == '\'' || byte == '-' || byte == '_';
}

/* Where the word is in a text; NULL: nowhere. */
static const char *word_find(const char *text, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word)) {
        if ((at == text || !is_letter(at[-1])) && !is_letter(at[length]))
            return at;
    }
    return NULL;
}

/* The line breaks before the place that has `count` bytes of the plain text before it. */
static int lines_before(const char *text, size_t count)
{
    int lines = 0;

    for (size_t i = 0; i < count; i++) {
        if (strncmp(text, "\u2019", 3) == 0)
            text += 2;
        lines += *text++ == '\n';
    }
    return lines;
}

void words_check(const char *path, int line, const char *text)
{
    const char *plain = plain_of(text);

    for (size_t i = 0; i < sizeof promise_words / sizeof promise_words[0]; i++) {
        const char *at = word_find(plain, promise_words[i]);

        if (at)
            refuse(path, line + lines_before(text, (size_t)(at - plain)),
                   "\"%s\" promises something; write it as [...](promise:ID), or as "
                   "[...](statement:ID) with a note, or say it without that word",
                   promise_words[i]);
    }
}

void parameters_check(const char *path, int line, const char *text)
{
    for (; *text; text++) {
        size_t length = 0;

        line += *text == '\n';
        if (*text == '}') {
            refuse(path, line, "a } alone; write a parameter as {name}");
            return;
        }
        if (*text != '{')
            continue;
        length = strspn(text + 1, "abcdefghijklmnopqrstuvwxyz_");
        if (length == 0 || text[1 + length] != '}') {
            refuse(path, line, "a { that begins no parameter; write {name}, a to z and _");
            return;
        }
        text += 1 + length;
    }
}
