"""What starts a capsule, whatever Python somebody has."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.preservation import launcher

from .rerunnable import made

SOURCE = Path(launcher.__file__).read_text()
# as far as they are here
OLD = [Path(f"/usr/bin/python{version}") for version in ("2.7", "3.6", "3.8", "3.9", "3.10", "3.14")]
OLD += sorted((Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions").glob("*/bin/python"))


def old_pythons() -> list[Path]:
    """Interpreters of this machine that do not serve."""
    ask = launcher.ASK.replace("not (3", "(3")
    return [path for path in OLD if path.exists() and subprocess.run([path, "-c", ask]).returncode == 0]


@pytest.fixture
def capsule(tmp_path: Path) -> Path:
    return made(tmp_path)


def test_its_words_are_old() -> None:
    tree = ast.parse(SOURCE, feature_version=(3, 0))
    kinds = {type(node) for node in ast.walk(tree)}
    # each is newer than Python 2.7
    assert not kinds & {ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.AsyncFunctionDef, ast.Nonlocal, ast.Starred}
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert not any(node.returns or any(one.annotation for one in node.args.args) for node in functions)


def pretending(version: str, capsule: Path, *arguments: str, path: str) -> subprocess.CompletedProcess[str]:
    """Start a capsule with this interpreter, made to say that it is another one."""
    code = (
        f"import runpy, sys; sys.version_info = {version}; sys.argv = {[str(capsule), *arguments]!r};"
        f"runpy.run_path({str(capsule)!r}, run_name='__main__')"
    )
    return subprocess.run([sys.executable, "-c", code], env={"PATH": path}, capture_output=True, text=True)


@pytest.mark.parametrize("version", ["(3, 9, 1)", "(3, 14, 0)", "(2, 7, 18)"])
def test_another_python_is_found_or_asked_for(capsule: Path, tmp_path: Path, version: str) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    # a name without a version behind it
    (programs / "python3.13").write_text("#!/bin/sh\nexit 127\n")
    (programs / "python3.13").chmod(0o755)
    done = pretending(version, capsule, "verify", path=str(programs))
    assert done.returncode == 2
    assert "needs Python 3.11, 3.12 or 3.13" in done.stderr
    assert version.strip("()").replace(", ", ".") in done.stderr
    (programs / "python3.11").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (programs / "python3.11").chmod(0o755)
    done = pretending(version, capsule, "verify", path=str(programs))
    assert (done.returncode, done.stdout.split()[-1]) == (0, "says"), done.stderr


@pytest.mark.skipif(not old_pythons(), reason="there is no Python that does not serve")
def test_with_old_pythons(capsule: Path) -> None:
    for python in old_pythons():
        done = subprocess.run([python, capsule], env={"PATH": "/nowhere"}, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (2, ""), (python, done.stderr)
        assert done.stderr.startswith("erumflow: a capsule needs Python 3.11, 3.12 or 3.13; this is Python"), python
