"""Running a script where nothing is installed but what networks are trained with."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

__all__ = ["LEARNING", "hidden_modules", "run_alone"]

LEARNING = ("jax", "flax", "optax", "numpy", "safetensors")
# what comes with Python's own environments
_ALWAYS = {"pip", "setuptools", "wheel"}
_SCRIPT = """
import runpy, sys

class Hidden:
    modules = set({hidden!r})

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.modules:
            raise ModuleNotFoundError(f"no module named {{name!r}}: it is no part of learning", name=name)

sys.meta_path.insert(0, Hidden())
sys.argv = {arguments!r}
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def hidden_modules() -> set[str]:
    """Modules of installed packages that are not among :data:`LEARNING`, nor required by any of them."""
    kept, left = set(_ALWAYS), list(LEARNING)
    while left:
        name = canonicalize_name(left.pop())
        if name not in kept:
            kept.add(name)
            needed = [Requirement(text) for text in requires(name) or ()]
            left += [one.name for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    return {
        module
        for module, packages in packages_distributions().items()
        if not {canonicalize_name(package) for package in packages} & kept
    }


def run_alone(script: Path, *arguments: str, fails: bool = False) -> str:
    """What a script prints, in a process without :func:`hidden_modules` and with code that compiles fast."""
    code = _SCRIPT.format(hidden=sorted(hidden_modules()), arguments=[str(script), *arguments])
    environment = {**os.environ, "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=540)
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr
