"""The vocabulary a study is written in: data sets and stages.

A study is one frozen object of names, numbers and references to functions, so that importing it costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Any

from analysis.catalogues import Catalogue, beside, catalogue
from analysis.chapters import Apply, Fit, Histograms, Network, Scores, Training, Validation, Workspaces
from analysis.citation import Citation
from analysis.datasets import Column, Dataset, Friend, PackageFile, Publication, Schema, SourceFile
from analysis.errors import StudyError
from analysis.events.duplicates_settings import EventIdentity
from analysis.exchange.published import Published
from analysis.measurement import Cut, Process, Region, Shift, Variable
from analysis.shifting import shifted_study
from analysis.stages import Corrections, Events, Figures, Inputs, Publications, Result, Stage, Task, named
from analysis.step import PRESENTATION, Step

__all__ = [
    "PRESENTATION",
    "Apply",
    "Campaign",
    "Catalogue",
    "Citation",
    "Column",
    "Corrections",
    "Cut",
    "Dataset",
    "EventIdentity",
    "Events",
    "Figures",
    "Fit",
    "Friend",
    "Histograms",
    "Inputs",
    "Network",
    "PackageFile",
    "Process",
    "Publication",
    "Publications",
    "Published",
    "Region",
    "Result",
    "Schema",
    "Scores",
    "Shift",
    "SourceFile",
    "Stage",
    "Statistics",
    "Step",
    "Study",
    "Task",
    "Training",
    "Validation",
    "Variable",
    "Workspaces",
    "beside",
    "catalogue",
]


@dataclass(frozen=True)
class Campaign:
    """A choice of measured data sets and the integrated luminosity that the simulation is scaled to.

    Args:
        name: as on the command line.
        measured: names of measured data sets.
        luminosity: in 1/fb.
        beside: names of campaigns of a part of these data sets, whose fits stand beside its own in the results.
    """

    name: str
    measured: tuple[str, ...]
    luminosity: float
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Statistics:
    """How much a study computes: the number of events that it simulates itself, and settings of its stages.

    Args:
        name: as on the command line.
        factor: times what the data sets say.
        changes: of settings, values as texts by ``STAGE.field``; those of ``--set`` hold before them.
    """

    name: str
    factor: float = 1.0
    changes: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Study:
    """One physics analysis, from its data sets to its results.

    Args:
        name: as on the command line.
        title: for people.
        datasets: all data sets.
        stages: what is made of them, in the order of the page.
        campaigns: choices of measured data sets; the first one is the default.
        processes: what the measurement tells apart, in the order of the class labels.
        shifts: systematic variations of events.
        statistics: choices of how many events are simulated; the first one is the default.
        measures: what the study measures, in a sentence, for people; may hold LaTeX.
        highlights: names of numbers that the page begins with, beside the headlines of fits.
        observe: whose data are measured, for people; empty for the experiment.
        target_unit: of the number that networks predict, for people; empty for classes.
        chunk_events: number of events in one branch of a workflow; changes no result.
        tolerances: how far numbers of a rerun may be from the preserved ones on other hardware
            (:class:`analysis.preservation.expectations.Tolerance`); the first whose pattern fits holds.
        experiment: whose data these are, for figures.
        energy: centre-of-mass energy in TeV, for figures; ``None`` where no beams collide.
        identity: columns that tell events apart, so that one that comes in two files or data sets of a campaign counts
            once, or is an error; ``None`` where that cannot be.
        citation: authors, title, licence and addresses of the study, for capsules; ``None`` for nothing stated.
        extra: name of the extra of packages that the study needs; empty for none.

    Raises:
        StudyError: the study does not agree with itself; see :func:`analysis.validation.validate`.
    """

    name: str
    _: KW_ONLY
    title: str = field(default="", metadata=PRESENTATION)
    datasets: tuple[Dataset, ...] = ()
    stages: tuple[Stage, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    processes: tuple[Process, ...] = ()
    shifts: tuple[Shift, ...] = ()
    statistics: tuple[Statistics, ...] = (Statistics("default", 1.0),)
    measures: str = field(default="", metadata=PRESENTATION)
    highlights: tuple[str, ...] = field(default=(), metadata=PRESENTATION)
    observe: str = field(default="", metadata=PRESENTATION)
    target_unit: str = field(default="", metadata=PRESENTATION)
    chunk_events: int = field(default=500_000, metadata=PRESENTATION)
    tolerances: tuple[Any, ...] = field(default=(), metadata=PRESENTATION)
    experiment: str = field(default="", metadata=PRESENTATION)
    energy: float | None = field(default=None, metadata=PRESENTATION)
    identity: EventIdentity | None = None
    citation: Citation | None = field(default=None, metadata=PRESENTATION)
    extra: str = field(default="", metadata=PRESENTATION)

    def __post_init__(self) -> None:
        from analysis.validation import validate

        validate(self)

    def dataset(self, name: str) -> Dataset:
        """The data set of that name.

        Raises:
            StudyError: there is none; the message lists the known names.
        """
        return named(self.datasets, name, f"data set of the study {self.name!r}")

    def stage(self, name: str) -> Any:
        """The stage of that name.

        Raises:
            StudyError: there is none; the message lists the known names.
        """
        return named(self.stages, name, f"stage of the study {self.name!r}")

    def stage_of(self, family: str) -> Any:
        """The first stage that a law task makes.

        Args:
            family: of the task, such as ``"CalibrateEvents"``.

        Raises:
            StudyError: there is none; the message lists what there is.
        """
        for stage in self.stages:
            if stage.family == family:
                return stage
        made = ", ".join(dict.fromkeys(stage.family for stage in self.stages))
        raise StudyError(f"the study {self.name!r} has no stage that {family} makes", cure=f"it has stages of: {made}")

    def stages_of(self, kind: type[Any]) -> tuple[Any, ...]:
        """All stages of a kind, such as :class:`~analysis.stages.Training`, in the order of the study."""
        return tuple(stage for stage in self.stages if isinstance(stage, kind))

    def holding(self, what: str) -> tuple[Stage, ...]:
        """All stages that hold ``events``, ``results`` or ``figures``, in the order of the study."""
        return tuple(stage for stage in self.stages if stage.holds == what)

    def campaign(self, name: str) -> Campaign:
        """The campaign of that name.

        Raises:
            StudyError: there is none; the message lists the known names.
        """
        return named(self.campaigns, name, f"campaign of the study {self.name!r}")

    def with_statistics(self, name: str) -> Study:
        """The study with another number of events in the data sets that it generates (calibration data as they are),
        and with the changed settings of that choice.

        A data set begins with the same events, however many there are.

        Raises:
            StudyError: there is no such choice; the message lists the known names.
        """
        chosen = named(self.statistics, name, f"choice of statistics of the study {self.name!r}")
        scaled = (
            d
            if d.generate is None or d.purpose == "calibration"
            else d.with_events(round((d.generated or 0) * chosen.factor))
            for d in self.datasets
        )
        return replace(self, datasets=tuple(scaled), stages=self.changed_stages(chosen.changes))

    def with_changes(self, changes: Mapping[str, str]) -> Study:
        """The study with the stages of :meth:`changed_stages`."""
        return replace(self, stages=self.changed_stages(changes))

    def changed_stages(self, changes: Mapping[str, str]) -> tuple[Stage, ...]:
        """All stages, some with changed settings.

        Args:
            changes: values as texts, by ``STAGE.field``; see :meth:`analysis.stages.Stage.changed`.

        Raises:
            StudyError: a stage, a name or a value is wrong; the message says what there is.
        """
        by_stage: dict[str, dict[str, str]] = {}
        for name, text in changes.items():
            stage, point, setting = name.partition(".")
            if not point:
                known = ", ".join(one.name for one in self.stages)
                raise StudyError(f"{name!r} is no setting of a stage", cure=f"write STAGE.field=value; stages: {known}")
            by_stage.setdefault(self.stage(stage).name, {})[setting] = text
        return tuple(s.changed(by_stage[s.name]) if s.name in by_stage else s for s in self.stages)

    def shift(self, name: str) -> Shift:
        """The systematic variation of that name, which ends with ``_up`` or ``_down``.

        Raises:
            StudyError: there is none; the message lists the known names.
        """
        for shift in self.shifts:
            if name in shift.names:
                return shift
        known = ", ".join(name for shift in self.shifts for name in shift.names)
        raise StudyError(
            f"no shift of the study {self.name!r} is called {name!r}",
            cure=f"use one of: {known}" if known else "it has none",
        )

    def shifted(self, name: str) -> Study:
        """The study with the settings that a shift changes; the study itself for no shift.

        Raises:
            StudyError: there is no such shift; the message lists the known names.
        """
        if not name:
            return self
        return shifted_study(self, name)

    @property
    def simulated(self) -> tuple[Dataset, ...]:
        """The simulated data sets, without those that serve a purpose of their own."""
        return tuple(d for d in self.datasets if d.kind == "simulated" and not d.purpose)

    def measured(self, campaign: str) -> tuple[Dataset, ...]:
        """The measured data sets of a campaign; without a campaign all that serve no purpose of their own."""
        if campaign:
            return tuple(self.dataset(name) for name in self.campaign(campaign).measured)
        return tuple(d for d in self.datasets if d.kind == "measured" and not d.purpose)

    def dataset_names(self, wanted: Iterable[str], campaign: str) -> tuple[str, ...]:
        """Names of data sets, groups resolved.

        Args:
            wanted: names, ``simulated``, ``measured`` (those of the campaign), or purposes; none for the first two.
            campaign: name of the campaign.

        Raises:
            StudyError: a name is unknown, or there are none.
        """
        groups: dict[str, list[str]] = {
            "simulated": [d.name for d in self.simulated],
            "measured": [d.name for d in self.measured(campaign)],
        }
        for dataset in self.datasets:
            if dataset.purpose:
                groups.setdefault(dataset.purpose, []).append(dataset.name)
        names = tuple(wanted) or ("simulated", "measured")
        found = [one for name in names for one in (groups[name] if name in groups else [self.dataset(name).name])]
        if not found:
            raise StudyError(f"the study {self.name!r} has no data set for {', '.join(names)}")
        return tuple(dict.fromkeys(found))
