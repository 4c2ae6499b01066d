"""The vocabulary a study is written in.

A study is one frozen object made of these classes. It holds names, numbers and references to functions, never arrays,
and importing it costs nothing: a command line has to be read before any physics is.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from analysis.errors import StudyError

__all__ = ["PRESENTATION", "Campaign", "Cut", "Dataset", "Process", "Region", "Schema", "SourceFile", "Step", "Study"]

# marks a field that changes no result (a title, an address, a citation): it stays out of every key
PRESENTATION: dict[str, bool] = {"presentation": True}


@dataclass(frozen=True)
class Step:
    """A function of a study, by name, and the settings it is called with.

    The name is resolved only when the step runs. Code and settings both enter the key of what the step makes.

    Args:
        function: ``"package.module:function"``.
        settings: a frozen dataclass, passed as the function's argument ``settings``; ``None`` for no settings.
    """

    function: str
    settings: Any = None

    @property
    def module(self) -> str:
        """The module part of the function's name."""
        return self.function.partition(":")[0]

    def load(self) -> Callable[..., Any]:
        """Import and return the function.

        Raises:
            StudyError: the module or the function does not exist.
        """
        module, _, name = self.function.partition(":")
        try:
            return getattr(importlib.import_module(module), name)
        except (ModuleNotFoundError, AttributeError, ValueError) as error:
            raise StudyError(
                f"the study's step {self.function!r} cannot be loaded: {error}",
                cure="write it as 'package.module:function', and install what the module imports",
            ) from error


@dataclass(frozen=True)
class SourceFile:
    """One public file of events.

    Args:
        name: file name, unique in its data set.
        url: public address.
        sha256: digest of the content, in hexadecimal.
        size: number of bytes; ``None`` if it is not known beforehand (the digest decides then).
        events: number of events in it.
        mirror: place relative to a mirror folder.
    """

    name: str
    url: str = field(metadata=PRESENTATION)
    sha256: str
    size: int | None
    events: int
    mirror: str = field(metadata=PRESENTATION)


@dataclass(frozen=True)
class Schema:
    """What is read from a file of events.

    Args:
        tree: name of the tree.
        branches: names of the branches to read.
        missing: fields in which ``missing_value`` means "there is none"; they become missing values at reading.
        missing_value: the number that stands for a missing value in the file.
    """

    tree: str
    branches: tuple[str, ...]
    missing: tuple[str, ...] = ()
    missing_value: float = -999.0


@dataclass(frozen=True)
class Dataset:
    """Events of one physical process (simulated) or of one run period (measured).

    Args:
        name: short name, used on the command line and in the store.
        title: for people; may hold LaTeX.
        kind: ``"measured"`` or ``"simulated"``.
        files: where the events are, in the order in which events are numbered.
        schema: what to read.
        cross_section: in pb; simulated data sets only.
        generated: number of generated events before any selection; simulated data sets only.
        luminosity: integrated luminosity in 1/fb; measured data sets only.
        licence: SPDX name.
        doi: of the original publication of the data.
        citation: how to cite.
    """

    name: str
    title: str = field(metadata=PRESENTATION)
    kind: Literal["measured", "simulated"]
    files: tuple[SourceFile, ...]
    schema: Schema
    cross_section: float | None = None
    generated: int | None = None
    luminosity: float | None = None
    licence: str = field(default="", metadata=PRESENTATION)
    doi: str = field(default="", metadata=PRESENTATION)
    citation: str = field(default="", metadata=PRESENTATION)

    @property
    def events(self) -> int:
        """Number of events in all files."""
        return sum(file.events for file in self.files)

    @property
    def weight_per_fb(self) -> float:
        """Expected events per generated event for 1/fb: cross section / generated events; 1 for measured events."""
        if self.kind == "measured":
            return 1.0
        if self.cross_section is None or not self.generated:
            raise StudyError(f"the simulated data set {self.name!r} has no cross section or number of generated events")
        return self.cross_section * 1000.0 / self.generated

    def without_normalisation(self) -> Dataset:
        """The same data set without cross section and luminosity, for steps that must not depend on them."""
        return replace(self, cross_section=None, generated=None, luminosity=None)


@dataclass(frozen=True)
class Campaign:
    """A choice of measured data sets and the integrated luminosity that the simulation is scaled to.

    Args:
        name: as on the command line.
        measured: names of measured data sets.
        luminosity: in 1/fb.
    """

    name: str
    measured: tuple[str, ...]
    luminosity: float


@dataclass(frozen=True)
class Process:
    """A physical process as the measurement sees it; data sets and processes need not be the same.

    Args:
        name: short name.
        title: for figures; may hold LaTeX.
        datasets: names of the data sets it is taken from.
        cuts: which of their events belong to it.
    """

    name: str
    title: str = field(metadata=PRESENTATION)
    datasets: tuple[str, ...]
    cuts: tuple[Cut, ...] = ()


@dataclass(frozen=True)
class Cut:
    """A condition on one field of the events, such as ``Cut("mt_1", "<", 30.0)`` (in the field's unit)."""

    field: str
    relation: Literal["<", "<=", ">", ">=", "==", "!="]
    value: float | bool


@dataclass(frozen=True)
class Region:
    """A selection of events; the conjunction of its cuts."""

    name: str
    title: str = field(metadata=PRESENTATION)
    cuts: tuple[Cut, ...]


@dataclass(frozen=True)
class Study:
    """One physics analysis, from its data sets to its measured number.

    Args:
        name: as on the command line.
        title: for people.
        datasets: all data sets, collision data and calibration data.
        calibration_datasets: names of the data sets that the calibration is derived from.
        campaigns: the first one is the default.
        processes: what the network tells apart and the fit measures, in the order of the class labels.
        regions: selections by name.
        derive_calibration: ``f(events: dict[str, ak.Array], settings) -> Calibration``; events by data-set name.
        calibrate: ``f(events: ak.Array, corrections: CorrectionSet, dataset, settings) -> ak.Array``.
        reconstruct: ``f(events: ak.Array, dataset, settings) -> ak.Array``.
        prepare_training: ``f(events: ak.Array, dataset, settings) -> TrainingInputs``.
        network: ``f(n_features, n_classes, rngs, settings) -> nnx.Module``.
        training: settings of the training loop.
        chunk_events: number of events in one branch of a workflow; changes no result.
        experiment: whose data these are, for figures.
        energy: centre-of-mass energy in TeV, for figures; ``None`` where no beams collide.
    """

    name: str
    title: str = field(metadata=PRESENTATION)
    datasets: tuple[Dataset, ...]
    calibration_datasets: tuple[str, ...]
    campaigns: tuple[Campaign, ...]
    processes: tuple[Process, ...]
    regions: tuple[Region, ...]
    derive_calibration: Step
    calibrate: Step
    reconstruct: Step
    prepare_training: Step
    network: Step
    training: Any
    chunk_events: int = field(default=500_000, metadata=PRESENTATION)
    experiment: str = field(default="", metadata=PRESENTATION)
    energy: float | None = field(default=None, metadata=PRESENTATION)

    def dataset(self, name: str) -> Dataset:
        """The data set of that name.

        Raises:
            StudyError: there is none; the message lists the known names.
        """
        return _named(self.datasets, name, f"data set of the study {self.name!r}")

    def campaign(self, name: str) -> Campaign:
        """The campaign of that name.

        Raises:
            StudyError: there is none; the message lists the known names.
        """
        return _named(self.campaigns, name, f"campaign of the study {self.name!r}")

    @property
    def simulated(self) -> tuple[Dataset, ...]:
        """The simulated data sets, without those that only serve the calibration."""
        return tuple(d for d in self.datasets if d.kind == "simulated" and d.name not in self.calibration_datasets)

    def measured(self, campaign: str) -> tuple[Dataset, ...]:
        """The measured data sets of a campaign."""
        return tuple(self.dataset(name) for name in self.campaign(campaign).measured)


def _named(items: tuple[Any, ...], name: str, what: str) -> Any:
    for item in items:
        if item.name == name:
            return item
    raise StudyError(f"no {what} is called {name!r}", cure="use one of: " + ", ".join(item.name for item in items))
