#!/bin/sh
#
# The small test guest's /init, run by busybox ash as the first process (see guest.sh).
#
# Loads drivers, mounts the disk on /data (formatted if blank, grown if larger), configures the
# network by DHCP, applies a NoCloud seed, and runs busybox init with SSH and the power button. The
# settings of the seed are stored on /data, so later boots need no seed; a seed with a new
# instance-id (a clone) replaces host name, host key, user and keys and keeps the files. Its runcmd
# runs once, before SSH. A seed that says so is waited after for another. A seed without an instance-id that seed_read.sh finds is for a guest that was
# set up before: it replaces host name and keys.

PATH=/bin:/sbin:/usr/bin:/usr/sbin
export PATH
umask 022
. /etc/seed_read.sh

say() {
    echo "domicile guest: $*" >/dev/console
}

start_kernel_parts() {
    mount -t proc proc /proc
    mount -t sysfs sysfs /sys
    mount -t devtmpfs dev /dev 2>/dev/null
    mkdir -p /dev/pts /dev/shm
    mount -t devpts devpts /dev/pts
    mount -t tmpfs -o mode=1777 tmpfs /dev/shm
    mount -t tmpfs -o mode=1777 tmpfs /tmp
    mount -t tmpfs -o mode=755 tmpfs /run
    # shellcheck disable=SC2046
    modprobe -a $(cat /etc/modules) 2>/dev/null
    ln -sf /proc/mounts /etc/mtab
}

# Only a disk that begins with zeros is formatted: anything else may be data. mke2fs by its full
# path, because the applet of busybox does not support ext4.
mount_disk() {
    [ -b /dev/vda ] || return 1
    if ! mount -t ext4 /dev/vda /data 2>/dev/null; then
        if [ "$(head -c 1048576 /dev/vda | tr -d '\0' | wc -c)" != 0 ]; then
            say "the disk is neither blank nor ext4"
            return 1
        fi
        /sbin/mke2fs -q -t ext4 -m 1 -E lazy_itable_init=1,lazy_journal_init=1 -L data /dev/vda ||
            return 1
        mount -t ext4 /dev/vda /data || return 1
    fi
    /sbin/resize2fs /dev/vda >/dev/null 2>&1
    return 0
}

start_network() {
    cat >/etc/udhcpc.sh <<'SCRIPT'
#!/bin/sh
case $1 in
bound | renew)
    ip addr flush dev "$interface"
    ip addr add "$ip/${mask:-24}" dev "$interface"
    for gateway in $router; do
        ip route replace default via "$gateway" dev "$interface"
    done
    # Only the network that leads further has a resolver.
    [ -z "$dns" ] || : >/etc/resolv.conf
    for server in $dns; do
        echo "nameserver $server" >>/etc/resolv.conf
    done
    ;;
esac
SCRIPT
    chmod 755 /etc/udhcpc.sh
    ip link set lo up
    for interface in eth0 eth1; do
        ip link set $interface up 2>/dev/null || continue
        # A DHCP request before the link is up costs a second.
        (
            for _ in $(seq 20); do
                [ "$(cat /sys/class/net/$interface/carrier 2>/dev/null)" = 1 ] && break
                sleep 0.05
            done
            exec udhcpc -f -i $interface -s /etc/udhcpc.sh -t 20 -T 1 -A 2
        ) >/dev/null 2>&1 &
    done
}

# The private half goes through /run (memory), not through the disk.
take_host_key() {
    (
        umask 077
        json_values /seed/user-data ed25519_private >/run/host_key
        [ -s /run/host_key ] &&
            dropbearconvert openssh dropbear /run/host_key /data/host_key.part >/dev/null 2>&1 &&
            mv /data/host_key.part /data/host_key
        rm -f /run/host_key
    )
}

take_seed() {
    for _ in 1 2 3 4 5; do
        [ -b /dev/sr0 ] && break
        sleep 0.1
    done
    mount -t iso9660 -o ro /dev/sr0 /seed 2>/dev/null || return 0
    if [ -n "$(json_values /seed/meta-data wait)" ]; then
        umount /seed
        seed_await /run/never
        # However long it was. What else does it (clock_follow.sh) starts later.
        date -s "@$(cat /sys/class/rtc/rtc0/since_epoch)" >/dev/null
        mount -t iso9660 -o ro /dev/sr0 /seed || return 0
    fi
    if [ -f /seed/meta-data ]; then
        instance=$(json_values /seed/meta-data instance-id)
        name=$(json_values /seed/user-data hostname)
        if [ -z "$instance" ] && [ -n "$name" ]; then
            say "taking name and keys"
            echo "$name" >/data/hostname
            json_values /seed/user-data ssh_authorized_keys list >/data/authorized_keys
            sync
        elif [ -n "$instance" ] && [ "$instance" != "$(cat /data/instance-id 2>/dev/null)" ]; then
            say "setting up instance $instance"
            json_values /seed/meta-data local-hostname >/data/hostname
            json_values /seed/user-data name >/data/user
            json_values /seed/user-data ssh_authorized_keys list >/data/authorized_keys
            json_values /seed/user-data runcmd list >/run/runcmd
            json_values /seed/user-data data >/dev/urandom
            tr -d - </proc/sys/kernel/random/uuid >/data/machine-id
            take_host_key
            sync
            # Last, so that an interrupted setup is repeated.
            echo "$instance" >/data/instance-id
            sync
        fi
    fi
    umount /seed
}

set_up_user() {
    user=$(cat /data/user 2>/dev/null)
    user=${user:-dev}
    shell=/bin/sh
    [ ! -x /bin/bash ] || shell=/bin/bash
    cat >/etc/passwd <<PASSWD
root:x:0:0:root:/root:$shell
$user:x:1000:1000:$user:/data/home/$user:$shell
PASSWD
    # "*": no password matches, but the account is not locked for keys.
    (umask 077; printf 'root:*:1::::::\n%s:*:1::::::\n' "$user" >/etc/shadow)
    printf 'root:x:0:\n%s:x:1000:\n' "$user" >/etc/group
    printf '/bin/sh\n%s\n' "$shell" >/etc/shells
    mkdir -p "/data/home/$user/.ssh"
    if [ -f /data/authorized_keys ]; then
        cp /data/authorized_keys "/data/home/$user/.ssh/authorized_keys"
    fi
    chmod 755 /data /data/home
    chmod 700 "/data/home/$user/.ssh" "/data/home/$user"
    chown -R 1000:1000 "/data/home/$user/.ssh"
    chown 1000:1000 "/data/home/$user"
    ln -sfn /data/home /home
}

set_up_names() {
    name=$(cat /data/hostname 2>/dev/null)
    name=${name:-guest}
    hostname "$name"
    echo "$name" >/etc/hostname
    cp /data/machine-id /etc/machine-id 2>/dev/null
    printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$name" >/etc/hosts
    # shellcheck disable=SC2016
    echo 'PATH=/usr/sbin:/usr/bin:/sbin:/bin PS1='\''\u@\h:\w\$ '\''; export PATH PS1' >/etc/profile
}

write_inittab() {
    mkdir -p /etc/acpi/PWRF
    printf '#!/bin/sh\nexec poweroff\n' >/etc/acpi/PWRF/00000080
    chmod 755 /etc/acpi/PWRF/00000080
    cat >/etc/inittab <<'INITTAB'
::wait:/bin/sh /run/runcmd
::respawn:/etc/ssh.sh
::respawn:/bin/acpid -f -l /dev/null
::respawn:/etc/clock_follow.sh
::once:/etc/ready.sh
::shutdown:/etc/down.sh
INITTAB
    # What the seed's commands have written for whoever wants to sign in.
    cat >/etc/ssh.sh <<'SSH'
#!/bin/sh
[ ! -s /etc/issue.net ] || set -- -b /etc/issue.net
exec /usr/sbin/dropbear -F -E -s -w -r /data/host_key "$@"
SSH
    cat >/etc/ready.sh <<'READY'
#!/bin/sh
# Port 22 (0016), state listening (0A).
until grep -q ':0016 .* 0A ' /proc/net/tcp /proc/net/tcp6 2>/dev/null; do
    sleep 0.1
done
echo "READY $(hostname) $(cut -d' ' -f1 /proc/uptime)" >/dev/console
READY
    cat >/etc/down.sh <<'DOWN'
#!/bin/sh
killall clock_follow.sh dropbear acpid udhcpc 2>/dev/null
sync
umount /data 2>/dev/null || mount -o remount,ro /data
DOWN
    chmod 755 /etc/ssh.sh /etc/ready.sh /etc/down.sh
}

start_kernel_parts
: >/run/runcmd
start_network
mount_disk || say "continuing without a disk: no data is kept"
take_seed
[ -s /data/host_key ] || dropbearkey -t ed25519 -f /data/host_key >/dev/null 2>&1
set_up_user
set_up_names
write_inittab
exec /bin/busybox init
