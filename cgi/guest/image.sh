#!/bin/bash
#
# Builds the full Debian 12 guest: `image.sh OUTPUT_DIR [agent]` (make image). With "agent" it also
# has Claude Code and Codex, from npm in the versions of agents/package-lock.json.
#
# Writes OUTPUT_DIR/kernel, initrd, cmdline and disk.qcow2: a minimal Debian with systemd, OpenSSH,
# cloud-init, git, tmux, Node.js and Python. A VM's disk is an overlay of disk.qcow2; its file
# system grows to the disk size at each boot. The image is not updated: VMs update themselves, new
# VMs use a new image. guest.sh builds the small guest of the tests.
#
# Needs mmdebstrap, e2fsprogs, qemu-utils, npm for "agent", and root, or MODE=unshare and user namespaces with a
# range in /etc/subuid. MIRROR sets another archive; the default is the apt sources of the build
# machine. TREE names a file to keep the installed packages in (1 GB): the build of the other image
# begins with it. Takes about two minutes and 2 GB. The kernel is booted directly, without a boot
# loader: a kernel update inside a VM has no effect.

set -euo pipefail
umask 022

variant=${2:-}
if [ $# -lt 1 ] || [ $# -gt 2 ] || [ "${2:-agent}" != agent ]; then
    echo "usage: image.sh OUTPUT_DIR [agent]" >&2
    exit 2
fi
for program in mmdebstrap mkfs.ext4 qemu-img tar ${variant:+npm}; do
    command -v "$program" >/dev/null || {
        echo "image: $program is missing: apt-get install mmdebstrap e2fsprogs qemu-utils ${variant:+npm}" >&2
        exit 1
    }
done

if [ "$(id -u)" = 0 ]; then
    mode=${MODE:-root}
else
    mode=${MODE:-unshare}
fi
source_dir=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
output=$(cd "$1" && pwd)
work=$(mktemp -d "$output/.build.XXXXXX")
# In a user namespace, what customizes the tree runs as somebody else.
chmod 755 "$work"
trap 'rm -rf "$work"' EXIT
tree=$work/tree
packed=${TREE:-$work/tree.tar}

packages=linux-image-cloud-amd64,busybox-static,systemd-sysv,systemd-resolved,libpam-systemd
packages+=,dbus,udev,iproute2,openssh-server,cloud-init,cloud-guest-utils,e2fsprogs,sudo
packages+=,ca-certificates,bash-completion,less,nano,vim-tiny,curl,rsync,git,tmux,nodejs,npm,python3
packages+=,python3-venv,build-essential,qemu-guest-agent

# Customizes the tree; `$1` is its root. Runs inside mmdebstrap's namespace.
cat >"$work/customize" <<'CUSTOMIZE'
#!/bin/sh
set -eu
root=$1

printf 'LABEL=root / ext4 defaults,discard,errors=remount-ro,x-systemd.growfs 0 1\n' \
    >"$root/etc/fstab"
printf 'localhost\n' >"$root/etc/hostname"
printf 'LANG=C.UTF-8\n' >"$root/etc/default/locale"
# The language of whoever signs in is not installed here.
sed -i '/^AcceptEnv LANG/d' "$root/etc/ssh/sshd_config"
: >"$root/etc/machine-id"
rm -f "$root"/etc/ssh/ssh_host_*
touch "$root/etc/cloud/cloud-init.disabled"

# Only this disk is a data source, so that nobody on the network can act as one: seed_apply.sh puts user
# data there, and does itself what VMs without have. Two names, not one: with a single one cloud-init
# does not check whether it exists, takes each boot without a seed for a new machine and generates new
# host keys.
cat >"$root/etc/cloud/cloud.cfg.d/90_domicile.cfg" <<'CLOUD'
datasource_list: [ NoCloud, ConfigDrive ]
datasource: { NoCloud: { fs_label: null } }
network: { config: disabled }
disable_root: true
ssh_deletekeys: false
ssh_genkeytypes: [ ed25519 ]
ssh: { emit_keys_to_console: false }
no_ssh_fingerprints: true
locale: C.UTF-8
preserve_hostname: false
growpart: { mode: "off" }
resize_rootfs: false
apt: { preserve_sources_list: true }
package_update: false
package_upgrade: false
CLOUD

# Its stages in their order, but once SSH is up; its own units would hold SSH up, at each boot.
cat >"$root/etc/systemd/system/domicile-user-data.service" <<'UNIT'
[Unit]
Description=Apply cloud-init user data
ConditionPathExists=/var/lib/cloud/seed/nocloud/user-data
After=ssh.service

[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutSec=0
KillMode=process
TasksMax=infinity
ExecStartPre=/bin/sh -c 'mkdir -p /run/cloud-init; rm -f /run/cloud-init/disabled; : >/run/cloud-init/enabled'
ExecStart=-/usr/bin/cloud-init init --local
ExecStart=-/usr/bin/cloud-init init
ExecStart=-/usr/bin/cloud-init modules --mode=config
ExecStart=/usr/bin/cloud-init modules --mode=final

[Install]
WantedBy=multi-user.target
UNIT

# The name comes with the seed: to take one from DHCP starts another service, just when somebody signs in.
printf '[Match]\nType=ether\n\n[Network]\nDHCP=ipv4\n\n[DHCPv4]\nClientIdentifier=mac\nUseHostname=no\n' \
    >"$root/etc/systemd/network/80-dhcp.network"

mkdir -p "$root/etc/ssh/sshd_config.d" "$root/etc/systemd/journald.conf.d"
printf 'PasswordAuthentication no\nPermitRootLogin no\nKbdInteractiveAuthentication no\n' \
    >"$root/etc/ssh/sshd_config.d/domicile.conf"
printf '[Journal]\nSystemMaxUse=64M\n' >"$root/etc/systemd/journald.conf.d/domicile.conf"

# SSH waits for the seed, and for nothing else that is slow.
cat >"$root/etc/systemd/system/domicile-seed.service" <<'UNIT'
[Unit]
Description=Apply the seed
DefaultDependencies=no
RequiresMountsFor=/var /home
After=systemd-remount-fs.service
Before=ssh.service shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
ExecStart=/usr/local/lib/domicile/seed_apply.sh
RemainAfterExit=yes
PrivateMounts=yes

[Install]
WantedBy=multi-user.target
UNIT

printf '[Unit]\nDescription=Follow the hardware clock after a restore\n\n[Service]\n%s\n%s\n\n[Install]\n%s\n' \
    ExecStart=/usr/local/lib/domicile/clock_follow.sh Restart=always WantedBy=multi-user.target \
    >"$root/etc/systemd/system/clock-follow.service"

# SSH listens on all addresses, so it need not wait for the network; nor does anything wait for names.
units=$root/lib/systemd/system
# To test its configuration first takes as long again.
sed -e 's/^After=.*/After=domicile-seed.service systemd-user-sessions.service/' -e '/^ExecStartPre=/d' "$units/ssh.service" \
    >"$root/etc/systemd/system/ssh.service"
sed -e 's/^Before=.*/Before=nss-lookup.target shutdown.target/' -e 's/^WantedBy=.*/WantedBy=multi-user.target/' \
    "$units/systemd-resolved.service" >"$root/etc/systemd/system/systemd-resolved.service"
chroot "$root" systemctl disable systemd-resolved >/dev/null 2>&1

# Of a user who never signs out (seed_apply.sh), and not before anybody can sign in.
mkdir "$root/etc/systemd/system/user@.service.d"
printf '[Unit]\nAfter=ssh.service\n' >"$root/etc/systemd/system/user@.service.d/after-ssh.conf"

# Locks the drive that a guest opens to say that it waits for its seed.
ln -s /dev/null "$root/etc/udev/rules.d/60-cdrom_id.rules"

# The guest agent changes SSH keys, in VMs that have the way to it, and does nothing else. This version has
# no list of what it may do, so all else is named; a package that can do more is not built.
allowed="guest-sync guest-sync-delimited guest-ping guest-info"
allowed="$allowed guest-ssh-get-authorized-keys guest-ssh-add-authorized-keys guest-ssh-remove-authorized-keys"
blocked="guest-get-time guest-set-time guest-shutdown guest-file-open guest-file-close guest-file-read"
blocked="$blocked guest-file-write guest-file-seek guest-file-flush guest-fsfreeze-status guest-fsfreeze-freeze"
blocked="$blocked guest-fsfreeze-freeze-list guest-fsfreeze-thaw guest-fstrim guest-suspend-disk"
blocked="$blocked guest-suspend-ram guest-suspend-hybrid guest-network-get-interfaces guest-get-vcpus"
blocked="$blocked guest-set-vcpus guest-get-disks guest-get-fsinfo guest-set-user-password"
blocked="$blocked guest-get-memory-blocks guest-set-memory-blocks guest-get-memory-block-info"
blocked="$blocked guest-exec-status guest-exec guest-get-host-name guest-get-users guest-get-timezone"
blocked="$blocked guest-get-osinfo guest-get-devices guest-get-diskstats guest-get-cpustats"
calls=$(chroot "$root" qemu-ga --block-rpcs=help)
[ -n "$calls" ]
for call in $calls; do
    case " $allowed $blocked " in
    *" $call "*) ;;
    *)
        echo "E: the guest agent has a command that is neither allowed nor blocked: $call" >&2
        exit 1
        ;;
    esac
done
mkdir -p "$root/etc/qemu"
printf '[general]\nblock-rpcs=%s\n' "$(echo $blocked | tr ' ' ,)" >"$root/etc/qemu/qemu-ga.conf"

# What a virtual machine with one disk does not have, or need at each boot. To tell udev of each terminal of the
# kernel costs more than to tell it of all other devices.
printf 'blacklist %s\n' ata_piix ata_generic sg serio_raw psmouse pcspkr i2c_piix4 floppy >"$root/etc/modprobe.d/domicile.conf"
mkdir "$root/etc/systemd/system/systemd-udev-trigger.service.d"
printf '[Service]\nExecStart=\nExecStart=-udevadm trigger --type=all --action=add %s\nExecStart=-udevadm trigger --action=add %s\n' \
    "--prioritized-subsystem=module,block,tpmrm,net,input --subsystem-nomatch=tty --subsystem-nomatch=vc --subsystem-nomatch=memory" \
    /dev/ttyS0 >"$root/etc/systemd/system/systemd-udev-trigger.service.d/domicile.conf"
mkdir "$root/etc/systemd/system-generators"
for generator in cloud-init systemd-cryptsetup systemd-debug systemd-getty systemd-gpt-auto systemd-hibernate-resume \
    systemd-integritysetup systemd-run systemd-system-update systemd-veritysetup; do
    ln -s /dev/null "$root/etc/systemd/system-generators/$generator-generator"
done
for unit in systemd-networkd-wait-online.service e2scrub_reap.service e2scrub_all.timer \
    systemd-binfmt.service proc-sys-fs-binfmt_misc.automount systemd-pstore.service getty@tty1.service \
    systemd-network-generator.service dev-hugepages.mount sys-kernel-tracing.mount sys-kernel-debug.mount \
    kmod-static-nodes.service systemd-repart.service remote-fs.target modprobe@drm.service systemd-update-utmp-runlevel.service \
    cloud-init.target sys-kernel-config.mount modprobe@configfs.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
chroot "$root" systemctl enable systemd-networkd systemd-resolved ssh clock-follow domicile-seed domicile-user-data serial-getty@ttyS0 >/dev/null

# The packages have made their users and caches: systemd need not do it again at the first boot.
touch "$root/etc/.updated" "$root/var/.updated"
CUSTOMIZE
chmod 755 "$work/customize"

# shellcheck disable=SC2016 # "$1" is for the hook's shell
arguments=(--mode="$mode" --variant=minbase --include="$packages"
    --customize-hook='mkdir -p "$1/usr/local/lib/domicile"'
    --customize-hook="copy-in '$source_dir/clock_follow.sh' '$source_dir/seed_read.sh' '$source_dir/seed_apply.sh' /usr/local/lib/domicile"
    --customize-hook='chmod -R u=rwX,go=rX "$1/usr/local/lib/domicile"')
arguments+=(--customize-hook="$work/customize")
if [ -n "${MIRROR:-}" ]; then
    arguments+=(bookworm "$packed.part.tar" "$MIRROR")
else
    # The build machine's own sources, in any format: the files that its apt reads (sources.list(5)).
    arguments+=(bookworm "$packed.part.tar")
    for sources in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
        [ -s "$sources" ] && arguments+=("$sources")
    done
fi

# More than half of the time is apt's and dpkg's, who name each package twice; the first few packages, with
# which the others are installed, do not count.
percent() {
    awk '$4 == "newly" && $3 > 100 { total = $3; done = 0 }
        /^(Unpacking|Setting up) / { done++ }
        END { printf "image: %d%% installing packages\n", total ? 20 + 40 * done / (2 * total) : 5 }' "$work/log"
}
# What it unpacks belongs to other users of a namespace: it must be found with the rest if this is killed.
install_packages() {
    : >"$work/log"
    TMPDIR=$work mmdebstrap --verbose "${arguments[@]}" >"$work/log" 2>&1 &
    while kill -0 $! 2>/dev/null; do
        sleep 2
        percent
    done
    wait $! || {
        tail -n 20 "$work/log" >&2
        exit 1
    }
    mv "$packed.part.tar" "$packed"
}
# The shares of the time that have passed when the disk is written, and when it is compressed.
writing=78 compressing=94
if [ -e "$packed" ]; then
    writing=20 compressing=80
else
    install_packages
fi

# The agents' programs are in packages for each architecture; their packages' own scripts are not run.
if [ "$variant" = agent ]; then
    mkdir "$work/agents"
    cp "$source_dir"/agents/package*.json "$work/agents/"
    npm ci --prefix "$work/agents" --cache "$work/npm" --ignore-scripts --no-audit --no-fund --no-update-notifier \
        >"$work/npm.log" 2>&1 || {
        tail -n 5 "$work/npm.log" >&2
        exit 1
    }
fi
cat >"$work/add_agents" <<'AGENTS'
set -eu
cp -R "$1/agents" "$2/opt"
chmod -R u=rwX,go=rX "$2/opt/agents"
chown -R 0:0 "$2/opt/agents"
cd "$2/opt/agents/node_modules"
ln -s "/opt/agents/node_modules/$(echo @anthropic-ai/claude-code-linux-*/claude)" "$2/usr/local/bin/claude"
ln -s "/opt/agents/node_modules/$(echo @openai/codex-linux-*/vendor/*/bin/codex)" "$2/usr/local/bin/codex"
# They stay as they are, and report nothing: a newer image has newer ones.
printf '%s\n' DISABLE_AUTOUPDATER=1 CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 >>"$2/etc/environment"
AGENTS

# mkfs.ext4 -d takes the owners from the unpacked tree, so unpack as root or in the same kind of
# namespace.
echo "image: $writing% writing the disk"
cat >"$work/disk" <<DISK
set -eu
mkdir "$tree"
tar -C "$tree" --exclude='./dev/*' --numeric-owner --xattrs --xattrs-include='*' -xf "$packed"
[ -z "$variant" ] || sh "$work/add_agents" "$work" "$tree"
cp "$tree"/boot/vmlinuz-* "$output/kernel.part"
$source_dir/image_initrd.sh "$tree" >"$output/initrd.part"
chmod 644 "$output/kernel.part" "$output/initrd.part"
truncate -s 3G "$work/disk.raw"
mkfs.ext4 -q -L root -d "$tree" "$work/disk.raw"
rm -rf "$tree"
DISK
if [ "$mode" = root ]; then
    sh "$work/disk"
else
    unshare --map-auto --map-root-user sh "$work/disk"
fi
echo "image: $compressing% compressing the disk"
qemu-img convert -q -c -o compression_type=zstd -f raw -O qcow2 "$work/disk.raw" "$output/disk.qcow2.part"
echo "root=/dev/vda rw console=ttyS0 quiet panic=5 net.ifnames=0 domicile.waits domicile.user-data domicile.guest-agent" >"$output/cmdline.part"
for part in kernel initrd cmdline disk.qcow2; do
    mv "$output/$part.part" "$output/$part"
done
echo "image: built $output"
