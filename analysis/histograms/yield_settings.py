"""Settings of tables of numbers of events, and the regions of a cut flow.

A study holds these objects, so this module imports nothing heavy.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from analysis.errors import StudyError
from analysis.measurement import Process, Region, Variable
from analysis.step import PRESENTATION

__all__ = ["EVENTS", "Yields", "cut_flow"]

EVENTS = Variable("events", "events", "", (0.0, 1.0), field="identity")
"""Every event, in one bin: the variable that counts."""

_SIGNS = {"<=": r"$\leq$", ">=": r"$\geq$", "==": "=", "!=": r"$\neq$"}


def cut_flow(region: Region) -> tuple[Region, ...]:
    """Make the regions of a cut flow: none of a region's cuts, the first one, the first two and so on.

    Add them to the study's regions, with :data:`EVENTS` filled in them, and name them in :class:`Yields`.

    Examples:
        >>> from analysis.measurement import Cut
        >>> flow = cut_flow(Region("signal", "signal", (Cut("q", "==", True), Cut("mt", "<", 30.0))))
        >>> [(step.name, step.title, len(step.cuts)) for step in flow]
        [('signal_cut_0', 'all events', 0), ('signal_cut_1', 'q', 1), ('signal_cut_2', 'mt < 30', 2)]
    """
    titles = ["all events"]
    for cut in region.cuts:
        if isinstance(cut.value, bool):
            wanted = cut.value == (cut.relation == "==")
            titles.append(cut.field if wanted else f"not {cut.field}")
        else:
            titles.append(f"{cut.field} {_SIGNS.get(cut.relation, cut.relation)} {cut.value:g}")
    return tuple(
        replace(region, name=f"{region.name}_cut_{number}", title=title, cuts=region.cuts[:number])
        for number, title in enumerate(titles)
    )


@dataclass(frozen=True)
class Yields:
    """Numbers of events by region and process.

    Args:
        regions: the rows, in this order.
        processes: the columns; the first one lies on top of the figure's stack.
        variable: name of a variable that is filled in all these regions; its bins are added up.
        data: name of the process of measured events; empty for none.
        name: of the table and of the figure.
        title: for people; may hold LaTeX.

    Raises:
        StudyError: there are no regions or no processes.
    """

    regions: tuple[Region, ...]
    processes: tuple[Process, ...]
    variable: str = EVENTS.name
    data: str = "data"
    name: str = "yields"
    title: str = field(default="Events by region and process", metadata=PRESENTATION)

    def __post_init__(self) -> None:
        if not self.regions or not self.processes:
            raise StudyError("Yields: there are no regions or no processes", cure="name at least one of each")

    @property
    def caption(self) -> tuple[str, str, str]:
        """Name, title and caption of the figure."""
        return self.name, self.title, "Data and simulation; the band is the statistical uncertainty of the simulation."
