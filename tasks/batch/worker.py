"""The job itself: ``python -m tasks.batch.worker DESCRIPTION.json`` makes the records of a bundle of branches.

One interpreter imports the tasks once and checks the keys once; branches run in processes forked from it, before
anything heavy is imported, side by side up to the job's processor cores, which they share. A failure touches no other
branch.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analysis.errors import ErumflowError, StoreError
from analysis.printable import printable
from analysis.provenance import environment
from analysis.provenance.differences import differences
from analysis.provenance.keys import KeyParts
from tasks.batch.bundles import Branch, Description, read_json
from tasks.batch.processes import Processes
from tasks.batch.reports import FailedBranch, Report
from tasks.framework.lack_of_memory import is_lack_of_memory
from tasks.framework.settings import studies_from_outside

__all__ = ["branch_task", "explain_difference", "main", "run_bundle"]

DONE, FAILED, REFUSED = 0, 1, 3
SAVE_SECONDS = 2.0


def branch_task(description: Description) -> Any:
    """The task that a description is about: of a workflow, the workflow."""
    # that may be one of a study from outside
    studies_from_outside()
    module: Any = importlib.import_module(description.module)
    cls = next(c for c in vars(module).values() if getattr(c, "task_family", None) == description.family)
    # here and now: a job submits no jobs
    here = {"workflow": "local", "site": ""}
    known = {name for name, _ in cls.get_params()}
    texts = {name: text for name, text in (*description.parameters.items(), *here.items()) if name in known}
    return cls.from_str_params(texts)


def explain_difference(task: Any, branches: tuple[Branch, ...], keys: Path) -> str:
    """Explain why this worker must not run branches: what it would key otherwise; empty if there is nothing.

    Args:
        task: as it is here.
        branches: with the places that the submitting command decided.
        keys: file with the parts of the submitting command's keys, by place.
    """
    places = dict.fromkeys(branch.place for branch in branches)
    own = {place.rpartition("/")[2].rpartition("-")[0]: place for place in places}
    series = [name for name, place in own.items() if name not in task.series_names() or task.place(name) != place]
    if not series:
        return ""
    there = read_json(keys) or {}
    lines: list[str] = []
    for name in series:
        lines += _differences(task, name, there.get(own[name]), there, set())
    causes = [line for line in lines if not line.startswith("input ")] or lines
    return "this worker has other code or settings than the submitting command: " + "; ".join(dict.fromkeys(causes))


def _differences(task: Any, series: str, parts: Any, there: dict[str, Any], seen: set[str]) -> list[str]:
    """Lines about a series, and about the inputs in which it differs, where the cause may be."""
    if series in task.series_names() and (pin := task.pinned(series)):
        return [f"{task.family} {series} is pinned here to {pin.key}"]
    if parts is None or series not in task.series_names():
        return [f"{task.family} {series}: not the same records"]
    here = task.key_parts(series)
    found = differences(KeyParts.from_dict(parts), here)
    for role, need in task.needs(series).items():
        upstream, name = need.task, need.series or need.task.series_names()[0]
        place = f"{upstream.study}/{upstream.family}/{name}-{parts['inputs'].get(role, '').split(' ')[0]}"
        if here.inputs.get(role) != parts["inputs"].get(role) and place not in seen:
            seen.add(place)
            found += _differences(upstream, name, there.get(place), there, seen)
    return found


def run_branch(task: Any, branch: Branch) -> FailedBranch | None:
    """Make one record in this process; returns why that did not work."""
    begin = time.perf_counter()
    try:
        one = task if branch.number < 0 else task.branch_task(branch.number)
        if (one.own_record.place, one.own_record.label) != (branch.place, branch.label):
            raise RuntimeError(f"branch {branch.number} is {one.own_record.address} here")
        one.run()
    except ErumflowError as error:
        # of these, only what is the store's fault may be gone the next time
        memory = is_lack_of_memory(error)
        message = " ".join((error.problem if memory else str(error)).split("\n"))
        return FailedBranch(message, isinstance(error, StoreError), time.perf_counter() - begin, memory)
    except Exception as error:
        import traceback

        traceback.print_exc()
        again = not isinstance(error, TypeError | NameError | AttributeError | SyntaxError | ImportError)
        text = f"{type(error).__name__}: {error}".split("\n")[0]
        return FailedBranch(text, again, time.perf_counter() - begin)
    return None


def run_bundle(description: Description, folder: Path) -> Report:
    """Run all branches of a description and report what became of them.

    Args:
        description: of the job.
        folder: that it lies in.
    """
    report, file = Report(), Path(description.report)
    report.save(file)
    try:
        task = branch_task(description)
        report.refused = explain_difference(task, description.branches, folder / description.keys)
    except ErumflowError as error:
        report.refused = " ".join(str(error).split("\n"))
    if report.refused:
        report.save(file)
        return report
    branches = {branch.number: branch for branch in description.branches}

    def run(message: list[Any]) -> dict[str, Any] | None:
        number, coming = message
        task.upcoming = (number, coming)
        failed = run_branch(task, branches[number])
        return asdict(failed) if failed else None

    at_once = max(min(description.at_once, len(branches)), 1)
    saved = time.monotonic()
    with Processes(run, at_once, cores=description.cpus, prepare=environment.compute) as processes:
        for number, outcome in processes.results(description.family, branches, lambda one, coming: [one, coming]):
            failed = FailedBranch(**outcome.reply) if outcome.reply else None
            if outcome.death:
                failed = FailedBranch(f"its process {outcome.death}", True, outcome.seconds, outcome.memory)
            if failed is None:
                report.done[number] = round(outcome.seconds, 3)
            else:
                report.failed[number] = failed
                print(printable(f"failed {branches[number]}: {failed.message}"), flush=True)
            if failed is not None or time.monotonic() - saved > SAVE_SECONDS:
                report.save(file)
                saved = time.monotonic()
    report.save(file)
    return report


def main(arguments: list[str]) -> int:
    """Run the job that a description file describes; returns the exit code."""
    # evicted or removed: leave through Python's own ways, so that drafts are deleted and processes ended
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    signal.signal(signal.SIGINT, lambda number, frame: sys.exit(128 + number))
    file = Path(arguments[0])
    try:
        description = Description.read(file)
    except ErumflowError as error:
        print(error, file=sys.stderr)
        return REFUSED
    report = run_bundle(description, file.parent)
    report.print()
    if report.refused:
        print(printable(report.refused), file=sys.stderr)
        return REFUSED
    return FAILED if report.failed else DONE


if __name__ == "__main__":
    os.environ.setdefault("LAW_CONFIG_FILE", str(Path(__file__).resolve().parents[2] / "law.cfg"))
    sys.exit(main(sys.argv[1:]))
