/* Validates the section [mail] of domicile.conf; see config.h. */
#include "adapter/config.h"

#include "adapter/idn.h"
#include "base/limit.h"
#include "base/text.h"
#include "base/url.h"

#include <string.h>

bool config_has_mail(const struct config *config)
{
    return strcmp(config->mail, "smtp") == 0;
}

/* "Name <address>", or only an address: then the name is the server's. */
static bool sender_read(struct arena *arena, struct config *config)
{
    const char *from = config->mail_from;
    const char *open = strchr(from, '<');
    size_t length = strlen(from);
    size_t name_length;

    if (!open) {
        config->mail_from_name = config->server_name;
        config->mail_from_email = idn_email(arena, from);
        return config->mail_from_email != NULL;
    }
    if (from[length - 1] != '>')
        return false;
    name_length = (size_t)(open - from);
    while (name_length > 0 && from[name_length - 1] == ' ')
        name_length--;
    config->mail_from_name = arena_copy_bytes(arena, from, name_length);
    config->mail_from_email =
        idn_email(arena, arena_copy_bytes(arena, open + 1, length - (size_t)(open - from) - 2));
    return name_length > 0 && text_length(config->mail_from_name) <= LIMIT_LABEL_CHARACTERS &&
           text_is_line(from) && config->mail_from_email;
}

const char *config_mail_check(struct arena *arena, struct config *config)
{
    if (config_has_access_requests(config) &&
        (strcmp(config->identity, "local") != 0 || !config_has_mail(config)))
        return "access_requests = on needs identity = local and, in [mail], mail = smtp";
    if (!config_has_mail(config))
        return NULL;
    if (!url_is_origin(config->mail_url, "smtp://") && !url_is_origin(config->mail_url, "smtps://"))
        return "[mail] url must be like smtp://mail.example.org:587 or "
               "smtps://mail.example.org:465, in lowercase";
    if (!sender_read(arena, config))
        return "[mail] from must be like Domicile <noreply@example.org>, or only an address";
    if (*config->mail_ca_file && config->mail_ca_file[0] != '/')
        config->mail_ca_file =
            arena_printf(arena, "%s/%s", config->state_dir, config->mail_ca_file);
    return NULL;
}
