"""Time of the commands that a user gives: the whole graph from nothing, again, and ``--help``.

    python benchmarks/commands.py [--runs 5] [--whole 1]

The peer of ``--help`` is a program that only imports law; both run in turn.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LAW = str(Path(sys.executable).parent / "law")


def measure(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds of wall and of processor time."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def row(name: str, times: list[tuple[float, float]]) -> None:
    wall, cpu = (statistics.median(values) for values in zip(*times, strict=True))
    print(f"| {name} | {wall:.2f} | {cpu:.2f} | {len(times)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="of the short commands")
    parser.add_argument("--whole", type=int, default=1, help="runs of the whole graph")
    options = parser.parse_args()

    print("| command | wall, s | processor, s | runs (median) |")
    print("| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        whole = []
        for i in range(options.whole):
            environment = os.environ | {"ERUMFLOW_STORE": f"{folder}/{i}"}
            whole.append(measure([LAW, "run", "TrainModel"], environment))
        row("`law run TrainModel`, empty store", whole)
        row(
            "`law run TrainModel`, again",
            [measure([LAW, "run", "TrainModel"], environment) for _ in range(options.runs)],
        )
    helps, peers = [], []
    for _ in range(options.runs):
        helps.append(measure([LAW, "run", "TrainModel", "--help"], environment))
        peers.append(measure([sys.executable, "-c", "import law"], environment))
    row("`law run TrainModel --help`", helps)
    row('`python -c "import law"`', peers)
    ratio = statistics.median(a[1] / b[1] for a, b in zip(helps, peers, strict=True))
    print(f"\n--help costs {ratio:.2f} times the processor time of importing law (median of pairs)")


if __name__ == "__main__":
    main()
