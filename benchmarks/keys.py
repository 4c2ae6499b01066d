"""Time to decide all keys behind the pages of this project's studies, and how far an edit of one definition reaches.

    python benchmarks/keys.py [--runs 3] [--studies airshower,htautau]

Each run is a process of its own, as a command is. Told are seconds of processor time: of deciding all keys,
fingerprints included, where no definitions are kept from an earlier command and where they are; and of fingerprints
alone. Then, of all definitions that steps reach, how many steps an edit of one of them touches, beside an edit of a
module.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections import Counter

WHAT = ("keys, nothing kept", "keys", "fingerprints")


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--studies", default="airshower,htautau")
    parser.add_argument("--measure", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(_measure(options.measure, options.studies.split(","))))
        return
    times: dict[str, list[float]] = {what: [] for what in WHAT}
    reach: dict[str, float] = {}
    for _ in range(options.runs):
        for what in WHAT:
            command = [sys.executable, __file__, "--measure", what, "--studies", options.studies]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            seconds, reach = json.loads(done.stdout.splitlines()[-1])
            times[what].append(seconds)
    for what, values in times.items():
        print(f"{what:<20} {statistics.median(values):.2f} s")
    for what, value in reach.items():
        print(f"{what:<20} {value:.2f}")


def _measure(what: str, studies: list[str]) -> tuple[float, dict[str, float]]:
    from analysis.provenance import kept_definitions
    from analysis.provenance.auxiliary import steps_in
    from analysis.provenance.fingerprint import fingerprint
    from analysis.registry import find_study

    if what == WHAT[0]:
        kept_definitions._folders = lambda: ()  # type: ignore[assignment]
    functions = sorted({step.function for name in studies for step in steps_in(find_study(name))})
    if what == WHAT[2]:
        begin = time.process_time()
        found = [fingerprint(function) for function in functions]
        seconds = time.process_time() - begin
        by_definition = Counter(label for one in found for label in one)
        by_module = Counter(module for one in found for module in {label.partition(":")[0] for label in one})
        return seconds, {
            "steps": len(functions),
            "steps by definition": statistics.mean(by_definition.values()),
            "steps by module": statistics.mean(by_module.values()),
        }
    from tasks.report import Report

    begin = time.process_time()
    waiting = [Report(study=name) for name in studies]
    seen = set()
    while waiting:
        task = waiting.pop()
        if task.task_id not in seen:
            seen.add(task.task_id)
            for series in task.series_names():
                task.place(series)
                waiting += [need.task for need in task.needs(series).values()]
    return time.process_time() - begin, {}


if __name__ == "__main__":
    main()
