"""Compiled programs, kept so that the next training need not compile again."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

from analysis.provenance.environment import host
from tasks.framework.settings import store

__all__ = ["cache_compilations"]


def cache_compilations() -> None:
    """Let JAX keep what it compiles in the store, or in ``$ERUMFLOW_COMPILED``, which stores of a machine may share.

    Call it where a task runs, before JAX is imported or after.
    """
    # a program compiled for one processor may not run on another, and equal names of processors promise nothing
    processor = hashlib.sha256(json.dumps(host(), sort_keys=True).encode()).hexdigest()[:8]
    shared = os.environ.get("ERUMFLOW_COMPILED")
    folder = Path(shared).absolute() / processor if shared else store().workspace(".compiled", processor)
    settings = {
        "jax_compilation_cache_dir": str(folder),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    os.environ.update({name.upper(): str(value) for name, value in settings.items()})
    if jax := sys.modules.get("jax"):
        for name, value in settings.items():
            jax.config.update(name, value)
