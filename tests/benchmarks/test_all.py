"""No benchmark is left without a test that runs it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
FILES = sorted(BENCHMARKS.rglob("*.py"))
SCRIPTS = [file for file in FILES if '\nif __name__ == "__main__":' in file.read_text()]


def imported(file: Path) -> set[str]:
    """Names of the modules that a file imports, and of what it imports from them."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.rpartition(".")[2] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module.rpartition(".")[2]} | {alias.name for alias in node.names}
    return names


def test_there_are_benchmarks() -> None:
    assert len(SCRIPTS) > 10


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(BENCHMARKS).as_posix())
def test_is_run_by_a_test(file: Path) -> None:
    if file not in SCRIPTS:
        assert any(file.stem in imported(script) for script in FILES), f"no benchmark imports {file.name}"
        return
    name = file.relative_to(BENCHMARKS).as_posix()
    test = Path(__file__).parent / file.relative_to(BENCHMARKS).with_name(f"test_{file.stem}.py")
    assert test.is_file(), f"{name} has no test: write {test}"
    texts = {node.value for node in ast.walk(ast.parse(test.read_text())) if isinstance(node, ast.Constant)}
    assert name in texts, f"{test} does not run {name}"
