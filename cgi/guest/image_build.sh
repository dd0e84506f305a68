#!/bin/bash
#
# Puts an image into a state directory: `image_build.sh DIR CACHE`, started by cgi/run.sh beside the
# worker, as its user. DIR ends with the image's name: debian-12 or debian-12-agent. What this machine has
# built before, from the same files, it takes from CACHE; else it builds there first (image.sh). Others
# that want the same wait for one build.
#
# DIR/progress, which run.sh begins, tells the worker when the image will be ready, at about, in
# seconds since 1970, or "failed: " and why. It is gone when the image is there, or when this script
# has been stopped; the next start begins again.

set -euo pipefail
umask 022 # other users of a user namespace must get through

dir=$1
source_dir=$(cd "$(dirname "$0")" && pwd)
name=${dir##*/}
variant=${name#debian-12}
variant=${variant#-}
sources=("$source_dir"/{image,image_initrd,seed_apply,seed_read,clock_follow}.sh)
[ -z "$variant" ] || sources+=("$source_dir/agents/package-lock.json")
kept=$2/images/$name-$(cat "${sources[@]}" | sha256sum | cut -c1-32)

say() {
    echo "$1" >"$dir/progress.part"
    mv "$dir/progress.part" "$dir/progress"
}
trap 'rm -f "$dir/progress"' EXIT

# Each line of a build gives the time at which it would end if it went on as until now.
follow() {
    local began line percent now
    began=$(date +%s)
    while read -r line; do
        case $line in
        "image: "*%*) percent=${line#image: } percent=${percent%%%*} ;;
        *) continue ;;
        esac
        now=$(date +%s)
        [ "$percent" -ge 25 ] || continue # too early to tell
        say $((now + (now - began) * (100 - percent) / percent))
    done
}

build() {
    # What builds before have left, of other scripts too.
    find "$2/images" -mindepth 1 -maxdepth 1 -regextype posix-extended -regex ".*/($name-)?[0-9a-f]{32}(\.part)?" \
        ! -path "$kept" -exec rm -rf {} +
    rm -rf "$kept.part"
    TMPDIR=$2 bash "$source_dir/image.sh" "$kept.part" ${variant:+"$variant"} 2>"$dir/progress.errors" | follow && mv "$kept.part" "$kept"
}

mkdir -p "$2/images"
exec {lock}>"$2/images/.lock"
flock "$lock"
if [ ! -e "$kept/kernel" ] && ! build "$@"; then
    trap - EXIT
    why=$(grep -m 1 '^E: ' "$dir/progress.errors" || tail -n 1 "$dir/progress.errors")
    say "failed: $(tr -cd '[:print:]' <<<"$why" | cut -c1-200)"
    exit 1
fi
exec {lock}>&-
for file in disk.qcow2 initrd cmdline kernel; do
    cp --reflink=auto "$kept/$file" "$dir/$file.part"
    # The worker leaves alone what was written just now: somebody might still be copying it.
    touch -d '1 hour ago' "$dir/$file.part"
    mv "$dir/$file.part" "$dir/$file"
done
rm -f "$dir/progress.errors"
