"""The vocabulary a study is written in.

A study is one frozen object made of these classes. It holds names, numbers and references to functions, never arrays,
and importing it costs nothing: a command line has to be read before any physics is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from analysis.datasets import Dataset, PackageFile, Publication, Schema, SourceFile
from analysis.errors import StudyError
from analysis.measurement import Cut, Measurement, Process, Region, Shift, Variable
from analysis.step import PRESENTATION, Step

__all__ = [
    "PRESENTATION",
    "Campaign",
    "Cut",
    "Dataset",
    "Figures",
    "Measurement",
    "Network",
    "PackageFile",
    "Process",
    "Publication",
    "Region",
    "Schema",
    "Shift",
    "SourceFile",
    "Statistics",
    "Step",
    "Study",
    "Variable",
]


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
class Statistics:
    """How many events a study simulates itself.

    Args:
        name: as on the command line.
        factor: times what the data sets say.
    """

    name: str
    factor: float


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


@dataclass(frozen=True)
class Figures:
    """Figures that a study draws of itself.

    Args:
        names: of the figures.
        draw: ``f(material, label, settings) -> dict[str, Figure]``, figures by name; what the material is, the
            task's documentation says.
        captions: name, title and a sentence on figures, for a page; may hold LaTeX.
    """

    names: tuple[str, ...]
    draw: Step
    captions: tuple[tuple[str, str, str], ...] = field(default=(), metadata=PRESENTATION)


@dataclass(frozen=True)
class Study:
    """One physics analysis, from its data sets to its measured number.

    Args:
        name: as on the command line.
        title: for people.
        datasets: all data sets, collision data and calibration data.
        calibration_datasets: names of the data sets that the calibration is derived from.
        processes: what the measurement tells apart, in the order of the class labels.
        derive_calibration: ``f(events: dict[str, ak.Array], settings) -> Calibration``; events by data-set name.
        calibrate: ``f(events: ak.Array, corrections: CorrectionSet, dataset, settings) -> ak.Array``.
        reconstruct: ``f(events: ak.Array, scale: CorrectionSet | None, dataset, settings) -> ak.Array``; events with
            what ``fit`` found out.
        prepare_training: ``f(events: ak.Array, truth: ak.Array | None, dataset, settings) -> TrainingInputs``; the
            truth of the same events, of data sets that the study simulates itself.
        networks: that can be trained; the first one is the default.
        evaluate: ``f(trained, predictions, inputs, settings) -> dict``: how good the networks are, as JSON;
            ``headline`` in it has what a person wants to know first, as text by name.
        campaigns: choices of measured data sets; the first one is the default.
        regions: selections that histograms are filled in.
        variables: what histograms are filled with.
        shifts: systematic variations, each source up and down.
        weigh: ``f(events: ak.Array, dataset, settings) -> dict[str, NDArray]``: weights of reconstructed events, (n,)
            each: ``nominal`` and, by their names, the shifts that are weights.
        measurement: what is fitted.
        scale_datasets: names of the data sets that the scale is derived from.
        fit: ``f(events: ak.Array, dataset, settings) -> ak.Array``: what can be said of calibrated events before the
            scale is known; new fields only, one record an event.
        derive_scale: ``f(events: dict[str, ak.Array], settings) -> Calibration``; what ``fit`` found, by data-set name.
        evaluate_reconstruction: ``f(events: dict[str, ak.Array], settings) -> dict``: how well reconstructed events
            agree with the truth, as JSON with a ``headline``; reconstructed events by data-set name, with the truth's
            fields as ``true_<field>``.
        publications: published numbers to compare with.
        tunings: searches for better settings of the training and the network.
        statistics: choices of how many events are simulated; the first one is the default.
        calibration_figures: drawn by PlotCalibration.
        reconstruction_figures: drawn by PlotReconstruction.
        training_figures: drawn by PlotTraining.
        publication_figures: drawn by PlotPublications.
        target_unit: of the number that networks predict, for people; empty for classes.
        chunk_events: number of events in one branch of a workflow; changes no result.
        tolerances: how far numbers of a rerun may be from the preserved ones on other hardware
            (:class:`analysis.preservation.expectations.Tolerance`); the first whose pattern fits holds.
        experiment: whose data these are, for figures.
        energy: centre-of-mass energy in TeV, for figures; ``None`` where no beams collide.
    """

    name: str
    title: str = field(metadata=PRESENTATION)
    datasets: tuple[Dataset, ...]
    calibration_datasets: tuple[str, ...]
    processes: tuple[Process, ...]
    derive_calibration: Step
    calibrate: Step
    reconstruct: Step
    prepare_training: Step
    networks: tuple[Network, ...]
    evaluate: Step
    campaigns: tuple[Campaign, ...] = ()
    regions: tuple[Region, ...] = ()
    variables: tuple[Variable, ...] = ()
    shifts: tuple[Shift, ...] = ()
    weigh: Step | None = None
    measurement: Measurement | None = None
    scale_datasets: tuple[str, ...] = ()
    fit: Step | None = None
    derive_scale: Step | None = None
    evaluate_reconstruction: Step | None = None
    publications: tuple[Publication, ...] = ()
    tunings: tuple[Any, ...] = ()
    statistics: tuple[Statistics, ...] = (Statistics("default", 1.0),)
    calibration_figures: Figures | None = None
    reconstruction_figures: Figures | None = None
    training_figures: Figures | None = None
    publication_figures: Figures | None = None
    target_unit: str = field(default="", metadata=PRESENTATION)
    chunk_events: int = field(default=500_000, metadata=PRESENTATION)
    tolerances: tuple[Any, ...] = field(default=(), metadata=PRESENTATION)
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

    def network(self, name: str) -> Network:
        """The network of that name.

        Raises:
            StudyError: there is none; the message lists the known names.
        """
        return _named(self.networks, name, f"network of the study {self.name!r}")

    def tuning(self, name: str) -> Any:
        """The search of that name.

        Raises:
            StudyError: there is none; the message lists the known names.
        """
        return _named(self.tunings, name, f"tuning of the study {self.name!r}")

    def with_statistics(self, name: str) -> Study:
        """The study with another number of events in the data sets that it generates, calibration data as they are.

        A data set begins with the same events, however many there are.

        Raises:
            StudyError: there is no such choice; the message lists the known names.
        """
        factor = _named(self.statistics, name, f"choice of statistics of the study {self.name!r}").factor
        fixed = [d.name for d in self.datasets if d.generate is None or d.name in self.calibration_datasets]
        scaled = (
            d if d.name in fixed else replace(d, generated=round((d.generated or 0) * factor)) for d in self.datasets
        )
        return replace(self, datasets=tuple(scaled))

    def shift(self, name: str) -> Shift:
        """The systematic shift of that name.

        Raises:
            StudyError: there is none; the message lists the known names.
        """
        return _named(self.shifts, name, f"shift of the study {self.name!r}")

    def shifted(self, name: str) -> Study:
        """The study with the steps that a shift replaces; the study itself for weights and for no shift.

        Raises:
            StudyError: there is no such shift; the message lists the known names.
        """
        shift = self.shift(name) if name else None
        steps = {step: getattr(shift, step, None) for step in ("calibrate", "reconstruct")}
        return replace(self, **{step: other for step, other in steps.items() if other})

    @property
    def simulated(self) -> tuple[Dataset, ...]:
        """The simulated data sets, without those that only serve the calibration or the scale."""
        serving = (*self.calibration_datasets, *self.scale_datasets)
        return tuple(d for d in self.datasets if d.kind == "simulated" and d.name not in serving)

    def measured(self, campaign: str) -> tuple[Dataset, ...]:
        """The measured data sets of a campaign; none without a campaign."""
        return tuple(self.dataset(name) for name in self.campaign(campaign).measured) if campaign else ()


def _named(items: tuple[Any, ...], name: str, what: str) -> Any:
    for item in items:
        if item.name == name:
            return item
    known = ", ".join(item.name for item in items)
    raise StudyError(f"no {what} is called {name!r}", cure=f"use one of: {known}" if known else "it has none")
