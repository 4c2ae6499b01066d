"""Packages of code that tests write and change, and file systems that are full or may not be written."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from analysis.provenance import (
    distributions,
    fingerprint,
    import_effects,
    keys,
    members,
    modules,
    origin,
    reach,
    unfollowed,
    usage,
)


def forget() -> None:
    """Forget what was read of modules, as a new process does."""
    for cached in (
        distributions._distributions,
        distributions._listed,
        distributions.content_of,
        distributions.distribution_in,
        fingerprint._reached,
        members.class_fingerprint,
        members.method_fingerprint,
        modules.compiled_module,
        modules.is_namespace,
        modules.module_source,
        origin.is_first_party,
        origin.package_folders,
        origin.places_of,
        origin.unlocked_distribution,
        import_effects.statements_with_effects,
        reach._exists,
        reach._imports_of,
    ):
        cached.cache_clear()
    import_effects._known.clear()
    unfollowed._told.clear()
    keys._described.clear()
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


Mount = Callable[[str], Path]


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """``mount("size=1m")``: an empty file system in memory with these options."""
    mounted: list[Path] = []

    def mount(options: str) -> Path:
        folder = tmp_path / f"mount{len(mounted)}"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("mounting a file system is not permitted here")
        mounted.append(folder)
        return folder

    yield mount
    for folder in reversed(mounted):
        usage.leave(folder)
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder in which permissions bind: the test runs as a user that is not root."""
    root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if root:
            folder.chmod(0o755)
            inner = folder / "own"
            inner.mkdir()
            os.chown(inner, 65534, 65534)
            os.seteuid(65534)
            folder = inner
        try:
            yield folder
        finally:
            if root:
                os.seteuid(0)
            for path in [folder, *folder.rglob("*")]:
                path.chmod(0o700)
