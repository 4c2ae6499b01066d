#!/usr/bin/env bash
# Makes the environment of a validator, or of another program, once, and prints where it is:
#
#     bash tests/validators/install.sh NAME        # of the lock beside this file
#     bash tests/validators/install.sh FILE.lock
#
# Each has one of its own: reana-commons and cffconvert hold jsonschema back, which the project needs newer. After a change
# of a version in the lists below, make the lock again:
#   echo LIST | tr ' ' '\n' | uv pip compile - -q --universal --python-version 3.11 --generate-hashes --no-annotate \
#     --no-header --no-emit-index-url --no-emit-find-links -o NAME.lock
#
#     roc-validator    roc-validator==0.13.0
#     reana-commons    reana-commons==0.9.11 setuptools<81    (it needs pkg_resources, which later ones have not)
#     cffconvert       cffconvert==2.0.0 setuptools<81
#     prov             prov==3.2.3
#     huggingface-hub  huggingface-hub==2.4.0
#     mlcroissant      mlcroissant==1.1.1 setuptools          (a package comes as source)
# Peers of benchmarks, in benchmarks/graph:
#     b2luigi          b2luigi==1.3.0
#     snakemake        snakemake==9.27.1 setuptools        (a package comes as source)
set -euo pipefail

name="${1:?usage: install.sh NAME or install.sh FILE.lock}"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
case "$name" in
    *.lock) lock="$name" name="$(basename "$name" .lock)" ;;
    *) lock="$here/$name.lock" ;;
esac
root="${ERUMFLOW_VALIDATORS:-/var/tmp/erumflow-validators}"
venv="$root/$name"
command -v uv >/dev/null || { echo "install.sh: there is no uv; source setup.sh first" >&2; exit 1; }
# not the interpreter of a virtual environment, which may go
python="$(python3 -c 'import sys; print(getattr(sys, "_base_executable", None) or sys.executable)')"
state="$(cat "$lock" "${BASH_SOURCE[0]}" | cksum) $("$python" -VV)"

mkdir -p "$root"
# several sessions of pytest may want it
exec 9>"$root/$name.turn"
flock 9
if [ "$(cat "$venv/.made" 2>/dev/null)" != "$state" ]; then
    export UV_PYTHON_DOWNLOADS=never UV_NO_CACHE=1
    unset VIRTUAL_ENV PYTHONPATH
    rm -rf "$venv"
    uv -q venv --python "$python" "$venv"
    # what comes as source is built with the locked setuptools, not with whatever is the newest on that day
    awk '/^[a-z0-9]/ { keep = /^setuptools==/ } keep' "$lock" >"$venv/first.txt"
    [ ! -s "$venv/first.txt" ] || uv -q pip install --python "$venv/bin/python" --require-hashes -r "$venv/first.txt"
    uv -q pip install --python "$venv/bin/python" --require-hashes --no-build-isolation -r "$lock"
    printf '%s\n' "$state" >"$venv/.made"
fi
printf '%s\n' "$venv"
