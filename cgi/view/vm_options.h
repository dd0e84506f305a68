/* Form options for a VM, from the configuration and the team's keys. */
#pragma once

#include "model/price.h"
#include "model/quota.h"
#include "snapshot.sql.h"
#include "ssh_key.sql.h"
#include "view/option.h"
#include "vm.sql.h"
#include "web/request.h"

struct vm_new_html;

/* What the VM must have, of its image and its disk; 0: anything. */
struct vm_size_least {
    int64_t memory_mb, disk_gb;
};

/* What a VM of this image needs with a disk of this size. */
struct vm_size_least vm_options_least(struct request *r, const char *image_name, int64_t disk_gb);

/*
 * Say of each size which images need more. Choose the first size that the chosen image can run
 * with; false: there is none, and the choice is left.
 */
bool vm_options_suit(struct request *r, const struct option_rows *images,
                     struct option_rows *sizes);

/* The same for a form that nobody has filled in: with another image, if only that has a size. */
void vm_options_begin(struct request *r, struct option_rows *images, struct option_rows *sizes);

/* The images with a usable build, and, disabled, those that are being built. */
struct error *vm_options_images(struct request *r, struct option_rows *out);
/* Of these, the labels of those that take user data: "Debian 12, Alpine"; NULL: none does. */
const char *vm_options_user_data(struct arena *arena, const struct option_rows *images);
/* The same of those with a guest agent. */
const char *vm_options_agent(struct arena *arena, const struct option_rows *images);
struct option_rows vm_options_regions(struct request *r);
/* Chosen are those of the person; the others are of colleagues and machines. */
struct option_rows vm_options_keys(struct request *r, const struct ssh_key_all_rows *keys);

/*
 * Sizes with their prices; those that exceed the quota on top of `used`, or have less than `least`
 * (clone, resize), are disabled. The first enabled one is selected, or else the first.
 */
struct option_rows vm_options_sizes(struct request *r, const struct price_list_rows *prices,
                                    const struct quota_used *used, struct vm_size_least least);

/* The same for a new VM: with what the team's quota will be with it. */
struct error *vm_options_sizes_new(struct request *r, struct vm_size_least least,
                                   struct option_rows *out);

/* Whether the team cannot have another VM of any size, why, and the page where to change that. */
struct error *vm_options_full(struct request *r, struct vm_new_html *page);

/* How long creating a VM of an image usually takes, whether it will be emulated and without
 * internet, and what may end it. */
struct error *vm_options_pace(struct request *r, const char *image, struct vm_new_html *page);

/* The page of a clone of `snapshot`, but for what was typed. */
struct error *vm_options_clone(struct request *r, struct vm_new_html *page,
                               const struct snapshot_get_row *snapshot);

/* Select by value; unknown values select nothing. */
void options_select(struct option_rows *options, const char *value);
/* Whether one cannot be chosen. */
bool options_has_disabled(const struct option_rows *options);
/* The value of the one that is chosen; "": none is. */
const char *options_chosen(const struct option_rows *options);
void options_select_list(struct option_rows *options, const char *const *values, size_t count);

/* A random two-word host name: "quiet-maple". */
const char *vm_options_name(struct arena *arena);
