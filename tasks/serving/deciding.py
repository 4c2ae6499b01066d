"""States of all records of an index, decided in a process of its own: ``python -m tasks.serving.deciding INDEX``.

What the present code makes is decided with the code that this process loads, so a page that is open for days does not
go by the code of days ago.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from analysis.errors import ErumflowError
from analysis.provenance.pruning import PRESERVING
from analysis.provenance.record_index import Indexed, RecordIndex
from tasks.current import current_places, is_current, pinned_keys
from tasks.record_states import study_problem

__all__ = ["decide", "main"]


def decide(rows: Iterable[Indexed]) -> dict[str, str]:
    """Return the states of places, words of :data:`tasks.record_states.STATES` with commas."""
    some = list(rows)
    current: dict[str, set[str]] = {}
    for study in sorted({row.study for row in some}):
        if not study_problem(study):
            try:
                current[study] = current_places(study)
            except ErumflowError:
                current[study] = set()
    return {row.place: ", ".join(_states(row, current)) for row in some}


def _states(row: Indexed, current: Mapping[str, set[str]]) -> list[str]:
    found = []
    if row.study not in current:
        found.append("unknown")
    elif row.place in current[row.study]:
        found.append("current")
    elif row.task not in PRESERVING:
        manifest = {"record": {"family": row.family}, "parameters": row.parameters}
        if is_current(row.place, manifest, ""):
            found.append("current")
        elif row.parameters.get("set") and is_current(row.place, manifest):
            found.append("changed")
    if any(row.key.startswith(key) for key in pinned_keys()):
        found.append("pinned")
    if row.task in PRESERVING:
        found.append("preserved")
    return found or ["old"]


def main(file: str) -> None:
    """Decide the states of an index and keep them in it."""
    index = RecordIndex(Path(file))
    index.set_states(decide(index.everything()))


if __name__ == "__main__":
    # as a law command: its settings are read, and tasks are registered
    import tasks.named  # noqa: F401

    main(sys.argv[1])
