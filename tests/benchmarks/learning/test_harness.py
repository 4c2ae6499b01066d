from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "benchmarks" / "learning"
# peers that work for a known time, and whose numbers are the same to 1e-6
SCRIPT = """
import time
from functools import partial
from harness import Case, Peer, main

def build(milliseconds, offset, cores):
    return Peer(lambda steps: time.sleep(steps * milliseconds / 1000), lambda: [1.0, 2.0 + offset])

def case(offset):
    peers = {"short": partial(build, 2, 0.0), "long": partial(build, 6, offset)}
    return Case(f"naps {offset}", events=10, steps=5, peers=peers)

if __name__ == "__main__":
    main("Naps.", [case(1e-6), case(1e-3)])
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = folder / "naps.py"
    script.write_text(SCRIPT)
    command = [sys.executable, str(script), "--rounds", "5", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(FOLDER)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_ratio_of_times_by_which_peers_differ(tmp_path: Path) -> None:
    done = run(tmp_path, "--only", "naps 1e-06")
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"\| naps 1e-06 \| (\w+) \| (\d+) \| \S+ \| (?:1|\*\*([\d.]+)\*\* .*) \|", done.stdout)
    assert [name for name, *_ in rows] == ["short", "long"]
    # naps end late, never early
    assert float(rows[0][1]) >= 2000
    assert float(rows[1][1]) >= 6000
    assert 1.5 < float(rows[1][2]) < 3.5


def test_refuses_peers_that_compute_something_else(tmp_path: Path) -> None:
    done = run(tmp_path, "--only", "naps 0.001")
    assert done.returncode != 0
    assert "long differs by 0.0005; it is no peer" in done.stderr


@pytest.mark.parametrize("arguments", [("--cores", "100000"), ("--cores", "2", "--clock", "cpu")])
def test_refuses_what_it_cannot_measure(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(tmp_path, *arguments)
    assert done.returncode == 2
    assert "processors" in done.stderr or "one core" in done.stderr
