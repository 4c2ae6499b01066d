#!/usr/bin/env bash
# A real SFTP server (Debian's OpenSSH) on loopback, with keys made on the spot; the user is whoever calls.
#
#   sftp.sh install    the packages, if they are missing (needs root)
#   sftp.sh up         install and start; prints what to export
#   sftp.sh status     succeeds if it is up
#   sftp.sh stop       end the server and its sessions; files stay
#   sftp.sh start      as up, without installing
#   sftp.sh pause      the server takes no more connections, but those it has stay (resume: it goes on)
#   sftp.sh down       end the server, remove its files
. "$(dirname "${BASH_SOURCE[0]}")/server.sh"

dir="$services/sftp"
port_sftp=$((port + 22))
pid="$dir/pid"
user="$(id -un)"

install() { need_packages openssh-server openssh-sftp-server openssh-client; }

is_up() { alive "$pid" sshd && session; }
session() {
    echo pwd | timeout 10 sftp -q -b - -P "$port_sftp" -i "$dir/key" -o BatchMode=yes -o IdentitiesOnly=yes \
        -o UserKnownHostsFile="$dir/known_hosts" -F none "$user@127.0.0.1" >/dev/null 2>&1
}

configure() {
    mkdir -p "$dir/store"
    chmod 755 "$dir"
    [ -s "$dir/key" ] || ssh-keygen -q -t ed25519 -N '' -C "tests" -f "$dir/key"
    [ -s "$dir/host_key" ] || ssh-keygen -q -t ed25519 -N '' -C "tests" -f "$dir/host_key"
    cp "$dir/key.pub" "$dir/authorized_keys"
    printf '[127.0.0.1]:%s %s\n' "$port_sftp" "$(cat "$dir/host_key.pub")" >"$dir/known_hosts"
    # the state's folder may be below one that everybody writes to, which StrictModes has a word on
    cat >"$dir/sshd_config" <<CONF
ListenAddress 127.0.0.1
Port $port_sftp
HostKey $dir/host_key
PidFile none
AuthorizedKeysFile $dir/authorized_keys
AllowUsers $user
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
UsePAM no
MaxStartups 200
MaxSessions 100
Subsystem sftp internal-sftp
CONF
}

start() {
    is_up && return
    local sshd
    sshd="$(PATH="$PATH:/usr/sbin" command -v sshd)" || fail "no sshd here: $self install"
    end_all
    configure
    [ "$(id -u)" != 0 ] || mkdir -p /run/sshd
    setsid "$sshd" -D -e -f "$dir/sshd_config" >"$dir/log" 2>&1 </dev/null 9>&- &
    echo $! >"$pid"
    wait_for 20 session || fail "the server takes no session" "$dir/log"
}

# sshd leaves sessions alone when it ends
end_all() {
    local sessions=""
    ! alive "$pid" sshd || sessions="$(pgrep -P "$(cat "$pid")" || true)"
    end "$pid" sshd
    # shellcheck disable=SC2086
    [ -z "$sessions" ] || kill $sessions 2>/dev/null || true
}

exports() {
    echo "export SFTP_URL=sftp://$user@127.0.0.1:$port_sftp$dir/store"
    echo "export SFTP_KEY_FILE=$dir/key"
    echo "export SFTP_KNOWN_HOSTS=$dir/known_hosts"
}

up() { install; start; exports; }
pause() { hold "$pid" sshd; }
resume() { alive "$pid" sshd && kill -CONT "$(cat "$pid")"; }
down() { end_all; rm -rf "$dir"; }

case "${1:-}" in
    install | up | down | start) locked sftp "$1" ;;
    stop) locked sftp end_all ;;
    pause | resume) "$1" ;;
    status) is_up ;;
    *) usage ;;
esac
