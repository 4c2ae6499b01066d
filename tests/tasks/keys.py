"""The keys of a graph, without running it: what a change would make anew."""

from __future__ import annotations

import json

from tests.tasks.project import Project

__all__ = ["changed", "keys"]

_SCRIPT = """
import json
from tasks.report import Report
found, waiting = {}, [Report(study=STUDY)]
while waiting:
    task = waiting.pop()
    for series in task.series_names():
        name, _, key = task.place(series).rpartition("-")
        if name not in found:
            found[name] = key
            for need in task.needs(series).values():
                waiting.append(need.task)
print(json.dumps(found))
"""


def keys(project: Project, study: str) -> dict[str, str]:
    """The key of every record that the study's page depends on, by its name ``<Task>/<series>``."""
    found: dict[str, str] = json.loads(project.python(_SCRIPT.replace("STUDY", repr(study))))
    return {name.partition("/")[2]: key for name, key in found.items()}


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Names of records whose keys are not the same."""
    assert before.keys() == after.keys()
    return {name for name in before if before[name] != after[name]}
