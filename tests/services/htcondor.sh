#!/usr/bin/env bash
# A real HTCondor pool of one machine (Debian 13's minicondor, Python 3.13) on loopback. Needs root. Debian 12 has no
# HTCondor package, so the pool lives in a Debian 13 root of its own, which begins as a copy of the bare one (debian.sh).
#
#   htcondor.sh install            make the root, if it is missing
#   htcondor.sh up                 install and start the pool; prints what to export
#   htcondor.sh status             succeeds if it is up
#   htcondor.sh run COMMAND...     run a command inside, as the unprivileged user 'physicist' in its home folder
#   htcondor.sh bind DIR           show a folder of this machine inside, at the same path (unbind DIR: no more)
#   htcondor.sh project DIR        copy this project from DIR to ~/erumflow inside, and make its environment there
#   htcondor.sh restart-schedd     what holds the queue ends at once and begins again
#   htcondor.sh stop NAME          end a daemon (schedd, startd, negotiator) at once; start NAME: begin it again
#   htcondor.sh down               end the pool and its jobs, undo what was bound; the root stays
. "$(dirname "${BASH_SOURCE[0]}")/root.sh"

pid="$root/var/log/condor/master.pid"

mounted() { grep -q " $1 " /proc/mounts; }
# the deepest first
unmount_all() { awk -v r="$root/" 'index($2, r) == 1 { print $2 }' /proc/mounts | sort -r | while read -r m; do umount "$m" || umount -l "$m"; done; }

install() {
    [ ! -e "$dir/ready" ] || return 0
    need_root
    bash "$(dirname "${BASH_SOURCE[0]}")/debian.sh" install
    mkdir -p "$dir"
    unmount_all
    rm -rf --one-file-system "$root"
    make_root >"$dir/install.log" 2>&1 || fail "could not make a Debian 13 root with HTCondor" "$dir/install.log"
    touch "$dir/ready"
}

# without set -e, which means nothing on the left of ||
make_root() {
    cp -a --reflink=auto "$services/debian/root" "$root" &&
        mount_root &&
        # that root may be from another day
        as_root apt-get update -q &&
        as_root DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
            minicondor procps python3-venv git make &&
        # pages that it writes to hold no more than the machine's own
        rm -rf "$root/var/cache/apt/archives"/*.deb
}

mount_root() {
    mounted "$root/proc" || mount -t proc proc "$root/proc"
    mounted "$root/dev" || mount_devices
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
}

configure() {
    cat >"$root/etc/condor/config.d/99-tests" <<CONF
NETWORK_INTERFACE = 127.0.0.1
BIND_ALL_INTERFACES = False
ENABLE_IPV6 = False
CONDOR_HOST = 127.0.0.1
COLLECTOR_HOST = 127.0.0.1:$((port + 618))
USE_SHARED_PORT = True
SHARED_PORT_PORT = $((port + 618))
# as if there were four processors, so that four jobs of one processor run at once anywhere
NUM_CPUS = 4
MEMORY = 12000
use FEATURE : PartitionableSlot
use POLICY : HOLD_IF_MEMORY_EXCEEDED
# what takes minutes on a real pool
NEGOTIATOR_INTERVAL = 2
NEGOTIATOR_MIN_INTERVAL = 1
NEGOTIATOR_CYCLE_DELAY = 1
SCHEDD_INTERVAL = 2
SCHEDD_MIN_INTERVAL = 1
UPDATE_INTERVAL = 2
STARTER_UPDATE_INTERVAL = 5
STARTER_INITIAL_UPDATE_INTERVAL = 2
PERIODIC_EXPR_INTERVAL = 3
MASTER_BACKOFF_CONSTANT = 1
JOB_DEFAULT_LEASE_DURATION = 30
# a root of its own has neither
DISCARD_SESSION_KEYRING_ON_STARTUP = False
MOUNT_UNDER_SCRATCH =
CONF
}

is_up() { alive "$pid" condor_master && [ -n "$(as_user timeout 10 condor_status -af Name 2>/dev/null)" ] && has_queue; }
has_queue() { as_user timeout 10 condor_q >/dev/null 2>&1; }

start_pool() {
    need_root
    mount_root
    is_up && return
    end "$pid" condor_master
    configure
    as_root condor_master -pidfile /var/log/condor/master.pid 9>&- >"$dir/master.log" 2>&1 </dev/null
    wait_for 60 is_up || fail "the pool does not come up" "$dir/master.log" "$root"/var/log/condor/{Master,Schedd,Startd}Log
}

up() { install; start_pool; echo "export HTCONDOR_ROOT=$root"; }

down() {
    if alive "$pid" condor_master; then
        as_root condor_off -fast -master >/dev/null 2>&1 || true
        wait_for 20 gone "$pid" condor_master || end "$pid" condor_master
    fi
    unmount_all
}

process_of() { pgrep -P "$(cat "$pid")" -x "condor_$1"; }
stop_daemon() {
    as_root condor_off -fast "-$1" >/dev/null && wait_for 30 without "$1" || fail "$1 does not end" "$root/var/log/condor/MasterLog"
}
without() { ! process_of "$1"; }
start_daemon() {
    as_root condor_on "-$1" >/dev/null && wait_for 30 is_up || fail "$1 does not begin" "$root/var/log/condor/MasterLog"
}
restart_schedd() { stop_daemon schedd; start_daemon schedd; }
daemon() {
    case "$1" in schedd | startd | negotiator) ;; *) fail "no daemon '$1'; schedd, startd and negotiator can be stopped" ;; esac
}

bind() { mkdir -p "$root$1"; mounted "$root$1" || mount --bind "$1" "$root$1"; }
unbind() { ! mounted "$root$1" || umount "$root$1"; }

files() {
    local file
    git ls-files -z --cached --others --exclude-standard |
        while IFS= read -r -d '' file; do [ ! -f "$file" ] || printf '%s\0' "$file"; done
}

# the same files are not copied twice; what setup.sh has made stays, so that a second time takes seconds
project() {
    local there="$root$home/erumflow" stamp="$dir/project.sum" sum extras
    [ -e "$dir/ready" ] || fail "no root for the pool yet: $self install"
    mount_root
    cd "$1"
    sum="$(files | xargs -0 sha256sum | sha256sum)"
    if [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ]; then
        rm -f "$stamp"
        mkdir -p "$there"
        find "$there" -mindepth 1 -maxdepth 1 ! -name .venv ! -name .law ! -name .cache -exec rm -rf {} +
        files | tar -c --null -T - | tar -x --no-same-owner -C "$there"
        as_root chown -R "$user:$user" "$home/erumflow"
        echo "$sum" >"$stamp"
    fi
    # with the packages that studies need here
    extras="${ERUMFLOW_EXTRAS-$(sed -n 's/^extras //p' .venv/.erumflow-stamp 2>/dev/null)}"
    as_user env ERUMFLOW_EXTRAS="$extras" bash -c 'cd erumflow && source setup.sh && law --version' >"$dir/project.log" 2>&1 ||
        fail "setup.sh could not make the environment inside" "$dir/project.log"
    echo "export HTCONDOR_PROJECT=$home/erumflow"
}

case "${1:-}" in
    install | up | down) locked htcondor "$1" ;;
    status) is_up ;;
    run) shift; as_user "$@" ;;
    bind | unbind) locked htcondor "$1" "$(realpath "$2")" ;;
    project) locked htcondor-project project "$(realpath "$2")" ;;
    restart-schedd) locked htcondor restart_schedd ;;
    stop) daemon "${2:-}"; locked htcondor stop_daemon "$2" ;;
    start) daemon "${2:-}"; locked htcondor start_daemon "$2" ;;
    *) usage ;;
esac
