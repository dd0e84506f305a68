/* What a person may decide about their data; see rights.h. */
#include "handler/rights.h"

#include "base/date.h"
#include "base/limit.h"
#include "export.sql.h"
#include "main_constants.sql.h"
#include "model/export.h"
#include "model/notice.h"
#include "model/restriction.h"
#include "model/usage_objection.h"
#include "person.sql.h"
#include "web/form.h"
#include "web/request_note.h"
#include "web/session.h"

/* Whether this person's requests may be counted (web/counted.c). */
struct error *rights_statistics_set(struct request *r)
{
    bool is_uncounted;
    struct error *e = form_is(r, "counted", "no", &is_uncounted);

    if (!e)
        e = sql_person_set_uncounted(r->db, r->arena, r->session->person_id, is_uncounted);
    if (!e)
        e = request_note_personal(
            r, (struct audit_entry){ .action = AUDIT_STATISTICS,
                                     .detail = is_uncounted ? "Not counted" : "Counted" });
    if (e)
        return e;
    return session_notice_at(
        r, is_uncounted ? "You are no longer counted." : "You are counted again.", "/account");
}

/* Whether the VMs of the current team are measured (worker/usage.c). */
struct error *rights_charts_set(struct request *r)
{
    const struct context context = request_context(r);
    bool is_off;
    struct error *e = form_is(r, "charts", "off", &is_off);

    if (!e)
        e = usage_objection_set(&context, r->session->team_id, is_off);
    if (!e)
        e = request_note(
            r, (struct audit_entry){ .action = AUDIT_CHARTS, .detail = is_off ? "Off" : "On" });
    if (e)
        return e;
    return session_notice_at(r,
                             is_off ? "Usage charts are off, and what was measured is deleted."
                                    : "Usage charts are on.",
                             "/account");
}

struct error *rights_restriction_set(struct request *r)
{
    const struct context context = request_context(r);
    bool is_on;
    struct error *e = form_is(r, "restricted", "yes", &is_on);

    if (!e)
        e = is_on ? restriction_begin(&context, r->session->person_id)
                  : restriction_end(&context, r->session->person_id);
    if (!e)
        e = request_note_personal(
            r, (struct audit_entry){ .action = is_on ? AUDIT_RESTRICTION : AUDIT_RESTRICTION_END });
    if (e)
        return e;
    return session_notice_at(
        r, is_on ? "Your account is restricted." : "Your account is not restricted any more.",
        "/account");
}

/* ---- a copy of the person's data ---- */

struct error *rights_copy_request(struct request *r)
{
    const struct context context = request_context(r);
    int64_t refused_until;
    struct error *e = export_request(&context, r->session->person_id, 0, &refused_until);

    if (e)
        return e;
    if (refused_until)
        return session_notice_at(
            r,
            arena_printf(
                r->arena,
                "No copy was prepared: the limit is %d copies and %d attempts in 24 hours. "
                "The next is possible from %s UTC.",
                LIMIT_EXPORTS, LIMIT_EXPORT_ATTEMPTS, date_minute(r->arena, refused_until)),
            "/account#data");
    response_redirect(&r->response, "/account#data");
    return NULL;
}

/* Once an hour for each copy. */
static struct error *download_tell(struct request *r, const char *id)
{
    const struct context context = request_context(r);
    const struct mail mail = {
        .kind = MAIL_KIND_COPY_DOWNLOADED,
        .once = arena_printf(r->arena, "copy/%s/%s", id, date_hour_digits(r->arena, r->now_at)),
        .browser = session_browser(r),
        .url = arena_printf(r->arena, "%s/account", r->config->public_url),
        .at = r->now_at,
    };

    return notice_queue(&context, r->session->person_id, &mail);
}

/* A form and no link: what is downloaded is counted. nginx sends the file. */
struct error *rights_copy_download(struct request *r)
{
    const char *id = r->parameters[0];
    struct error *e =
        sql_export_count_download(r->db, r->arena, id, r->session->person_id, r->now_at);

    if (e && e->kind == ERROR_NOT_FOUND)
        return error_refuse(
            r->arena, ERROR_NOT_FOUND, "copy_expired", NULL,
            "There is no copy of your data at this address. A copy is deleted after "
            "a day, or when you prepare a new one on your account page.");
    if (!e)
        e = request_note_personal(r, (struct audit_entry){ .action = AUDIT_COPY_FILE });
    if (!e)
        e = download_tell(r, id);
    if (e)
        return e;
    r->response.content_type = "application/zip";
    r->response.download = arena_printf(r->arena, "copy-%s.zip", date_day_iso(r->arena, r->now_at));
    r->response.file = export_internal_path(r->arena, id);
    return NULL;
}
