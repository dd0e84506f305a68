/*
 * The pages that anybody may read: what this server offers. Holds no secret and reads the database
 * only.
 */
#include "home.html.h"
#include "serve.h"
#include "vm_view.h"

enum { HOURS_PER_MONTH = 730 };

static struct error *home_show(struct request *r)
{
    const struct config *config = r->config;
    struct home_html page = {
        .sizes = { arena_array(r->arena, config->size_count, sizeof(struct home_size)),
                   config->size_count },
        .images = { arena_array(r->arena, config->image_count, sizeof(struct home_image)),
                    config->image_count },
        .regions = { arena_array(r->arena, config->region_count, sizeof(struct home_region)),
                     config->region_count },
    };

    for (size_t i = 0; i < config->size_count; i++) {
        const struct config_size *size = &config->sizes[i];

        page.sizes.row[i] = (struct home_size){
            .label = size->label,
            .what = vm_view_size(r->arena, size->vcpus, size->memory_mb, size->disk_gb),
            .price_hour = config_price(config, r->arena, size->price_millicents, 3),
            .price_month =
                config_price(config, r->arena, size->price_millicents * HOURS_PER_MONTH, 2),
        };
    }
    for (size_t i = 0; i < config->image_count; i++)
        page.images.row[i] =
            (struct home_image){ config->images[i].label, config->images[i].about };
    for (size_t i = 0; i < config->region_count; i++)
        page.regions.row[i] = (struct home_region){
            config->regions[i].label,
            arena_printf(r->arena, "SSH by %s", config->regions[i].ssh_host),
        };
    r->frame.title = "Private virtual machines";
    html_home(&r->response.body, &r->frame, &page);
    return NULL;
}

static const struct route routes[] = {
    { "GET", "/", ACCESS_PUBLIC, home_show },
};

int main(int argc, char **argv)
{
    static const struct program program = {
        .name = "site",
        .routes = routes,
        .route_count = sizeof routes / sizeof routes[0],
        .db_mode = DB_READ_ONLY,
        .network = SANDBOX_NO_NETWORK,
    };

    return serve(argc, argv, &program);
}
