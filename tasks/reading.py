"""Records read from Python: whether they are there, what they hold, and which command makes them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from analysis.errors import RecordError, StudyError
from analysis.provenance.fingerprint import edited_modules, fingerprint
from analysis.provenance.history import nearest_record
from analysis.stages import Stage
from tasks.families import task_name
from tasks.finding import OTHERS, RawEvents, Reading, parts_of, usual_datasets
from tasks.framework.record_task import Need
from tasks.framework.record_workflow import DatasetWorkflow
from tasks.framework.settings import place_of_study
from tasks.stage_task import StageTask
from tasks.stage_values import value_of

__all__ = ["command", "count", "files", "load", "refuse_edited", "refuse_missing"]

_CAUSES = 3
# options that a command need not say
_USUAL = {"set": "", "shift": "nominal", "round": "0"}


def count(need: Reading) -> tuple[int, int]:
    """Count the records that are there and not outdated, and those that should be; costs a listing or two."""
    if isinstance(need.task, RawEvents):
        counts = [count(one) for one in parts_of(need)]
        return sum(made for made, _ in counts), sum(wanted for _, wanted in counts)
    records = need.records("")
    listing = records[0].store.listing(records[0].place) if records else {}
    there = [record.label for record in records if record.is_complete(listing)]
    return len(there) - len(need.task.outdated(need.chosen_series, there)), len(records)


def load(need: Reading, fields: tuple[str, ...] | None) -> Any:
    """Load what records hold, put together: as their format reads them, or as local paths of their files.

    Raises:
        RecordError: one is damaged.
    """
    task, kind = need.task, OTHERS.get(need.task.get_task_family(), ("", "stage"))[1]
    try:
        if isinstance(task, RawEvents):
            return task.events(fields or None)
        if kind == "files":
            return files(need)
        if kind == "results":
            return _results(json.loads(need.records("")[0].path("results.json").read_text(encoding="utf-8")))
        value = _of_origin(need, fields) if kind == "events" else _of_stage(need, fields)
    except RecordError as error:
        again = command(task, [need.series])
        cure = f"law run VerifyRecords --study {task.study} sets it aside, and it is made anew by: {again}"
        raise RecordError(error.problem, cure=cure) from error
    if kind == "events" or task.chapter.format not in ("corrections", "figures", "files"):
        # nothing of it is a path
        for record in need.records(""):
            record.store.release()
    return value


def files(need: Reading) -> dict[str, Any]:
    """Local paths of all files of records, by their names."""
    return {
        record.file_name(name): path for record in need.records("") for name, path in sorted(record.paths().items())
    }


def _of_origin(need: Reading, fields: tuple[str, ...] | None) -> Any:
    from analysis.formats import events

    return events.combine([events.load(record.path, None, fields) for record in need.records("")])


def _of_stage(need: Reading, fields: tuple[str, ...] | None) -> Any:
    from analysis.report import display

    stage = need.task.chapter
    if stage.format == "figures":
        captions = {name: (title, text) for name, title, text in stage.captions}
        path = need.records("")[0].path
        return display.Figures({name: display.Figure(name, path, *captions.get(name, ())) for name in stage.names})
    if stage.format == "corrections":
        return display.ShownCalibration(need.records("")[0].path)
    value = value_of(need, "", fields)
    return _results(value) if stage.format == "results" else value


def _results(value: Any) -> Any:
    from analysis.report.display import Results

    return [_results(one) for one in value] if isinstance(value, list) else Results(value)


def refuse_missing(needs: Mapping[str, Reading]) -> None:
    """Stop if records are not there, and say which command makes them.

    Args:
        needs: by data set; an empty name for what is made once.

    Raises:
        RecordError: a record is not there.
    """
    if any(isinstance(need.task, RawEvents) for need in needs.values()):
        made_by: dict[str, dict[str, Reading]] = {}
        for name, need in needs.items():
            for one in parts_of(need):
                made_by.setdefault(one.task.get_task_family(), {})[name] = one
        for group in made_by.values():
            refuse_missing(group)
        return
    counts = {name: count(need) for name, need in needs.items()}
    missing = [name for name, (made, wanted) in counts.items() if made < wanted]
    if not missing:
        return
    task = needs[missing[0]].task
    there = [name for name in counts if name not in missing]
    parts = [f"{made} of {wanted} records are there" for made, wanted in (counts[name] for name in missing) if made]
    names = ", ".join(missing) if there or len(missing) == 1 else ""
    problem = f"{_called(task)}{' of ' if names else ''}{names} is not made yet"
    if parts:
        problem += f" ({parts[0]})" if len(missing) == 1 else " (of some of them, not all records are there)"
    problem += f"; it is of {', '.join(there)}" if there else ""
    problem += _why(needs[missing[0]]) if not parts else ""
    raise RecordError(problem, cure=command(task, [needs[name].series for name in missing]))


def _why(need: Reading) -> str:
    """In what the newest records of the same name were made otherwise, if there are such: in themselves or before."""
    since = ""
    # what is pinned is there
    while not need.task.pinned(need.chosen_series):
        record, parts = need.records("")[0], need.task.key_parts(need.chosen_series)
        nearest = nearest_record(record.store, record.place, parts, record.label)
        if nearest is None:
            return ""
        since = since or nearest[0].time
        if causes := [str(one) for one in nearest[1] if one.kind != "input"]:
            more = f" and {len(causes) - _CAUSES} more" if len(causes) > _CAUSES else ""
            return f"; the one of {since} differs in {parts.family}: {'; '.join(causes[:_CAUSES])}{more}"
        needs = need.task.needs(need.chosen_series)
        changed = [one.name for one in nearest[1] if one.name in needs]
        if not changed:
            return ""
        need = Reading(needs[changed[0]].task, needs[changed[0]].series)
    return ""


def _called(task: Any) -> str:
    return f"the stage {task.stage!r}" if _is_stage(task) else str(task.get_task_family())


def _is_stage(task: Any) -> bool:
    return isinstance(task, StageTask) and task.get_task_family() not in OTHERS


def command(task: Any, series: Iterable[str] = ()) -> str:
    """The command that makes records of a task.

    Args:
        task: with its parameters.
        series: those that are wanted, of data sets.
    """
    study, family = task.definition, str(task.get_task_family())
    stage: Stage | None = task.chapter if isinstance(task, StageTask) else None
    if stage and _is_stage(task) and (family.startswith("Make") or ":" in stage.task):
        words = [f"{study.name}.{task_name(stage)}"]
    else:
        words = [family, "--study", study.name]
        if stage and study.stage_of(task.makes or family).name != stage.name:
            words += ["--stage", stage.name]
    usual = {
        "campaign": study.campaigns[0].name if study.campaigns else "",
        "statistics": study.statistics[0].name,
        **_USUAL,
    }
    values = {name: str(parameter.serialize(getattr(task, name))) for name, parameter in task.get_params()}
    given = {name: values[name] for name, value in usual.items() if values.get(name, value) != value}
    if isinstance(task, DatasetWorkflow):
        names = dict.fromkeys(task.dataset_of(one).name for one in series if one)
        by_itself = {one.name for one in (*study.simulated, *study.measured(task.campaign))}
        if not by_itself.issuperset(names) or names.keys() != set(usual_datasets(task, family, stage)):
            given["datasets"] = ",".join(names)
    words += [word for name, value in given.items() if value for word in (f"--{name}", value)]
    return "law run " + " ".join(map(shlex.quote, words))


def refuse_edited(needs: Iterable[Need]) -> None:
    """Stop if code was edited that decides the records: this process knows the keys of what it was.

    Raises:
        StudyError: a file was edited since it was read.
    """
    seen: set[tuple[str, str]] = set()
    waiting = list(needs)
    # the study itself, whose numbers are in keys; and what decides each record
    names = {one for need in waiting[:1] for one in fingerprint(place_of_study(need.task.study).module)}
    while waiting:
        need = waiting.pop()
        task, series = need.task, need.chosen_series
        if (task.task_id, series) in seen or task.pinned(series):
            continue
        seen.add((task.task_id, series))
        names |= task.key_parts(series).all_code().keys()
        waiting += task.needs(series).values()
    if edited := edited_modules(names, imported=True):
        raise StudyError(
            f"{', '.join(edited)} was edited since this process read it, so it would look for records of the old code",
            cure="start Python again (in Jupyter: restart the kernel)",
        )
