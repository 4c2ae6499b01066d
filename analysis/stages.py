"""The stages that a study is made of: what makes something, of what, per what, kept how.

A stage is frozen data. Its step's function gets other stages' values by the names of its arguments
(:mod:`analysis.wiring`), so there is no wiring to write. Importing a study imports no physics.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field, fields, is_dataclass, replace
from typing import Any, Literal, TypeVar

from analysis.checking.fields import check_fields
from analysis.datasets import Publication
from analysis.errors import StudyError
from analysis.step import PRESENTATION, Step

__all__ = [
    "PER",
    "Corrections",
    "Events",
    "Figures",
    "Inputs",
    "Publications",
    "Result",
    "Stage",
    "Task",
    "named",
    "take_from_settings",
]

Per = Literal["chunk", "dataset", "fold", "study", "campaign"]
PER: tuple[str, ...] = ("chunk", "dataset", "fold", "study", "campaign")
Holds = Literal["", "events", "results", "figures"]
Captions = tuple[tuple[str, str, str], ...]

StageT = TypeVar("StageT", bound="Stage")


@dataclass(frozen=True)
class Stage:
    """One stage of a study.

    Args:
        name: as on the command line, in the store and as the argument of functions that take its value.
        step: function that makes it, with its settings.
        of: stages by argument, where an argument is not called like the stage (functions that studies share).
        per: what one record is made of: a chunk of events, a data set, a fold, the study, or a campaign.
        datasets: names or groups (``simulated``, ``measured``, a data set's ``purpose``) that it is made of; empty for
            all simulated and measured ones.
        reads: fields of events that are read, by argument (``raw``, too); all of them for arguments that are not named.
        first: whether the first chunk of each data set is enough, such as for a figure of single events.
        format: how its record is kept: a module of :mod:`analysis.formats`, or the full name of a module of one's own.
        holds: ``events``, ``results`` (numbers and tables) or ``figures``: how it is found by those that collect them.
        task: family of the law task that makes it; of a task of one's own, ``"package.module:Class"``.
        folds: how many records a stage per fold has.
        shifts: of a stage per study, campaign or fold: names of shifts, such as ``gain_up``, under which it takes
            events, too, as the data set ``DATASET.gain_up``; of the data sets that they change.
        title: for people.
    """

    name: str
    step: Step | None = None
    _: KW_ONLY
    of: Mapping[str, str] = field(default_factory=dict)
    per: Per = "study"
    datasets: tuple[str, ...] = ()
    reads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    first: bool = False
    format: str = "results"
    holds: Holds = ""
    task: str = ""
    folds: int = 0
    shifts: tuple[str, ...] = ()
    title: str = field(default="", metadata=PRESENTATION)

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def family(self) -> str:
        """Family of the law task that makes it, without the module of a task of one's own."""
        return self.task.rpartition(":")[2] or _TASKS[self.per]

    @property
    def payload(self) -> tuple[str, ...]:
        """Names of a record's files."""
        from analysis.formats.format import format_named

        return tuple(format_named(self.format).files(self))

    def settings(self) -> Iterator[tuple[str, str]]:
        """Names of the settings that can be changed, and their values as texts."""
        settings = self.step.settings if self.step else None
        for one in fields(settings) if is_dataclass(settings) else ():
            value = getattr(settings, one.name)
            if isinstance(value, bool | int | float | str):
                yield f"{self.name}.{one.name}", str(value)

    def changed(self: StageT, changes: Mapping[str, str]) -> StageT:
        """The stage with changed settings.

        Args:
            changes: values as texts, by name of the setting; see :func:`analysis.validated.override`.

        Raises:
            StudyError: a name or a value is wrong; the message says what there is.
        """
        if self.step is None or self.step.settings is None:
            raise StudyError(f"the stage {self.name!r} has no settings", cure="law run ListStages names those that do")
        return replace(self, step=self.step.with_settings(changes))


_TASKS = {
    "chunk": "MakeEvents",
    "dataset": "MakeDatasets",
    "fold": "MakeFolds",
    "study": "MakeResult",
    "campaign": "MakeResult",
}


@dataclass(frozen=True)
class Events(Stage):
    """Events, chunk by chunk: a record array with the field ``identity``.

    Args:
        selects: whether events may be dropped; otherwise each one that comes in has to come out.
        fields: of the events, where they are declared: no more and no fewer may come out.
    """

    per: Per = field(default="chunk", kw_only=True)
    format: str = field(default="events", kw_only=True)
    holds: Holds = field(default="events", kw_only=True)
    selects: bool = field(default=False, kw_only=True)
    fields: tuple[str, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True)
class Inputs(Stage):
    """Features, labels, targets and weights that networks learn from and are applied to (TrainingInputs)."""

    per: Per = field(default="chunk", kw_only=True)
    format: str = field(default="inputs", kw_only=True)
    task: str = field(default="PrepareTraining", kw_only=True)


@dataclass(frozen=True)
class Corrections(Stage):
    """A derived calibration (:class:`analysis.calibration.Calibration`): corrections, measurements and curves."""

    format: str = field(default="corrections", kw_only=True)
    holds: Holds = field(default="results", kw_only=True)
    task: str = field(default="DeriveCalibration", kw_only=True)


@dataclass(frozen=True)
class Result(Stage):
    """Numbers, tables and a headline, as a dictionary that JSON can hold (:mod:`analysis.results`)."""

    holds: Holds = field(default="results", kw_only=True)


@dataclass(frozen=True)
class Figures(Stage):
    """Figures; their function gets ``label`` and returns them by name.

    Args:
        names: of the figures; of a standard part, what its settings say; else those of the captions.
        captions: name, title and a sentence on figures, for a page; may hold LaTeX; in the same way.
        simulation: whether they show nothing but simulation, which is written on them.
        observe: whose data they show; empty for the study's experiment.
    """

    format: str = field(default="figures", kw_only=True)
    holds: Holds = field(default="figures", kw_only=True)
    task: str = field(default="MakeFigures", kw_only=True)
    names: tuple[str, ...] = field(default=(), kw_only=True)
    captions: Captions = field(default=(), kw_only=True, metadata=PRESENTATION)
    simulation: bool = field(default=False, kw_only=True)
    observe: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        take_from_settings(self, "names", "captions")
        if not self.names:
            object.__setattr__(self, "names", tuple(name for name, _, _ in self.captions))


@dataclass(frozen=True)
class Publications(Stage):
    """Published numbers that come inside installed packages: local paths of files, by publication and file name.

    Args:
        publications: where they are.
    """

    format: str = field(default="files", kw_only=True)
    task: str = field(default="FetchPublications", kw_only=True)
    publications: tuple[Publication, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True)
class Task(Stage):
    """A stage that a law task of the study's own makes: ``task="package.tasks:Class"``.

    Args:
        files: of its record, where the format does not say them.
    """

    files: tuple[str, ...] = field(default=(), kw_only=True)
    takes: tuple[str, ...] = field(default=(), kw_only=True)


def take_from_settings(stage: Stage, *names: str) -> None:
    """Fill in what a stage does not say and its step's settings do, such as the names of figures."""
    settings = stage.step.settings if stage.step else None
    for name in names:
        if not getattr(stage, name) and (value := getattr(settings, name, ())):
            object.__setattr__(stage, name, tuple(value))


def named(items: tuple[Any, ...], name: str, what: str) -> Any:
    """The one of that name.

    Raises:
        StudyError: there is none; the message lists the known names.
    """
    for item in items:
        if item.name == name:
            return item
    known = ", ".join(item.name for item in items)
    raise StudyError(f"no {what} is called {name!r}", cure=f"use one of: {known}" if known else "it has none")
