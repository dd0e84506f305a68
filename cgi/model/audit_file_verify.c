/* Verifies a chain in a file; see audit_file.h. */
#include "model/audit_file.h"

#include "adapter/json.h"
#include "base/limit.h"
#include "model/audit_head.h"

#include "audit_link.sql.h"

#include <string.h>

/* A file that is being read, line by line. */
struct reading {
    struct arena *arena; /* of one line */
    struct arena *texts; /* of what is found */
    struct audit_file *out;
    struct audit_walk walk;
    bool is_inside;                              /* between a first and a last line */
    struct audit_head signed_end;                /* of the last part */
    unsigned char start_hash[CRYPTO_HASH_BYTES]; /* that the first place of the file follows */
};

static void problem_say(struct reading *reading, const char *text)
{
    if (text && !reading->out->problem)
        reading->out->problem = arena_copy(reading->texts, text);
}

static int hex_digit(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = digit ? strchr(digits, digit) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* False: it is not `length` bytes in lower-case hexadecimal. */
static bool hex_read(const char *text, unsigned char *out, size_t length)
{
    if (!text || strlen(text) != 2 * length)
        return false;
    for (size_t i = 0; i < length; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

static void first_read(struct reading *reading, const struct json *line)
{
    struct audit_file *out = reading->out;
    unsigned char hash[CRYPTO_HASH_BYTES];
    int64_t team_id = json_number_at(line, "team_id"), after = json_number_at(line, "after");

    if (strcmp(json_get_text(line, "format"), AUDIT_FORMAT) != 0 || reading->is_inside ||
        !hex_read(json_get_text(line, "after_hash"), hash, sizeof hash)) {
        problem_say(reading, "this is not the first line of a chain");
        return;
    }
    if (out->line > 1 && (team_id != out->team_id || after != reading->walk.seq ||
                          memcmp(hash, reading->walk.hash, sizeof hash) != 0))
        problem_say(reading, "this part does not continue the one before");
    if (out->line == 1) {
        out->team_id = team_id;
        out->after = after;
        memcpy(reading->start_hash, hash, sizeof hash);
    }
    reading->is_inside = true;
    reading->walk.seq = after;
    memcpy(reading->walk.hash, hash, sizeof hash);
    if (!after)
        for (size_t i = 0; i < sizeof hash; i++) {
            if (hash[i])
                problem_say(reading, "the first place follows nothing, but a hash is given");
        }
}

/* What the chain has of a person is what the line shows, unless they are erased. */
static bool is_person_right(struct reading *reading, const struct json *line)
{
    const char *salt = json_get_text(line, "salt"), *person = json_get_text(line, "person");
    unsigned char bytes[AUDIT_SALT_BYTES];
    int64_t person_id = json_number_at(line, "person_id");

    if (!salt)
        return !person_id;
    return person && hex_read(salt, bytes, sizeof bytes) &&
           strcmp(audit_person_hash(reading->arena, bytes, person_id), person) == 0;
}

static void place_read(struct reading *reading, const struct json *line)
{
    const struct audit_body body = {
        .team_id = reading->out->team_id,
        .seq = json_number_at(line, "seq"),
        .at_ms = json_number_at(line, "at_ms"),
        .took_ms = json_number_at(line, "took_ms"),
        .action = json_get_text(line, "action"),
        .vm_id = json_get_text(line, "vm_id"),
        .object = json_get_text(line, "object"),
        .actor = json_get_text(line, "actor"),
        .person_hash = json_get_text(line, "person"),
        .result = json_get_text(line, "result"),
        .what = json_get_text(line, "what"),
        .detail = json_get_text(line, "detail"),
    };
    unsigned char hash[CRYPTO_HASH_BYTES], entry_hash[CRYPTO_HASH_BYTES];

    if (!reading->is_inside || !hex_read(json_get_text(line, "hash"), hash, sizeof hash) ||
        !hex_read(json_get_text(line, "entry_hash"), entry_hash, sizeof entry_hash)) {
        problem_say(reading, "this is no place of a chain");
        return;
    }
    problem_say(reading, audit_walk_next(reading->arena, &reading->walk, body.seq, hash, entry_hash,
                                         body.action ? &body : NULL));
    if (body.action && !is_person_right(reading, line))
        problem_say(reading, "the person is not the one in the chain");
    if (body.seq == reading->signed_end.seq &&
        memcmp(hash, reading->signed_end.hash, sizeof hash) != 0)
        problem_say(reading, "this place is not the one that was signed");
    reading->out->places++;
    reading->out->erased = reading->walk.erased;
}

static struct bytes base64_read(struct reading *reading, const char *text)
{
    unsigned char *bytes = NULL;
    size_t length = 0;

    if (text && crypto_base64_decode(reading->arena, text, strlen(text), &bytes, &length))
        return (struct bytes){ bytes, length };
    return (struct bytes){ NULL, 0 };
}

static void last_read(struct reading *reading, const struct json *line)
{
    struct audit_file *out = reading->out;
    struct audit_head head = { .team_id = out->team_id,
                               .seq = json_number_at(line, "head_seq"),
                               .at = json_number_at(line, "head_at") };

    out->more_after = json_number_at(line, "more_after");
    if (!reading->is_inside || (out->more_after && out->more_after != reading->walk.seq))
        problem_say(reading, "this is not the last line of this part");
    reading->is_inside = false;
    if (!head.seq)
        return;
    if (!hex_read(json_get_text(line, "head_hash"), head.hash, sizeof head.hash) ||
        !audit_head_is_signed(reading->arena, &head,
                              base64_read(reading, json_get_text(line, "key")),
                              base64_read(reading, json_get_text(line, "signature"))))
        problem_say(reading, "the signature is not of this end");
    if (head.seq == reading->walk.seq &&
        memcmp(head.hash, reading->walk.hash, sizeof head.hash) != 0)
        problem_say(reading, "the last place is not the one that was signed");
    if (head.seq > reading->walk.seq && !out->more_after)
        problem_say(reading, "places that were signed are missing at the end");
    if (head.seq < out->after)
        problem_say(reading,
                    "the signed end is before the first place: verify it with the parts before");
    if (head.seq == out->after && memcmp(head.hash, reading->start_hash, sizeof head.hash) != 0)
        problem_say(reading, "the first place does not follow the one that was signed");
    out->head_seq = head.seq;
    out->head_at = head.at;
    out->key =
        json_get_text(line, "key") ? arena_copy(reading->texts, json_get_text(line, "key")) : NULL;
}

static void line_read(struct reading *reading, const char *text)
{
    const struct json *line;

    if (json_read(reading->arena, text, strlen(text), &line))
        problem_say(reading, "this is not JSON");
    else if (json_get_text(line, "format"))
        first_read(reading, line);
    else if (json_get(line, "head_seq"))
        last_read(reading, line);
    else
        place_read(reading, line);
}

struct error *audit_file_line(struct arena *arena, FILE *file, char *text, bool *is_end)
{
    size_t length = 0;
    int byte;

    while ((byte = getc(file)) != EOF && byte != '\n') {
        if (!byte)
            return error_new(arena, ERROR_INPUT, "this is not text");
        if (length == LIMIT_AUDIT_LINE_BYTES - 1)
            return error_new(arena, ERROR_INPUT, "this line is too long for one of a chain");
        text[length++] = (char)byte;
    }
    text[length] = '\0';
    if (ferror(file))
        return error_new(arena, ERROR_INPUT, "it cannot be read: %m");
    *is_end = byte == EOF && !length;
    return NULL;
}

/* The signed end of the last part is needed while its places are read. */
static void signed_end_find(struct reading *reading, FILE *file, char *text)
{
    bool is_end = false;

    /* To an error the second reading comes, too. */
    while (!audit_file_line(reading->arena, file, text, &is_end) && !is_end) {
        const struct json *line;

        arena_reset(reading->arena);
        if (!strstr(text, "head_seq") || json_read(reading->arena, text, strlen(text), &line) ||
            !json_get(line, "head_seq"))
            continue;
        reading->signed_end.seq = json_number_at(line, "head_seq");
        if (!hex_read(json_get_text(line, "head_hash"), reading->signed_end.hash,
                      sizeof reading->signed_end.hash))
            reading->signed_end.seq = 0;
    }
    rewind(file);
}

/* A signed end that the file does not reach covers nothing of it: no hash leads there. */
static int64_t unproven_count(const struct audit_file *file)
{
    if (file->head_seq > file->last_seq || file->head_seq < file->after)
        return file->places;
    return file->last_seq - file->head_seq;
}

static void lines_read(struct reading *reading, FILE *file, char *text)
{
    bool is_end = false;

    while (!is_end && !reading->out->problem) {
        struct error *e;

        arena_reset(reading->arena);
        e = audit_file_line(reading->arena, file, text, &is_end);
        reading->out->line += !is_end;
        if (e)
            problem_say(reading, e->text);
        else if (!is_end)
            line_read(reading, text);
    }
}

void audit_file_verify(struct arena *arena, FILE *file, struct audit_file *out)
{
    struct reading reading = { .arena = arena_new(LIMIT_AUDIT_ARENA_BYTES),
                               .texts = arena,
                               .out = out };
    char *text = arena_alloc(arena, LIMIT_AUDIT_LINE_BYTES);

    *out = (struct audit_file){ .line = 0 };
    signed_end_find(&reading, file, text);
    lines_read(&reading, file, text);
    if (!out->problem && (reading.is_inside || !out->line))
        problem_say(&reading, "the file ends before its last line");
    out->last_seq = reading.walk.seq;
    memcpy(out->last_hash, reading.walk.hash, sizeof out->last_hash);
    out->unproven = unproven_count(out);
    arena_free(reading.arena);
}

struct error *audit_file_compare(const struct context *context, const struct audit_file *file,
                                 enum audit_known *out)
{
    struct audit_link_list_rows places;
    struct audit_link_last_row last;
    struct error *e = sql_audit_link_last(context->db, context->arena, file->team_id, &last);

    *out = AUDIT_UNKNOWN;
    if (e)
        return e->kind == ERROR_NOT_FOUND ? NULL : e;
    *out = AUDIT_DIFFERENT;
    if (last.seq < file->last_seq)
        return NULL;
    e = sql_audit_link_list(context->db, context->arena, file->team_id, file->last_seq - 1, 1,
                            &places);
    if (e)
        return e;
    if (!places.count || places.row[0].seq != file->last_seq)
        *out = AUDIT_UNKNOWN;
    else if (places.row[0].hash.length == sizeof file->last_hash &&
             memcmp(places.row[0].hash.bytes, file->last_hash, sizeof file->last_hash) == 0)
        *out = AUDIT_KNOWN;
    return NULL;
}
