/* Who gets data: the list and the outbound ledger side by side; see recipient_list.h. */
#include "view/recipient_list.h"

#include "base/array.h"
#include "base/name_list.h"
#include "model/recipient.h"

#include "outbound.sql.h"

#include <string.h>

/* What was sent to its host, and when the last time. */
static void sent_add(struct data_recipient *recipient, struct arena *arena,
                     const struct outbound_kinds_rows *kinds)
{
    struct buf names = buf_new(arena, 256);

    for (size_t i = 0; i < kinds->count; i++) {
        const struct outbound_kinds_row *kind = &kinds->row[i];

        if (strcmp(kind->host, recipient->host) != 0)
            continue;
        name_list_join(&names, kind->fields);
        if (kind->last_at > recipient->last_at)
            recipient->last_at = kind->last_at;
    }
    recipient->fields = names.length ? names.bytes : "";
}

static bool has_host(const struct data_recipient_rows *rows, const char *host)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (strcmp(rows->row[i].host, host) == 0)
            return true;
    }
    return false;
}

struct error *recipient_list_fill(struct request *r, struct data_recipient_rows *out)
{
    const struct recipient_rows listed = recipient_list(r->arena, r->config);
    struct outbound_kinds_rows kinds;
    struct error *e = sql_outbound_kinds(r->db, r->arena, &kinds);

    if (e)
        return e;
    out->row = arena_array(r->arena, listed.count + kinds.count, sizeof *out->row);
    out->count = 0;
    for (size_t i = 0; i < listed.count; i++)
        out->row[out->count++] = (struct data_recipient){
            .name = listed.row[i].name,
            .host = listed.row[i].host,
            .purpose = listed.row[i].purpose,
            .what = listed.row[i].what,
        };
    for (size_t i = 0; i < kinds.count; i++) {
        if (!has_host(out, kinds.row[i].host))
            out->row[out->count++] =
                (struct data_recipient){ .name = "", .host = kinds.row[i].host };
    }
    for (size_t i = 0; i < out->count; i++)
        sent_add(&out->row[i], r->arena, &kinds);
    return NULL;
}
