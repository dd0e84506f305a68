#!/bin/bash
#
# Puts images into a state directory: `image_build.sh CACHE DIR...`, started by cgi/run.sh beside the
# worker, as its user. Each DIR ends with the image's name: debian-12 or debian-12-agent. What this machine
# has built before, from the same files, is taken from CACHE; else it is built there first (image.sh).
# Others that want the same wait for one build.
#
# DIR/progress, which run.sh begins, tells the worker when the image will be ready, at about, in
# seconds since 1970, or "failed: " and why. It is gone when the image is there, or when this script
# has been stopped; the next start begins again.

set -euo pipefail
umask 022 # other users of a user namespace must get through

cache=$1/images
shift
source_dir=$(cd "$(dirname "$0")" && pwd)
sources=("$source_dir"/{image,image_initrd,seed_apply,seed_read,clock_follow}.sh)
hash_of() { cat "$@" | sha256sum | cut -c1-32; }
# The packages of one image are those of the next.
tree=
[ $# -lt 2 ] || tree=$cache/tree-$(hash_of "${sources[@]}")

say() {
    echo "$1" >"$dir/progress.part"
    mv "$dir/progress.part" "$dir/progress"
}
declare -A unfinished
for dir; do unfinished[$dir]=$dir/progress; done
trap 'rm -f "${unfinished[@]}"' EXIT

# Each line of a build gives the time at which it would end if it went on as until now.
follow() {
    local began line percent now at dir
    began=$(date +%s)
    while read -r line; do
        case $line in
        "image: "*%*) percent=${line#image: } percent=${percent%%%*} ;;
        *) continue ;;
        esac
        now=$(date +%s)
        [ "$percent" -ge 20 ] || continue # too early to tell
        # What is built after it takes two minutes more each.
        at=$((now + (now - began) * (100 - percent) / percent))
        for dir in "${dirs[@]:position}"; do
            say $at
            at=$((at + 120))
        done
    done
}

# Some of it may belong to other users of a user namespace.
discard() {
    rm -rf "$@" 2>/dev/null || unshare --map-auto --map-root-user rm -rf "$@"
}

build() {
    local left
    # What builds before have left, of other scripts too.
    mapfile -t left < <(find "$cache" -mindepth 1 -maxdepth 1 -regextype posix-extended \
        -regex ".*/($name-[0-9a-f]{32}(\.part)?|tree-.*)" ! -path "$kept" ! -path "$tree")
    [ ${#left[@]} = 0 ] || discard "${left[@]}"
    TREE=$tree bash "$source_dir/image.sh" "$kept.part" ${variant:+"$variant"} 2>"$dir/progress.errors" | follow && mv "$kept.part" "$kept"
}

deliver() {
    local file
    # Until the last one is there, they are no image; a disk alone would be one.
    for file in initrd cmdline disk.qcow2 kernel; do
        cp --reflink=auto "$kept/$file" "$dir/$file.part"
        # The worker leaves alone what was written just now: somebody might still be copying it.
        touch -d '1 hour ago' "$dir/$file.part"
        mv "$dir/$file.part" "$dir/$file"
    done
    rm -f "$dir/progress.errors" "$dir/progress"
}

mkdir -p "$cache"
dirs=("$@")
position=-1
for dir; do
    position=$((position + 1))
    name=${dir##*/}
    variant=${name#debian-12}
    variant=${variant#-}
    kept=$cache/$name-$(hash_of "${sources[@]}" ${variant:+"$source_dir/agents/package-lock.json"})
    exec {lock}>"$cache/.lock"
    flock "$lock"
    if [ -e "$kept/kernel" ] || build; then
        exec {lock}>&-
        deliver
    else
        exec {lock}>&-
        why=$(grep -m 1 '^E: ' "$dir/progress.errors" || tail -n 1 "$dir/progress.errors")
        say "failed: $(tr -cd '[:print:]' <<<"$why" | cut -c1-200)"
        unset "unfinished[$dir]"
    fi
done
# Somebody else's build may still need it, and removes it then.
exec {lock}>"$cache/.lock"
[ -z "$tree" ] || ! flock --nonblock "$lock" || rm -f "$tree"
