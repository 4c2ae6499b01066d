"""Packages inside a capsule, for the day when no registry serves them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from analysis.errors import PreservationError

__all__ = ["PIP", "fetch", "fetch_pip"]

#: what installs the others where Python comes without it
PIP = "pip==25.3 --hash=sha256:9655943313a94722b7774661c21049070f6bbb0a1516bf02f7c8d5d9201514cd"
# what is published as source only; setup.sh builds it
_FROM_SOURCE = "law"


def fetch(locks: Sequence[Path], folder: Path) -> list[Path]:
    """Fetch the wheels of all packages of locks, for this Python and platform, of law the source, and pip's wheel.

    Args:
        locks: with hashes; every file is checked.
        folder: to put them into; what it holds already is not fetched again.

    Returns:
        The files, sorted by name.

    Raises:
        PreservationError: one cannot be fetched, or is not what the lock says.
    """
    fetch_pip(folder)
    chosen = [word for lock in locks for word in ("-r", str(lock))]
    _download(folder, "--no-build-isolation", "--no-binary", _FROM_SOURCE, *chosen)
    return sorted(path for path in folder.iterdir() if path.is_file())


def fetch_pip(folder: Path) -> Path:
    """Fetch the wheel of pip that :data:`PIP` names.

    Args:
        folder: to put it into.

    Raises:
        PreservationError: it cannot be fetched, or is another one.
    """
    with tempfile.TemporaryDirectory() as aside:
        requirement = Path(aside, "pip.txt")
        requirement.write_text(f"{PIP}\n")
        _download(folder, "-r", str(requirement))
    version = PIP.split()[0].partition("==")[2]
    return folder / f"pip-{version}-py3-none-any.whl"


def _download(folder: Path, *arguments: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    options = [
        "--require-hashes",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--disable-pip-version-check",
        "--no-input",
        "-q",
    ]
    command = [sys.executable, "-m", "pip", "download", *options, "-d", str(folder), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        said = done.stdout.strip().splitlines()[-3:]
        raise PreservationError(
            "packages could not be fetched: " + "\n  ".join(said),
            cure="pip has to be in this environment (source setup.sh), and a registry reachable",
        )
