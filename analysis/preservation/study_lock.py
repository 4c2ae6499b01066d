"""Lock the packages that a study needs and no lock of the project holds: with versions and digests, as the others."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from analysis.errors import PreservationError

__all__ = ["STUDY_LOCK", "study_lock"]

#: where it lies in a capsule's code; its extra is called ``study``
STUDY_LOCK = "requirements-study.lock"


def study_lock(names: Sequence[str], base: Path, held: Sequence[str]) -> bytes:
    """Lock distributions as they are installed, and what they need.

    Args:
        names: of the distributions.
        base: the project's folder, whose settings say for which systems.
        held: names of locks in it whose packages keep their versions and are left out.

    Returns:
        The text of the lock; no registry's address is in it.

    Raises:
        PreservationError: one of them is not from a registry, or none has it; the message names it.
    """
    asked = "".join(f"{name}=={_version(name)}\n" for name in names)
    options = ["--universal", "--generate-hashes", "--no-emit-index-url", "--no-annotate", "--no-header", "-q"]
    constraints = [word for lock in held for word in ("-c", lock)]
    command = [str(Path(sys.executable).parent / "uv"), "pip", "compile", "-", *options, *constraints]
    # for every Python that serves, or at least for the later ones
    for oldest in dict.fromkeys(("3.11", f"3.{sys.version_info.minor}")):
        done = subprocess.run(
            [*command, "--python-version", oldest], input=asked, cwd=base, capture_output=True, text=True
        )
        if done.returncode == 0:
            return _without(done.stdout, "".join((base / lock).read_text() for lock in held)).encode()
    said = done.stderr.strip().splitlines()[-3:]
    raise PreservationError(
        f"packages that the study needs beyond the lock, {', '.join(names)}, cannot be locked:\n  " + "\n  ".join(said),
        cure="see that a registry that has them is reachable, or do without them",
    )


def _version(name: str) -> str:
    found = metadata.distribution(name)
    if direct := found.read_text("direct_url.json"):
        raise PreservationError(
            f"the study needs {name} {found.version}, which was installed from {json.loads(direct).get('url')}, "
            "so that nobody else can get the same",
            cure="install it from a registry; or as editable (pip install -e), then its code goes into the capsule",
        )
    return found.version


def _without(lock: str, held: str) -> str:
    """The entries of a lock that another one does not have."""
    names = set(re.findall(r"(?m)^([A-Za-z0-9][\w.-]*)==", held))
    entries = re.findall(r"(?m)^(([A-Za-z0-9][\w.-]*)==.*\n(?:[ \t].*\n)*)", lock)
    return "".join(entry for entry, name in entries if name not in names)
