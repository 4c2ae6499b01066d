"""The stages that a study is made of: what makes something, of what, per what, kept how.

A stage is frozen data. Its step's function gets other stages' values by the names of its arguments
(:mod:`analysis.wiring`), so there is no wiring to write. Importing a study imports no physics.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Any, Literal, TypeVar

from analysis.datasets import Publication
from analysis.errors import StudyError
from analysis.measurement import Process, Region, Variable
from analysis.step import PRESENTATION, Step
from analysis.validated import override

__all__ = [
    "PER",
    "Corrections",
    "Events",
    "Figures",
    "Fit",
    "Histograms",
    "Inputs",
    "Network",
    "Publications",
    "Result",
    "Scores",
    "Stage",
    "Task",
    "Training",
    "Workspaces",
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
        reads: fields of events that are read, by argument; all of them for arguments that are not named.
        first: whether the first chunk of each data set is enough, such as for a figure of single events.
        format: how its record is kept: a module of :mod:`analysis.formats`, or the full name of a module of one's own.
        holds: ``events``, ``results`` (numbers and tables) or ``figures``: how it is found by those that collect them.
        task: family of the law task that makes it; of a task of one's own, ``"package.module:Class"``.
        folds: how many records a stage per fold has.
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
    title: str = field(default="", metadata=PRESENTATION)

    @property
    def family(self) -> str:
        """Family of the law task that makes it, without the module of a task of one's own."""
        return self.task.rpartition(":")[2] or _TASKS[self.per]

    @property
    def payload(self) -> tuple[str, ...]:
        """Names of a record's files."""
        from analysis.formats import format_named

        return tuple(format_named(self.format).files(self))

    def changed(self: StageT, changes: Mapping[str, str]) -> StageT:
        """The stage with changed settings.

        Args:
            changes: values as texts, by name of the setting; see :func:`analysis.validated.override`.

        Raises:
            StudyError: a name or a value is wrong; the message says what there is.
        """
        if self.step is None or self.step.settings is None:
            raise StudyError(
                f"the stage {self.name!r} has no settings", cure="see law run ListStages for those that do"
            )
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
        names: of the figures.
        captions: name, title and a sentence on figures, for a page; may hold LaTeX.
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


@dataclass(frozen=True)
class Network:
    """A network that a study can train.

    Args:
        name: as on the command line.
        build: ``f(shapes, outputs, rngs, settings) -> nnx.Module``; see :mod:`analysis.learning.networks`.
        training: how it is trained (:class:`analysis.learning.settings.TrainingSettings`).
        title: for people.
    """

    name: str
    build: Step
    training: Any
    title: str = field(default="", metadata=PRESENTATION)

    def changed(self, changes: Mapping[str, Mapping[str, str]]) -> Network:
        """The network with other settings: those of ``network`` and those of its ``training``.

        Raises:
            StudyError: a name or a value is wrong; the message says what there is.
        """
        build = self.build.with_settings(changes["network"]) if changes.get("network") else self.build
        return replace(self, build=build, training=override(self.training, changes.get("training", {})))


@dataclass(frozen=True)
class Training(Stage):
    """Networks, one a fold, trained on simulated events.

    Args:
        inputs: name of the stage with what they learn from.
        networks: that can be trained; the first one is the default.
        tunings: searches for better settings.
        network: name of the one that is trained; empty for the first.
        tuning: name of the search whose best settings are used; empty for none.
    """

    format: str = field(default="networks", kw_only=True)
    task: str = field(default="TrainModel", kw_only=True)
    datasets: tuple[str, ...] = field(default=("simulated",), kw_only=True)
    inputs: str = field(default="inputs", kw_only=True)
    networks: tuple[Network, ...] = field(default=(), kw_only=True)
    tunings: tuple[Any, ...] = field(default=(), kw_only=True)
    network: str = field(default="", kw_only=True)
    tuning: str = field(default="", kw_only=True)

    @property
    def chosen(self) -> Network:
        """The network that is trained; what a tuning finds is not in it.

        Raises:
            StudyError: there is none of that name; the message lists the known ones.
        """
        return named(self.networks, self.network or self.networks[0].name, f"network of the stage {self.name!r}")

    def search(self, name: str) -> Any:
        """The search of that name.

        Raises:
            StudyError: there is none; the message lists the known names.
        """
        return named(self.tunings, name, f"tuning of the stage {self.name!r}")

    def changed(self, changes: Mapping[str, str]) -> Training:
        """The stage with another ``network`` or ``tuning``, or with changed ``network.NAME`` or ``training.NAME``."""
        choices: dict[str, Any] = {name: text for name, text in changes.items() if name in ("network", "tuning")}
        inner: dict[str, dict[str, str]] = {"network": {}, "training": {}}
        for name, text in changes.items():
            if name in choices:
                continue
            kind, _, setting = name.partition(".")
            if kind not in inner or not setting:
                raise StudyError(
                    f"the stage {self.name!r} has no setting {name!r}",
                    cure=f"use {self.name}.network=NAME, {self.name}.tuning=NAME, {self.name}.network.SETTING=VALUE or "
                    f"{self.name}.training.SETTING=VALUE",
                )
            inner[kind][setting] = text
        chosen = replace(self, **choices)
        if chosen.tuning:
            chosen.search(chosen.tuning)
        network = chosen.chosen.changed(inner)
        others = tuple(network if one.name == network.name else one for one in self.networks)
        return replace(chosen, networks=others, network=network.name)


@dataclass(frozen=True)
class Scores(Stage):
    """What networks say of every event, each judged by the one that had no part in it; measured ones, too.

    Args:
        training: name of the stage with the networks.
    """

    per: Per = field(default="chunk", kw_only=True)
    format: str = field(default="scores", kw_only=True)
    task: str = field(default="ScoreEvents", kw_only=True)
    training: str = field(default="training", kw_only=True)


@dataclass(frozen=True)
class Histograms(Stage):
    """Histograms of variables by process, region and shift, merged for a campaign's luminosity.

    Args:
        events: name of the stage with the events.
        scores: names of stages with scores, which become fields ``score_<name>`` and ``category`` of the events.
        variables: what is filled.
        regions: selections that they are filled in.
        processes: what the measurement tells apart; empty for the study's.
        weights: ``f(events, dataset, settings) -> dict[str, NDArray]`` as a Step: ``nominal`` and the shifts of
            ``weight_shifts``, (n,) each; or a table (:class:`analysis.histograms.weight_settings.Weights`).
        weight_shifts: sources of uncertainty that the step's weights tell, each ``<source>_up`` and ``<source>_down``.
    """

    per: Per = field(default="campaign", kw_only=True)
    format: str = field(default="histograms", kw_only=True)
    task: str = field(default="MergeHistograms", kw_only=True)
    events: str = field(default="events", kw_only=True)
    scores: tuple[str, ...] = field(default=(), kw_only=True)
    variables: tuple[Variable, ...] = field(default=(), kw_only=True)
    regions: tuple[Region, ...] = field(default=(), kw_only=True)
    processes: tuple[Process, ...] = field(default=(), kw_only=True)
    weights: Any = field(default=None, kw_only=True)
    weight_shifts: tuple[str, ...] = field(default=(), kw_only=True)

    def changed(self, changes: Mapping[str, str]) -> Histograms:
        """The stage with changed settings of its weights."""
        if isinstance(self.weights, Step):
            return replace(self, weights=self.weights.with_settings(changes))
        return replace(self, weights=override(self.weights, changes))


@dataclass(frozen=True)
class Workspaces(Stage):
    """HistFactory workspaces: a dictionary of them by name.

    Args:
        names: of the workspaces; file names.
    """

    per: Per = field(default="campaign", kw_only=True)
    format: str = field(default="workspaces", kw_only=True)
    task: str = field(default="BuildWorkspace", kw_only=True)
    names: tuple[str, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True)
class Fit(Stage):
    """A fit; its function may take ``data``, which is ``"asimov"`` or ``"observed"``.

    Args:
        blind: whether measured data stay out unless somebody asks for them.
        data: which data are fitted; empty for the observed ones, or Asimov's of a blind study.
    """

    per: Per = field(default="campaign", kw_only=True)
    holds: Holds = field(default="results", kw_only=True)
    task: str = field(default="FitMeasurement", kw_only=True)
    blind: bool = field(default=False, kw_only=True)
    data: Literal["", "asimov", "observed"] = field(default="", kw_only=True)

    @property
    def fitted(self) -> str:
        """``"asimov"`` or ``"observed"``."""
        return self.data or ("asimov" if self.blind else "observed")

    def changed(self, changes: Mapping[str, str]) -> Fit:
        """The stage with other ``data`` or changed settings."""
        others = {name: text for name, text in changes.items() if name != "data"}
        fit = super().changed(others) if others else self
        data: Any = changes.get("data", self.data)
        if data not in ("", "asimov", "observed"):
            raise StudyError(f"{self.name}.data is {data!r}", cure="use one of: asimov, observed")
        return replace(fit, data=data)


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
    """What a law task of the study's own makes: ``task="package.tasks:Class"``.

    Args:
        files: of its record, where the format does not say them.
    """

    files: tuple[str, ...] = field(default=(), kw_only=True)
    takes: tuple[str, ...] = field(default=(), kw_only=True)


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
