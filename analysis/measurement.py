"""What a study measures, and in what: processes, selections, variables, systematic shifts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from analysis.errors import StudyError
from analysis.step import PRESENTATION, Step

if TYPE_CHECKING:
    from analysis.study import Figures

__all__ = ["Cut", "Measurement", "Process", "Region", "Shift", "Variable"]


@dataclass(frozen=True)
class Cut:
    """A condition on one field of the events, such as ``Cut("mt_1", "<", 30.0)`` (in the field's unit)."""

    field: str
    relation: Literal["<", "<=", ">", ">=", "==", "!="]
    value: float | bool


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
class Region:
    """A selection of events; the conjunction of its cuts."""

    name: str
    title: str = field(metadata=PRESENTATION)
    cuts: tuple[Cut, ...]


@dataclass(frozen=True)
class Variable:
    """A quantity that histograms are filled with.

    Args:
        name: short name.
        title: for figures; may hold LaTeX.
        unit: such as ``"GeV"``; empty if it has none.
        edges: of the bins, ascending, in the unit.
        field: of the events; the name itself if empty.
        regions: names of the regions in which it is filled; all of them if empty.
        overflow: whether what lies outside belongs to the first and the last bin.
    """

    name: str
    title: str = field(metadata=PRESENTATION)
    unit: str = field(metadata=PRESENTATION)
    edges: tuple[float, ...]
    field: str = ""
    regions: tuple[str, ...] = ()
    overflow: bool = True

    def __post_init__(self) -> None:
        if len(self.edges) < 2 or any(low >= high for low, high in zip(self.edges, self.edges[1:], strict=False)):
            raise StudyError(f"the variable {self.name!r} has no ascending bin edges: {self.edges}")


@dataclass(frozen=True)
class Shift:
    """One systematic variation of simulated events, up or down.

    A kinematic shift replaces steps: events are calibrated or reconstructed anew, of the data sets that it is about;
    all others keep their nominal records. A shift that replaces no step is one of weights: the study's ``weigh`` says
    them, and no event is computed twice.

    Args:
        name: as on the command line, such as ``"tau_energy_up"``.
        source: what is uncertain; both directions have it in common.
        direction: ``"up"`` or ``"down"``.
        title: of the source, for people; may hold LaTeX.
        datasets: names of the data sets whose events it changes; none for weights.
        calibrate: in place of the study's step.
        reconstruct: in place of the study's step.
    """

    name: str
    source: str
    direction: Literal["up", "down"]
    title: str = field(metadata=PRESENTATION)
    datasets: tuple[str, ...] = ()
    calibrate: Step | None = None
    reconstruct: Step | None = None

    @property
    def kinematic(self) -> bool:
        """Whether events have to be computed anew."""
        return self.calibrate is not None or self.reconstruct is not None


@dataclass(frozen=True)
class Measurement:
    """From histograms or published distributions to results.

    Args:
        title: for people; may hold LaTeX.
        workspaces: names of the HistFactory workspaces; file names.
        build: ``f(material: MeasurementMaterial, settings) -> dict[str, dict]``: the workspaces.
        fit: ``f(workspaces: dict[str, dict], data: "asimov" | "observed", settings) -> dict``: the results as JSON,
            with ``numbers`` and ``tables`` (:mod:`analysis.results`) and a ``headline``.
        figures: drawn by PlotMeasurement from the same material with the fit.
        highlights: names of further numbers of the study, such as of its networks, that the page begins with.
        blind: whether measured data stay out unless somebody asks for them.
        observe: whose data are measured, for figures; empty for the study's experiment.
    """

    title: str = field(metadata=PRESENTATION)
    workspaces: tuple[str, ...]
    build: Step
    fit: Step
    figures: Figures
    highlights: tuple[str, ...] = field(default=(), metadata=PRESENTATION)
    blind: bool = False
    observe: str = field(default="", metadata=PRESENTATION)
