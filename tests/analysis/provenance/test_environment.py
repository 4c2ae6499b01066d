"""What is said about source, software, machine and resources."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from analysis.provenance import environment


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    cached = (environment.source, environment.software, environment.host)
    for function in cached:
        function.cache_clear()
    yield
    for function in cached:
        function.cache_clear()


def test_software():
    found = environment.software()
    assert found["python"] == platform.python_version()
    assert found["packages"]["law"] == metadata.version("law")
    assert list(found["packages"]) == sorted(found["packages"], key=str.lower)
    assert len(found["lock_sha256"]) == 64


@pytest.mark.parametrize("cuda", ["cuda12", "cuda13"])
def test_the_lock_of_a_gpu(cuda: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    plain = environment.software()
    assert plain["lock"] == "requirements.lock"
    info = tmp_path / f"jax_{cuda}_plugin-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: jax-{cuda}-plugin\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    environment.software.cache_clear()
    found = environment.software()
    assert found["lock"] == f"requirements-{cuda}.lock"
    assert len(found["lock_sha256"]) == 64
    assert found["lock_sha256"] != plain["lock_sha256"]


def test_broken_and_hidden_installations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for folder, name, version in (("first", "twice", "2.0"), ("second", "twice", "1.0")):
        info = tmp_path / folder / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (tmp_path / "first" / "broken-1.0.dist-info").mkdir()
    nameless = tmp_path / "first" / "nameless-1.0.dist-info"
    nameless.mkdir()
    (nameless / "METADATA").write_text("Metadata-Version: 2.1\n")
    monkeypatch.syspath_prepend(tmp_path / "second")
    monkeypatch.syspath_prepend(tmp_path / "first")
    packages = environment.software()["packages"]
    assert packages["twice"] == "2.0"  # the one that is imported
    assert "law" in packages


def test_packages_outside_the_lock_have_a_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    info = tmp_path / "own_tools-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: own_tools\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(tmp_path)

    def found(record: str) -> dict[str, str]:
        (info / "RECORD").write_text(record)
        environment.software.cache_clear()
        unlocked = environment.software()["unlocked"]
        assert not {"numpy", "PyYAML"} & unlocked.keys()
        return unlocked["own_tools"]

    first = found("tools.py,sha256=a,5\nown_tools-1.0.dist-info/RECORD,,\n")
    assert first["version"] == "1.0"
    # what is another one in every environment
    assert found("../../bin/tool,sha256=x,9\n__pycache__/tools.pyc,,\ntools.py,sha256=a,5\n") == first
    assert found("tools.py,sha256=b,5\n")["sha256"] != first["sha256"]
    (info / "RECORD").unlink()
    environment.software.cache_clear()
    assert environment.software()["unlocked"]["own_tools"] == {"version": "1.0", "sha256": None}


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def clone(tmp_path: Path, repository: Path) -> Path:
    """The module, with what it needs, in a repository of its own."""
    folder = tmp_path / "clone"
    for name in ("errors.py", "provenance/environment.py", "provenance/locks.py"):
        module = folder / "analysis" / name
        module.parent.mkdir(parents=True, exist_ok=True)
        module.write_text((repository / "analysis" / name).read_text())
    return folder


def source_of(folder: Path) -> dict[str, object]:
    code = "import json; from analysis.provenance.environment import source; print(json.dumps(source()))"
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], cwd=folder, env=variables | {"PYTHONPATH": str(folder)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_source(clone: Path):
    git(clone, "init", "-q")
    git(clone, "add", ".")
    git(clone, "commit", "-q", "-m", "x")
    commit = git(clone, "rev-parse", "HEAD")
    assert source_of(clone) == {"commit": commit, "dirty": False}
    (clone / "new.txt").write_text("x")
    assert source_of(clone) == {"commit": commit, "dirty": True}


def test_no_source(clone: Path):
    assert source_of(clone) == {"commit": None, "dirty": None}


def test_another_repository_around_is_not_the_source(clone: Path):
    outer = clone.parent
    git(outer, "init", "-q")
    (outer / "other.txt").write_text("x")
    git(outer, "add", "other.txt")
    git(outer, "commit", "-q", "-m", "x")
    assert source_of(clone) == {"commit": None, "dirty": None}


def test_host():
    found = environment.host()
    assert found["name"] == platform.node()
    assert found["cores"] >= 1
    assert found["processor"] is not None


@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="the system has no /proc/cpuinfo")
def test_instruction_sets_have_a_digest_whatever_their_order():
    found = environment.host()["features"]
    assert re.fullmatch("[0-9a-f]{12}", found)
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = next(line for line in lines if line.startswith(("flags", "Features"))).partition(":")[2].split()
    assert found == hashlib.sha256(" ".join(sorted(names)).encode()).hexdigest()[:12]


def test_device_without_and_with_jax():
    code = (
        "import sys; from analysis.provenance import environment as e; assert 'jax' not in sys.modules;"
        "first = e.device(); assert 'jax' not in sys.modules; import jax; print(first, e.device(), sep=';')"
    )
    variables = os.environ | {"JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "cpu;cpu"


def test_time_and_memory():
    measurement = environment.Measurement()
    block = np.ones(30_000_000)  # 240 MB
    end = time.process_time() + 0.05
    while time.process_time() < end:
        block[:1000].sum()
    found = measurement.stop()
    size = block.nbytes
    del block
    assert found["seconds"] >= 0.05
    assert 0.04 <= found["cpu_seconds"] <= found["seconds"] * os.cpu_count() + 0.1
    assert found["peak_memory_bytes"] > size
    start, stop = datetime.fromisoformat(found["start"]), datetime.fromisoformat(found["end"])
    assert start.utcoffset() is not None
    assert abs((stop - start).total_seconds() - found["seconds"]) < 0.1


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="the system cannot begin a peak anew")
def test_the_peak_of_an_earlier_task_is_not_counted():
    before = environment.Measurement()
    block = np.ones(30_000_000)
    size = block.nbytes
    del block
    assert before.stop()["peak_memory_bytes"] - environment.Measurement().stop()["peak_memory_bytes"] > 0.8 * size
