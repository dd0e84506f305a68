/*
 * The public pages: what this server offers, the docs, and the prices. Has no secrets and only
 * reads the database.
 */
#include "base/array.h"
#include "base/text.h"
#include "home.html.h"
#include "job.sql.h"
#include "model/price.h"
#include "model/vm_job.h"
#include "prices.html.h"
#include "receipt.sql.h"
#include "view/about_page.h"
#include "view/data_page.h"
#include "view/docs_page.h"
#include "view/erasure_page.h"
#include "view/metrics.h"
#include "view/policy_history.h"
#include "view/policy_page.h"
#include "view/status_page.h"
#include "view/vm_view.h"
#include "web/serve.h"

static struct price_view_size_rows sizes_of(struct request *r, const struct price_list_rows *prices)
{
    const struct config *config = r->config;
    struct price_view_size_rows sizes = { .count = config->size_count };
    int64_t now_at = r->now_at;
    int64_t disk_millicents = price_at(prices, PRICE_STOPPED_DISK, now_at);

    sizes.row = arena_array(r->arena, sizes.count, sizeof *sizes.row);
    for (size_t i = 0; i < sizes.count; i++) {
        const struct config_size *size = &config->sizes[i];
        int64_t millicents = price_at(prices, size->name, now_at);

        sizes.row[i] = (struct price_view_size){
            .label = size->label,
            .what = vm_view_size(r->arena, size->vcpus, size->memory_mb, size->disk_gb),
            .price_hour = price_hour_exact(config, r->arena, millicents),
            .price_month = price_month(config, r->arena, millicents),
            .price_stopped = price_hour_exact(config, r->arena, disk_millicents * size->disk_gb),
            .stopped_month = price_month(config, r->arena, disk_millicents * size->disk_gb),
            .memory_mb = size->memory_mb,
            .rest = arena_printf(r->arena, "%lld vCPU%s · %s disk", (long long)size->vcpus,
                                 size->vcpus == 1 ? "" : "s", text_disk(r->arena, size->disk_gb)),
            .coming = price_coming(config, r->arena, prices, size->name, now_at),
        };
    }
    return sizes;
}

/* The VM in the picture of its page: what is configured first; nothing if something is missing. */
static void example_fill(struct request *r, struct home_html *page)
{
    const struct config *config = r->config;
    const struct config_region *region = config->regions;
    const struct config_image *image = config->images;
    const struct config_size *size = config->sizes;

    if (!config->region_count || !config->image_count || !config->size_count)
        return;
    page->ssh = arena_printf(r->arena, "ssh -p %lld %s@%s", (long long)region->ssh_port_first,
                             image->user, region->ssh_host);
    page->example_image = image->label;
    page->example_size = vm_view_size(r->arena, size->vcpus, size->memory_mb, size->disk_gb);
    page->example_vcpus = size->vcpus;
    page->example_memory_mb = size->memory_mb;
    page->example_disk = text_disk(r->arena, size->disk_gb);
}

static struct error *home_show(struct request *r)
{
    const struct config *config = r->config;
    struct price_list_rows prices;
    struct home_html page = {
        .images = { arena_array(r->arena, config->image_count, sizeof(struct price_view_image)),
                    config->image_count },
        .regions = { arena_array(r->arena, config->region_count, sizeof(struct price_view_region)),
                     config->region_count },
    };
    struct job_typical_ms_row create;
    struct receipt_total_row gone;
    struct error *e = sql_price_list(r->db, r->arena, &prices);

    if (!e)
        e = sql_job_typical_ms(r->db, r->arena, VM_JOB_CREATE, &create);
    if (!e)
        e = sql_receipt_total(r->db, r->arena, &gone);
    if (e)
        return e;
    page.sizes = sizes_of(r, &prices);
    example_fill(r, &page);
    page.create_ms = create.typical_ms;
    page.gone_total = gone.total;
    for (size_t i = 0; i < config->image_count; i++)
        page.images.row[i] =
            (struct price_view_image){ config->images[i].label, config->images[i].about };
    for (size_t i = 0; i < config->region_count; i++)
        page.regions.row[i] = (struct price_view_region){
            config->regions[i].label,
            arena_printf(r->arena, "SSH via %s", config->regions[i].ssh_host),
        };
    r->frame.title = "Private virtual machines";
    html_home(&r->response.body, &r->frame, &page);
    return NULL;
}

/* A price of 100 GB: of one, cents would be too coarse. */
static struct price_view_size storage_of(struct request *r, const struct price_list_rows *prices,
                                         const char *item, const char *label)
{
    int64_t now_at = r->now_at;
    int64_t millicents = 100 * price_at(prices, item, now_at);

    return (struct price_view_size){
        .label = label,
        .price_hour = price_hour_exact(r->config, r->arena, millicents),
        .price_month = price_month(r->config, r->arena, millicents),
        .coming = price_coming(r->config, r->arena, prices, item, now_at),
    };
}

/* The one that costs least while it runs. */
static struct price_view_size size_least(struct request *r, const struct price_list_rows *prices,
                                         const struct price_view_size_rows *sizes)
{
    int64_t least = INT64_MAX;
    size_t found = 0;

    for (size_t i = 0; i < sizes->count; i++) {
        int64_t millicents = price_at(prices, r->config->sizes[i].name, r->now_at);

        if (millicents < least) {
            least = millicents;
            found = i;
        }
    }
    return sizes->row[found];
}

static struct error *prices_show(struct request *r)
{
    struct price_list_rows prices;
    struct price_view_size storage[2];
    struct prices_html page = { .currency = r->config->currency };
    struct error *e = sql_price_list(r->db, r->arena, &prices);

    if (e)
        return e;
    storage[0] = storage_of(r, &prices, PRICE_STOPPED_DISK, "Disk of a stopped VM");
    storage[1] = storage_of(r, &prices, PRICE_SNAPSHOT, "Snapshot");
    page.sizes = sizes_of(r, &prices);
    page.storage = (struct price_view_size_rows){ storage, 2 };
    page.least = size_least(r, &prices, &page.sizes);
    r->frame.title = "Pricing";
    html_prices(&r->response.body, &r->frame, &page);
    return NULL;
}

static const struct route routes[] = {
    { "GET", "/", ACCESS_PUBLIC | ACCESS_SAME, home_show },
    { "GET", "/about", ACCESS_PUBLIC | ACCESS_SAME, about_page_show },
    { "GET", "/data", ACCESS_PUBLIC | ACCESS_SAME, data_page_show },
    { "GET", "/docs", ACCESS_PUBLIC | ACCESS_SAME, docs_index_show },
    { "GET", "/docs/:name", ACCESS_PUBLIC | ACCESS_SAME, docs_page_show },
    { "GET", "/status", ACCESS_PUBLIC | ACCESS_SAME, status_page_show },
    { "GET", "/privacy", ACCESS_PUBLIC | ACCESS_SAME, policy_page_show },
    { "GET", "/terms", ACCESS_PUBLIC | ACCESS_SAME, policy_page_show },
    { "GET", "/security", ACCESS_PUBLIC | ACCESS_SAME, policy_page_show },
    { "GET", "/subprocessors", ACCESS_PUBLIC | ACCESS_SAME, policy_page_show },
    { "GET", "/cookies", ACCESS_PUBLIC | ACCESS_SAME, policy_page_show },
    { "GET", "/privacy/changes", ACCESS_PUBLIC | ACCESS_SAME, policy_changes_show },
    { "GET", "/privacy/history", ACCESS_PUBLIC | ACCESS_SAME, policy_history_show },
    { "GET", "/privacy/history/:number", ACCESS_PUBLIC | ACCESS_SAME, policy_version_show },
    { "GET", "/privacy/history/:number/policy.json", ACCESS_PUBLIC, policy_body_show },
    { "GET", "/privacy/history/:number/policy.sig", ACCESS_PUBLIC, policy_signature_show },
    { "GET", "/deletion/:token", ACCESS_PUBLIC, erasure_page_show },
    { "GET", "/deletion/:token/receipt.zip", ACCESS_PUBLIC, erasure_file_show },
    { "GET", "/support", ACCESS_PUBLIC, support_show },
    { "GET", "/robots.txt", ACCESS_PUBLIC, robots_show },
    { "GET", "/.well-known/domicile-keys.json", ACCESS_PUBLIC, policy_keys_show },
    { "GET", "/.well-known/domicile-audit.json", ACCESS_PUBLIC, audit_show },
    { "GET", "/.well-known/security.txt", ACCESS_PUBLIC, security_txt_show },
    { "GET", "/.well-known/gpc.json", ACCESS_PUBLIC, gpc_show },
    { "GET", "/healthz", ACCESS_PUBLIC, health_show },
    { "GET", "/metrics", ACCESS_PUBLIC, metrics_show },
    { "GET", "/prices", ACCESS_PUBLIC | ACCESS_IF_BILLING, prices_show },
};

int main(int argc, char **argv)
{
    static const struct program program = {
        .name = "site",
        .routes = routes,
        .route_count = COUNT(routes),
        .db_mode = DB_READ_ONLY,
    };

    return serve(argc, argv, &program);
}
