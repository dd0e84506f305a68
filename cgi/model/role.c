/* What the roles of a team may do in it; see role.h. */
#include "model/role.h"

#include "base/array.h"
#include "main_constants.sql.h"

#include <string.h>

static const struct {
    const char *role;
    bool may[RIGHT_OWN + 1];
} roles[] = {
    { MEMBERSHIP_ROLE_VIEWER, { [RIGHT_SEE] = true } },
    { MEMBERSHIP_ROLE_MEMBER, { [RIGHT_SEE] = true, [RIGHT_CHANGE] = true } },
    { MEMBERSHIP_ROLE_OWNER, { [RIGHT_SEE] = true, [RIGHT_CHANGE] = true, [RIGHT_OWN] = true } },
};

bool role_may(const char *role, enum right right)
{
    for (size_t i = 0; role && i < COUNT(roles); i++) {
        if (strcmp(roles[i].role, role) == 0)
            return roles[i].may[right];
    }
    return false;
}

bool role_is_invitable(const char *role)
{
    return role_may(role, RIGHT_SEE) && !role_may(role, RIGHT_OWN);
}
