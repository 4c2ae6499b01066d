#!/usr/bin/env bash
# A bare Debian 13: a root of its own, made by debootstrap, with Python and nothing else that a physicist would install.
# Needs root. Nothing runs in it but the commands that it is given, and no command changes it.
#
#   debian.sh install              make the root, if it is missing; up: the same
#   debian.sh status               succeeds if the root is there
#   debian.sh run FOLDER [--no-network] COMMAND...
#                                  run a command inside, as an unprivileged user whose home is this folder of the machine:
#                                  its files are given to that user. Besides, only /tmp and /dev/shm can be written to,
#                                  and they end with the command, as does all else that it began
#   debian.sh down                 nothing to do: nothing stays running, or mounted, when a command ends
. "$(dirname "${BASH_SOURCE[0]}")/root.sh"

install() {
    [ ! -e "$dir/ready" ] || return 0
    need_root
    need_packages debootstrap iproute2
    mkdir -p "$dir"
    rm -rf --one-file-system "$root"
    make_root >"$dir/install.log" 2>&1 || fail "could not make a Debian 13 root" "$dir/install.log"
    touch "$dir/ready"
}

# without set -e, which means nothing on the left of ||
make_root() {
    # where this machine has its own packages from
    local mirror
    mirror="$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | head -n 1)"
    # what debootstrap mounts ends with it, however it ends
    unshare --mount --propagation private \
        debootstrap --variant=minbase --include=ca-certificates,python3 trixie "$root" $mirror &&
        # for the roots that are copied from this one: no service starts, and it is no loss if the machine breaks down
        printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" &&
        chmod +x "$root/usr/sbin/policy-rc.d" &&
        echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/quick" &&
        printf 'path-exclude=/usr/share/%s/*\n' doc man locale >>"$root/etc/dpkg/dpkg.cfg.d/quick" &&
        cp -L /etc/resolv.conf /etc/hosts "$root/etc/" &&
        trust &&
        # its home is empty
        as_root useradd -m -k /none -s /bin/bash "$user" &&
        rm -rf "$root/var/cache/apt/archives"/*.deb
}

# processes and mounts are of a name space that ends with this script, even if it is killed
run() {
    local flags=(--mount --propagation private --pid --fork --kill-child) child status again=yes
    [ -e "$dir/ready" ] || fail "no root yet: $self install"
    [ -d "${1:-}" ] && [ "$(realpath "$1")" != / ] || fail "'${1:-}' is no folder to be a home"
    [ "${2:-}" != --no-network ] || flags+=(--net)
    # unshare itself listens to no signal while it waits, so that this script waits instead and listens
    setpriv --pdeathsig KILL env --default-signal=INT,QUIT unshare "${flags[@]}" bash "$0" enter "$@" <&0 &
    child=$!
    trap 'kill -KILL "$child"; again=yes' TERM HUP
    # a terminal tells the command, too
    trap again=yes INT
    while [ -n "$again" ]; do
        again=""
        wait "$child" && status=0 || status=$?
    done
    exit "$status"
}

# what run calls as the first process of its name space
enter() {
    local folder="$1" file
    shift
    [ "$$" = 1 ] || usage
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount_devices
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    mount -t tmpfs -o mode=0755 tmpfs "$root/run"
    mount --bind "$folder" "$root$home"
    for file in resolv.conf hosts; do mount --bind "/etc/$file" "$root/etc/$file"; done
    mount -o remount,bind,ro "$root"
    as_root chown -R "$user:$user" "$home"
    if [ "${1:-}" = --no-network ]; then
        shift
        ip link set lo up
    fi
    as_user "$@"
}

case "${1:-}" in
    install | up) locked debian install ;;
    status) [ -e "$dir/ready" ] ;;
    run) shift; run "$@" ;;
    # the shell would read on, and the file may be another one by then
    enter) shift; enter "$@"; exit ;;
    down) ;;
    *) usage ;;
esac
