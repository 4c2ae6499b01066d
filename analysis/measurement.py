"""Elements of a study's measurement: processes, selections, variables, systematic shifts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from analysis.checking.fields import check_fields
from analysis.errors import StudyError
from analysis.step import PRESENTATION

__all__ = ["ORIGIN", "Cut", "Process", "Region", "Shift", "Variable"]

ORIGIN = ("generate", "simulate")
"""Steps of data sets that shifts can change, as they can change stages."""


@dataclass(frozen=True)
class Cut:
    """A condition on one field of the events, such as ``Cut("mt_1", "<", 30.0)`` (in the field's unit)."""

    field: str
    relation: Literal["<", "<=", ">", ">=", "==", "!="]
    value: float | bool

    def __post_init__(self) -> None:
        check_fields(self)


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

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True)
class Region:
    """A selection of events; the conjunction of its cuts.

    Args:
        name: short name.
        title: for figures; may hold LaTeX.
        cuts: that events pass.
        from_data: whether backgrounds that data tell, not simulation, make up most of it, so that nobody is warned
            where simulated events are far fewer than measured ones.
    """

    name: str
    title: str = field(metadata=PRESENTATION)
    cuts: tuple[Cut, ...]
    from_data: bool = field(default=False, metadata=PRESENTATION)

    def __post_init__(self) -> None:
        check_fields(self)


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
        check_fields(self)
        if len(self.edges) < 2 or any(low >= high for low, high in zip(self.edges, self.edges[1:], strict=False)):
            raise StudyError(f"the variable {self.name!r} has no ascending bin edges: {self.edges}")


@dataclass(frozen=True)
class Shift:
    """A systematic variation of simulated events: changed settings of a stage or of a simulation, in two directions.

    Events are computed anew from that stage on, of the data sets that it is about; all others keep their nominal
    records. Variations of weights are no shifts: the weights of histograms tell them, and no event is computed twice.

    Args:
        source: what is uncertain; on the command line and in histograms ``<source>_up`` and ``<source>_down``.
        title: of the source, for people; may hold LaTeX.
        of: name of the stage whose settings change; ``generate`` or ``simulate`` for that step of data sets that the
            study simulates itself. Events keep their identities, and with them their random numbers.
        up: the settings that change and their values, by name, one standard deviation upwards.
        down: the same downwards.
        datasets: names of the data sets whose events it changes; empty for all simulated ones, of a simulation for
            those without a purpose of their own.
    """

    source: str
    title: str = field(metadata=PRESENTATION)
    of: str
    up: Mapping[str, Any]
    down: Mapping[str, Any]
    datasets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def names(self) -> tuple[str, str]:
        """Both directions, as on the command line."""
        return f"{self.source}_up", f"{self.source}_down"

    def settings(self, name: str) -> Mapping[str, Any]:
        """The changed settings in the direction of a name."""
        return self.up if name == self.names[0] else self.down
