/* Options for forms; see vm_options.h. */
#include "view/vm_options.h"

#include "adapter/crypto.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "image.sql.h"
#include "job.sql.h"
#include "model/quota.h"
#include "model/vm_command.h"
#include "model/vm_job.h"
#include "region_status.sql.h"
#include "view/vm_life_view.h"
#include "view/vm_view.h"
#include "vm_new.html.h"
#include "web/session.h"

#include <string.h>

static struct option_rows vm_options_new(struct request *r, size_t count)
{
    struct option_rows options = { .count = count };

    options.row = arena_array(r->arena, count, sizeof *options.row);
    return options;
}

/* NULL: it is not available, and not being built. */
static const struct image_list_row *image_find(const struct image_list_rows *images,
                                               const char *name)
{
    for (size_t i = 0; i < images->count; i++) {
        if (strcmp(images->row[i].name, name) == 0)
            return images->row[i].version || images->row[i].ready_at ? &images->row[i] : NULL;
    }
    return NULL;
}

/* NULL: it is available. */
static const char *image_preparation(struct request *r, const struct image_list_row *image)
{
    int64_t minutes = (image->ready_at - r->now_at + A_MINUTE_S - 1) / A_MINUTE_S;

    if (image->version)
        return NULL;
    return minutes < 1
               ? "Being prepared, almost ready"
               : arena_printf(r->arena, "Being prepared, about %lld min left", (long long)minutes);
}

struct error *vm_options_images(struct request *r, struct option_rows *out)
{
    struct image_list_rows images;
    bool is_chosen = false;
    struct error *e = sql_image_list(r->db, r->arena, &images);

    *out = vm_options_new(r, r->config->image_count);
    out->count = 0;
    for (size_t i = 0; !e && i < r->config->image_count; i++) {
        const struct config_image *image = &r->config->images[i];
        const struct image_list_row *state = image_find(&images, image->name);
        struct option *option = &out->row[out->count];

        if (!state)
            continue;
        *option = (struct option){ .value = image->name,
                                   .label = image->label,
                                   .about = image->about,
                                   .disabled_reason = image_preparation(r, state),
                                   .is_bare = state->version && !state->takes_user_data,
                                   .has_agent = state->has_agent };
        option->is_chosen = !option->disabled_reason && !is_chosen;
        is_chosen |= option->is_chosen;
        out->count++;
    }
    return e;
}

const char *vm_options_user_data(struct arena *arena, const struct option_rows *images)
{
    struct buf words = { .arena = arena };

    for (size_t i = 0; i < images->count; i++) {
        if (!images->row[i].is_bare && !images->row[i].disabled_reason)
            buf_printf(&words, "%s%s", words.length ? ", " : "", images->row[i].label);
    }
    return words.bytes;
}

const char *vm_options_agent(struct arena *arena, const struct option_rows *images)
{
    struct buf words = { .arena = arena };

    for (size_t i = 0; i < images->count; i++) {
        if (images->row[i].has_agent)
            buf_printf(&words, "%s%s", words.length ? ", " : "", images->row[i].label);
    }
    return words.bytes;
}

struct option_rows vm_options_regions(struct request *r)
{
    struct option_rows options = vm_options_new(r, r->config->region_count);

    for (size_t i = 0; i < options.count; i++) {
        const struct config_region *region = &r->config->regions[i];

        options.row[i] =
            (struct option){ .value = region->name,
                             .label = region->label,
                             .about = arena_printf(r->arena, "SSH via %s", region->ssh_host),
                             .is_chosen = i == 0 };
    }
    return options;
}

struct option_rows vm_options_keys(struct request *r, const struct ssh_key_all_rows *keys)
{
    struct option_rows options = vm_options_new(r, keys->count);

    for (size_t i = 0; i < options.count; i++) {
        const struct ssh_key_all_row *key = &keys->row[i];

        options.row[i] = (struct option){
            .value = key->id,
            .label = key->name,
            .about = arena_printf(r->arena, "%s · %s", key->type, key->fingerprint),
            .is_chosen = key->person_id == r->session->person_id || options.count == 1
        };
    }
    return options;
}

static const char *size_disabled_reason(struct request *r, const struct config_size *size,
                                        const struct quota_used *used, struct vm_size_least least)
{
    const struct quota quota = used->most;
    struct arena *arena = r->arena;
    int64_t vcpus = used->vcpus + size->vcpus - quota.vcpus;
    int64_t memory_mb = used->memory_mb + size->memory_mb - quota.memory_mb;
    int64_t disk_gb = used->disk_gb + size->disk_gb - quota.disk_gb;

    if (size->disk_gb < least.disk_gb)
        return arena_printf(arena, "Needs a disk of at least %s", text_disk(arena, least.disk_gb));
    if (size->memory_mb < least.memory_mb)
        return arena_printf(arena, "Needs at least %s of memory",
                            text_memory(arena, least.memory_mb));
    if (vcpus > 0)
        return arena_printf(arena, "Exceeds your quota by %s vCPU%s", text_count(arena, vcpus),
                            vcpus == 1 ? "" : "s");
    if (memory_mb > 0)
        return arena_printf(arena, "Exceeds your quota by %s memory",
                            text_memory(arena, memory_mb));
    if (disk_gb > 0)
        return arena_printf(arena, "Exceeds your quota by %s disk", text_disk(arena, disk_gb));
    return NULL;
}

struct vm_size_least vm_options_least(struct request *r, const char *image_name, int64_t disk_gb)
{
    const struct config_image *image = config_image_find(r->config, image_name);

    return (struct vm_size_least){ image ? image->memory_mb : 0, disk_gb };
}

struct option_rows vm_options_sizes(struct request *r, const struct price_list_rows *prices,
                                    const struct quota_used *used, struct vm_size_least least)
{
    int64_t now_at = r->now_at;
    int64_t disk_millicents = price_at(prices, PRICE_STOPPED_DISK, now_at);
    struct option_rows options = vm_options_new(r, r->config->size_count);
    bool is_chosen = false;

    for (size_t i = 0; i < options.count; i++) {
        const struct config_size *size = &r->config->sizes[i];
        struct option *option = &options.row[i];
        int64_t millicents = price_at(prices, size->name, now_at);

        *option = (struct option){
            .value = size->name,
            .label = size->label,
            .about = vm_view_size(r->arena, size->vcpus, size->memory_mb, size->disk_gb),
            .disabled_reason = size_disabled_reason(r, size, used, least),
            .price_hour = price_hour(r->config, r->arena, millicents),
            .price_month = price_month(r->config, r->arena, millicents),
            .price_stopped = price_hour(r->config, r->arena, disk_millicents * size->disk_gb),
            .stopped_month = price_month(r->config, r->arena, disk_millicents * size->disk_gb),
        };
        option->is_chosen = !option->disabled_reason && !is_chosen;
        is_chosen |= option->is_chosen;
    }
    if (!is_chosen && options.count)
        options.row[0].is_chosen = true; /* what the summary is about */
    return options;
}

/* Length of a bar of 100; a quota may be 0, or exceeded. */
static int64_t bar_of(int64_t used, int64_t quota)
{
    return used >= quota ? 100 : used * 100 / quota;
}

/* "2 of 5" */
static const char *number_of(struct arena *arena, int64_t used, int64_t quota)
{
    return arena_printf(arena, "%s of %s", text_count(arena, used), text_count(arena, quota));
}

static void quota_fill(struct request *r, const struct config_size *size,
                       const struct quota_used *used, struct option *option)
{
    const struct quota quota = used->most;
    struct arena *arena = r->arena;
    int64_t vms = used->vms + 1, vcpus = used->vcpus + size->vcpus;
    int64_t memory_mb = used->memory_mb + size->memory_mb, disk_gb = used->disk_gb + size->disk_gb;

    option->quota_vms = number_of(arena, vms, quota.vms);
    option->quota_vcpus = number_of(arena, vcpus, quota.vcpus);
    option->quota_memory = arena_printf(arena, "%s of %s", text_memory(arena, memory_mb),
                                        text_memory(arena, quota.memory_mb));
    option->quota_disk =
        arena_printf(arena, "%s of %s", text_disk(arena, disk_gb), text_disk(arena, quota.disk_gb));
    option->is_vms_over = vms > quota.vms;
    option->is_vcpus_over = vcpus > quota.vcpus;
    option->is_memory_over = memory_mb > quota.memory_mb;
    option->is_disk_over = disk_gb > quota.disk_gb;
    option->vms_now = bar_of(used->vms, quota.vms);
    option->vms_after = bar_of(vms, quota.vms);
    option->vcpus_now = bar_of(used->vcpus, quota.vcpus);
    option->vcpus_after = bar_of(vcpus, quota.vcpus);
    option->memory_now = bar_of(used->memory_mb, quota.memory_mb);
    option->memory_after = bar_of(memory_mb, quota.memory_mb);
    option->disk_now = bar_of(used->disk_gb, quota.disk_gb);
    option->disk_after = bar_of(disk_gb, quota.disk_gb);
}

struct error *vm_options_sizes_new(struct request *r, struct vm_size_least least,
                                   struct option_rows *out)
{
    struct price_list_rows prices;
    struct quota_used used;
    const struct context context = request_context(r);
    struct error *e = quota_read(&context, r->session->team_id, &used);

    if (!e)
        e = sql_price_list(r->db, r->arena, &prices);
    if (e)
        return e;
    *out = vm_options_sizes(r, &prices, &used, least);
    for (size_t i = 0; i < out->count; i++)
        quota_fill(r, &r->config->sizes[i], &used, &out->row[i]);
    return NULL;
}

/* The images that a size is too small for. */
static struct option_rows unfit_find(struct request *r, const struct option_rows *images,
                                     const struct config_size *size)
{
    struct option_rows unfit = vm_options_new(r, images->count);

    unfit.count = 0;
    for (size_t i = 0; i < images->count; i++) {
        const struct config_image *image = config_image_find(r->config, images->row[i].value);

        if (!image || size->memory_mb >= image->memory_mb)
            continue;
        unfit.row[unfit.count++] = (struct option){
            .value = image->name,
            .about = arena_printf(r->arena, "%s needs %s of memory", image->label,
                                  text_memory(r->arena, image->memory_mb)),
            .is_chosen = images->row[i].is_chosen,
        };
    }
    return unfit;
}

bool vm_options_suit(struct request *r, const struct option_rows *images, struct option_rows *sizes)
{
    const struct config_image *image = config_image_find(r->config, options_chosen(images));

    for (size_t i = 0; i < sizes->count; i++) {
        if (!sizes->row[i].disabled_reason)
            sizes->row[i].unfit = unfit_find(r, images, &r->config->sizes[i]);
    }
    for (size_t i = 0; image && i < sizes->count; i++) {
        if (sizes->row[i].disabled_reason || r->config->sizes[i].memory_mb < image->memory_mb)
            continue;
        options_select(sizes, sizes->row[i].value);
        return true;
    }
    return false;
}

void vm_options_begin(struct request *r, struct option_rows *images, struct option_rows *sizes)
{
    const char *first = options_chosen(images);
    bool is_suited = vm_options_suit(r, images, sizes);

    for (size_t i = 0; !is_suited && i < images->count; i++) {
        if (images->row[i].disabled_reason)
            continue;
        options_select(images, images->row[i].value);
        is_suited = vm_options_suit(r, images, sizes);
    }
    if (is_suited)
        return;
    options_select(images, first);
    (void)vm_options_suit(r, images, sizes);
}

/* The page where the cause of a refusal can be removed. */
static void remedy_fill(const char *code, struct vm_new_html *page)
{
    bool is_billing = strcmp(code, "billing_required") == 0;
    bool is_spend = strcmp(code, "spend_cap_reached") == 0;

    page->remedy_path = is_billing ? "/billing" : is_spend ? "/costs#limit" : "/vms";
    page->remedy_label = is_billing ? "View billing"
                         : is_spend ? "View spending limit"
                                    : "View VMs";
}

struct error *vm_options_full(struct request *r, struct vm_new_html *page)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    const struct vm_quota_change smallest = { 1, 1, 1, 1 };
    struct error *e = vm_command_check(&context, &actor, &smallest);

    if (!e || !e->message)
        return e;
    page->is_full = 1;
    page->is_full_why = e->message;
    remedy_fill(e->code, page);
    return NULL;
}

struct error *vm_options_pace(struct request *r, const char *image_name, struct vm_new_html *page)
{
    const struct config_image *image = config_image_find(r->config, image_name);
    struct job_typical_of_image_row typical;
    struct region_status_list_rows hosts;
    struct error *e =
        sql_job_typical_of_image(r->db, r->arena, VM_JOB_CREATE, image_name, &typical);

    if (!e)
        e = sql_region_status_list(r->db, r->arena, &hosts);
    if (e)
        return e;
    page->typical_ms = typical.typical_ms;
    page->typical_choice = image_name;
    page->typical_image = image ? image->label : image_name;
    page->life.choices = vm_life_view_choices(r, NULL);
    page->life.use = vm_life_view_use(r, NULL);
    page->is_offline = true;
    for (size_t i = 0; i < hosts.count; i++) {
        page->is_emulated |= strcmp(hosts.row[i].accelerator, "tcg") == 0;
        page->is_offline &= !hosts.row[i].internet;
    }
    return NULL;
}

void options_select_list(struct option_rows *options, const char *const *values, size_t count)
{
    for (size_t i = 0; i < options->count; i++) {
        options->row[i].is_chosen = false;
        for (size_t k = 0; k < count; k++)
            options->row[i].is_chosen |= strcmp(options->row[i].value, values[k]) == 0;
    }
}

void options_select(struct option_rows *options, const char *value)
{
    options_select_list(options, &value, 1);
}

bool options_has_disabled(const struct option_rows *options)
{
    for (size_t i = 0; i < options->count; i++) {
        if (options->row[i].disabled_reason)
            return true;
    }
    return false;
}

const char *options_chosen(const struct option_rows *options)
{
    for (size_t i = 0; i < options->count; i++) {
        if (options->row[i].is_chosen)
            return options->row[i].value;
    }
    return "";
}

const char *vm_options_name(struct arena *arena)
{
    static const char *const first[] = { "quiet",  "amber",  "brisk",  "calm",   "clear",  "early",
                                         "gentle", "golden", "green",  "bright", "little", "mellow",
                                         "north",  "rapid",  "silver", "warm" };
    static const char *const second[] = { "maple",  "harbor",  "meadow",  "falcon",
                                          "river",  "cedar",   "comet",   "garden",
                                          "island", "lantern", "orchard", "pebble",
                                          "summit", "thicket", "willow",  "heron" };
    unsigned char pick[2];

    crypto_random(pick, sizeof pick);
    return arena_printf(arena, "%s-%s", first[pick[0] % 16], second[pick[1] % 16]);
}

struct error *vm_options_clone(struct request *r, struct vm_new_html *page,
                               const struct snapshot_get_row *snapshot)
{
    struct vm_get_row vm;
    struct error *e = sql_vm_get(r->db, r->arena, r->session->team_id, snapshot->vm_id, &vm);

    if (!e)
        e = vm_options_full(r, page);
    if (!e)
        e = vm_options_sizes_new(r, vm_options_least(r, vm.image, snapshot->disk_gb), &page->sizes);
    if (!e)
        e = vm_options_pace(r, vm.image, page);
    if (e)
        return e;
    page->source_name = snapshot->name;
    page->source_vm_name = vm.name;
    page->source_has_user_data = vm.has_user_data;
    page->action_vm = snapshot->vm_id;
    page->action_snapshot = snapshot->id;
    r->frame.title = arena_printf(r->arena, "Clone %s", vm.name);
    r->frame.section = "vms";
    return NULL;
}
