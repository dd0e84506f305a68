#!/bin/bash
#
# Applies a NoCloud seed in the Debian guest, before SSH starts: host name, host key, user, keys, and
# the seed's runcmd, once per instance-id. A seed with a new instance-id (a clone) also renews what
# belongs to the source alone: machine id, random seed, the keys of people. A seed without an
# instance-id that seed_read.sh finds is for a guest that was set up before: name and keys, no more.
#
# cloud-init does the same in 35 seconds of emulation, this in one; so cloud-init starts only for
# somebody's own user data (give_user_data), after SSH.

set -u
umask 022
. /usr/local/lib/domicile/seed_read.sh
applied=/var/lib/domicile/instance-id
seed=/run/domicile-seed

set_name() {
    name=$1
    printf '%s\n' "$name" >/etc/hostname
    printf '127.0.0.1 localhost\n127.0.1.1 %s\n::1 localhost ip6-localhost ip6-loopback\n' "$name" >/etc/hosts
    hostname "$name"
}

# What the disk of a clone has from its source; at the first boot there is nothing of it.
renew() {
    rm -f /root/.ssh/authorized_keys /home/*/.ssh/authorized_keys /etc/ssh/ssh_host_* /var/lib/systemd/random-seed
    json_values $seed/user-data data >/dev/urandom
    [ ! -e $applied ] || {
        rm -f /etc/machine-id /var/lib/dbus/machine-id
        systemd-machine-id-setup
    }
}

# The private half goes through a file of mode 600.
take_host_key() {
    (
        umask 077
        json_values $seed/user-data ed25519_private >/etc/ssh/ssh_host_ed25519_key
    )
    json_values $seed/user-data ed25519_public >/etc/ssh/ssh_host_ed25519_key.pub
}

# Everything of the user but the keys. Their systemd instance starts with the machine, not with each sign-in.
user_add() {
    user=$(json_values $seed/user-data name)
    home=
    eval "home=~$user" # a word of [a-z0-9_-]
    [ ! -d "$home/.ssh" ] || return 0
    id "$user" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$user"
    eval "home=~$user"
    printf '%s ALL=(ALL) NOPASSWD:ALL\n' "$user" >/etc/sudoers.d/domicile
    chmod 440 /etc/sudoers.d/domicile
    install -d -m 700 -o "$user" -g "$user" "$home/.ssh"
    mkdir -p /var/lib/systemd/linger
    : >"/var/lib/systemd/linger/$user"
}

set_up_user() {
    user_add
    # Empty, and the user's, whatever became of it since.
    install -m 600 -o "$user" -g "$user" /dev/null "$home/.ssh/authorized_keys"
    json_values $seed/user-data ssh_authorized_keys list >"$home/.ssh/authorized_keys"
}

# What the owner of the VM gave cloud-init, which applies it once SSH is up (domicile-user-data.service).
# A clone does not apply its source's.
give_user_data() {
    rm -rf /var/lib/cloud
    [ -f $seed/cloud-user-data ] || {
        : >/etc/cloud/cloud-init.disabled
        return
    }
    install -d /var/lib/cloud /var/lib/cloud/seed
    install -d -m 700 /var/lib/cloud/seed/nocloud
    install -m 600 $seed/cloud-user-data /var/lib/cloud/seed/nocloud/user-data
    printf 'instance-id: %s\nlocal-hostname: %s\n' "$instance" "$name" >/var/lib/cloud/seed/nocloud/meta-data
    printf 'system_info: { default_user: { name: %s } }\n' "$user" >/etc/cloud/cloud.cfg.d/91_user.cfg
    rm -f /etc/cloud/cloud-init.disabled
}

# All of a new instance.
set_up() {
    renew
    set_name "$(json_values $seed/meta-data local-hostname)"
    take_host_key
    set_up_user
    give_user_data
    json_values $seed/user-data runcmd list | sh
    sync
}

# A guest that waits does once what it will do with its seed, up to a sign-in: emulated, each program takes
# much longer the first time. The keys are its own, and are gone with the seed.
rehearse() {
    local seed=/run/domicile-rehearsal instance=
    mkdir -m 700 $seed
    ssh-keygen -q -t ed25519 -N '' -C '' -f $seed/key
    public=$(cat $seed/key.pub)
    while read -r line; do printf '%s\\n' "$line"; done <$seed/key >$seed/private
    printf '"local-hostname": "localhost"\n' >$seed/meta-data
    printf '"data": "%s"\n"name": "%s"\n"ed25519_private": "%s"\n"ed25519_public": "%s"\n"ssh_authorized_keys": [\n"%s"\n]\n' \
        "$public" "$user" "$(cat $seed/private)" "$public" "$public" >$seed/user-data
    set_up
    mkdir -p /run/sshd
    /usr/sbin/sshd -o ListenAddress=127.0.0.1 -o PidFile=$seed/pid
    until [ -s $seed/pid ]; do sleep 0.1; done
    ssh -q -i $seed/key -o BatchMode=yes -o ConnectTimeout=20 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
        "$user@127.0.0.1" true </dev/null
    kill "$(cat $seed/pid)"
    rm -r $seed
}

# Its mounts are its own (PrivateMounts=) and end with it.
mkdir -p $seed /var/lib/domicile
mount -t iso9660 -o ro /dev/sr0 $seed 2>/dev/null || exit 0
if [ -n "$(json_values $seed/meta-data wait)" ]; then
    user_add
    umount $seed
    # Once nothing but this is under way in the boot: what is left waits for the seed, like SSH.
    until [ "$(systemctl list-jobs --no-legend | grep -c ' running$')" -le 1 ]; do sleep 1; done
    # Without SSH, after which it would start.
    for unit in "user-runtime-dir@$(id -u "$user")" "user@$(id -u "$user")"; do
        systemctl start --job-mode=ignore-dependencies "$unit"
    done
    rehearse
    seed_await /run/domicile-never
    mount -t iso9660 -o ro /dev/sr0 $seed || exit 0
fi
instance=$(json_values $seed/meta-data instance-id)
if [ -z "$instance" ]; then
    name=$(json_values $seed/user-data hostname)
    [ -n "$name" ] || exit 0
    echo "taking name and keys"
    set_name "$name"
    set_up_user
    sync
    exit 0
fi
{ ! read -r former <$applied || [ "$instance" != "$former" ]; } 2>/dev/null || exit 0
echo "setting up instance $instance"
set_up
# Last, so that an interrupted setup is repeated; kept, because a clone is told by it.
echo "$instance" >$applied
sync
