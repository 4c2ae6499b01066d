from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from types import ModuleType

import pytest

NUMBER = count()


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """``write("physics.py", text)``: a module of a study that lives elsewhere; its top-level package is returned."""
    # sources are kept by name
    package = f"outside{next(NUMBER)}"
    folder = tmp_path / package
    folder.mkdir()
    monkeypatch.syspath_prepend(tmp_path)

    def _write(name: str, text: str) -> str:
        (folder / name).write_text(textwrap.dedent(text), encoding="utf-8")
        importlib.invalidate_caches()
        return package

    yield _write
    for module in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[module]


@pytest.fixture
def physics(write: Callable[..., str]) -> Callable[[str], ModuleType]:
    """``physics(text)``: the imported module of a study."""

    def _physics(text: str) -> ModuleType:
        package = write("physics.py", "import awkward as ak\nimport numpy as np\n" + textwrap.dedent(text))
        return importlib.import_module(f"{package}.physics")

    return _physics
