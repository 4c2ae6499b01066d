"""Overhead of a branch: one workflow of small results in this project, law, luigi, b2luigi and snakemake, in turn.

    python benchmarks/graph/records.py                                          # 1,000 results in each tool
    python benchmarks/graph/records.py --numbers 1000,10000,50000 --tools erumflow --status

Every result is one small file; erumflow's also has a manifest with checksums, and is on the disk before it is named.
Each tool counts them at the end. Processor time is that of all processes of a command. b2luigi and snakemake are in no
lock of the project: the benchmark makes an environment for each (tests/validators/install.sh), or leaves one out that
cannot be had. ``--status`` asks for the status of all branches afterwards, and runs the same command once more.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.graph.workflows import PROGRAMS, TOOLS, Tool, ToolMissingError, programs_of
from benchmarks.measuring import Cost, measure


def find(names: list[str]) -> dict[str, Path]:
    """Folders of the programs of each tool; those that cannot be had are left out, with a word."""
    found = {}
    for name in names:
        try:
            found[name] = programs_of(name) if TOOLS[name].peer else PROGRAMS
        except ToolMissingError as error:
            print(f"{error}; it is left out", file=sys.stderr, flush=True)
    return found


def run(tool: Tool, programs: Path, folder: Path, number: int, workers: int) -> Cost:
    """One run from nothing; no time counts without its results."""
    tool.write(folder, number, workers)
    cost = measure(tool.command(programs, workers), tool.environment(folder), folder)
    if (found := tool.count(folder)) != number:
        raise SystemExit(f"{tool.title}: {found} of {number} results\n{cost.output}")
    return cost


def status(folder: Path, number: int, workers: int) -> tuple[Cost, Cost]:
    """Status of all branches, and the same command once all is there; of erumflow."""
    tool = TOOLS["erumflow"]
    command = tool.command(PROGRAMS, workers)
    asked = measure([*command, "--print-status", "0"], tool.environment(folder), folder)
    if f"{number}/{number}" not in asked.output:
        raise SystemExit(f"status is wrong:\n{asked.output}")
    again = measure(command, tool.environment(folder), folder)
    if "\nmade " in again.output:
        raise SystemExit(f"what was there was made again:\n{again.output}")
    return asked, again


def row(name: str, number: int, costs: list[Cost], ratio: float | None = None) -> None:
    wall, processor, memory = (
        statistics.median(getattr(c, field) for c in costs) for field in ("wall", "processor", "memory")
    )
    over = "" if ratio is None else f"{ratio:.2f}"
    cells = [name, f"{number:,}", f"{wall:.2f}", f"{processor:.2f}", f"{1e3 * processor / number:.2f}"]
    print("|", " | ".join([*cells, f"{memory:.0f}", over, str(len(costs))]), "|", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--numbers", default="1000", help="of results, separated by commas")
    parser.add_argument("--tools", default=",".join(TOOLS), help=f"of {', '.join(TOOLS)}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--status", action="store_true", help="also ask erumflow for the status, and run it again")
    parser.add_argument("--folder", type=Path, help="where results go; default: that for temporary files")
    options = parser.parse_args()
    tools = find(options.tools.split(","))
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}\n")
    print("| | results | wall, s | processor, s | ms a result | memory, MiB | processor over erumflow's | rounds |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
    largest: dict[int, float] = {}
    # nothing is deleted before the end: ext4 looks at all files deleted in the last minute before it makes one
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        compare(tools, Path(folder), options, largest)
    if len(largest) > 1:
        few, many = min(largest), max(largest)
        each = 1024 * (largest[many] - largest[few]) / (many - few)
        print(f"\nmemory of a branch of erumflow's: {each:.1f} KiB (from {few:,} to {many:,})")


def compare(tools: dict[str, Path], folder: Path, options: argparse.Namespace, largest: dict[int, float]) -> None:
    """Run the tools in turn and print what they cost; ``largest`` becomes erumflow's memory by number of results."""
    for number in map(int, options.numbers.split(",")):
        costs: dict[str, list[Cost]] = {name: [] for name in tools}
        for turn in range(options.rounds):
            for name, programs in tools.items():
                place = folder / f"{name}_{number}_{turn}"
                costs[name].append(run(TOOLS[name], programs, place, number, options.workers))
                if name == "erumflow" and options.status:
                    for what, cost in zip(("status", "again"), status(place, number, options.workers), strict=True):
                        costs.setdefault(what, []).append(cost)
        titles = {"status": "erumflow, `--print-status`", "again": "erumflow, again"}
        for name, found in costs.items():
            ratio = None
            if name in TOOLS and name != "erumflow" and "erumflow" in costs:
                pairs = zip(found, costs["erumflow"], strict=True)
                ratio = statistics.median(theirs.processor / ours.processor for theirs, ours in pairs)
            row(TOOLS[name].title if name in TOOLS else titles[name], number, found, ratio)
        if "erumflow" in costs:
            largest[number] = statistics.median(cost.memory for cost in costs["erumflow"])


if __name__ == "__main__":
    main()
