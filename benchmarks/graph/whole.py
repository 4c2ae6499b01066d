"""Whole graphs from nothing with one and with several workers, in turn, and the critical path that bounds them.

    python benchmarks/graph/whole.py [--rounds 3] [--workers 1,2]
    python benchmarks/graph/whole.py --commands "Report --study airshower" --arguments "--statistics small"

Real data of htautau are read from $ERUMFLOW_MIRROR, as by any command. Every run has an empty store of its own, so
programs are compiled anew; the critical path is that of the last run with the first number of workers.
"""

from __future__ import annotations

import argparse
import os
import shlex
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.graph.critical_path import Step, read_steps, tell
from benchmarks.measuring import Cost, measure

LAW = str(Path(sys.executable).parent / "law")
COMMANDS = ("PrepareTraining --study airshower", "Report --study airshower", "Report --study htautau")


def run(words: list[str], workers: int) -> tuple[Cost, dict[tuple[str, str], Step]]:
    """One command from an empty store, and how its records were made."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"ERUMFLOW_STORE": f"{folder}/store", "ERUMFLOW_COMPILED": f"{folder}/compiled"}
        cost = measure([LAW, "run", *words, "--workers", str(workers)], environment)
        return cost, read_steps(Path(folder, "store"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commands", default=",".join(COMMANDS), help="task and parameters, separated by commas")
    parser.add_argument("--arguments", default="", help="further parameters of all of them")
    parser.add_argument("--workers", default="1,2", help="numbers of workers; ratios are to the first")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    workers = [int(number) for number in options.workers.split(",")]
    for command in options.commands.split(","):
        print(f"load of the machine before: {os.getloadavg()[0]:.1f}\n", flush=True)
        words = [*shlex.split(command), *shlex.split(options.arguments)]
        costs: dict[int, list[Cost]] = {number: [] for number in workers}
        made: dict[int, dict[tuple[str, str], Step]] = {}
        for _ in range(options.rounds):
            for number in workers:
                cost, made[number] = run(words, number)
                costs[number].append(cost)
        if len({frozenset(steps) for steps in made.values()}) > 1:
            raise SystemExit("the number of workers has changed which records there are")
        print(f"| `law run {shlex.join(words)}` | wall, s | over {workers[0]} | processor, s | memory, MiB | rounds |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for number, some in costs.items():
            pairs = zip(some, costs[workers[0]], strict=True)
            ratio = statistics.median(cost.wall / first.wall for cost, first in pairs)
            wall, processor, memory = (
                statistics.median(getattr(c, field) for c in some) for field in ("wall", "processor", "memory")
            )
            name = f"{number} worker{'s' * (number != 1)}"
            print(f"| {name} | {wall:.1f} | {ratio:.2f} | {processor:.1f} | {memory:.0f} | {len(some)} |")
        print(flush=True)
        tell(made[workers[0]])
        print(flush=True)


if __name__ == "__main__":
    main()
