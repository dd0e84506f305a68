#!/bin/bash
#
# Builds the small guests from Debian packages: `guest.sh OUTPUT_DIR [dev]` (make guest). The one
# with "dev" has bash, git over HTTPS and SSH, and an SFTP server besides.
#
# Writes OUTPUT_DIR/kernel, initrd and cmdline: a guest that boots in a few seconds under emulation,
# supports NoCloud, SSH and ACPI (see guest_init.sh) and keeps its state on a disk. image.sh builds
# the full guest.
#
# Needs apt-get, dpkg-deb, gzip and a configured Debian archive; no root. Packages are unpacked, not
# installed. The result has a stamp of its inputs; a run with the same inputs does nothing. Delete
# OUTPUT_DIR to use newer packages.

set -euo pipefail
umask 022

kind=${2:-}
if [ $# -lt 1 ] || [ $# -gt 2 ] || [[ "$kind" != ?(dev) ]]; then
    echo "usage: guest.sh OUTPUT_DIR [dev]" >&2
    exit 2
fi

source_dir=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
output=$(cd "$1" && pwd)
stamp=$(sha256sum "$source_dir"/{guest,guest_init,seed_read,clock_follow}.sh | cut -d' ' -f1 | sha256sum)$kind

if [ "$(cat "$output/stamp" 2>/dev/null)" = "$stamp" ] && [ -s "$output/initrd" ]; then
    echo "guest: $output is up to date"
    exit 0
fi

# The guest's packages and kernel modules; dependencies are added automatically.
packages=(busybox-static dropbear-bin e2fsprogs)
programs=(usr/sbin/dropbear usr/bin/dropbearkey usr/bin/dropbearconvert sbin/mke2fs sbin/resize2fs)
if [ "$kind" = dev ]; then
    packages+=(bash git openssh-sftp-server ca-certificates)
    programs+=(bin/bash usr/bin/git usr/lib/git-core/git-remote-http usr/lib/openssh/sftp-server usr/bin/dbclient)
fi
modules=(virtio_pci virtio_blk virtio_net virtio-rng virtio_balloon virtio_scsi sr_mod isofs
    button evdev)

work=$(mktemp -d "$output/.build.XXXXXX")
trap 'rm -rf "$work"' EXIT
packages_dir=$work/packages
unpacked=$work/unpacked
root=$work/root
mkdir -p "$packages_dir" "$unpacked" "$root"

# Virtual packages (<...>) have no file.
with_dependencies() {
    apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
        --no-replaces --no-enhances "$@" | grep -E '^[a-z0-9]' |
        grep -v -E ':i386$' | sort -u
}

fetch_packages() {
    local kernel
    kernel=$(apt-cache depends linux-image-cloud-amd64 |
        sed -n 's/^ *Depends: \(linux-image-.*\)$/\1/p' | head -n 1)
    if [ -z "$kernel" ]; then
        echo "guest: linux-image-cloud-amd64 is not in the package lists: run apt-get update" >&2
        exit 1
    fi
    # Only the libraries; the loader checks below that they are complete.
    mapfile -t packages < <(printf '%s\n' "${packages[@]}" &&
        with_dependencies "${packages[@]}" | grep -E '^(lib|zlib)')
    (cd "$packages_dir" &&
        apt-get --quiet=2 download "$kernel" "${packages[@]}" 2>"$work/apt.log") || {
        cat "$work/apt.log" >&2
        exit 1
    }
    for package in "$packages_dir"/*.deb; do
        dpkg-deb -x "$package" "$unpacked"
    done
}

# Uses the unpacked loader, so that no library of the build machine is included.
copy_programs() {
    local program library
    local path=$unpacked/lib/x86_64-linux-gnu:$unpacked/usr/lib/x86_64-linux-gnu
    local loader=$unpacked/lib64/ld-linux-x86-64.so.2
    loader=$unpacked/lib/x86_64-linux-gnu/$(basename "$(readlink "$loader")")

    mkdir -p "$root"/{lib/x86_64-linux-gnu,lib64,usr/bin,usr/sbin,sbin,usr/lib/{git-core,openssh}}
    cp "$loader" "$root/lib64/ld-linux-x86-64.so.2"
    for program in "${programs[@]}"; do
        cp "$unpacked/$program" "$root/$program"
        for library in $("$loader" --library-path "$path" --list "$unpacked/$program" |
            sed -n 's/.* => \(\/[^ ]*\) .*/\1/p'); do
            case $library in
            "$unpacked"/*) cp -L "$library" "$root/lib/x86_64-linux-gnu/" ;;
            *ld-linux*) ;;
            *)
                echo "guest: $program needs $library, which no downloaded package has" >&2
                exit 1
                ;;
            esac
        done
    done
    cp "$unpacked/bin/busybox" "$root/bin/busybox"
    for program in $("$root/bin/busybox" --list); do
        [ -e "$root/bin/$program" ] || ln -s busybox "$root/bin/$program"
    done
}

# What the programs of "dev" need besides libraries.
copy_tools() {
    local core=usr/lib/git-core name
    mkdir -p "$root/$core" "$root"/usr/share "$root"/etc/ssl/certs
    ln -s git-remote-http "$root/$core/git-remote-https"
    cp "$unpacked/$core"/git-{submodule,sh-setup,sh-i18n} "$root/$core/"
    # Git calls itself by these names, as the host of a push or a fetch over SSH does.
    for name in git git-upload-pack git-receive-pack git-upload-archive; do
        [ -e "$root/$core/$name" ] || ln -s ../../bin/git "$root/$core/$name"
        [ -e "$root/usr/bin/$name" ] || ln -s git "$root/usr/bin/$name"
    done
    cp -r "$unpacked/usr/share/git-core" "$root/usr/share/"
    # Where dropbear looks for it.
    ln -s openssh/sftp-server "$root/usr/lib/sftp-server"
    ln -s dbclient "$root/usr/bin/ssh"
    cat "$unpacked"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
    printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
}

copy_modules() {
    local all version wanted module file
    all=$(echo "$unpacked"/lib/modules/*)
    version=$(basename "$all")
    "$root/bin/busybox" depmod -b "$unpacked" "$version"
    for module in "${modules[@]}"; do
        # modules.dep: "kernel/a.ko: kernel/b.ko kernel/c.ko"; names may have - or _.
        wanted=$(grep -E "/${module//[-_]/[-_]}\.ko:" "$all/modules.dep" | tr -d ':') || {
            echo "guest: the kernel has no module $module" >&2
            exit 1
        }
        for file in $wanted; do
            install -D -m 644 "$all/$file" "$root/lib/modules/$version/$file"
        done
    done
    "$root/bin/busybox" depmod -b "$root" "$version"
    cp "$unpacked/boot/vmlinuz-$version" "$output/kernel.part"
}

pack() {
    mkdir -p "$root"/{proc,sys,dev,run,tmp,data,seed,etc,root,mnt,var/log}
    install -m 755 "$source_dir/guest_init.sh" "$root/init"
    install -m 644 "$source_dir/seed_read.sh" "$root/etc/seed_read.sh"
    install -m 755 "$source_dir/clock_follow.sh" "$root/etc/clock_follow.sh"
    printf '%s\n' "${modules[@]}" >"$root/etc/modules"
    (cd "$root" && find . | LC_ALL=C sort | bin/busybox cpio -o -H newc -R 0:0 2>/dev/null) |
        gzip -n -9 >"$output/initrd.part"
    echo "console=ttyS0 quiet loglevel=3 panic=5 domicile.waits" >"$output/cmdline.part"
}

mkdir -p "$root/bin"
rm -f "$output/stamp"
fetch_packages
copy_programs
[ "$kind" != dev ] || copy_tools
copy_modules
pack
for part in kernel initrd cmdline; do
    mv "$output/$part.part" "$output/$part"
done
(cd "$packages_dir" && printf '%s\n' *.deb) >"$output/packages"
echo "$stamp" >"$output/stamp"
echo "guest: built $output"
