"""Checks for events that histograms leave out, or put where they do not belong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.errors import StudyError
from analysis.histograms.processes import DATA

if TYPE_CHECKING:
    from analysis.histograms.histograms import Histograms

__all__ = ["belonging_nowhere", "check_edges", "left_out"]

# a variable has a wrong unit, or wrong edges, if so many of its events, of at least so many, lie outside of all bins
_OUTSIDE, _ENOUGH = 0.99, 10
# of what is fitted, so many may be left out without a word
_LEFT_OUT = 0.2
# rounding of a process's cuts or of samples put together costs less than this share of a data set
_NOWHERE = 1e-3


def check_edges(histograms: Histograms) -> None:
    """Refuse a variable nearly all of whose events lie outside of its bins, in all regions together.

    That is what edges in another unit look like. A variable of one bin with overflow counts events, and may.

    Raises:
        StudyError: the message names the variable, its edges, and on which side the events are.
    """
    for name, histogram in histograms.hists.items():
        edges, overflow = histograms.edges(name), bool(histogram.axes[3].traits.overflow)
        if len(edges) == 2 and overflow:
            continue
        events, without, below, above = _placed(histograms, name)
        having = events - without
        if having >= _ENOUGH and below + above > _OUTSIDE * having:
            fate = "count in its first or last bin" if overflow else "are left out"
            raise StudyError(
                f"{below + above} of {having} events lie outside of the bins of the variable {name!r}, {below} below "
                f"{edges[0]:g} and {above} above {edges[-1]:g}, and {fate}",
                cure="give its edges in the unit of its field; if they are right, cut on it in the regions",
            )


def belonging_nowhere(histograms: Histograms) -> list[str]:
    """Warn of simulated data sets that have events in regions which belong to no process.

    Returns:
        One sentence a data set.
    """
    return [
        f"{one.lost} of {one.events} selected events of the simulated data set {name!r} ({_percent(one.share)} of the "
        "weights) belong to no process and count nowhere: look at the cuts of the processes; if that is meant, leave "
        "such events out in a step before"
        for name, one in sorted(histograms.counts.unassigned.items())
        if one.lost > _NOWHERE * one.events or abs(one.share) > _NOWHERE
    ]


def left_out(histograms: Histograms, fitted: Iterable[tuple[str, str]], *, measured: bool = True) -> list[str]:
    """Warn of fitted variables without overflow whose bins leave out many of their region's events.

    Args:
        histograms: with counts.
        fitted: region and variable of each channel.
        measured: whether measured events may be told of.

    Returns:
        One sentence a channel.
    """
    found = []
    for region, variable in dict.fromkeys(fitted):
        if variable not in histograms.hists or histograms.hists[variable].axes[3].traits.overflow:
            continue
        edges = histograms.edges(variable)
        told = []
        for kind, of_data in (("measured", True), ("simulated", False)):
            events, without, below, above = _placed(histograms, variable, region, of_data)
            lost = without + below + above
            if (measured or not of_data) and lost > _LEFT_OUT * events:
                told.append(f"{lost} of {events} {kind} events ({_percent(lost / events)})")
        if told:
            found.append(
                f"in the region {region!r} the fitted variable {variable!r} leaves out {' and '.join(told)}, for they "
                f"lie outside of {edges[0]:g} to {edges[-1]:g} or have no value: give it wider edges or overflow=True, "
                "or cut on it in the region"
            )
    return found


def _placed(histograms: Histograms, variable: str, region: str = "", of_data: bool | None = None) -> NDArray[np.int64]:
    """All events, those without a value, those below and those above: of one region, and of one kind, or of all."""
    total = np.zeros(4, np.int64)
    for (name, where, process), numbers in histograms.counts.placed.items():
        if name == variable and region in ("", where) and of_data in (None, process == DATA):
            total += numbers
    return total


def _percent(share: float) -> str:
    return f"{100.0 * share:.2g} %" if abs(share) < 0.995 else f"{100.0 * share:.0f} %"
