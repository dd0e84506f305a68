#!/bin/bash
# Pages of cgi/github.c: import of public keys, from a web server on this computer that stands in for GitHub.
. "$(dirname "$0")/lib.sh"
first="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
second="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGTS/6E+nCelewpRxzJo/ri9QWqHnjsGlx8E5f9aErVx"

# Files are what it has: NAME.keys. Its own log is what it was asked.
github=$(mktemp -d /tmp/domicile-github.XXXXXX)
mkdir "$github/root"
server=
trap 'kill $server 2>/dev/null; rm -rf "$state" "$github"' EXIT
mkfifo "$github/says"
python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$github/root" >"$github/says" 2>"$github/log" &
server=$!
read -r line <"$github/says"
port=$(sed -E 's/.* port ([0-9]+) .*/\1/' <<<"$line")
offers() { printf '%b' "$2" >"$github/root/$1.keys"; }
expect_asked() { if [ "$(grep -c '"GET ' "$github/log")" = "$1" ]; then good; else bad "asked for: $(cat "$github/log")"; fi; }
# switch on|off: a fresh state with it, where the policy in force lists GitHub.
switch() {
    fresh
    : >"$github/log"
    sed -i -e "s|^# github_import = .*|github_import = $1|" -e "/^\[github\]/a url = http://127.0.0.1:$port" "$state/domicile.conf"
}

# Off, nothing of it is there.
route "POST /keys/github"
switch off
as alice get /keys ; expect_no_text GitHub
as alice get /vms/new ; expect_no_text GitHub
as alice post /keys/github github_user=octocat ; expect 404
route "POST /vms/new/github"
as alice post /vms/new/github github_user=octocat ; expect 404
expect_asked 0

switch on
as alice get /keys ; expect 200 github_keys.html
as alice get /vms/new ; expect 200 github_vm_new.html
# The address of an answer, loaded again.
route "GET /keys/github"
as alice get /keys/github ; expect 303 /keys
route "GET /vms/new/github"
as alice get /vms/new/github ; expect 303 /vms/new
nobody post /keys/github github_user=octocat ; expect 303 "/signin?return=/keys/github&ended=1"
as dave post /keys/github github_user=octocat ; expect 403
as alice post_bare /keys/github github_user=octocat ; expect 403

# Names that GitHub gives to nobody are not asked for.
for user in "" -cat cat- "a--b" "a b" "../octocat" "octocat.keys?x" "octo/cat" "$(printf '%040d' 0)" "café"; do
    as alice post /keys/github "github_user=$user" ; expect 422
done
expect_asked 0
as alice post /keys/github "github_user=a b" ; expect 422 github_keys_name.html

# No such user, no keys, none that can be used.
as alice post /keys/github github_user=nobody-here ; expect 422 ; expect_text "GitHub has no such user. Check the spelling."
offers octocat ''
as alice post /keys/github github_user=octocat ; expect 422 ; expect_text "octocat has no public keys at GitHub."
offers octocat 'ssh-dss AAAA\n'
as alice post /keys/github github_user=octocat ; expect 422
expect_text "No key of octocat at GitHub can be used. Key 1 was not imported: DSA keys are broken"
offers octocat '<html><body>\nnot keys\n</body></html>\n'
as alice post /keys/github github_user=octocat ; expect 422 ; expect_no_text "<html><body>" ; expect_text "Keys 1 to 3 were not imported"
offers octocat "$first\\n\\0\\n"
as alice post /keys/github github_user=octocat ; expect 422 ; expect_text "GitHub did not answer as expected."
head -c 200000 /dev/zero | tr '\0' x >"$github/root/octocat.keys"
as alice post /keys/github github_user=octocat ; expect 422 ; expect_text "GitHub did not answer as expected."
expect_row "SELECT count(*) FROM ssh_key" 3

# Some can be used: the rest is named by its place, and no byte of a private key is kept.
private="$(openssl genpkey -algorithm ed25519 | sed -n 2p)"
offers octo-cat "$first\\nssh-dss AAAA\\n-----BEGIN PRIVATE KEY-----\\n$private\\n-----END PRIVATE KEY-----\\n$second\\n"
as alice post /keys/github github_user=octo-cat ; expect 200
expect_text "2 keys of octo-cat imported from GitHub."
expect_text "Key 2 was not imported: DSA keys are broken" ; expect_text "Keys 3 to 5 were not imported"
expect_row "SELECT group_concat(name || '|' || type || '|' || person_id, ' ') FROM (SELECT * FROM ssh_key WHERE name LIKE '%@github%' ORDER BY name)" \
    "octo-cat@github|Ed25519|1 octo-cat@github 2|Ed25519|1"
expect_row "SELECT group_concat(detail) FROM (SELECT detail FROM activity WHERE action = 'key_add' AND detail LIKE '%@github%' ORDER BY detail)" "octo-cat@github,octo-cat@github 2"
sql "UPDATE ssh_key SET id = CASE name WHEN 'octo-cat@github' THEN 'keykeykeykeykey8' ELSE 'keykeykeykeykey9' END, created_at = 1767225600 WHERE name LIKE '%@github%'"
expect_nowhere "$private"
# Once more, they are there already.
as alice post /keys/github github_user=octo-cat ; expect 200 github_keys_known.html
expect_text "Your team already has the keys of octo-cat at GitHub."
expect_row "SELECT count(*) FROM ssh_key" 5
# What was sent is told by the names of its fields, and the log has no name of an account.
expect_row "SELECT purpose, fields, team_id, was_listed, host = '127.0.0.1:$port' FROM outbound GROUP BY 1, 2, 3, 4, 5" "keys|username|1|1|1"
as alice get /data ; expect_text "Importing public SSH keys" ; expect_text username
kill $server
wait $server 2>/dev/null
as alice post /keys/github github_user=octo-cat ; expect 422 ; expect_text "GitHub did not answer as expected. Try again in a minute, or paste your key."
if grep -q "GET username" "$state/log" && ! grep -qi octo "$state/log"; then good; else bad "the log: $(cat "$state/log")"; fi

# On the form for a new VM, what is typed stays, and the keys are chosen.
mkfifo "$github/again"
python3 -u -m http.server "$port" --bind 127.0.0.1 --directory "$github/root" >"$github/again" 2>"$github/log" &
server=$!
read -r line <"$github/again"
switch on
form=(name=typed-name image=tiny size=nano region=local internet=names internet_names=example.org life=idle_stop-60 key=keykeykeykeykey2)
as alice post /vms/new/github "${form[@]}" github_user=nobody-here ; expect 422 github_vm_new_unknown.html
expect_text 'value="typed-name"' ; expect_text example.org
as alice post /vms/new/github "${form[@]}" github_user=octo-cat ; expect 200
chosen() { grep -oE 'checked><span><b class="breakable">[^<]+' "$state/answer" | cut -d'>' -f4 | sort | paste -sd,; }
if [ "$(chosen)" = "laptop,octo-cat@github,octo-cat@github 2" ]; then good; else bad "chosen: $(chosen)"; fi
expect_text 'value="typed-name"' ; expect_text "2 keys of octo-cat imported from GitHub."
# Of a private key that was pasted beside it, nothing comes back, whether the import succeeds or not.
private=$(printf -- '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----')
for user in octo-cat nobody-here; do
    as alice post /vms/new/github "${form[@]}" github_user=$user "new_key=$private" ; expect_text "private key" ; expect_nowhere b3BlbnNzaC1rZXk
done
expect_row "SELECT count(*) FROM ssh_key WHERE name LIKE 'octo-cat@github%'" 2
# User data is kept as well, unless there is a key in it.
sql "UPDATE image SET takes_user_data = 1 WHERE name = 'tiny'"
as alice post /vms/new/github "${form[@]}" github_user=octo-cat "user_data=#cloud-config" ; expect 200 ; expect_text ">#cloud-config</textarea>"
as alice post /vms/new/github "${form[@]}" github_user=nobody-here "user_data=-----BEGIN RSA PRIVATE KEY-----" ; expect 422 ; expect_no_text "BEGIN RSA"
# A name that waits to be imported does not get lost.
as alice post /vms "${form[@]}" github_user=octo-cat ; expect 422 ; expect_text "Import these keys first, or clear this field."
# At most twenty, and a team's limit.
for i in $(seq 25); do
    ssh-keygen -q -t ed25519 -N '' -C '' -f "$github/key" <<<y >/dev/null
    cat "$github/key.pub"
done >"$github/root/many.keys"
as bob post /keys/github github_user=many ; expect 200
expect_text "20 keys of many imported from GitHub. 5 more were not imported: at most 20 at once."
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
    INSERT INTO ssh_key (id, team_id, person_id, name, type, fingerprint, comment, public_line, created_at)
    SELECT printf('planted%09d', i), 1, 1, 'planted', 'Ed25519', 'SHA256:' || i, '', 'x', 1 FROM n"
offers last "$(head -c -1 "$github/key.pub")"
as alice post /keys/github github_user=last ; expect 422 ; expect_text "A team can have 100 keys. Delete some first."
# Nothing is sent for a person who restricted their account.
sql "UPDATE person SET restricted_at = 1 WHERE id = 1"
: >"$github/log"
as alice post /keys/github github_user=octo-cat ; expect 422 ; expect_asked 0
finish
