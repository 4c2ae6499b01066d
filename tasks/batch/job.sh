#!/bin/bash
# What a batch job runs. It makes the project's environment ready and becomes the worker.
#
#   job.sh shared BASE PYTHON DESCRIPTION             the project's folder is seen from here
#   job.sh bundle CODE.tar.gz SCRATCH DESCRIPTION     code and lock came along
#
# PYTHON is an interpreter with the packages, or - for the one that setup.sh makes. A batch system gives a job next to no
# variables: what is needed is set here or named by the site, whose own shell lines have run before.
set -eu

mode="$1" description="$4"
say() { printf 'job: %s\n' "$*" >&2; }

export PATH="${PATH:-/usr/local/bin:/usr/bin:/bin}"
[ -n "${HOME:-}" ] || { HOME="$(getent passwd "$(id -u)" | cut -d: -f6)"; export HOME; }
say "$(hostname), $(date -u +%Y-%m-%dT%H:%M:%SZ)"

use_setup() { # $1: the project's folder
    set +eu
    # shellcheck disable=SC1091
    . "$1/setup.sh" || { say "the environment of $1 is not ready (the message is above)"; exit 1; }
    set -eu
}

digest() { # $1: a folder; of the names and contents of its files, as code_bundle.py has it; links have none
    (
        cd "$1"
        [ -z "$(find . ! -type d ! -type f)" ] || exit 0
        # hashes are a line each, whatever is in a name
        find . -type f -printf '%P\0' | LC_ALL=C sort -z >"$1.names"
        xargs -0 sha256sum -- <"$1.names" | while IFS= read -r line; do
            IFS= read -r -d '' file <&3
            line="${line#\\}"
            printf '%s %s\n' "$file" "${line%% *}"
        done 3<"$1.names" | sha256sum | cut -c 1-16
        rm -f "$1.names"
    )
}

if [ "$mode" = shared ]; then
    base="$2" python="$3"
    if [ "$python" = - ]; then
        use_setup "$base"
        python="$base/.venv/bin/python"
    elif [ ! -x "$python" ]; then
        say "$python is not here, on $(hostname)"
        say "cure: see that workers see the folder of your environment, or set environment = bundle for the site"
        exit 1
    fi
else
    code="$(CDPATH='' cd -- "$(dirname -- "$2")" && pwd -P)/${2##*/}"
    scratch="$(eval "printf %s \"$3\"")/erumflow-$(id -u)"
    description="$(pwd -P)/$description"
    mkdir -p -m 700 "$scratch"
    # what is there will be run
    if [ -L "$scratch" ] || [ ! -O "$scratch" ] || [ -n "$(find "$scratch" -maxdepth 0 -perm /022)" ]; then
        say "the folder $scratch on $(hostname) is a link, belongs to another user, or may be written to by others"
        say "cure: delete it if it is yours; or name another folder for the site: scratch"
        exit 1
    fi
    name="$(basename "$code" .tar.gz)"
    # code and environment are made once on this node; whoever comes meanwhile waits
    exec 8>"$scratch/.lock"
    flock 8
    if [ ! -d "$scratch/$name" ]; then
        rm -rf "$scratch/.$name"
        mkdir "$scratch/.$name"
        tar -xzf "$code" -C "$scratch/.$name" || { say "cure: submit again, with the same command"; exit 1; }
        # its name is the digest of what was submitted, and came another way
        if [ "$name" != "code-$(digest "$scratch/.$name")" ]; then
            rm -rf "$scratch/.$name"
            say "$code is not the code that was submitted: its files do not have the digest of its name"
            say "cure: submit again, with the same command; and see who may write to the folder for logs of the site"
            exit 1
        fi
        mv "$scratch/.$name" "$scratch/$name"
    fi
    base="$scratch/$name"
    # one environment for all code with the same lock
    if [ "${ERUMFLOW_JOB_GPUS:-0}" -gt 0 ] && [ -z "${ERUMFLOW_JAX:-}" ]; then
        # what CUDA 13 and CUDA 12 need at least
        driver="$(nvidia-smi --query-gpu=driver_version --format=csv,noheader | head -n 1 | cut -d. -f1)" || driver=0
        if [ "${driver:-0}" -ge 580 ]; then ERUMFLOW_JAX=cuda13; elif [ "${driver:-0}" -ge 525 ]; then ERUMFLOW_JAX=cuda12; fi
        [ -z "${ERUMFLOW_JAX:-}" ] || export ERUMFLOW_JAX
    fi
    lock="$(cat "$base"/setup.sh "$base"/requirements*.lock "$base"/extras.txt 2>/dev/null | sha256sum | cut -c 1-16)-${ERUMFLOW_JAX:-cpu}"
    home="$scratch/environment-$lock"
    # a copy: the environment belongs to its folder, and another code with another lock may come with the same name
    [ -d "$home" ] || { rm -rf "$scratch/.environment" && cp -r "$base" "$scratch/.environment" && mv "$scratch/.environment" "$home"; }
    use_setup "$home"
    flock -u 8
    exec 8>&-
    python="$home/.venv/bin/python"
fi

# setup.sh has put its own folder there, and studies from elsewhere come along
[ ! -d "$base/more" ] || PYTHONPATH="$base/more${PYTHONPATH:+:$PYTHONPATH}"
export ERUMFLOW_BASE="$base" PYTHONPATH="$base${PYTHONPATH:+:$PYTHONPATH}"
export LAW_HOME="$base/.law" LAW_CONFIG_FILE="$base/law.cfg"
# settings of other projects, which a line of prepare or a profile has left
for name in ${!LAW__@} ${!LUIGI_CONFIG_@}; do unset "$name"; done
export PYTHONUNBUFFERED=1
cd "$base"
exec "$python" -m "${ERUMFLOW_JOB_MODULE:-tasks.batch.worker}" "$description"
