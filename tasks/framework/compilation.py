"""Compiled programs, kept so that the next training need not compile again."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from analysis.errors import StoreError
from analysis.provenance.environment import host
from analysis.provenance.private_folder import open_private
from tasks.framework.kept_programs import KeptPrograms, use_in_jax
from tasks.framework.reporting import tell_warning

__all__ = ["cache_compilations"]

_NAMED = "ERUMFLOW_COMPILED"


def cache_compilations() -> None:
    """Let JAX keep what it compiles in a folder of this user's, as it is native code that runs with the user's rights.

    That is ``$ERUMFLOW_COMPILED``, else ``erumflow/compiled`` in ``$XDG_CACHE_HOME`` or ``~/.cache``, else a folder in
    the system's one for temporary files. Call it where a task runs, before JAX is imported or after.

    Raises:
        StoreError: ``$ERUMFLOW_COMPILED`` is a link, belongs to somebody else, or may be written to by others.
    """
    programs = _programs(os.environ.get(_NAMED, ""), os.environ.get("XDG_CACHE_HOME", ""), os.environ.get("HOME", ""))
    settings: dict[str, Any] = {"jax_enable_compilation_cache": programs is not None}
    if programs is not None:
        settings |= {
            "jax_compilation_cache_dir": str(programs.folder),
            "jax_persistent_cache_min_compile_time_secs": 0.0,
            "jax_persistent_cache_min_entry_size_bytes": -1,
            # files that XLA writes beside, which nobody checks
            "jax_persistent_cache_enable_xla_caches": "none",
        }
        use_in_jax(programs)
    os.environ.update({name.upper(): str(value) for name, value in settings.items()})
    if jax := sys.modules.get("jax"):
        for name, value in settings.items():
            jax.config.update(name, value)


@cache
def _programs(named: str, caches: str, home: str) -> KeptPrograms | None:
    """The programs in the first folder that serves, once a process; ``None`` if none does."""
    # a program compiled for one processor may not run on another, and equal names of processors promise nothing
    processor = hashlib.sha256(json.dumps(host(), sort_keys=True).encode()).hexdigest()[:8]
    problem = ""
    for parent, names in _candidates(named, caches, home):
        of_variable = f"${_NAMED}: " if named and not problem else ""
        try:
            descriptor = open_private(parent, *names, processor)
        except StoreError as error:
            if of_variable:
                raise StoreError(f"{of_variable}{error.problem}", cure=error.cure) from None
            problem = error.problem
        except OSError as error:
            problem = f"{parent.joinpath(*names, processor)}: {error.strerror}"
            if of_variable:
                tell_warning(f"compiled programs are kept elsewhere: {of_variable}{problem}")
        else:
            return KeptPrograms(parent.joinpath(*names, processor), descriptor, tell_warning)
    tell_warning(f"compiled programs are not kept: {problem}")
    return None


def _candidates(named: str, caches: str, home: str) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Yield folders that are there or may be made, each with the names of those in it that have to be the user's."""
    if named:
        folder = Path(named).absolute()
        yield folder.parent, (folder.name,)
    if os.path.isabs(caches):
        yield Path(caches, "erumflow"), ("compiled",)
    elif os.path.isabs(home) and os.path.isdir(home):
        yield Path(home, ".cache", "erumflow"), ("compiled",)
    yield Path(tempfile.gettempdir()), (f"erumflow-{os.geteuid()}", "compiled")
