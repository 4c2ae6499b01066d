#!/usr/bin/env bash
# Makes ready, without starting anything, what the services need, and the validators: from bare a few minutes, later a
# moment. Which one took how long is said. By hand this is needless: what is to come up makes itself ready.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

timed() {
    local begin=$SECONDS
    bash "$@" >/dev/null
    printf '%4d s  %s\n' $((SECONDS - begin)) "$(basename "$1") ${*:2:2}"
}

for script in bubblewrap verilator xrootd s3 sftp slurm; do timed "$here/$script.sh" install; done
timed "$here/slurm.sh" --accounting install
timed "$here/debian.sh" install
timed "$here/htcondor.sh" install
timed "$here/htcondor.sh" project "$here/../.."
for lock in "$here"/../validators/*.lock; do timed "$here/../validators/install.sh" "$(basename "$lock" .lock)"; done
