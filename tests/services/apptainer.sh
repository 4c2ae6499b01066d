#!/usr/bin/env bash
# Apptainer in the root of the HTCondor pool (htcondor.sh): Debian's package, which only unstable has so far. Needs root.
#
#   apptainer.sh install           the package, if it is missing
#   apptainer.sh run COMMAND...    run a command inside, as the unprivileged user; the root is also at /srv/image, for an image
. "$(dirname "${BASH_SOURCE[0]}")/server.sh"

root="$services/htcondor/root"
user=physicist
sources=/etc/apt/apptainer.list
log="$services/apptainer.log"

as_root() { chroot "$root" /usr/bin/env DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
# what is in both comes from the root's own release; a mirror that is some weeks behind will do
apt() {
    as_root apt-get -q -o Dir::Etc::sourcelist="$sources" -o APT::Default-Release=trixie \
        -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none "$@" >>"$log" 2>&1
}

install() {
    need_root
    [ -e "$root" ] || fail "no root for the pool yet: htcondor.sh install"
    [ ! -x "$root/usr/bin/apptainer" ] || return 0
    sed -n '/ trixie /{p;s/ trixie / sid /p}' "$root/etc/apt/sources.list" >"$root$sources"
    apt update && apt install -y --no-install-recommends apptainer ||
        unsuited "Debian's apptainer does not install here: $(tail -n 1 "$log")"
    mkdir -p "$root/srv/image"
}

# in a root that is the whole of its mount name space, as on a real machine: users of a chroot make no name spaces
inside() {
    # shellcheck disable=SC2016
    exec unshare --mount --propagation private bash -euc '
        root="$1" user="$2"
        shift 2
        mount --rbind "$root" "$root"
        mount --bind "$root" "$root/srv/image"
        mkdir -p "$root/.outside"
        cd "$root"
        pivot_root . .outside
        umount -l /.outside
        cd "/home/$user"
        exec setpriv --reuid "$user" --regid "$user" --init-groups env -i HOME="/home/$user" USER="$user" LANG=C.UTF-8 \
            PATH=/usr/local/bin:/usr/bin:/bin "$@"
    ' bash "$root" "$user" "$@"
}

case "${1:-}" in
    install) locked apptainer install ;;
    run) shift; inside "$@" ;;
    *) usage ;;
esac
