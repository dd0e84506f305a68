#!/bin/bash
# Installs the missing Debian packages: directly as root, otherwise with sudo, after announcing it. Uses no
# network when all of them are installed.
#
# usage: tests/setup.sh PACKAGE...
set -euo pipefail

missing=()
installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null | sed -n 's/^ii *//p')
for package in "$@"; do
    grep -qx "$package" <<<"$installed" || missing+=("$package")
done
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
[ ${#missing[@]} -gt 0 ] || exit 0

echo "Installing with apt: ${missing[*]}"
if [ "$(id -u)" = 0 ]; then
    root=(env)
else
    command -v sudo >/dev/null || {
        echo "Not root and no sudo here. As root: apt-get install ${missing[*]}" >&2
        exit 1
    }
    echo "Not root: asking sudo."
    root=(sudo)
fi

# Debian starts the services it installs; a second nginx or libvirtd on this machine is not wanted.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee $policy >/dev/null
    "${root[@]}" chmod +x $policy
    trap '"${root[@]}" rm -f $policy' EXIT
fi
"${root[@]}" apt-get update -qq
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "${missing[@]}" >/dev/null
