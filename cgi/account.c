/* Account pages: the team's SSH keys and people; the person's teams, account, rights, sessions and
 * deletion. */
#include "handler/account.h"
#include "base/array.h"
#include "handler/announcement.h"
#include "handler/deletion.h"
#include "handler/email_change.h"
#include "handler/keys.h"
#include "handler/notices.h"
#include "handler/passkeys.h"
#include "handler/rights.h"
#include "handler/team.h"
#include "model/worker_wakeup.h"
#include "view/account_page.h"
#include "view/erasure_form.h"
#include "view/key_delete_page.h"
#include "web/serve.h"

static const struct route routes[] = {
    { "GET", "/keys", ACCESS_VIEWER, keys_show },
    { "POST", "/keys", ACCESS_MEMBER, keys_post },
    { "GET", "/keys/delete", ACCESS_MEMBER, key_delete_show },
    { "POST", "/keys/delete", ACCESS_MEMBER, keys_delete },
    { "GET", "/keys/:id", ACCESS_VIEWER, key_show },
    { "POST", "/keys/:id/rename", ACCESS_MEMBER, key_rename },
    { "GET", "/account", ACCESS_SIGNED_IN, account_show },
    { "POST", "/account/name", ACCESS_SIGNED_IN, account_rename },
    { "POST", "/account/team", ACCESS_OWNER, account_team_rename },
    { "GET", "/account/email", ACCESS_SIGNED_IN, email_change_show },
    { "POST", "/account/email", ACCESS_SIGNED_IN | ACCESS_FRESH, email_change_post },
    { "POST", "/account/email/cancel", ACCESS_SIGNED_IN, email_change_cancel_post },
    { "GET", "/account/email/link", ACCESS_PUBLIC, email_link_show },
    { "POST", "/account/email/link", ACCESS_PUBLIC, email_link_post },
    { "GET", "/account/passkeys/new", ACCESS_SIGNED_IN | ACCESS_FRESH, passkeys_new_show },
    { "POST", "/account/passkeys/new", ACCESS_SIGNED_IN | ACCESS_FRESH, passkeys_new_post },
    { "GET", "/account/passkeys/:id", ACCESS_SIGNED_IN, passkeys_show },
    { "POST", "/account/passkeys/:id/rename", ACCESS_SIGNED_IN, passkeys_rename },
    { "POST", "/account/passkeys/:id/remove", ACCESS_SIGNED_IN | ACCESS_FRESH, passkeys_remove },
    { "POST", "/account/theme", ACCESS_SIGNED_IN, account_theme_set },
    { "POST", "/account/statistics", ACCESS_SIGNED_IN, rights_statistics_set },
    { "POST", "/account/charts", ACCESS_OWNER, rights_charts_set },
    { "POST", "/account/restriction", ACCESS_SIGNED_IN, rights_restriction_set },
    { "POST", "/account/announcements/:id/dismiss", ACCESS_SIGNED_IN, announcement_dismiss },
    { "POST", "/account/policy", ACCESS_SIGNED_IN, account_policy_acknowledge },
    { "POST", "/account/copy", ACCESS_SIGNED_IN | ACCESS_FRESH, rights_copy_request },
    { "POST", "/account/copy/:id", ACCESS_SIGNED_IN | ACCESS_FRESH, rights_copy_download },
    { "GET", "/account/notifications", ACCESS_SIGNED_IN, notices_show },
    { "POST", "/account/notifications", ACCESS_SIGNED_IN, notices_post },
    { "GET", "/unsubscribe/:token", ACCESS_PUBLIC, unsubscribe_show },
    { "POST", "/unsubscribe/:token", ACCESS_PUBLIC | ACCESS_ONE_CLICK, unsubscribe_post },
    { "GET", "/account/delete", ACCESS_SIGNED_IN, erasure_form_show },
    { "POST", "/account/delete", ACCESS_SIGNED_IN | ACCESS_FRESH, deletion_account_post },
    { "GET", "/account/team/delete", ACCESS_OWNER, team_form_show },
    { "POST", "/account/team/delete", ACCESS_OWNER | ACCESS_FRESH, deletion_team_post },
    { "POST", "/account/team/keep", ACCESS_OWNER | ACCESS_FRESH, deletion_team_keep },
    { "GET", "/team", ACCESS_VIEWER, team_show },
    { "POST", "/team/invites", ACCESS_OWNER, team_invite },
    { "POST", "/team/invites/:id/revoke", ACCESS_OWNER, team_invite_revoke },
    { "POST", "/team/people/:id/role", ACCESS_OWNER | ACCESS_FRESH, team_role_post },
    { "GET", "/team/people/:id/remove", ACCESS_OWNER, team_remove_show },
    { "POST", "/team/people/:id/remove", ACCESS_OWNER | ACCESS_FRESH, team_remove_post },
    { "GET", "/team/leave", ACCESS_VIEWER, team_leave_show },
    { "POST", "/team/leave", ACCESS_VIEWER, team_leave_post },
    { "GET", "/team/hand-over", ACCESS_OWNER, team_hand_over_show },
    { "POST", "/team/hand-over", ACCESS_OWNER | ACCESS_FRESH, team_hand_over_post },
    { "GET", "/teams", ACCESS_SIGNED_IN, teams_show },
    { "POST", "/teams", ACCESS_SIGNED_IN, teams_make },
    { "POST", "/teams/:id/switch", ACCESS_SIGNED_IN, teams_switch },
    { "GET", "/account/shortcuts", ACCESS_SIGNED_IN, account_shortcuts_show },
    { "POST", "/account/sessions/:handle/end", ACCESS_SIGNED_IN, account_session_end },
    { "POST", "/account/end-others", ACCESS_SIGNED_IN, account_session_end_others },
};

int main(int argc, char **argv)
{
    static const struct program program = {
        .name = "account",
        .routes = routes,
        .route_count = COUNT(routes),
        .db_mode = DB_READ_WRITE,
        .start = worker_wakeup_connect,
    };

    return serve(argc, argv, &program);
}
