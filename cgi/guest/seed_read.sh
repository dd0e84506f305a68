# shellcheck shell=sh
# Reads the two texts of a NoCloud seed, and waits for one; sourced by seed_apply.sh and guest_init.sh.
#
# Not a YAML parser: it reads only the layout that seed.c writes, one JSON item per line.

# json_values FILE KEY: the text of each line `"KEY": "text"`, JSON escapes decoded. json_values
# FILE KEY list: each text of the list `"KEY": [` ... `]`. Starts no program: emulated, that takes longest.
json_values() {
    _in_list=
    while read -r _item; do
        case $_item in
        "\"$2\": [")
            _in_list=${3-}
            continue
            ;;
        "\"$2\": \""*)
            [ -z "${3-}" ] || continue
            _item=${_item#"\"$2\": "}
            ;;
        "]"*)
            _in_list=
            continue
            ;;
        *) [ -n "$_in_list" ] || continue ;;
        esac
        _item=${_item#\"}
        _item=${_item%,}
        _item=${_item%\"}
        # JSON escapes \" \\ \n and \t here; but for the first, which BusyBox leaves, printf reads them alike.
        # shellcheck disable=SC3060 # busybox and bash have it
        printf '%b\n' "${_item//\\\"/\"}"
    done <"$1"
}

# seed_await FIFO: the seed in the drive says to wait for another. That the guest waits shows by the open drive,
# which closes with the next seed. No process is started meanwhile, because many guests may wait; FIFO is made for
# that.
#
# Opened by the kernel when the last user closes it, and not closed by the next: needs no program of its own.
seed_await() {
    echo 0 >/proc/sys/dev/cdrom/autoclose
    mkfifo "$1"
    exec 3<>"$1"
    while { true </dev/sr0; } 2>/dev/null; do
        echo 1 >/proc/sys/dev/cdrom/autoeject
        true </dev/sr0
        echo 0 >/proc/sys/dev/cdrom/autoeject
    done
    # shellcheck disable=SC3045 # busybox and bash have -t
    until { true </dev/sr0; } 2>/dev/null; do read -r -t 0.2 _ <&3; done
    exec 3<&-
}
