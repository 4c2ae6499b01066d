"""Options of law.cfg's section ``[pins]``: which step is frozen, and to which keys.

An option is ``[STUDY.]TASK[.DATASET][.SHIFT]``, its value keys of records, each of a series: a series takes the key
under which records of its name are. A stage's name serves like its task's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from law.config import Config

from analysis.checking.names import did_you_mean
from analysis.errors import StudyError
from analysis.provenance.keys import KEY_LENGTH
from analysis.registry import list_studies
from analysis.study import Study
from tasks.families import task_name
from tasks.framework.settings import studies_from_outside, study_named

__all__ = ["NOMINAL", "OTHER_TASKS", "SECTION", "WHERE", "Option", "check_names", "options"]

SECTION = "pins"
WHERE = f"law.cfg or law_user.cfg, section [{SECTION}]"
#: name of events that no shift changes
NOMINAL = "nominal"
#: tasks that make records and no stage of a study
OTHER_TASKS = (
    *("FetchData", "GenerateEvents", "SimulateData", "FindDuplicates", "FillHistograms"),
    *("FetchNetworks", "RunTrials", "TuneModel", "ExportModel", "CollectResults", "Report"),
)
_SHORTEST = 6
_KEY = re.compile(f"[0-9a-f]{{{_SHORTEST},{KEY_LENGTH}}}")
_FORM = "write [STUDY.]TASK[.DATASET][.SHIFT] = KEY KEY ..., with a stage's name or a task's as TASK"


@dataclass(frozen=True)
class Option:
    """An option of the section: keys, or their first digits, and the day since when."""

    name: str
    keys: tuple[str, ...]
    since: str


@cache
def options() -> dict[str, Option]:
    """Options of the section by name.

    Raises:
        StudyError: a value holds something that is no key.
    """
    config = Config.instance()
    if not config.has_section(SECTION):
        return {}
    return {name: _option(name, str(config.get_expanded(SECTION, name) or "")) for name in config.options(SECTION)}


def _option(name: str, text: str) -> Option:
    keys, _, since = text.partition("since")
    words = tuple(keys.replace(",", " ").split())
    for word in words:
        if not _KEY.fullmatch(word):
            raise StudyError(
                f"{WHERE}: {name} names {word!r}, which is no key",
                cure=f"a key is {KEY_LENGTH} hexadecimal digits; the first {_SHORTEST} or more serve; several stand "
                "with blanks between them",
            )
    try:
        return Option(name, words, date.fromisoformat(since.strip()).isoformat() if since.strip() else "")
    except ValueError:
        problem = f"{WHERE}: {name} is pinned since {since.strip()!r}, which is no day"
        raise StudyError(problem, cure="write it as 2026-11-30, or leave it out") from None


@cache
def check_names(study: str) -> None:
    """Refuse options that name what does not exist.

    Args:
        study: that a command is about; it is asked first, other studies only about what it does not know.

    Raises:
        StudyError: there is one; the message has the nearest name.
    """
    others: list[str] | None = None
    for name in options():
        first, _, rest = name.partition(".")
        if first == study:
            problem = _problem(study_named(study), rest)
        elif problem := _problem(study_named(study), name):
            others = _other_studies(study) if others is None else others
            if first in others:
                problem = _problem(study_named(first), rest)
            elif any(not _problem(study_named(other), name) for other in others):
                problem = ""
            elif meant := did_you_mean(first, [study, *others]) if rest else "":
                problem = f"there is no study, task or stage {first!r}{meant}"
        if problem:
            raise StudyError(f"{WHERE}: {name}: {problem}", cure=_FORM)


def _other_studies(study: str) -> list[str]:
    return [one.name for one in list_studies(studies_from_outside()) if not one.error and one.name != study]


def _problem(study: Study, name: str) -> str:
    """Say which part of ``TASK[.DATASET][.SHIFT]`` the study does not know; empty if it knows all."""
    families = (stage.family for stage in study.stages if not stage.family.startswith("Make"))
    tasks = {*OTHER_TASKS, *families, *(name for stage in study.stages for name in (stage.name, task_name(stage)))}
    task, _, suffix = name.partition(".")
    if task not in tasks:
        return f"the study {study.name!r} has no task or stage {task!r}{did_you_mean(task, sorted(tasks))}"
    shifts = [NOMINAL, *(one for shift in study.shifts for one in shift.names)]
    named: tuple[Any, ...] = (*study.datasets, *study.campaigns, *study.stages)
    known = [
        "default",
        *(one.name for one in named),
        *shifts,
        *(f"{one.name}.{shift}" for one in study.datasets for shift in shifts),
    ]
    if suffix and suffix not in known:
        return f"the study {study.name!r} has no data set, campaign or shift {suffix!r}{did_you_mean(suffix, known)}"
    return ""
