/* Keys with their VMs; see key_view.h. */
#include "view/key_view.h"

#include <string.h>

struct key_view_vm_rows key_view_vms(struct arena *arena, const struct ssh_key_vms_rows *all,
                                     const char *fingerprint)
{
    struct key_view_vm_rows vms = { .row = arena_array(arena, all->count, sizeof *vms.row) };

    for (size_t i = 0; i < all->count; i++) {
        if (strcmp(all->row[i].fingerprint, fingerprint) == 0)
            vms.row[vms.count++] = (struct key_view_vm){ all->row[i].id, all->row[i].name };
    }
    return vms;
}

struct key_view_key_rows key_view_list(struct arena *arena, const struct ssh_key_list_rows *keys,
                                       const struct ssh_key_vms_rows *vms)
{
    struct key_view_key_rows list = { .count = keys->count };

    list.row = arena_array(arena, keys->count, sizeof *list.row);
    for (size_t i = 0; i < keys->count; i++) {
        const struct ssh_key_list_row *key = &keys->row[i];

        list.row[i] = (struct key_view_key){
            .id = key->id,
            .name = key->name,
            .type = key->type,
            .fingerprint = key->fingerprint,
            .comment = key->comment,
            .created_at = key->created_at,
            .vms = key_view_vms(arena, vms, key->fingerprint),
        };
    }
    return list;
}
