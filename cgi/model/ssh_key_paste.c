/*
 * Public keys out of a text as people paste it; see ssh_key.h. Turns every form into the line
 * "algorithm base64 comment", which ssh_key.c checks.
 */
#include "adapter/crypto.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/limit.h"
#include "base/text.h"
#include "model/ssh_key_read.h"

#include <string.h>
#include <strings.h>

struct paste {
    struct arena *arena;
    char **line; /* trimmed, without marks and quotation marks */
    size_t count, at;
    size_t capacity;
    bool is_quoted; /* a quotation mark was opened */
    struct ssh_keys *out;
};

static const char good_kinds[] =
    "Paste an Ed25519, ECDSA, RSA (2048 to 8192 bit) or security-key public key.";
/* ---- lines ---- */

/* The quotation mark at the beginning or the end of `text`: its length, or 0. */
static size_t quote_length(const char *text, bool is_end)
{
    static const char *const quotes[] = { "\"", "'", "`", "“", "”", "„", "‘", "’", "«", "»" };
    size_t length = strlen(text);

    for (size_t i = 0; i < COUNT(quotes); i++) {
        size_t size = strlen(quotes[i]);

        if (size <= length && strncmp(is_end ? text + length - size : text, quotes[i], size) == 0)
            return size;
    }
    return 0;
}

/* Behind the marks of list items and of quoted mail. */
static char *marks_skip(char *text)
{
    static const char *const marks[] = { "- ", "* ", "+ ", "> ", "• " };

    for (size_t i = 0; i < COUNT(marks);) {
        bool is_marked = text_starts(text, marks[i]);

        text += is_marked ? strlen(marks[i]) : 0;
        text += strspn(text, " ");
        i = is_marked ? 0 : i + 1;
    }
    return text;
}

static void quotes_remove(struct paste *paste, char **line)
{
    size_t length;

    if (quote_length(*line, false)) {
        paste->is_quoted = true;
        *line += quote_length(*line, false);
    }
    length = strlen(*line);
    if (!paste->is_quoted || !length)
        return;
    if ((*line)[length - 1] == ',')
        (*line)[--length] = '\0';
    if (quote_length(*line, true)) {
        (*line)[length - quote_length(*line, true)] = '\0';
        paste->is_quoted = false;
    }
}

static void lines_read(struct paste *paste, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        const char *trimmed = text_trim(paste->arena, arena_copy_bytes(paste->arena, text, length));
        char *line = marks_skip(arena_copy(paste->arena, trimmed));

        quotes_remove(paste, &line);
        paste->line = array_grow(paste->arena, paste->line, paste->count, &paste->capacity,
                                 sizeof *paste->line);
        paste->line[paste->count++] = line;
        text += length + (text[length] == '\n');
    }
}

/* The line at the position, which moves on; NULL at the end. */
static char *line_take(struct paste *paste)
{
    return paste->at < paste->count ? paste->line[paste->at++] : NULL;
}

/* The same without moving on; "" at the end. */
static const char *line_peek(const struct paste *paste)
{
    return paste->at < paste->count ? paste->line[paste->at] : "";
}

static const char *word_take(struct arena *arena, char **text)
{
    size_t length = strcspn(*text, " ");
    const char *word = arena_copy_bytes(arena, *text, length);

    *text += length;
    *text += strspn(*text, " ");
    return word;
}

/* ---- one key ---- */

/* The value of a line "tag: value"; false: the line has another tag. */
static bool value_read(const char *line, const char *tag, const char **out)
{
    if (strncasecmp(line, tag, strlen(tag)) != 0)
        return false;
    *out = line + strlen(tag);
    *out += strspn(*out, " ");
    return true;
}

/* Adds the key unless the text has had it before. */
static const char *key_add(struct paste *paste, const char *algorithm, const char *base64,
                           const char *comment)
{
    struct ssh_keys *out = paste->out;
    struct arena *arena = paste->arena;
    struct ssh_key key;
    const char *problem = ssh_key_line_read(
        arena, arena_printf(arena, "%s %s%s%s", algorithm, base64, *comment ? " " : "", comment),
        &key);

    if (problem)
        return problem;
    for (size_t i = 0; i < out->count; i++) {
        if (strcmp(out->key[i].fingerprint, key.fingerprint) == 0)
            return NULL;
    }
    if (out->count == LIMIT_KEYS_PER_TEAM)
        return arena_printf(arena, "These are more than the %d keys that a team can have.",
                            LIMIT_KEYS_PER_TEAM);
    out->key[out->count++] = key;
    return NULL;
}

/* The same for base64 whose kind is said only inside. */
static const char *blob_add(struct paste *paste, const char *base64, const char *comment)
{
    unsigned char *bytes;
    size_t length;

    paste->out->is_public = true;
    if (!crypto_base64_decode(paste->arena, base64, strlen(base64), &bytes, &length) ||
        length < 4 || 4U + bytes[3] > length)
        return "This key is incomplete or damaged. Copy all of it.";
    return key_add(paste, arena_copy_bytes(paste->arena, bytes + 4, bytes[3]), base64, comment);
}

/* What of its lines is no part of a key cannot be told, so it is not shown again. */
static const char *incomplete(struct paste *paste)
{
    paste->out->is_public = false;
    return "This key is incomplete: its last lines are missing. Copy all lines.";
}

/* Whether the next line begins with base64 that goes on with the key before it. */
static bool goes_on(const struct paste *paste)
{
    const char *line = line_peek(paste);
    size_t span = ssh_key_base64_span(line, strlen(line));

    return span && (!line[span] || line[span] == ' ');
}

/* One word, and the beginning of nothing else. */
static bool is_rest_of_comment(const char *line)
{
    return *line && !strchr(line, ' ') && *line != '#' && *line != '-' &&
           !ssh_key_is_algorithm(line);
}

/* A key with options before it, as in authorized_keys: public, though it is refused. */
static bool has_key_behind_options(struct arena *arena, const char *line)
{
    char *rest = arena_copy(arena, line);

    while (*rest) {
        if (ssh_key_is_algorithm(word_take(arena, &rest)))
            return text_starts(rest, "AAAA");
    }
    return false;
}

/*
 * "algorithm base64 comment". Line ends may stand anywhere behind the algorithm: the base64 goes on
 * in the next line until the key is complete, and the comment if it has not begun, or if its line
 * is as long as the first.
 */
static const char *line_key(struct paste *paste, char *line)
{
    struct arena *arena = paste->arena;
    char *last = line, *rest = line;
    const char *algorithm = word_take(arena, &rest);
    struct buf base64 = buf_new(arena, 256);
    size_t width = strlen(line), expected;
    bool is_short;

    paste->out->is_public |= text_starts(algorithm, "ssh-") || text_starts(algorithm, "ecdsa-") ||
                             text_starts(algorithm, "sk-") || has_key_behind_options(arena, line);
    if (!ssh_key_is_algorithm(algorithm))
        return ssh_key_line_read(arena, line, &(struct ssh_key){ .comment = "" });
    buf_text(&base64, word_take(arena, &rest));
    expected = ssh_key_base64_length(arena, base64.bytes);
    while (!*rest && (!expected || base64.length < expected) && goes_on(paste)) {
        last = rest = line_take(paste);
        buf_text(&base64, word_take(arena, &rest));
        expected = ssh_key_base64_length(arena, base64.bytes);
    }
    if (last != line && (!expected || base64.length < expected))
        return incomplete(paste);
    is_short = last == line || strlen(last) < width;
    if (is_rest_of_comment(line_peek(paste)) && (!*rest || !is_short))
        rest = arena_printf(arena, "%s%s", rest, line_take(paste));
    return key_add(paste, algorithm, base64.bytes, rest);
}

/* Behind "---- BEGIN SSH2 PUBLIC KEY ----" (RFC 4716). */
static const char *ssh2_key(struct paste *paste)
{
    struct arena *arena = paste->arena;
    struct buf base64 = buf_new(arena, 1024);
    const char *comment = "";
    char *line;

    while ((line = line_take(paste)) && !text_starts(line, "----")) {
        if (!strchr(line, ':')) {
            buf_text(&base64, line);
            continue;
        }
        while (line[strlen(line) - 1] == '\\' && paste->at < paste->count) {
            line[strlen(line) - 1] = '\0';
            line = arena_printf(arena, "%s%s", line, line_take(paste));
        }
        if (value_read(line, "Comment:", &comment) && *comment == '"')
            comment = arena_copy_bytes(arena, comment + 1, strcspn(comment + 1, "\""));
    }
    return line ? blob_add(paste, base64.bytes, comment) : incomplete(paste);
}

/* Behind "PuTTY-User-Key-File-3: algorithm": a file without its private lines. */
static const char *putty_key(struct paste *paste)
{
    struct buf base64 = buf_new(paste->arena, 1024);
    const char *comment = "", *count = "";
    int64_t lines;
    char *line;

    while (!*count && (line = line_take(paste))) {
        value_read(line, "Comment:", &comment);
        value_read(line, "Public-Lines:", &count);
    }
    if (!text_int(count, &lines))
        return incomplete(paste);
    while (lines-- > 0 && (line = line_take(paste)))
        buf_text(&base64, line);
    return blob_add(paste, base64.bytes, comment);
}

static void wire_put(struct buf *wire, const void *bytes, size_t length)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_char(wire, (char)(length >> shift));
    buf_bytes(wire, bytes, length);
}

/* From "-----BEGIN PUBLIC KEY-----" or "-----BEGIN RSA PUBLIC KEY-----" on. */
static const char *pem_key(struct paste *paste, const char *line)
{
    struct arena *arena = paste->arena;
    struct buf pem = buf_new(arena, 1024), wire = buf_new(arena, 1024);
    struct crypto_public key;

    do
        buf_printf(&pem, "%s\n", line);
    while (!text_starts(line, "-----END") && (line = line_take(paste)));
    if (!line)
        return incomplete(paste);
    if (!crypto_public_read(arena, pem.bytes, &key))
        return "This key is damaged, or of a type that SSH doesn’t support.";
    wire_put(&wire, key.algorithm, strlen(key.algorithm));
    for (size_t i = 0; i < key.count; i++)
        wire_put(&wire, key.part[i].bytes, key.part[i].length);
    return blob_add(paste, crypto_base64(arena, wire.bytes, wire.length), "");
}

/* ---- all of them ---- */

static const char *keys_read(struct paste *paste)
{
    const char *problem;
    char *line;

    while ((line = line_take(paste))) {
        size_t number = paste->at;

        if (!*line || *line == '#')
            continue;
        if (text_starts(line, "---- BEGIN SSH2 PUBLIC KEY"))
            problem = ssh2_key(paste);
        else if (text_starts(line, "PuTTY-User-Key-File-"))
            problem = putty_key(paste);
        else if (text_starts(line, "-----BEGIN PUBLIC KEY") ||
                 text_starts(line, "-----BEGIN RSA PUBLIC KEY"))
            problem = pem_key(paste, line);
        else
            problem = line_key(paste, line);
        if (problem)
            return paste->count > 1 ? arena_printf(paste->arena, "Line %zu: %s", number, problem)
                                    : problem;
    }
    return paste->out->count ? NULL : good_kinds;
}

/* What is wrong with the text, or NULL. */
static const char *text_read(struct arena *arena, const char *text, size_t length,
                             struct ssh_keys *out)
{
    struct paste paste = { .arena = arena, .out = out };

    if (length > LIMIT_KEY_FIELD_BYTES)
        return "That is more than a public key can be (16 KB).";
    if (memchr(text, '\0', length) || !text_is_utf8(text, length))
        return "The text holds bytes that no public key has.";
    out->key = arena_array(arena, LIMIT_KEYS_PER_TEAM, sizeof *out->key);
    lines_read(&paste, text_clean(arena, text));
    return keys_read(&paste);
}

/* In the text, or in a comment behind a public key. */
static bool is_private(struct arena *arena, const char *text, size_t length,
                       const struct ssh_keys *keys)
{
    if (ssh_key_looks_private(arena, text, length))
        return true;
    for (size_t i = 0; i < keys->count; i++) {
        if (ssh_key_looks_private(arena, keys->key[i].comment, strlen(keys->key[i].comment)))
            return true;
    }
    return false;
}

struct error *ssh_keys_read(struct arena *arena, const char *text, size_t length,
                            struct ssh_keys *out)
{
    const char *copy = arena_copy_bytes(arena, text, length), *problem;

    *out = (struct ssh_keys){ .count = 0 };
    problem = text_read(arena, copy, length, out);
    if (is_private(arena, text, length, out)) {
        *out = (struct ssh_keys){ .count = 0 };
        return error_refuse(arena, ERROR_INPUT, SSH_KEY_IS_PRIVATE, "key", "%s",
                            "That looks like a private key. Nothing of it was kept, but it has "
                            "left your computer: consider it compromised. Generate a new key pair "
                            "with ssh-keygen -t ed25519, and paste the line of the file that ends "
                            "in .pub.");
    }
    return problem ? error_refuse(arena, ERROR_INPUT, "invalid_key", "key", "%s", problem) : NULL;
}
