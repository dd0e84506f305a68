#!/bin/bash
# The network of guests, with an internet of its own: two network namespaces, one in which the server under test
# is a host with public addresses, and beside it one with all that a guest may reach and all that it must
# not. Needs root and what the network needs. BUILD is the build directory.
set -euo pipefail
cd "$(dirname "$0")/../.."

lacking=
[ "$(id -u)" = 0 ] || lacking="root"
for program in pasta dnsmasq nft ip; do
    command -v "$program" >/dev/null || lacking+=" $program"
done
[ -n "$lacking" ] || unshare --net --mount true 2>/dev/null || lacking="namespaces"
[ -n "$lacking" ] || [ -c /dev/net/tun ] || lacking="/dev/net/tun"
if [ -n "$lacking" ]; then
    echo "skipped: needs $lacking"
    echo "1 passed, 0 failed"
    exit
fi
[ "${1:-}" = inside ] || exec unshare --net --mount --propagation private bash tests/e2e/guest_net.sh inside

temporary=$(mktemp -d /tmp/domicile-internet.XXXXXX)
trap 'kill $(jobs -p); rm -rf "$temporary"' EXIT

# ---- the host: two public addresses, one private network, its resolver ----
ip link set lo up
unshare --net sleep infinity &
internet=$!
until [ "$(readlink "/proc/$internet/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
ip link add host0 type veth peer name wire0 netns "$internet"
ip address add 198.51.100.2/24 dev host0
ip address add 2001:db8::2/64 dev host0 nodad 2>/dev/null || true
ip link set host0 up
ip address add 203.0.113.9/32 dev lo
there() { nsenter -t "$internet" -n "$@"; }
stay() { exec nsenter -t "$internet" -n "$@" >/dev/null 2>&1; } # in the background
there ip link set lo up
there ip link set wire0 up
there ip address add 198.51.100.1/24 dev wire0
there ip address add 2001:db8::1/64 dev wire0 nodad 2>/dev/null || true
ip route add default via 198.51.100.1
for address in 198.51.100.7 198.51.100.8 10.9.9.9 100.64.9.9 169.254.169.254 168.63.129.16 172.16.9.9 192.0.0.192 192.168.9.9 198.18.9.9; do
    there ip address add "$address/32" dev lo
done
echo "nameserver 198.51.100.1" >"$temporary/resolv.conf"
mount --bind "$temporary/resolv.conf" "$(realpath /etc/resolv.conf)"
stay dnsmasq --keep-in-foreground --no-hosts --no-resolv --no-daemon --user=root --port=53 --bind-interfaces --listen-address=198.51.100.1 \
    --address=/git.example/198.51.100.7 --address=/evilgit.example/198.51.100.8 --address=/inside.example/192.168.9.9 \
    --host-record=cdn.example,198.51.100.8 --cname=alias.example,cdn.example &
git init --quiet --bare "$temporary/tree.git"
git init --quiet --initial-branch=main "$temporary/tree"
echo "a line of the tree" >"$temporary/tree/file"
git -C "$temporary/tree" -c user.name=git -c user.email=git@git.example add file
git -C "$temporary/tree" -c user.name=git -c user.email=git@git.example commit --quiet --message first
git -C "$temporary/tree" push --quiet "$temporary/tree.git" HEAD:main
git -C "$temporary/tree.git" symbolic-ref HEAD refs/heads/main
git -C "$temporary/tree.git" update-server-info
# Everything answers to HTTP, with a file of the repository if it asks for one.
export temporary
stay node -e '
  const answer = (socket) => { socket.on("error", () => {}); socket.once("data", (data) => {
    const [, path] = /^GET (\/tree\.git\/[^ ?]*)/.exec(data) ?? [];
    if (!path) return socket.end("HTTP/1.0 200 OK\r\n\r\nfrom the internet\n");
    try { const body = require("fs").readFileSync(process.env.temporary + path); socket.write("HTTP/1.0 200 OK\r\n\r\n"); socket.end(body); }
    catch { socket.end("HTTP/1.0 404 Not Found\r\n\r\n"); }
  }); };
  for (const port of [22, 25, 80, 443]) require("net").createServer(answer).listen(port, "::");' &
node tests/e2e/guest_net.mjs "${BUILD:-build}"
