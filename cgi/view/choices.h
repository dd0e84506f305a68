/* What can be chosen for a VM, from the configuration and the team's keys, for forms. */
#pragma once

#include "model/price.h"
#include "ssh_key.sql.h"
#include "view/choice.h"
#include "vm.sql.h"
#include "web/request.h"

struct choice_rows choices_images(struct request *r);
struct choice_rows choices_regions(struct request *r);
struct choice_rows choices_keys(struct request *r, const struct ssh_key_list_rows *keys);

/*
 * Sizes with their prices, with what the quota does not allow beside `used` refused; the first
 * possible one is chosen. `least_disk_gb`: smaller ones are refused (a clone, a resize).
 */
struct choice_rows choices_sizes(struct request *r, const struct price_list_rows *prices,
                                 const struct vm_quota_row *used, int64_t least_disk_gb);

/* Choose by value; unknown values choose nothing. */
void choices_choose(struct choice_rows *choices, const char *value);
void choices_choose_list(struct choice_rows *choices, const char *const *values, size_t count);

/* Two words that make a pleasant host name: "quiet-maple". */
const char *choices_name(struct arena *arena);
