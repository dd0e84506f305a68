/* Notes of transfers, and the ledger of them; see outbound.h. */
#include "model/outbound.h"

#include "base/clock.h"
#include "base/limit.h"
#include "base/log.h"
#include "model/recipient.h"

#include "outbound.sql.h"

#include <string.h>

/* Transfers of one kind since the last write. */
struct note {
    const char *host, *purpose, *fields;
    int64_t team_id; /* 0: none, or not known yet */
    int64_t transfers, answered, sent_bytes, received_bytes;
};

static _Thread_local struct {
    struct arena *arena; /* of the texts; NULL: nothing was ever noted */
    struct note row[LIMIT_OUTBOUND_NOTES];
    size_t count;
} notes;

static struct note *note_find(const struct transfer_note *transfer)
{
    for (size_t i = 0; i < notes.count; i++) {
        struct note *note = &notes.row[i];

        if (!note->team_id && strcmp(note->host, transfer->host) == 0 &&
            strcmp(note->purpose, transfer->purpose) == 0 &&
            strncmp(note->fields, transfer->fields, LIMIT_OUTBOUND_FIELDS_BYTES) == 0)
            return note;
    }
    return NULL;
}

static struct note *note_new(const struct transfer_note *transfer)
{
    struct note *note = &notes.row[notes.count];

    if (notes.count == LIMIT_OUTBOUND_NOTES) {
        log_error("outbound", log_text("error", "too many notes, one is lost"));
        return NULL;
    }
    if (!notes.arena)
        notes.arena = arena_new(LIMIT_OUTBOUND_ARENA_BYTES);
    notes.count++;
    *note = (struct note){
        .host = arena_copy(notes.arena, transfer->host),
        .purpose = transfer->purpose,
        .fields = arena_printf(notes.arena, "%.*s", LIMIT_OUTBOUND_FIELDS_BYTES, transfer->fields),
    };
    return note;
}

void outbound_note(const struct transfer_note *transfer)
{
    struct note *note = note_find(transfer);

    if (!note)
        note = note_new(transfer);
    if (!note)
        return;
    note->transfers++;
    note->answered += transfer->is_answered;
    note->sent_bytes += transfer->sent_bytes;
    note->received_bytes += transfer->received_bytes;
}

void outbound_team(int64_t team_id)
{
    for (size_t i = 0; i < notes.count; i++) {
        if (!notes.row[i].team_id)
            notes.row[i].team_id = team_id;
    }
}

static struct error *notes_add(const struct context *context)
{
    const struct recipient_rows recipients = recipient_list(context->arena, context->config);
    int64_t day_at = context->now_at - context->now_at % A_DAY_S;
    struct error *e = NULL;

    for (size_t i = 0; !e && i < notes.count; i++) {
        const struct note *note = &notes.row[i];

        e = sql_outbound_add(context->db, context->arena, day_at, note->host, note->purpose,
                             note->fields, note->team_id ? &note->team_id : NULL,
                             recipient_find(&recipients, note->host) != NULL, note->transfers,
                             note->answered, note->sent_bytes, note->received_bytes,
                             context->now_at);
    }
    return e;
}

void outbound_write(const struct context *context, int64_t team_id)
{
    struct error *e;

    if (!notes.count)
        return;
    outbound_team(team_id);
    e = db_begin(context->db, context->arena);
    if (!e)
        e = notes_add(context);
    if (!e)
        e = db_commit(context->db, context->arena);
    db_rollback(context->db);
    if (e) {
        log_error("outbound", log_text("error", e->text));
        return;
    }
    notes.count = 0;
    arena_reset(notes.arena);
}
