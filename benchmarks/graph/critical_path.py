"""The critical path of a store's records: the chain that bounds the time of a graph, however many workers it has.

    python benchmarks/graph/critical_path.py STORE

Manifests say what each record was made of and how many seconds that took. Take a store that one worker has filled:
where several share the processor, each record takes longer.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Step", "critical_path", "read_steps", "tell"]


@dataclass(frozen=True)
class Step:
    """The making of one record.

    Args:
        name: family and series of the record, and its label.
        seconds: of wall time.
        inputs: the records that it was made of, by place and label.
    """

    name: tuple[str, str]
    seconds: float
    inputs: tuple[tuple[str, str], ...]


def read_steps(store: Path) -> dict[tuple[str, str], Step]:
    """The making of each record of a store, by place and label."""
    steps = {}
    for file in store.glob("*/*/*/*manifest.json"):
        manifest = json.loads(file.read_text())
        record = manifest["record"]
        _, family, folder = record["place"].split("/", 2)
        inputs = tuple((used["place"], label) for used in manifest["inputs"] for label in used["labels"])
        name = (f"{family} {folder.rpartition('-')[0]}", record["label"])
        steps[record["place"], record["label"]] = Step(name, manifest["made"]["seconds"], inputs)
    return steps


def critical_path(steps: Mapping[tuple[str, str], Step]) -> list[Step]:
    """The chain of records, each made of the one before, that takes longest."""
    longest: dict[tuple[str, str], float] = {}
    before: dict[tuple[str, str], tuple[str, str] | None] = {}
    waiting = list(steps)
    while waiting:
        record = waiting[-1]
        inputs = [one for one in steps[record].inputs if one in steps]
        if missing := [one for one in inputs if one not in longest]:
            waiting += missing
            continue
        waiting.pop()
        before[record] = max(inputs, key=longest.__getitem__, default=None)
        last = before[record]
        longest[record] = steps[record].seconds + (longest[last] if last else 0.0)
    chain = []
    record = max(longest, key=longest.__getitem__, default=None)
    while record:
        chain.append(steps[record])
        record = before[record]
    return chain[::-1]


def tell(steps: Mapping[tuple[str, str], Step]) -> None:
    """Print the chain, neighbours of one series in one line, and the speed-up that it allows."""
    chain = critical_path(steps)
    total, bound = (sum(step.seconds for step in some) for some in (steps.values(), chain))
    print("| critical path | records | s |")
    print("| --- | ---: | ---: |")
    for name, group in itertools.groupby(chain, key=lambda step: step.name[0]):
        some = list(group)
        print(f"| {name} | {len(some)} | {sum(step.seconds for step in some):.1f} |")
    print(
        f"\n{len(steps)} records take {total:.1f} s, the longest chain {bound:.1f} s: at most "
        f"{total / bound if bound else 1.0:.2f} times as fast with any number of workers"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path, help="folder of the records")
    tell(read_steps(parser.parse_args().store))


if __name__ == "__main__":
    main()
