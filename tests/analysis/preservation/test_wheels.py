"""Packages from inside a capsule, installed where no network is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.errors import PreservationError
from analysis.preservation.surroundings import wheels_variables
from analysis.preservation.wheels import PIP, fetch, fetch_pip

REPOSITORY = Path(__file__).resolve().parents[3]
# what law itself needs, and what setup.sh installs with
NEEDED = {
    *("law", "luigi", "setuptools", "uv", "six", "python-daemon", "lockfile", "python-dateutil", "tenacity", "tornado"),
    "typing-extensions",
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A project of one task, with the part of the lock that law needs, in a folder whose name is not easy."""
    folder = tmp_path / "a capsule, unpacked" / "source"
    (folder / "tasks").mkdir(parents=True)
    (folder / "analysis").mkdir()
    (folder / "tasks" / "__init__.py").touch()
    (folder / "tasks" / "one.py").write_text("import law\n\n\nclass One(law.Task):\n    def run(self): ...\n")
    (folder / "law.cfg").write_text("[modules]\ntasks.one\n")
    shutil.copy(REPOSITORY / "setup.sh", folder)
    entries = re.findall(
        r"(?m)^(?:[A-Za-z0-9._-]+)==.*\n(?:    .*\n?)+", (REPOSITORY / "requirements.lock").read_text()
    )
    chosen = [entry for entry in entries if entry.partition("==")[0] in NEEDED]
    assert len(chosen) == len(NEEDED)
    (folder / "requirements.lock").write_text("".join(chosen))
    return folder


def without_network(*command: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command that reaches no network: in a namespace of its own where that is allowed."""
    unshare = ["unshare", "--map-root-user", "--net"]
    alone = shutil.which("unshare") and subprocess.run([*unshare, "true"], capture_output=True).returncode == 0
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "UV_DEFAULT_INDEX": "http://127.0.0.1:9/"}
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), **nowhere, **variables}
    words = [*(unshare if alone else []), *command]
    return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300)


@pytest.mark.network
def test_an_environment_from_wheels_alone(source: Path, tmp_path: Path) -> None:
    wheels = source.parent / "wheels"
    files = fetch([source / "requirements.lock"], wheels)
    assert len(files) == len(NEEDED) + 1
    assert [file.name for file in files if file.suffix != ".whl"] == ["law-0.1.21.tar.gz"]
    (home := tmp_path / "home").mkdir()
    # Debian's python3 has no ensurepip; its packages of one's own are not for the environment
    bare = tmp_path / "python3"
    hidden = "import sys; sys.modules['ensurepip'] = None; exec(sys.argv.pop(1))"
    bare.write_text(
        f'#!/bin/sh\nif [ "$2" = -c ]; then exec "{sys.executable}" -I -c "{hidden}" "$3"; fi\n'
        f'exec "{sys.executable}" "$@"\n'
    )
    bare.chmod(0o755)
    variables = {"ERUMFLOW_PYTHON": str(bare), **wheels_variables(wheels)}
    script = 'source "$0/setup.sh" && law index && python -c "import law, luigi, sys; print(sys.prefix)"'
    done = without_network("bash", "-c", script, str(source), home=home, **variables)
    assert "its module venv is missing" in done.stderr
    variables["ERUMFLOW_PIP"] = str(next(wheels.glob("pip-*.whl")))
    done = without_network("bash", "-c", script, str(source), home=home, **variables)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(source / ".venv")
    assert "uv could not" not in done.stderr
    assert "tasks.one:One:" in (source / ".law" / "index").read_text()
    assert list(home.iterdir()) == []


@pytest.mark.network
def test_what_is_not_what_the_lock_says_is_refused(source: Path) -> None:
    lock = source / "requirements.lock"
    lock.write_text(re.sub("sha256:....", "sha256:0000", lock.read_text()))
    with pytest.raises(PreservationError, match="could not be fetched"):
        fetch([lock], source / "wheels")


@pytest.mark.network
def test_pip_comes_by_its_digest(tmp_path: Path) -> None:
    file = fetch_pip(tmp_path / "a folder")
    assert file.stat().st_size < 2_000_000
    assert f"pip=={file.name.split('-')[1]} " in PIP
