#!/bin/bash
# Every route of every program under every role, compared with golden/access.txt: what the route table declares, and
# what each visitor gets. A new route, or another answer, differs from it; GOLDEN_WRITE=1 writes it anew.
#
#   visitor   signed out
#   viewer, member, owner   of team 1
#   other     an owner of another team
#   admin     the operator, in no team
#
# A GET is made as it is. A POST has no form, so that whoever is let through gets "form" (415) and nothing is done; one
# that names something of team 1 is also sent in full by the other team's owner ("sent"), who must find nothing. "signin"
# leads to the sign-in, "anew" to another one, because this is too long ago for what is sensitive.
. "$(dirname "$0")/lib.sh"

fresh
printf '[billing]\nbilling = stripe\nbase_cents = 2000\n' >>"$state/domicile.conf"
letters+=([victor]=V [olga]=O)
hash_of() { token_of "$1" | sha256sum | cut -d' ' -f1; }
sql "INSERT INTO person (id, identity, email, name, created_at) VALUES (5, 'local:victor@example.org', 'victor@example.org', 'Victor', 1767225600),
        (6, 'local:olga@example.org', 'olga@example.org', 'Olga', 1767225600);
    INSERT INTO team (id, name, personal_of, created_at) VALUES (5, 'victor', 5, 1767225600), (6, 'olga', 6, 1767225600);
    INSERT INTO membership (team_id, person_id, role, created_at) VALUES (1, 5, 'viewer', 1767225600), (1, 6, 'owner', 1767225600);
    INSERT INTO session (id_hash, handle, person_id, current_team_id, csrf_secret, browser, created_at, seen_at, idle_at, expires_at)
    SELECT x'$(hash_of V)', 'victorvictorvic2', 5, 1, csrf_secret, browser, created_at, seen_at, idle_at, expires_at FROM session WHERE person_id = 2
    UNION ALL SELECT x'$(hash_of O)', 'olgaolgaolgaolg2', 6, 1, csrf_secret, browser, created_at, seen_at, idle_at, expires_at FROM session WHERE person_id = 2;
    UPDATE session SET current_team_id = 3 WHERE person_id = 1"

# The routes as the programs declare them: METHOD PATTERN ACCESS, at most one for each line.
routes() {
    sed -nE 's/^ *\{ "(GET|POST)", "([^"]+)", (ACCESS_[A-Z_| ]+), [a-z_]+ \},$/\1 \2 \3/p' cgi/*.c
}
# What the words of a pattern stand for, of team 1.
path_of() {
    case $1 in
    */receipt.zip) path=${1//:id/gonegonegonegone} ;;
    /vms/bulk/:act) path=/vms/bulk/stop ;;
    /vms/*) path=${1//:id/runningrunningru} ;;
    /keys/*) path=${1//:id/keykeykeykeykey2} ;;
    /team/people/*) path=${1//:id/3} ;;
    /teams/*) path=${1//:id/1} ;;
    /docs/*) path=/docs/vms ;;
    /operator/people/* | /operator/teams/*) path=${1//:id/2} ;;
    *) path=${1//:id/nothingnothing22} ;;
    esac
    path=${path//:snapshot/snapshotsnapsho2}
    path=${path//:handle/alicealicealice3}
    path=${path//:number/1}
    path=${path//:token/$(token_of X)}
}
# In one word, what the answer says.
outcome() {
    local status location
    status=$(sed -n '1s/^Status: \([0-9]*\).*/\1/p' "$state/answer")
    location=$(tr -d '\r' <"$state/answer" | sed -n 's/^Location: //p')
    case $status$location in
    303/signin\?*again=1*) echo anew ;;
    303/signin\?*) echo signin ;;
    415) echo form ;;
    403) echo no ;;
    *) echo "$status" ;;
    esac
}
tried() {
    if [ "$1" = GET ]; then
        get "$path"
    else
        headers=(${cookie:+"$cookie"} HTTP_SEC_FETCH_SITE=same-origin CONTENT_TYPE=text/plain)
        ask POST "$path" x
    fi
    outcome
}

# Each of these is found in the source; one that is not would be left out in silence.
declared=$(grep -cE '^ *\{ "(GET|POST)", "/' cgi/*.c | awk -F: '{ n += $2 } END { print n }')
what="the route tables"
if [ "$(routes | wc -l)" = "$declared" ]; then good; else bad "only $(routes | wc -l) of $declared routes were read"; fi

{
    printf '%-7s %-44s %-34s %-8s %-7s %-7s %-7s %-7s %-7s %s\n' method route access visitor viewer member owner other admin sent
    routes | while read -r method pattern access; do
        path_of "$pattern"
        row=("$(nobody tried "$method")")
        for who in victor carol olga bob alice; do row+=("$(as $who tried "$method")"); done
        sent=
        if [ "$method" = POST ] && [[ $pattern == *:* ]]; then
            sql "UPDATE session SET created_at = unixepoch()"
            as bob post "$path"
            sent=$(outcome)
            sql "UPDATE session SET created_at = 1767225600"
        fi
        access=${access//ACCESS_/}
        printf '%-7s %-44s %-34s %-8s %-7s %-7s %-7s %-7s %-7s %s\n' "$method" "$pattern" "${access,,}" "${row[@]}" "$sent"
    done | sort -k2,2 -k1,1
} | sed 's/ *$//' >"$state/access.txt"
what="who may what"
! like access.txt "$state/access.txt" || good

echo "$(($(wc -l <"$state/access.txt") - 1)) routes, 6 roles"
finish
