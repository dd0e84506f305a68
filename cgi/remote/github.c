/* Public keys from GitHub; see github.h. */
#include "remote/github.h"

#include "adapter/http_client.h"
#include "base/limit.h"
#include "base/text.h"

#include <string.h>

enum { MAX_USER_BYTES = 39 };

struct github {
    struct http_client *client;
    const char *url;
};

struct error *github_open(struct arena *arena, const struct config *config, struct github **out)
{
    struct github *github = arena_alloc(arena, sizeof *github);

    github->url = config->github_url;
    *out = github;
    return http_client_open(arena, &config->github_url, 1, "keys", &github->client);
}

/* Letters and digits; between them single hyphens, or in names of enterprises an underscore. */
const char *github_user_problem(const char *user)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t length = strlen(user);
    const char *rest = user;

    while (*rest) {
        size_t word = strspn(rest, letters);

        if (!word)
            break;
        rest += word;
        if ((*rest == '-' || *rest == '_') && rest[1])
            rest++;
    }
    if (!length)
        return "Enter a GitHub username.";
    return *rest || length > MAX_USER_BYTES
               ? "A GitHub username has at most 39 letters, digits and single hyphens, none at "
                 "either end."
               : NULL;
}

static struct error *failure(struct error *e)
{
    e->message = "GitHub did not answer as expected. Try again in a minute, or paste your key.";
    return e;
}

struct error *github_keys(const struct github *github, struct arena *arena, const char *user,
                          const char **out)
{
    const struct http_request request = {
        .method = "GET",
        .url = arena_printf(arena, "%s/%s.keys", github->url, user),
        .path_name = "username",
        .accept = "text/plain",
        .response_max = LIMIT_GITHUB_BYTES,
    };
    struct http_response response;
    struct error *e = http_client_send(github->client, arena, &request, &response);

    if (e)
        return failure(error_in(arena, e, "GitHub"));
    if (response.status == 404)
        return error_refuse(arena, ERROR_NOT_FOUND, "no_such_user", "github_user",
                            "GitHub has no such user. Check the spelling.");
    if (response.status != 200)
        return failure(error_new(arena, ERROR_UPSTREAM, "GitHub: status %d", response.status));
    if (strlen(response.body) != response.body_length ||
        !text_is_utf8(response.body, response.body_length))
        return failure(error_new(arena, ERROR_UPSTREAM, "GitHub: the answer is no text"));
    *out = response.body;
    return NULL;
}
