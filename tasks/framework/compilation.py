"""Compiled programs, kept in the store so that the next training need not compile again."""

from __future__ import annotations

import hashlib
import json

from analysis.provenance.environment import host
from tasks.framework.settings import store

__all__ = ["cache_compilations"]


def cache_compilations() -> None:
    """Let JAX keep what it compiles in the store; imports JAX, so call it where a task runs."""
    import jax

    # a program compiled for one processor may not run on another, and equal names of processors promise nothing
    processor = hashlib.sha256(json.dumps(host(), sort_keys=True).encode()).hexdigest()[:8]
    jax.config.update("jax_compilation_cache_dir", str(store().workspace(".compiled", processor)))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
