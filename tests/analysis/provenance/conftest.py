"""Packages of code that tests write and change."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from analysis.provenance import fingerprint, task_code


def forget() -> None:
    """Forget what was read of modules, as a new process does."""
    for cached in (
        fingerprint.module_source,
        fingerprint._digest_and_imports,
        fingerprint._package_folders,
        task_code._classes,
        task_code.class_fingerprint,
    ):
        cached.cache_clear()
    importlib.invalidate_caches()


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """``write({"package/module.py": text})``: (re)write files in a folder that Python imports from."""
    folder = tmp_path / "code"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)

    def write(files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        forget()

    yield write
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(sys.modules[name].__file__).startswith(str(folder)):
            del sys.modules[name]
    forget()
