/* The SSH keys of a VM and their changes; see vm_keys.h. */
#include "view/vm_keys.h"

#include "web/session.h"

struct error *vm_keys_fill(struct request *r, const struct vm_get_row *vm, struct vm_keys_view *out)
{
    int64_t team_id = r->session->team_id;
    struct vm_key_choice_rows keys;
    struct error *e = sql_vm_key_list(r->db, r->arena, team_id, vm->id, &out->rows);

    if (!e)
        e = sql_vm_key_choice(r->db, r->arena, team_id, vm->id, &keys);
    if (e)
        return e;
    out->is_pending = vm->setup_wanted > vm->setup_taken;
    out->choice.count = keys.count;
    out->choice.row = arena_array(r->arena, keys.count + 1, sizeof *out->choice.row);
    for (size_t i = 0; i < keys.count; i++)
        out->choice.row[i] = (struct option){ .value = keys.row[i].id,
                                              .label = keys.row[i].name,
                                              .about = keys.row[i].type };
    return NULL;
}
