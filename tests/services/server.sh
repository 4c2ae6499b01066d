# What the scripts of the services share; they source it.
#
#   ERUMFLOW_SERVICES        folder of all state, one below it for each service (default /var/tmp/erumflow-services)
#   ERUMFLOW_SERVICES_PORT   number that the ports are counted from (default 24000); all are of the loopback device
#
# With another folder and other ports there is a second instance of any of them.
# shellcheck shell=bash
set -euo pipefail

services="${ERUMFLOW_SERVICES:-/var/tmp/erumflow-services}"
mkdir -p "$services"
services="$(realpath "$services")"
port="${ERUMFLOW_SERVICES_PORT:-24000}"
self="$(basename "$0")"

# 77 is the exit status for "this machine cannot have it", which tests take for a reason to skip
say() { printf '%s: %s\n' "$self" "$*" >&2; }
unsuited() { say "$*"; exit 77; }

# $1: message; further: logs whose last lines explain it
fail() {
    say "$1"
    shift
    for log in "$@"; do
        [ ! -s "$log" ] || { printf -- '--- %s\n' "$log"; tail -n 15 "$log"; } >&2
    done
    exit 1
}

usage() { awk 'NR > 1 && !/^#/ { exit } NR > 1' "$0" | cut -c 3- >&2; exit 2; }

need_root() { [ "$(id -u)" = 0 ] || unsuited "only root can bring this service up"; }

# one process at a time; $1: whose turn, further: function and arguments. What stays running has to close descriptor 9.
locked() {
    local name="$1"
    shift
    ( flock -w 1800 9 || fail "$services/$name.lock is taken for half an hour; is another $self hanging?"; "$@" ) 9>"$services/$name.lock"
}

# Debian packages that are not there yet; their own services are not started
need_packages() {
    local package missing=()
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ "${#missing[@]}" = 0 ] && return
    command -v apt-get >/dev/null || unsuited "this service comes from Debian's packages, which this machine has none of"
    [ "$(id -u)" = 0 ] || unsuited "only root can install: ${missing[*]}"
    (
        # apt itself waits for another apt only in part
        flock -w 1800 8
        exec 9>&-
        export DEBIAN_FRONTEND=noninteractive
        policy=/usr/sbin/policy-rc.d
        if [ ! -e "$policy" ]; then
            printf '#!/bin/sh\nexit 101\n' >"$policy"
            chmod +x "$policy"
            trap 'rm -f "$policy"' EXIT
        fi
        { apt-get update -qq && apt-get -o DPkg::Lock::Timeout=600 install -y -qq --no-install-recommends "${missing[@]}"; } \
            >"$services/apt.log" 2>&1 || fail "could not install ${missing[*]}" "$services/apt.log"
    ) 8>"$services/apt.lock"
}

# whether the process of a file is there and is the program $2 still (numbers are given away again)
alive() {
    local pid
    pid="$(cat "$1" 2>/dev/null)" || return 1
    [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ]
}

# stop the process of a file, and wait for all of its threads: on a busy machine some answer for a moment more
hold() {
    alive "$1" "$2" || return 1
    local pid
    pid="$(cat "$1")"
    kill -STOP "$pid"
    while grep -h "^State:" "/proc/$pid"/task/*/status | grep -v "T (stopped)" >/dev/null; do sleep 0.02; done
}

# end the process of a file, the hard way after $3 (20) seconds
end() {
    alive "$1" "$2" || return 0
    local pid
    pid="$(cat "$1")"
    kill -CONT "$pid" 2>/dev/null || true
    kill "$pid" 2>/dev/null || true
    wait_for "${3:-20}" gone "$1" "$2" || kill -KILL "$pid" 2>/dev/null || true
    wait_for 5 gone "$1" "$2"
}
gone() { ! alive "$1" "$2"; }

# until a command succeeds; $1: seconds
wait_for() {
    local until=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$until" ] || return 1
        sleep 0.1
    done
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
