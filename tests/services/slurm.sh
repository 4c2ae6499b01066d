#!/usr/bin/env bash
# A real Slurm of one node (Debian's packages) on loopback, without systemd and cgroups. Needs root. With --accounting
# in front of the verb it is a second one, beside the first, that keeps accounts (slurmdbd, MariaDB) for sacct.
#
#   slurm.sh [--accounting] install       the packages, if they are missing
#   slurm.sh [--accounting] up            install and start; prints what to export
#   slurm.sh [--accounting] status        succeeds if it is up
#   slurm.sh [--accounting] stop NAME     end a daemon (slurmctld, slurmd, slurmdbd); start NAME: begin it again
#   slurm.sh [--accounting] down          end all, forget all jobs
. "$(dirname "${BASH_SOURCE[0]}")/server.sh"

accounting=""
if [ "${1:-}" = --accounting ]; then
    accounting=yes
    shift
fi
name="slurm${accounting:+-accounting}"
dir="$services/$name"
run="$dir/run"
log="$dir/log"
node="$(hostname -s)"
[ -z "$accounting" ] || port=$((port + 10))
port_slurmctld=$((port + 817))
port_slurmd=$((port + 818))
port_slurmdbd=$((port + 819))
port_database=$((port + 306))
export SLURM_CONF="$dir/slurm.conf"

install() {
    need_packages slurmctld slurmd slurm-client munge
    # not the server's full package, which sets up a database of the machine
    [ -z "$accounting" ] || need_packages slurmdbd mariadb-server-core mariadb-client-core
}

configure() {
    local accounts="AccountingStorageType=accounting_storage/none"
    [ -z "$accounting" ] || accounts="AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$port_slurmdbd
AccountingStoragePass=$run/munge.sock"
    mkdir -p "$dir"/{state,spool,database} "$run" "$log"
    cat >"$SLURM_CONF" <<CONF
ClusterName=tests
SlurmctldHost=$node(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$run/munge.sock
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$run/slurmctld.pid
SlurmdPidFile=$run/slurmd.pid
SlurmctldLogFile=$log/slurmctld.log
SlurmdLogFile=$log/slurmd.log
SlurmctldPort=$port_slurmctld
SlurmdPort=$port_slurmd
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=500
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1,sched_min_interval=0
$accounts
# a job that takes more memory than it asked for is killed, as elsewhere by cgroups
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
JobRequeue=1
KillWait=2
MinJobAge=600
SlurmctldTimeout=30
SlurmdTimeout=30
# as if there were four processors, so that four jobs of one processor run at once anywhere
SlurmdParameters=config_overrides
NodeName=$node NodeAddr=127.0.0.1 CPUs=4 Boards=1 SocketsPerBoard=1 CoresPerSocket=4 ThreadsPerCore=1 RealMemory=8000 State=UNKNOWN
PartitionName=main Nodes=$node Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
CONF
}

start_munged() {
    alive "$run/munged.pid" munged && return
    [ -s "$dir/munge.key" ] || (umask 077; head -c 1024 /dev/urandom >"$dir/munge.key")
    munged --force --key-file="$dir/munge.key" --socket="$run/munge.sock" --pid-file="$run/munged.pid" \
        --log-file="$log/munged.log" --seed-file="$run/munge.seed" --num-threads=2 9>&- >"$log/munged.out" 2>&1 </dev/null
    wait_for 10 munge -S "$run/munge.sock" -n || fail "munged does not answer" "$log/munged.out" "$log/munged.log"
}

sql() { mariadb --no-defaults -S "$run/mariadb.sock" "$@"; }

start_database() {
    alive "$run/mariadbd.pid" mariadbd && return
    local password
    if [ ! -d "$dir/database/mysql" ]; then
        mariadb-install-db --no-defaults --user=root --datadir="$dir/database" --auth-root-authentication-method=normal \
            --skip-test-db >"$log/mariadb-install.log" 2>&1 || fail "no database could be made" "$log/mariadb-install.log"
    fi
    setsid mariadbd --no-defaults --user=root --datadir="$dir/database" --socket="$run/mariadb.sock" \
        --bind-address=127.0.0.1 --port="$port_database" --skip-name-resolve --pid-file="$run/mariadbd.pid" \
        --innodb-buffer-pool-size=64M --innodb-lock-wait-timeout=900 --innodb-flush-log-at-trx-commit=0 \
        --log-error="$log/mariadb.log" >/dev/null 2>&1 </dev/null 9>&- &
    wait_for 60 sql -e "select 1" || fail "the database does not answer" "$log/mariadb.log"
    # made on the spot, for this server only
    password="$(od -An -N 20 -tx1 /dev/urandom | tr -d ' \n')"
    sql <<SQL
create database if not exists slurm_acct_db;
create or replace user slurm@'127.0.0.1' identified by '$password';
grant all on slurm_acct_db.* to slurm@'127.0.0.1';
SQL
    (
        umask 077
        cat >"$dir/slurmdbd.conf" <<CONF
AuthType=auth/munge
AuthInfo=socket=$run/munge.sock
DbdHost=$node
DbdAddr=127.0.0.1
DbdPort=$port_slurmdbd
SlurmUser=root
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=$port_database
StorageUser=slurm
StoragePass=$password
StorageLoc=slurm_acct_db
LogFile=$log/slurmdbd.log
PidFile=$run/slurmdbd.pid
CONF
    )
}

start_slurmdbd() {
    [ -n "$accounting" ] || fail "slurmdbd is only in: $self --accounting"
    alive "$run/slurmdbd.pid" slurmdbd && return
    start_database
    slurmdbd 9>&- </dev/null >"$log/slurmdbd.out" 2>&1
    wait_for 60 sacctmgr -n list cluster || fail "slurmdbd does not answer" "$log/slurmdbd.out" "$log/slurmdbd.log"
    [ -n "$(sacctmgr -n list cluster format=cluster)" ] || sacctmgr -i add cluster tests >/dev/null
}

start_slurmctld() {
    alive "$run/slurmctld.pid" slurmctld && return
    slurmctld -f "$SLURM_CONF" 9>&- </dev/null >"$log/slurmctld.out" 2>&1
    wait_for 30 scontrol ping || fail "slurmctld does not answer" "$log/slurmctld.out" "$log/slurmctld.log"
}

start_slurmd() {
    alive "$run/slurmd.pid" slurmd && return
    slurmd -f "$SLURM_CONF" -N "$node" 9>&- </dev/null >"$log/slurmd.out" 2>&1
    wait_for 60 node_serves || fail "the node does not come up" "$log/slurmd.out" "$log/slurmd.log" "$log/slurmctld.log"
}

node_serves() { timeout 10 sinfo -h -o %T | grep -qxE 'idle|mixed|allocated|completing'; }
is_up() {
    alive "$run/slurmctld.pid" slurmctld && alive "$run/slurmd.pid" slurmd && node_serves &&
        { [ -z "$accounting" ] || { alive "$run/slurmdbd.pid" slurmdbd && timeout 10 sacctmgr -n list cluster >/dev/null 2>&1; }; }
}

up() {
    install
    if ! is_up; then
        need_root
        configure
        start_munged
        [ -z "$accounting" ] || start_slurmdbd
        start_slurmctld
        start_slurmd
        # a node may have been set down by hand
        wait_for 5 node_serves || { scontrol update nodename="$node" state=resume && wait_for 30 node_serves; } ||
            fail "the node does not come up" "$log/slurmd.log" "$log/slurmctld.log"
    fi
    echo "export SLURM_CONF=$SLURM_CONF"
}

down() {
    local daemon
    [ ! -e "$SLURM_CONF" ] || ! alive "$run/slurmctld.pid" slurmctld || timeout 20 scancel --quiet --user="$(id -un)" || true
    for daemon in slurmd slurmctld slurmdbd mariadbd munged; do end "$run/$daemon.pid" "$daemon"; done
    rm -rf "$dir"
}

daemon() { case "$1" in slurmctld | slurmd | slurmdbd) ;; *) fail "no daemon '$1'; there are slurmctld, slurmd and slurmdbd" ;; esac; }

case "${1:-}" in
    install | up | down) locked "$name" "$1" ;;
    status) is_up ;;
    stop) daemon "${2:-}"; locked "$name" end "$run/$2.pid" "$2" ;;
    start) daemon "${2:-}"; locked "$name" "start_$2" ;;
    *) usage ;;
esac
