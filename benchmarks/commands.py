"""What the commands that a user gives cost: the whole graph of each study from nothing, again, and ``--help``.

    python benchmarks/commands.py [--runs 5] [--whole 1] [--task TrainModel] [--studies airshower,htautau]

The peer of ``--help`` is a program that only imports law; both run in turn. Memory is the most that a command has held
at once (resident), the store what it has left on disk.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.measuring import Cost, measure

LAW = str(Path(sys.executable).parent / "law")


def row(name: str, costs: list[Cost]) -> None:
    def median(field: str) -> float:
        return statistics.median(getattr(cost, field) for cost in costs)

    store = f"{median('store'):.0f}" if costs[0].store else ""
    cells = (name, f"{median('wall'):.2f}", f"{median('processor'):.2f}", f"{median('memory'):.0f}", store)
    print("|", " | ".join((*cells, str(len(costs)))), "|", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="of the short commands")
    parser.add_argument("--whole", type=int, default=1, help="runs of the whole graph")
    parser.add_argument("--task", default="TrainModel", help="what is run")
    parser.add_argument("--studies", default="airshower,htautau", help="separated by commas")
    parser.add_argument("--statistics", default="", help="how many events are simulated")
    options = parser.parse_args()

    print("| command | wall, s | processor, s | memory, MiB | store, MiB | runs (median) |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for study in options.studies.split(","):
        command = [LAW, "run", options.task, "--study", study]
        if options.statistics:
            command += ["--statistics", options.statistics]
        shown = f"`{' '.join(['law', *command[1:]])}`"
        whole = []
        with tempfile.TemporaryDirectory() as folder:
            for i in range(options.whole):
                environment = os.environ | {"ERUMFLOW_STORE": f"{folder}/{i}"}
                whole.append(measure(command, environment))
                files = [path for path in Path(folder, str(i)).rglob("*") if path.is_file()]
                whole[-1].store = sum(path.stat().st_size for path in files) / 2**20
            row(f"{shown}, empty store", whole)
            if options.runs:
                row(f"{shown}, again", [measure(command, environment) for _ in range(options.runs)])
    if not options.runs:
        return
    helps, peers = [], []
    for _ in range(options.runs):
        helps.append(measure([LAW, "run", options.task, "--help"], dict(os.environ)))
        peers.append(measure([sys.executable, "-c", "import law"], dict(os.environ)))
    row(f"`law run {options.task} --help`", helps)
    row('`python -c "import law"`', peers)
    ratio = statistics.median(a.processor / b.processor for a, b in zip(helps, peers, strict=True))
    print(f"\n--help costs {ratio:.2f} times the processor time of importing law (median of pairs)")


if __name__ == "__main__":
    main()
