# Makes this shell ready for erumflow, in bash or zsh and from any folder:
#
#     source setup.sh
#
# The first time, the packages of requirements.lock go to .venv (half a minute); later it takes a moment. Nothing outside
# this folder is touched. To choose the Python interpreter, set ERUMFLOW_PYTHON. For JAX on an NVIDIA GPU, set
# ERUMFLOW_JAX to cuda12 or cuda13 (packages of requirements-cuda12.lock or -cuda13.lock), or back to cpu; for packages that
# single studies need, set ERUMFLOW_EXTRAS to NAME,NAME (requirements-NAME.lock), or back to nothing (ERUMFLOW_EXTRAS=).
# Both choices are remembered. Where packages come from is up to your own configuration of pip and uv. Where Python comes
# without pip (Debian's without python3-venv), ERUMFLOW_PIP can name a wheel of pip to install them with.
#
# The file has two halves: sourced, it exports variables; run by itself as "bash setup.sh prepare" (a clean process, free
# of the calling shell's options, aliases and functions), it brings .venv and law's index of tasks up to date.

if [ -z "${BASH_VERSION:-}${ZSH_VERSION:-}" ]; then
    echo "erumflow: setup.sh serves bash and zsh; start one of them and source it there" >&2
    return 1 2>/dev/null || exit 1
fi

# --- run as a program --------------------------------------------------------------------------------------------------

if [ -n "${BASH_VERSION:-}" ] && [ "${1:-}" = prepare ] && ! (return 0 2>/dev/null); then
    set -euo pipefail

    base="$(CDPATH= cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)"
    venv="$base/.venv"
    stamp="$venv/.erumflow-stamp"

    say() { printf 'erumflow: %s\n' "$*" >&2; }
    fail() { say "$*"; exit 1; }

    # "VERSION PATH" of an interpreter that can make .venv; else says why not and fails
    probe_python() {
        "$1" -I -c '
import sys
version = ".".join(map(str, sys.version_info[:3]))
# from 3.14 on, multiprocessing starts workers in a way that luigi does not expect
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(f"it is Python {version}")
try:
    import os, venv
    if not os.environ.get("ERUMFLOW_PIP"):
        import ensurepip
except ImportError:
    sys.exit(f"its module venv is missing (Debian and Ubuntu: install python{sys.version_info[0]}.{sys.version_info[1]}-venv)")
# not the interpreter of a virtual environment, which may be the one to be replaced
print(version, getattr(sys, "_base_executable", None) or sys.executable)
' 2>&1
    }

    # sets python and python_version
    choose_python() {
        local candidate answer="" tried=""
        if [ -n "${ERUMFLOW_PYTHON:-}" ]; then
            if ! answer="$(probe_python "$ERUMFLOW_PYTHON")"; then
                case "$answer" in it*) ;; *) answer="it does not run, or is far too old" ;; esac
                fail "ERUMFLOW_PYTHON=$ERUMFLOW_PYTHON does not serve: $answer; erumflow needs Python 3.11, 3.12 or 3.13"
            fi
        else
            for candidate in python3 python3.13 python3.12 python3.11; do
                command -v "$candidate" >/dev/null || continue
                # a name may be found and still not run (a shim without a version behind it)
                answer="$(probe_python "$candidate")" && break
                case "$answer" in it*) tried="$tried; $candidate: $answer" ;; esac
                answer=""
            done
            if [ -z "$answer" ]; then
                fail "no Python 3.11, 3.12 or 3.13 found on PATH$tried; install one, or name it: export ERUMFLOW_PYTHON=/path/to/python3"
            fi
        fi
        answer="${answer##*$'\n'}"
        python_version="${answer%% *}"
        python="${answer#* }"
    }

    # all entries that are to be installed: those of the lock, and what locks of extras have beyond it
    whole_lock() {
        if [ -z "$extras" ]; then
            cat "$base/$lock"
        else
            awk '/^[A-Za-z0-9]/ { keep = !seen[$0]++ } keep' "${locks[@]}"
        fi
    }

    # what .venv was made of, as the stamp has it; written last, so that an interrupted installation has none
    state() {
        printf 'python %s\njax %s\n' "$1" "$jax"
        [ -z "$extras" ] || printf 'extras %s\n' "$extras"
        printf 'lock %s\nplace %s\n' "$(whole_lock | cksum)" "$base"
    }

    # sets extras (sorted), remembered_extras and locks (the file of each, after that of the packages)
    choose_extras() {
        local name known=""
        remembered_extras=""
        if [ -f "$stamp" ]; then
            remembered_extras="$(sed -n 's/^extras //p' "$stamp")"
        elif [ -f "$base/extras.txt" ]; then
            # code that was sent here says what its study needs
            remembered_extras="$(cat "$base/extras.txt")"
        fi
        extras="${ERUMFLOW_EXTRAS-$remembered_extras}"
        locks=("$base/$lock")
        [ -n "$extras" ] || return 0
        extras="$(printf '%s\n' ${extras//,/ } | LC_ALL=C sort -u | paste -sd, -)"
        for name in "$base"/requirements-*.lock; do
            name="${name##*/requirements-}"
            case "$name" in cuda12.lock | cuda13.lock) ;; *) known="$known${known:+, }${name%.lock}" ;; esac
        done
        for name in ${extras//,/ }; do
            case ", $known, " in
                *", $name, "*) locks+=("$base/requirements-$name.lock") ;;
                *) fail "ERUMFLOW_EXTRAS=$extras: there is no extra $name; use $known" ;;
            esac
        done
    }

    # sets jax (what it is to run on), remembered (what it ran on), lock (the packages) and offer (of a choice, or nothing)
    choose_jax() {
        local driver major
        remembered=""
        [ ! -f "$stamp" ] || remembered="$(sed -n 's/^jax //p' "$stamp")"
        jax="${ERUMFLOW_JAX:-${remembered:-cpu}}"
        offer=""
        case "$jax" in
            cpu) lock=requirements.lock ;;
            cuda12 | cuda13) lock="requirements-$jax.lock" ;;
            *) fail "ERUMFLOW_JAX=$jax is unknown; use cpu, cuda12 or cuda13" ;;
        esac
        [ -f "$base/$lock" ] || fail "$base/$lock is missing; restore it: git checkout $lock"
        if [ -z "${ERUMFLOW_JAX:-}$remembered" ]; then
            driver="$(nvidia_driver)"
            major="${driver%%.*}"
            # what CUDA 13 and CUDA 12 need at least
            if [ "${major:-0}" -ge 580 ]; then
                offer=cuda13
            elif [ "${major:-0}" -ge 525 ]; then
                offer=cuda12
            fi
            [ -z "$offer" ] ||
                offer="there is an NVIDIA driver ($driver); for JAX on the GPU: ERUMFLOW_JAX=$offer source setup.sh"
        fi
    }

    # version of the NVIDIA driver, or nothing
    nvidia_driver() {
        local found=""
        if [ -r /proc/driver/nvidia/version ]; then
            found="$(cat /proc/driver/nvidia/version)"
        elif command -v nvidia-smi >/dev/null; then
            found="$(nvidia-smi --query-gpu=driver_version --format=csv,noheader 2>/dev/null)" || found=""
        fi
        printf '%s\n' "$found" | grep -oE '[0-9]{3,}\.[0-9]+(\.[0-9]+)?' | head -n 1 || true
    }

    # $1: version that the interpreter must have, or nothing
    venv_is_current() {
        [ -x "$venv/bin/python" ] && [ -f "$stamp" ] || return 1
        local made="$1"
        [ -n "$made" ] || made="$(sed -n 's/^python //p' "$stamp")"
        [ "$(cat "$stamp")" = "$(state "$made")" ]
    }

    # an exclusive lock on descriptor 9 until this process and its children end; $1: interpreter (flock(1) is not everywhere)
    locked=""
    take_lock() {
        [ -z "$locked" ] || return 0
        locked=yes
        mkdir -p "$base/.cache"
        exec 9>"$base/.cache/setup.lock"
        "$1" -I -c '
import fcntl, sys
try:
    fcntl.flock(9, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print("erumflow: another shell is setting up this folder; waiting for it", file=sys.stderr, flush=True)
    fcntl.flock(9, fcntl.LOCK_EX)
except OSError:
    pass  # a file system without locks
'
    }

    # the entries of some packages in the lock, hashes included
    entries() {
        awk -v names="$*" '
            BEGIN { count = split(names, list, " "); for (i = 1; i <= count; i++) wanted[list[i]] = 1 }
            /^[A-Za-z0-9]/ { split($1, part, "=="); keep = (part[1] in wanted) }
            keep' "$TMPDIR/whole.lock"
    }

    # names of the packages in a lock
    names() { sed -n 's/^\([A-Za-z0-9][A-Za-z0-9._-]*\)==.*/\1/p' "$@" | LC_ALL=C sort -u; }

    pip() { "$venv/bin/python" -I -m pip --disable-pip-version-check --no-input -q "$@"; }

    # while packages are fetched, say every few seconds how far it is
    report_progress() {
        while sleep 5 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
            say "  $(du -sm "$base/.cache" 2>/dev/null | cut -f1) MB fetched and unpacked, $SECONDS s"
        done
    }

    # everything that is put down on the way stays in this folder
    keep_inside() {
        export TMPDIR="$base/.cache/tmp" PIP_CACHE_DIR="$base/.cache/pip" UV_CACHE_DIR="$base/.cache/uv"
        export PIP_USER=0 UV_PYTHON_DOWNLOADS=never
        # pip asks rustc for its version, and rustup answers by writing a file to the home folder
        export RUSTUP_HOME="$TMPDIR/rustup"
        unset PIP_TARGET PIP_PREFIX PIP_ROOT PIP_CONSTRAINT PIP_REQUIREMENT PYTHONHOME PYTHONPATH
        mkdir -p "$TMPDIR"
        cd "$base"
    }

    install_packages() {
        local reporter
        report_progress 9>&- </dev/null >/dev/null &
        reporter=$!
        trap 'kill "$reporter" 2>/dev/null || true' EXIT

        whole_lock >"$TMPDIR/whole.lock"
        # law comes as source: built with the locked setuptools, not with whatever is the newest on that day
        entries setuptools uv >"$TMPDIR/first.txt"
        entries law >"$TMPDIR/law.txt"
        say "installing $(grep -c '^[A-Za-z0-9]' "$TMPDIR/whole.lock") packages from $lock${extras:+ and extras $extras}"
        pip install --require-hashes -r "$TMPDIR/first.txt" ||
            fail "pip could not install uv (its message is above); is a package registry reachable? Then source setup.sh again"
        if ! "$venv/bin/uv" pip install -q --python "$venv/bin/python" --require-hashes --no-build-isolation-package law \
            -r "$TMPDIR/whole.lock"; then
            say "uv could not install the packages (its message is above); trying pip, which is slower"
            { pip install --require-hashes --no-deps --no-build-isolation -r "$TMPDIR/law.txt" &&
                pip install --require-hashes -r "$TMPDIR/whole.lock"; } ||
                fail "pip could not install the packages either (its message is above); once mended, source setup.sh again"
        fi

        # what commands import is compiled, a quarter of all that is there, also where Python is told to write no bytecode
        env -u XDG_CACHE_HOME -u XDG_CONFIG_HOME -u MPLCONFIGDIR HOME="$TMPDIR" LAW_HOME="$TMPDIR" "$venv/bin/python" -I -c '
import astropy.units, awkward, correctionlib, flax.nnx, fsspec, hist, iminuit, jax, jsonschema, law, matplotlib.pyplot
import mplhep, optax, pyhf, rich.progress, rocrate.rocrate, scipy.optimize, scipy.stats, uproot, vector
' >/dev/null 2>&1 || true

        kill "$reporter" 2>/dev/null || true
        trap - EXIT
        rm -rf "$TMPDIR" "$PIP_CACHE_DIR" "$UV_CACHE_DIR"
    }

    prepare_venv() (
        local start=$SECONDS gone
        keep_inside
        if [ -x "$venv/bin/python" ] && [ -f "$stamp" ] && [ -f "$venv/.erumflow-lock" ] &&
            [ "$(sed '/^[lje]/d' "$stamp")" = "$(state "$python_version" | sed '/^[lje]/d')" ]; then
            if [ "$jax" != "${remembered:-cpu}" ]; then
                say "JAX is to run on: $jax: bringing .venv up to date"
            elif [ "$extras" != "$remembered_extras" ]; then
                say "extras are to be: ${extras:-none}: bringing .venv up to date"
            else
                say "$lock has changed: bringing .venv up to date"
            fi
            rm -f "$stamp"
            # what the lock no longer has goes; what the user has added stays
            gone="$(LC_ALL=C comm -23 <(names "$venv/.erumflow-lock") <(whole_lock | names))"
            [ -z "$gone" ] || pip uninstall -y $gone
        else
            [ ! -e "$venv" ] || say "$venv is incomplete, moved or of another Python: making it anew"
            say "making .venv with Python $python_version ($python); this happens once"
            rm -rf "$venv"
            "$python" -I -m venv ${ERUMFLOW_PIP:+--without-pip} "$venv" ||
                fail "$python could not make $venv (its message is above)"
            # a wheel can be run as it is
            [ -z "${ERUMFLOW_PIP:-}" ] || "$venv/bin/python" -I "$ERUMFLOW_PIP/pip" -q install --no-index "$ERUMFLOW_PIP" ||
                fail "ERUMFLOW_PIP=$ERUMFLOW_PIP could not be installed (the message is above); name a wheel of pip"
        fi
        [ -z "$offer" ] || say "$offer"
        install_packages
        whole_lock >"$venv/.erumflow-lock"
        state "$python_version" >"$stamp.new"
        mv "$stamp.new" "$stamp"
        say "ready after $((SECONDS - start)) s"
    )

    # law's command tells mistakes in words where the project is at hand, and is law's own where it is not
    prepare_command() {
        local command="$venv/bin/law"
        if [ -w "$command" ] && ! grep -q tasks.framework.command "$command"; then
            sed 's/^\( *\)from law\.cli import run$/\1try:\
\1    from tasks.framework.command import run\
\1except ModuleNotFoundError:\
\1    from law.cli import run/' "$command" >"$command.$$"
            chmod +x "$command.$$"
            mv "$command.$$" "$command"
        fi
    }

    # what law's index of tasks was made of
    index_sources() {
        (
            cd "$base"
            find tasks law.cfg law_user.cfg -type f \( -name '*.py' -o -name '*.cfg' \) -exec cksum {} + 2>/dev/null |
                LC_ALL=C sort -k 3
            cat "$stamp"
        ) || true
    }

    index_is_current() {
        [ -f "$base/.law/index" ] && [ -f "$base/.law/index.sources" ] &&
            [ "$(cat "$base/.law/index.sources")" = "$(index_sources)" ]
    }

    prepare_index() {
        local sources answer
        sources="$(index_sources)"
        mkdir -p "$base/.law"
        rm -f "$base/.law/index.sources"
        export LAW_HOME="$base/.law" LAW_CONFIG_FILE="$base/law.cfg" LAW_INDEX_FILE="$base/.law/index"
        export PYTHONPATH="$base${PYTHONPATH:+:$PYTHONPATH}"
        unset PYTHONHOME
        if ! answer="$("$venv/bin/law" index -q 2>&1)"; then
            printf '%s\n' "$answer" >&2
            fail "the tasks could not be indexed (law's message is above); mend what it names, then source setup.sh again"
        fi
        # where Python is told to write no bytecode, every command would compile the project anew
        "$venv/bin/python" -I -m compileall -q "$base/analysis" "$base/tasks" >/dev/null 2>&1 || true
        printf '%s\n' "$sources" >"$base/.law/index.sources.new"
        mv "$base/.law/index.sources.new" "$base/.law/index.sources"
    }

    # an earlier setup's own interpreter is no candidate
    PATH=":$PATH:"
    while [[ "$PATH" == *":$venv/bin:"* ]]; do PATH="${PATH/":$venv/bin:"/:}"; done
    PATH="${PATH#:}"
    PATH="${PATH%:}"

    choose_jax
    choose_extras
    python_version=""
    [ -z "${ERUMFLOW_PYTHON:-}" ] || choose_python
    if ! venv_is_current "$python_version"; then
        [ -n "$python_version" ] || choose_python
        take_lock "$python"
        # another shell may have done it in the meantime
        choose_jax
        choose_extras
        venv_is_current "$python_version" || prepare_venv
    fi
    prepare_command
    if ! index_is_current; then
        take_lock "$venv/bin/python"
        index_is_current || prepare_index
    fi
    exit 0
fi

# --- sourced -----------------------------------------------------------------------------------------------------------

_erumflow_setup() {
    local this base dir list version
    if [ -n "${ZSH_VERSION:-}" ]; then
        case "${ZSH_EVAL_CONTEXT:-}" in
            *file*) ;;
            *) echo "erumflow: setup.sh is to be sourced: source setup.sh" >&2; return 1 ;;
        esac
        this="${(%):-%x}"
    else
        if [ "${BASH_SOURCE[0]}" = "$0" ]; then
            echo "erumflow: setup.sh is to be sourced: source setup.sh" >&2
            return 1
        fi
        this="${BASH_SOURCE[0]}"
    fi
    # the file itself may be reached through a link that lies elsewhere
    [ ! -L "$this" ] || this="$(command readlink -f -- "$this")" || return 1
    base="$(CDPATH= builtin cd -- "$(command dirname -- "$this")" && builtin pwd -P)" || return 1
    case "$base" in
        *:*)
            echo "erumflow: the folder's name has a colon, which PATH cannot hold: $base; move it" >&2
            return 1
            ;;
    esac

    # with -p, bash takes no functions over that this shell has exported (module systems and ROS do that)
    command env -u BASH_ENV ERUMFLOW_PYTHON="${ERUMFLOW_PYTHON:-}" ERUMFLOW_JAX="${ERUMFLOW_JAX:-}" \
        ERUMFLOW_PIP="${ERUMFLOW_PIP:-}" ${ERUMFLOW_EXTRAS+"ERUMFLOW_EXTRAS=$ERUMFLOW_EXTRAS"} bash --noprofile --norc -p "$base/setup.sh" prepare || return 1

    export ERUMFLOW_BASE="$base"
    export LAW_HOME="$base/.law"
    export LAW_CONFIG_FILE="$base/law.cfg"
    export LAW_INDEX_FILE="$base/.law/index"
    # the list of fonts; where this folder cannot be written to (a container's), it goes to a folder of one's own
    dir="$base/.cache"
    [ -w "$base" ] || dir="${TMPDIR:-/tmp}/erumflow-$(command id -u)"
    if [ -w "$base" ] || { command mkdir -p -m 700 "$dir" 2>/dev/null && [ -O "$dir" ]; }; then
        export MPLCONFIGDIR="$dir/matplotlib"
    fi
    export VIRTUAL_ENV="$base/.venv"
    unset PYTHONHOME

    # the project first, once
    dir="$base/.venv/bin"
    list=":${PATH:-}:"
    while case "$list" in *":$dir:"*) true ;; *) false ;; esac; do list="${list%%":$dir:"*}:${list#*":$dir:"}"; done
    list="${list#:}"
    list="${list%:}"
    export PATH="$dir${list:+:$list}"
    dir="$base"
    list=":${PYTHONPATH:-}:"
    while case "$list" in *":$dir:"*) true ;; *) false ;; esac; do list="${list%%":$dir:"*}:${list#*":$dir:"}"; done
    list="${list#:}"
    list="${list%:}"
    export PYTHONPATH="$dir${list:+:$list}"

    # completion of tasks and parameters, where somebody types
    case "$-" in
        *i*)
            version="$(command sed -n 's/^python \([0-9]*\.[0-9]*\).*/\1/p' "$base/.venv/.erumflow-stamp")"
            list="$base/.venv/lib/python$version/site-packages/law/cli/completion.sh"
            if [ -n "${ZSH_VERSION:-}" ]; then
                emulate -L zsh
                # its dump file would go to the home folder
                (( ${+functions[compdef]} )) || { autoload -Uz compinit && compinit -i -d "$base/.cache/zcompdump"; }
                (( ${+functions[complete]} )) || { autoload -Uz bashcompinit && bashcompinit; }
                LAW_CLI_SKIP_COMPLETION=1 builtin source "$list"
            else
                LAW_CLI_SKIP_COMPLETION=1 builtin source "$list"
                # law exports it into the environment of every command and batch job
                export -fn _law_complete
            fi
            complete -o bashdefault -o default -F _law_complete law
            ;;
    esac
    return 0
}

if _erumflow_setup; then
    unset -f _erumflow_setup
else
    unset -f _erumflow_setup
    return 1 2>/dev/null || exit 1
fi
