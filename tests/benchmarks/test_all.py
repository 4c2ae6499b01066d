"""No benchmark is left without a test that runs it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
FILES = sorted(BENCHMARKS.rglob("*.py"))


def imported(file: Path) -> set[str]:
    """Names of the modules that a file imports, and of what it imports from them."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.rpartition(".")[2] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module.rpartition(".")[2]} | {alias.name for alias in node.names}
    return names


def is_run(file: Path) -> bool:
    """Whether a benchmark has a test that names it, or is imported by another one that has."""
    name = file.relative_to(BENCHMARKS)
    test = Path(__file__).parent / name.with_name(f"test_{file.stem}.py")
    if test.is_file():
        texts = {node.value for node in ast.walk(ast.parse(test.read_text())) if isinstance(node, ast.Constant)}
        if name.as_posix() in texts:
            return True
    return any(is_run(other) for other in FILES if other != file and file.stem in imported(other))


def test_there_are_benchmarks() -> None:
    assert len(FILES) > 15


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(BENCHMARKS).as_posix())
def test_is_run_by_a_test(file: Path) -> None:
    assert is_run(file), f"write tests/benchmarks/.../test_{file.stem}.py, which runs it with its smallest size"
