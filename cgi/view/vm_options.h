/* What can be chosen for a VM, from the configuration and the team's keys, for forms. */
#pragma once

#include "model/price.h"
#include "ssh_key.sql.h"
#include "view/option.h"
#include "vm.sql.h"
#include "web/request.h"

struct option_rows vm_options_images(struct request *r);
struct option_rows vm_options_regions(struct request *r);
struct option_rows vm_options_keys(struct request *r, const struct ssh_key_list_rows *keys);

/*
 * Sizes with their prices, with what the quota does not allow beside `used` refused; the first
 * possible one is chosen. `min_disk_gb`: smaller ones are refused (a clone, a resize).
 */
struct option_rows vm_options_sizes(struct request *r, const struct price_list_rows *prices,
                                    const struct vm_quota_row *used, int64_t min_disk_gb);

/* Why the team cannot have another VM of any size, for people; NULL: it can. */
struct error *vm_options_full(struct request *r, const char **out);

/* Choose by value; unknown values choose nothing. */
void options_select(struct option_rows *choices, const char *value);
void options_select_list(struct option_rows *choices, const char *const *values, size_t count);

/* Two words that make a pleasant host name: "quiet-maple". */
const char *vm_options_name(struct arena *arena);
