/*
 * cloud-init user data of a new VM: what people type, checked so far that cloud-init does not
 * ignore it without a word (https://cloudinit.readthedocs.io, "User data formats").
 *
 * It may hold secrets. It is in the database (vm_user_data) from the request until the VM has
 * started, and until then in its seed; nobody but the team's copy of its data shows it. After
 * LIMIT_USER_DATA_KEEP_S it is deleted from the database in any case, and a VM that could not be
 * started until then must be created anew.
 */
#pragma once

#include "model/context.h"

/*
 * `*out`: the text as cloud-init gets it, in the arena, with '\n' as line ends and without blanks
 * before it; NULL if there is nothing. INPUT, field "user_data", with what to write instead:
 * "user_data_secret" (a private key or an API key, which may not be stored or shown again; see
 * model/label.h), "user_data_long", "user_data_format".
 */
#define USER_DATA_SECRET "user_data_secret"
struct error *user_data_read(struct arena *arena, const char *text, const char **out);

/* Record it with the new VM, in the transaction that creates it; the audit says that it was given.
 */
struct error *user_data_store(const struct context *context, int64_t team_id, int64_t person_id,
                              const char *vm_id, const char *text);
