"""Running benchmarks with their smallest sizes, so that none rots."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.tasks.conftest import author as author
from tests.tasks.conftest import trained as trained
from tests.tasks.project import Project, new_project


@pytest.fixture
def project(repository: Path, tmp_path: Path) -> Project:
    """A copy of the project with an empty store; its study is ``airshower``."""
    return new_project(repository, tmp_path, "airshower", None)


@pytest.fixture
def benchmark(repository: Path) -> Callable[..., str]:
    """Run a script of benchmarks/ in a process of its own, and return what it printed."""

    def run(script: str, *options: str, environment: Mapping[str, str] = os.environ) -> str:
        command = [sys.executable, str(repository / "benchmarks" / script), *options]
        done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, timeout=540)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture
def benchmark_here(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Run a script of benchmarks/ in this process, where what it imports is there already; return what it printed."""

    def run(script: str, *options: str) -> str:
        file = repository / "benchmarks" / script
        monkeypatch.setattr(sys, "argv", [str(file), *options])
        monkeypatch.setattr(sys, "path", [str(file.parent), *sys.path])
        spec = importlib.util.spec_from_file_location(file.stem, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        # dataclasses look their module up
        monkeypatch.setitem(sys.modules, file.stem, module)
        spec.loader.exec_module(module)
        module.main()
        return capsys.readouterr().out

    return run


def rows(printed: str) -> list[list[str]]:
    """The cells of all lines of tables."""
    lines = [line for line in printed.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
