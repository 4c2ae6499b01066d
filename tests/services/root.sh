# What the scripts share that have a Debian 13 root of their own; they source it instead of server.sh. Needs root.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/server.sh"

dir="$services/${self%.sh}"
root="$dir/root"
# who runs commands inside
user=physicist
home="/home/$user"

# $1: USER:GROUP, further: command; nothing of this environment goes in
inside() {
    local who="$1"
    shift
    chroot --userspec="$who" "$root" /usr/bin/env -i HOME="$home" USER="$user" LANG=C.UTF-8 \
        PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
        PIP_CERT=/etc/ssl/certs/ca-certificates.crt "$@"
}
as_root() { inside root:root "$@"; }
as_user() { inside "$user:$user" /bin/bash -c 'cd && exec "$@"' bash "$@"; }

# certificates and package registry of this machine
trust() {
    local certificate
    for certificate in /usr/local/share/ca-certificates/*.crt; do
        [ ! -f "$certificate" ] || cp "$certificate" "$root/usr/local/share/ca-certificates/"
    done
    [ ! -f /etc/pip.conf ] || cp /etc/pip.conf "$root/etc/pip.conf"
    as_root update-ca-certificates
}

# its own devices: with those of the machine, whoever deletes the folder with all that is mounted would delete them, too
mount_devices() {
    local device name major minor
    mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
    for device in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0 fuse:10:229; do
        IFS=: read -r name major minor <<<"$device"
        mknod -m 666 "$root/dev/$name" c "$major" "$minor"
    done
    ln -s /proc/self/fd "$root/dev/fd"
    for device in stdin:0 stdout:1 stderr:2; do ln -s "/proc/self/fd/${device#*:}" "$root/dev/${device%:*}"; done
    mkdir "$root/dev/shm" "$root/dev/pts"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$root/dev/pts"
    ln -s pts/ptmx "$root/dev/ptmx"
}
