#!/bin/sh
#
# Writes the initial RAM disk of a Debian guest to standard output: `image_initrd.sh TREE`. It loads
# the drivers of a virtio disk and of the drive with the seed, and starts the system. Debian's own also starts udev and looks
# for every kind of root, which costs six seconds of emulation.
#
# Needs nothing but what TREE has: busybox-static and the kernel's modules.

set -eu
tree=$1
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
modules=$(echo "$tree"/lib/modules/*)
mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/modules" "$root/root"
cp "$tree/bin/busybox" "$root/bin/"

# modules.dep: "kernel/a.ko: kernel/b.ko kernel/c.ko", what is needed first stands last.
count=100
for module in virtio_pci virtio_blk virtio_scsi sr_mod isofs; do
    line=$(grep "/$module.ko:" "$modules/modules.dep" | tr -d ':')
    for file in $(echo "$line" | tr ' ' '\n' | tac); do
        ls "$root"/modules/*"${file##*/}" >/dev/null 2>&1 || cp "$modules/$file" "$root/modules/$count-${file##*/}"
        count=$((count + 1))
    done
done
cat >"$root/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
for module in /modules/*; do
    /bin/busybox insmod "$module"
done
until [ -b /dev/vda ]; do
    /bin/busybox usleep 10000
done
/bin/busybox mount -o ro -t ext4 /dev/vda /root
exec /bin/busybox switch_root /root /sbin/init
INIT
chmod 755 "$root/init"
(cd "$root" && find . | LC_ALL=C sort | bin/busybox cpio -o -H newc -R 0:0 2>/dev/null) | gzip -n -9
