"""A process that arranges events under a limit of memory or of the size of files, or kills itself on the way.

python sort_until.py FOLDER MEMORY KIND LIMIT FILE...: prints what came out as JSON. KIND is ``memory`` (LIMIT bytes
more than what the process has at the start), ``size`` (LIMIT bytes a file) or ``kill`` (when a file of the name LIMIT
is opened for writing).
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import tempfile
from functools import partial
from pathlib import Path

from analysis.errors import ErumflowError
from analysis.learning.data.sorted_inputs import sort_input_files
from analysis.learning.data.inputs import TrainingInputs


def memory(name: str) -> int:
    """Bytes of this process: ``VmData`` (what it may write), ``VmRSS`` (held now), ``VmHWM`` (held at most)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def set_limit(kind: str, limit: str) -> None:
    if kind == "memory":
        most = memory("VmData") + int(limit)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        Path("/proc/self/clear_refs").write_text("5")  # VmHWM begins anew
    elif kind == "size":
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    else:
        sys.addaudithook(partial(kill_when_opened, limit))


def kill_when_opened(name: str, event: str, arguments: tuple) -> None:
    if event == "open" and Path(str(arguments[0])).name == name and arguments[2] & os.O_ACCMODE != os.O_RDONLY:
        os.kill(os.getpid(), signal.SIGKILL)


def main(folder: str, available: str, kind: str, limit: str, *files: str) -> None:
    # what is imported on the first use counts for no limit
    with tempfile.TemporaryDirectory() as small:
        TrainingInputs.load(Path(files[0]), 0, 10).save(Path(small) / "some.safetensors")
        sort_input_files({"pulses": [Path(small) / "some.safetensors"]}, Path(small), 100)
    set_limit(kind, limit)
    before = memory("VmRSS")
    try:
        arranged = sort_input_files({"pulses": [Path(file) for file in files]}, Path(folder), int(available))
    except ErumflowError as error:
        print(json.dumps({"error": str(error), "kind": type(error).__name__}))
    else:
        held = memory("VmHWM") - before
        print(json.dumps({"digest": arranged.digest, "held": held, "mapped": arranged.mapped, "size": arranged.nbytes}))


if __name__ == "__main__":
    main(*sys.argv[1:])
