"""Environment variables and the interpreter of a rerun.

Only the standard library is used: a stranger has nothing else.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from analysis.errors import PreservationError
from analysis.preservation.description import Description
from analysis.settings import folders_text
from analysis.variables import BATCH, PACKAGES, SYSTEM, has_password, taken_over

__all__ = ["COMPILED", "check_variables", "interpreter", "surroundings", "wheels_variables"]

#: folder of a rerun's compiled programs
COMPILED = "compiled"
# what belongs to another erumflow, or decides how Python and JAX compute, is handed over by no means
_FOREIGN = ("ERUMFLOW_", "LAW_", "LUIGI_", "PYTHON", "VIRTUAL_ENV", "JAX_", "XLA_", "MPLCONFIGDIR", "BASH_", "LD_")


def check_variables(names: Sequence[str]) -> None:
    """See that variables that are to be handed over are there, and decide no result.

    Raises:
        PreservationError: one is not set, or is none that a rerun may be given.
    """
    for name in names:
        if name.startswith(_FOREIGN):
            raise PreservationError(
                f"the variable {name} is not handed over to a rerun: it decides how programs compute, or where",
                cure="leave it out of --variables; folders, mirrors and JAX have options of their own",
            )
        if name not in os.environ:
            raise PreservationError(
                f"there is no environment variable {name} to hand over", cure="set it, or leave it out of --variables"
            )


def surroundings(
    description: Description,
    *,
    folder: Path,
    mirrors: Sequence[Path],
    named: Sequence[str] = (),
    jobs: bool = False,
    jax: str = "",
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, str]:
    """The environment of everything that runs: what programs need, and nothing that opens a door.

    Args:
        description: of the capsule.
        folder: that it is unpacked in.
        mirrors: folders with copies of inputs.
        named: variables that the user hands over besides.
        jobs: whether a batch system has to be found.
        jax: what JAX runs on; empty for what the capsule was made with.
        say: is told what is held back.

    Raises:
        PreservationError: the folders' names can be listed in no variable, or there is no Python that serves.
    """
    kept = taken_over((*SYSTEM, *PACKAGES, *(BATCH if jobs else ())))
    if closed := sorted(name for name, value in kept.items() if name not in named and has_password(value)):
        say(f"not handed over, for it has a password: {', '.join(closed)}; if the capsule may see it: --variables")
    kept = {name: value for name, value in kept.items() if name not in closed} | {n: os.environ[n] for n in named}
    wheels = folder / "wheels"
    kept |= {
        "ERUMFLOW_STORE": str(folder / "store"),
        "ERUMFLOW_PYTHON": interpreter(description, must=wheels.is_dir()),
        # requirements-NAME.lock, or requirements.lock
        "ERUMFLOW_JAX": jax or description.lock.removesuffix(".lock").partition("-")[2] or "cpu",
    }
    # native code: neither from elsewhere nor left elsewhere, and private where the disk knows permissions
    compiled = folder / COMPILED
    # an earlier rerun may have left one
    if compiled.is_symlink():
        compiled.unlink()
    compiled.mkdir(mode=0o700, exist_ok=True)
    if not compiled.stat().st_mode & 0o22:
        kept["ERUMFLOW_COMPILED"] = str(compiled)
    if mirrors:
        try:
            kept["ERUMFLOW_MIRROR"] = folders_text(mirrors)
        except ValueError as error:
            raise PreservationError(
                f"folders with copies cannot be listed: {error}",
                cure="rename it, or name another one: --folder, --mirror",
            ) from None
    if pip := sorted(folder.glob("wheels/pip-*.whl")) + sorted(folder.glob("environment/pip-*.whl")):
        kept["ERUMFLOW_PIP"] = str(pip[0])
    if wheels.is_dir():
        for name in ("PIP_EXTRA_INDEX_URL", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_INDEX", "UV_DEFAULT_INDEX"):
            kept.pop(name, None)
        kept |= wheels_variables(wheels)
    return kept


def wheels_variables(wheels: Path) -> dict[str, str]:
    """Variables by which pip and uv install from a folder and from nowhere else."""
    # as an address: in a name, blanks and commas would end it
    place = wheels.as_uri()
    pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": place, "PIP_CONFIG_FILE": os.devnull}
    return pip | {"UV_NO_INDEX": "1", "UV_FIND_LINKS": place, "UV_OFFLINE": "1", "UV_NO_CONFIG": "1"}


def interpreter(description: Description, *, must: bool) -> str:
    """The interpreter for the environment: of the preserved version if there is one.

    Args:
        description: of the capsule.
        must: whether no other one serves.

    Raises:
        PreservationError: there is none of that version.
    """
    wanted = ".".join(description.python.split(".")[:2])
    own = ".".join(map(str, sys.version_info[:2]))
    if own == wanted:
        return sys.executable
    found = shutil.which(f"python{wanted}")
    works = found and subprocess.run([found, "-I", "-c", ""], capture_output=True).returncode == 0
    if must and not works:
        raise PreservationError(
            f"the wheels in the capsule are for Python {wanted}, and this is Python {own}",
            cure=f"install Python {wanted} and start again: python{wanted} ...",
        )
    return str(found) if works else sys.executable
