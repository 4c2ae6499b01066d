"""Where compiled programs are kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.framework.compilation import cache_compilations


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A store; what JAX was told before comes back afterwards."""
    import jax

    names = ("compilation_cache_dir", "persistent_cache_min_compile_time_secs", "persistent_cache_min_entry_size_bytes")
    before = {f"jax_{name}": getattr(jax.config, f"jax_{name}") for name in names}
    for name in before:
        monkeypatch.setenv(name.upper(), "")
    monkeypatch.setenv("ERUMFLOW_STORE", str(tmp_path / "store"))
    yield tmp_path / "store"
    for name, value in before.items():
        jax.config.update(name, value)


@pytest.mark.parametrize("shared", [False, True])
def test_they_are_kept_in_the_store_or_in_a_shared_folder(
    shared: bool, kept: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    folder = tmp_path / "shared"
    monkeypatch.setenv("ERUMFLOW_COMPILED", str(folder) if shared else "")
    cache_compilations()
    found = Path(os.environ["JAX_COMPILATION_CACHE_DIR"])
    # one folder for each kind of processor
    assert found.parent == (folder if shared else kept / ".compiled" / ".workspace")
