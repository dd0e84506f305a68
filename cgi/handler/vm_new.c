/* The form for a new VM; see vm_new.h. */
#include "handler/vm_new.h"

#include "base/limit.h"
#include "image.sql.h"
#include "model/ssh_key_store.h"
#include "model/user_data.h"
#include "model/vm_command.h"
#include "ssh_key.sql.h"
#include "view/vm_internet.h"
#include "view/vm_options.h"
#include "vm_new.html.h"
#include "web/form.h"
#include "web/serve.h"
#include "web/session.h"

#include <string.h>

static struct error *new_fill(struct request *r, struct vm_new_html *page)
{
    struct ssh_key_all_rows keys;
    struct error *e = vm_options_full(r, page);

    if (!e)
        e = vm_options_sizes_new(r, (struct vm_size_least){ 0 }, &page->sizes);
    if (!e)
        e = sql_ssh_key_all(r->db, r->arena, r->session->team_id, &keys);
    if (!e)
        e = vm_options_images(r, &page->images);
    if (e)
        return e;
    vm_options_begin(r, &page->images, &page->sizes);
    e = vm_options_pace(r, options_chosen(&page->images), page);
    if (e)
        return e;
    page->agent.images = vm_options_agent(r->arena, &page->images);
    page->user_data.images = vm_options_user_data(r->arena, &page->images);
    page->regions = vm_options_regions(r);
    page->is_one_image = page->images.count == 1;
    page->is_preparing = options_has_disabled(&page->images);
    page->is_one_region = page->regions.count == 1;
    page->keys = vm_options_keys(r, &keys);
    vm_internet_options(r, VM_INTERNET_ON, NULL, &page->internet);
    page->github.is_on = config_has_github(r->config);
    r->frame.title = "New VM";
    r->frame.section = "vms";
    return NULL;
}

struct error *vm_new_show(struct request *r)
{
    struct vm_new_html page = { .name = vm_options_name(r->arena),
                                .agent.is_on = r->config->has_new_agents };
    struct error *e = new_fill(r, &page);

    if (!e)
        html_vm_new(&r->response.body, &r->frame, &page);
    return e;
}

enum {
    NAME,
    IMAGE,
    SIZE,
    REGION,
    INTERNET,
    INTERNET_NAMES,
    KEYS,
    NEW_KEY,
    GITHUB,
    LIFE,
    AGENT,
    USER_DATA,
    FIELDS
};

static struct error *fields_read(struct request *r, struct field *fields)
{
    static const struct field kinds[FIELDS] = {
        [NAME] = { .name = "name", .kind = FIELD_HOST_NAME, .is_required = true },
        [IMAGE] = { .name = "image", .kind = FIELD_LINE, .is_required = true },
        [SIZE] = { .name = "size", .kind = FIELD_LINE, .is_required = true },
        [REGION] = { .name = "region", .kind = FIELD_LINE, .is_required = true },
        [INTERNET] = { .name = "internet", .kind = FIELD_LINE },
        [INTERNET_NAMES] = { .name = "internet_names", .kind = FIELD_LINES },
        [KEYS] = { .name = "key", .kind = FIELD_LIST },
        [NEW_KEY] = { .name = "new_key", .kind = FIELD_LINES },
        [GITHUB] = { .name = "github_user", .kind = FIELD_LINE },
        [LIFE] = { .name = "life", .kind = FIELD_LINE },
        [AGENT] = { .name = "agent", .kind = FIELD_LINE },
        [USER_DATA] = { .name = "user_data", .kind = FIELD_LINES, .max = LIMIT_NEW_VM_BYTES },
    };

    memcpy(fields, kinds, sizeof kinds);
    return form_read(r, fields, FIELDS);
}

/* The form with what was typed. */
static struct error *new_typed(struct request *r, const struct field *fields,
                               struct vm_new_html *page)
{
    struct error *e;

    page->name = fields[NAME].text;
    page->new_key = fields[NEW_KEY].text;
    page->agent.is_on = *fields[AGENT].text;
    page->user_data.text = fields[USER_DATA].text;
    page->user_data.problem = fields[USER_DATA].problem;
    page->user_data.is_open = *fields[USER_DATA].text || fields[USER_DATA].problem;
    e = new_fill(r, page);
    if (e)
        return e;
    options_select(&page->images, fields[IMAGE].text);
    (void)vm_options_suit(r, &page->images, &page->sizes);
    options_select(&page->sizes, fields[SIZE].text);
    options_select(&page->regions, fields[REGION].text);
    if (*fields[LIFE].text)
        options_select(&page->life.choices, fields[LIFE].text);
    vm_internet_options(r, fields[INTERNET].text, fields[INTERNET_NAMES].text, &page->internet);
    options_select_list(&page->keys, fields[KEYS].list, fields[KEYS].list_count);
    return NULL;
}

/* Show the form again, with the input and its problems. */
static struct error *new_again(struct request *r, const struct field *fields, const char *problem)
{
    struct vm_new_html page = {
        .name_problem = fields[NAME].problem,
        .keys_problem = fields[KEYS].problem,
        .new_key_problem = fields[NEW_KEY].problem,
        .github = { .user = fields[GITHUB].text, .problem = fields[GITHUB].problem },
        .is_new_key_open = *fields[NEW_KEY].text || fields[NEW_KEY].problem ||
                           *fields[GITHUB].text || fields[GITHUB].problem,
        .sizes_problem = fields[SIZE].problem,
        .internet.problem = fields[INTERNET_NAMES].problem,
        .problem = problem,
    };
    struct error *e;

    form_refuse(r);
    e = new_typed(r, fields, &page);
    if (e)
        return e;
    if (!page.keys.count && !page.new_key_problem)
        page.new_key_problem = page.keys_problem;
    else if (page.keys.count && page.keys_problem)
        page.keys.row[0].has_focus = true;
    html_vm_new(&r->response.body, &r->frame, &page);
    return NULL;
}

/* The guest agent is on if the image has one: whoever chose another image may have left it on. */
static struct error *agent_read(struct request *r, const struct field *field, struct vm_new *vm)
{
    struct image_get_row image;
    struct error *e;

    if (strcmp(field->text, "on") != 0 || !vm->image)
        return NULL;
    e = sql_image_get(r->db, r->arena, vm->image->name, &image);
    vm->has_agent = !e && image.has_agent;
    return e && e->kind == ERROR_NOT_FOUND ? NULL : e;
}

/* The selection of the fields; returns a problem, or NULL. */
static const char *new_read(struct request *r, struct field *fields, struct vm_new *vm)
{
    struct error *refusal =
        vm_internet_read(r->arena, *fields[INTERNET].text ? fields[INTERNET].text : VM_INTERNET_ON,
                         fields[INTERNET_NAMES].text, &vm->internet);

    if (refusal)
        fields[INTERNET_NAMES].problem = refusal->message;
    vm->name = fields[NAME].text;
    vm->image = config_image_find(r->config, fields[IMAGE].text);
    vm->size = config_size_find(r->config, fields[SIZE].text);
    vm->region = config_region_find(r->config, fields[REGION].text);
    vm->life = vm_life_choice_find(fields[LIFE].text);
    vm->key_ids = fields[KEYS].list;
    vm->key_count = fields[KEYS].list_count;
    if (!vm->image || !vm->size || !vm->region)
        return "Choose an image, a size and a region from the lists.";
    if (!vm->life && *fields[LIFE].text)
        return "Choose from the list what happens when the VM is not used.";
    return NULL;
}

static bool has_key(const struct vm_new *vm, const char *id)
{
    for (size_t i = 0; i < vm->key_count; i++) {
        if (strcmp(vm->key_ids[i], id) == 0)
            return true;
    }
    return false;
}

/* The keys pasted into the form become the team's and the VM's, unless they are already. */
static struct error *new_keys_store(struct request *r, const struct ssh_keys *keys,
                                    struct vm_new *vm)
{
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    const char **ids = arena_array(r->arena, vm->key_count + keys->count, sizeof *ids);
    struct ssh_key_stored *stored;
    struct error *e = ssh_keys_store(&context, &actor, keys, "", NULL, &stored);

    for (size_t i = 0; i < vm->key_count; i++)
        ids[i] = vm->key_ids[i];
    vm->key_ids = ids;
    for (size_t i = 0; !e && i < keys->count; i++) {
        if (!has_key(vm, stored[i].id))
            ids[vm->key_count++] = stored[i].id;
    }
    return e;
}

/* Reads what was pasted, if anything was; sets the problems of the fields about keys. */
static void new_keys_read(struct request *r, struct field *fields, struct ssh_keys *keys)
{
    *keys = (struct ssh_keys){ .count = 0 };
    if (*fields[GITHUB].text)
        fields[GITHUB].problem = "Import these keys first, or clear this field.";
    if (*fields[NEW_KEY].text)
        form_keys_read(r, &fields[NEW_KEY], keys);
    else if (!fields[KEYS].list_count)
        fields[KEYS].problem = "Choose a key or paste one. Without a key, no one can connect.";
}

/* What may not be stored is not shown again either. */
static void user_data_field_read(struct request *r, struct field *field, const char **out)
{
    const struct error *e = field->problem ? NULL : user_data_read(r->arena, field->text, out);

    if (!e)
        return;
    field->problem = e->message;
    if (strcmp(e->code, USER_DATA_SECRET) == 0)
        field->text = "";
}

struct error *vm_new_post(struct request *r)
{
    struct field fields[FIELDS];
    const struct context context = request_context(r);
    const struct actor actor = session_actor(r);
    const char *id, *problem;
    struct ssh_keys keys;
    struct vm_new vm;
    struct error *e = fields_read(r, fields);

    if (e)
        return e;
    vm = (struct vm_new){ .source = NULL };
    problem = new_read(r, fields, &vm);
    user_data_field_read(r, &fields[USER_DATA], &vm.user_data);
    new_keys_read(r, fields, &keys);
    e = agent_read(r, &fields[AGENT], &vm);
    if (e)
        return e;
    if (problem || form_has_problems(fields, FIELDS))
        return new_again(r, fields, problem);
    e = new_keys_store(r, &keys, &vm);
    if (!e)
        e = vm_command_create(&context, &actor, &vm, &id);
    if (e && e->message)
        return new_again(r, fields, form_blame(fields, FIELDS, e) ? NULL : e->message);
    if (!e)
        response_redirect(&r->response, arena_printf(r->arena, "/vms/%s", id));
    return e;
}

/* ---- keys from GitHub, into the form ---- */

struct error *vm_new_import(struct request *r,
                            struct error *(*import)(struct request *r, struct field *user,
                                                    struct ssh_keys_imported *out))
{
    struct vm_new_html page = { .name = NULL };
    struct ssh_keys_imported keys = { .count = 0 };
    struct ssh_keys pasted;
    struct field fields[FIELDS];
    const char **ids, *user_data;
    size_t count = 0;
    struct error *e = fields_read(r, fields);

    if (!e)
        e = import(r, &fields[GITHUB], &keys);
    if (e)
        return e;
    user_data_field_read(r, &fields[USER_DATA], &user_data);
    if (*fields[NEW_KEY].text)
        form_keys_read(r, &fields[NEW_KEY], &pasted);
    if (fields[GITHUB].problem) {
        /* What else is missing is asked for when the VM is created. */
        for (size_t i = 0; i < FIELDS; i++) {
            if (i != GITHUB && i != USER_DATA && i != NEW_KEY)
                fields[i].problem = NULL;
        }
        return new_again(r, fields, NULL);
    }
    ids = arena_array(r->arena, fields[KEYS].list_count + keys.count, sizeof *ids);
    for (size_t i = 0; i < fields[KEYS].list_count; i++)
        ids[count++] = fields[KEYS].list[i];
    for (size_t i = 0; i < keys.count; i++)
        ids[count++] = keys.row[i].id;
    fields[KEYS].list = ids;
    fields[KEYS].list_count = count;
    page.new_key_problem = fields[NEW_KEY].problem;
    page.is_new_key_open = *fields[NEW_KEY].text || page.new_key_problem;
    page.github.note = keys.note;
    e = new_typed(r, fields, &page);
    if (!e)
        html_vm_new(&r->response.body, &r->frame, &page);
    return e;
}
