"""The stages that many analyses have in common: trainings, scores, histograms, workspaces, validations, fits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, Literal

from analysis.errors import StudyError
from analysis.exchange.apply_settings import ApplySettings
from analysis.exchange.published import Published
from analysis.measurement import Process, Region, Variable
from analysis.stages import Holds, Per, Stage, named, take_from_settings
from analysis.step import PRESENTATION, Step
from analysis.validated import override

SEED = "~"
"""Between the name of a workspace and the number of the seed, from 1, whose networks alone it was built with."""

__all__ = [
    "SEED",
    "Apply",
    "Fit",
    "Histograms",
    "Network",
    "Scores",
    "Training",
    "Validation",
    "Workspaces",
    "looked_at",
]


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
    """Networks, one a fold, trained on simulated events, or on measured ones that no fit leaves out.

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

    def settings(self) -> Iterator[tuple[str, str]]:
        """The choices of network and tuning; law run TrainModel --help tells of their settings."""
        yield f"{self.name}.network", "|".join(network.name for network in self.networks)
        if self.tunings:
            yield f"{self.name}.tuning", "|".join(tuning.name for tuning in self.tunings)
        for kind, settings in (("network", self.chosen.build.settings), ("training", self.chosen.training)):
            for one in fields(settings) if is_dataclass(settings) else ():
                yield f"{self.name}.{kind}.{one.name}", str(getattr(settings, one.name))

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
    """Predictions of networks for every event, each by the one that had no part in it; measured ones, too.

    Args:
        training: name of the stage with the networks.
    """

    per: Per = field(default="chunk", kw_only=True)
    format: str = field(default="scores", kw_only=True)
    task: str = field(default="ScoreEvents", kw_only=True)
    training: str = field(default="training", kw_only=True)


@dataclass(frozen=True)
class Apply(Stage):
    """Predictions of a published network, applied as it is to every event; they are kept as scores.

    Args:
        events: name of the stage with the events, or with inputs of networks.
        model: folder of the network.
        inputs: what each of its inputs gets: a field of the events, several that are called as its card has them, or
            fields by the names of the card, ``{"x": {"pt": "pt_1"}}``; nothing for blocks of features that have the
            inputs' names.
        units: of these fields, where the study's variables do not say them; they have to be those of the card.
        missing: what the network gets in place of a missing value, by field; without, that is an error.
        output: name of the output; empty for the only one.
        file: the network in the folder, in the form of ONNX.
        card: file of the folder that describes inputs and outputs: JSON, or the front matter of a README.md.
    """

    per: Per = field(default="chunk", kw_only=True)
    format: str = field(default="scores", kw_only=True)
    task: str = field(default="ApplyNetworks", kw_only=True)
    events: str = field(default="events", kw_only=True)
    model: Published | None = field(default=None, kw_only=True)
    inputs: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    units: Mapping[str, str] = field(default_factory=dict, kw_only=True, metadata=PRESENTATION)
    missing: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    output: str = field(default="", kw_only=True)
    file: str = field(default="model.onnx", kw_only=True)
    card: str = field(default="config.json", kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.model is None:
            raise StudyError(f"the stage {self.name!r} applies no network", cure="say model=Published(ADDRESS, SHA256)")
        if self.step is None:
            settings = ApplySettings(self.file, self.card, self.inputs, self.output, self.missing, self.units)
            object.__setattr__(self, "step", Step("analysis.exchange.applying:apply", settings))
        fields = {one for given in self.inputs.values() for one in _fields_of(given)}
        if fields and not self.reads:
            object.__setattr__(self, "reads", {"events": ("identity", *sorted(fields))})


def _fields_of(given: Any) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given.values() if isinstance(given, Mapping) else given)


@dataclass(frozen=True)
class Histograms(Stage):
    """Histograms of variables by process, region and shift, merged for a campaign's luminosity.

    Args:
        events: name of the stage with the events.
        scores: names of stages with scores, which become fields ``score_<name>`` and ``category`` of the events; of the
            second stage and further ones ``<stage>_<name>`` and ``<stage>_category``.
        variables: what is filled.
        regions: selections that they are filled in.
        processes: what the measurement tells apart; empty for the study's.
        weights: ``f(events, dataset, weight_per_fb, settings) -> dict[str, NDArray]`` as a Step, without what it does
            not need, and with stages made once that it takes, such as corrections: ``nominal`` and the shifts of
            ``weight_shifts``, (n,) each; or a table (:class:`analysis.histograms.weight_settings.Weights`).
        weight_shifts: sources of uncertainty that the step's weights tell, each ``<source>_up`` and ``<source>_down``.
        weighs_data: whether the step's weights may count a measured event other than once.
        per_seed: whether variables that depend on scores are filled with those of each seed's networks alone, too, with
            the same weights: what a result depends on seeds by.
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
    weighs_data: bool = field(default=False, kw_only=True)
    per_seed: bool = field(default=False, kw_only=True)

    def changed(self, changes: Mapping[str, str]) -> Histograms:
        """The stage with changed settings of its weights."""
        if isinstance(self.weights, Step):
            return replace(self, weights=self.weights.with_settings(changes))
        return replace(self, weights=override(self.weights, changes))


@dataclass(frozen=True)
class Workspaces(Stage):
    """HistFactory workspaces: a dictionary of them by name.

    Args:
        names: of the workspaces; file names; of a standard part, what its settings say.
        per_seed: whether they are built of the histograms of each seed, too (``Histograms(per_seed=True)``); the fit
            gets them as ``<name>~1``, ``<name>~2`` and so on (:mod:`analysis.inference.seeds`).
    """

    per: Per = field(default="campaign", kw_only=True)
    format: str = field(default="workspaces", kw_only=True)
    task: str = field(default="BuildWorkspace", kw_only=True)
    names: tuple[str, ...] = field(default=(), kw_only=True)
    per_seed: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        take_from_settings(self, "names")


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

    def settings(self) -> Iterator[tuple[str, str]]:
        """Yield the choice of the fitted data, and the step's settings."""
        yield f"{self.name}.data", self.fitted
        yield from super().settings()

    def changed(self, changes: Mapping[str, str]) -> Fit:
        """The stage with other ``data`` or changed settings."""
        others = {name: text for name, text in changes.items() if name != "data"}
        fit = super().changed(others) if others else self
        data: Any = changes.get("data", self.data)
        if data not in ("", "asimov", "observed"):
            raise StudyError(f"{self.name}.data is {data!r}", cure="use one of: asimov, observed")
        return replace(fit, data=data)


@dataclass(frozen=True)
class Validation(Stage):
    """A comparison of data and model, made and shown before anything that is measured with the model.

    Its function may take ``data``: ``"asimov"`` where a fit of the study does not look at the measured events, which
    must not be looked at here either. Its result has ``checks`` (:class:`analysis.results.Check`).
    """

    per: Per = field(default="campaign", kw_only=True)
    holds: Holds = field(default="results", kw_only=True)
    task: str = field(default="ValidateModel", kw_only=True)


def looked_at(stages: Iterable[Stage]) -> Literal["asimov", "observed"]:
    """Find which data the stages of a study may look at: ``asimov`` if any fit leaves the measured ones out."""
    return "asimov" if any(isinstance(one, Fit) and one.fitted == "asimov" for one in stages) else "observed"
