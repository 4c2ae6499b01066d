"""Filling histograms with events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.errors import StudyError
from analysis.events.columns import check_numbers, presence, values
from analysis.events.selection import passes
from analysis.histograms.counts import Counts, count_placed, count_shared, count_unassigned
from analysis.histograms.histograms import Histograms, new_histogram
from analysis.histograms.processes import NOMINAL
from analysis.histograms.sums import split, sum_by_bin

if TYPE_CHECKING:
    from typing import Any

    import awkward as ak

    from analysis.measurement import Region, Variable

__all__ = ["fill"]

Labels = tuple[Sequence[str], NDArray[np.integer]]


def fill(
    events: ak.Array,
    weights: Mapping[str, NDArray[Any]],
    processes: NDArray[np.str_] | Labels,
    variables: Sequence[Variable],
    regions: Sequence[Region],
    *,
    simulated: str = "",
) -> Histograms:
    """Histograms of events, one entry an event, region, variable and shift.

    A bin holds its lower edge and not its upper one. Events that miss a variable's value are not in its histogram.
    Where there are nominal weights, events are counted beside (:mod:`analysis.histograms.counts`).

    Args:
        events: a record array of length n, with the event's ``identity`` for messages.
        weights: by shift, (n,) each.
        processes: each event's process: (n,) names, or a pair of names and (n,) indices, negative for events that
            belong to none. All names that are given become categories, whether there are events or not.
        variables: what is filled.
        regions: where; an event may pass several.
        simulated: name of the data set, if events that belong to no process are to be counted.

    Raises:
        DataError: a value or a weight of an event that passes is not a number, or infinite; the message names the
            event. Missing values are left out.
        StudyError: a variable or a cut uses an unknown field, or a variable an unknown region.

    Examples:
        >>> import awkward as ak
        >>> from analysis.measurement import Region, Variable
        >>> events = ak.Array({"identity": [1, 2, 3], "mass": [60.0, 80.0, 200.0]})
        >>> weights = {"nominal": np.array([1.0, 0.5, 0.5])}
        >>> mass = Variable("mass", "mass", "GeV", (50.0, 70.0, 90.0))
        >>> filled = fill(events, weights, np.array(["z", "z", "w"]), (mass,), (Region("all", "all", ()),))
        >>> filled.content("mass", "z", "all", "nominal"), filled.content("mass", "w", "all", "nominal")
        ((array([1. , 0.5]), array([1.  , 0.25])), (array([0. , 0.5]), array([0.  , 0.25])))
    """
    names, labels = _labelled(processes)
    shifts = sorted(weights)
    _check_regions(variables, regions)
    filled = {
        variable.name: sorted(r.name for r in regions if not variable.regions or r.name in variable.regions)
        for variable in variables
    }
    totals = {
        variable.name: np.zeros((2, 2, len(names), len(filled[variable.name]), len(shifts), _cells(variable)))
        for variable in variables
    }
    inside_of: dict[str, NDArray[np.bool_]] = {}
    placed: dict[tuple[str, ...], tuple[int, ...]] = {}
    for region in regions:
        inside_of[region.name] = passes(events, region.cuts)
        rows = np.flatnonzero(inside_of[region.name] & (labels >= 0))
        inside = [variable for variable in variables if region.name in filled[variable.name]]
        own, cells = labels[rows], []
        events_of = np.bincount(own, minlength=len(names))
        for variable in inside:
            numbers, counted = _numbers_of(events, rows, variable)
            cells.append(_cells_of(numbers, counted, own, variable, len(names)))
            if NOMINAL in weights:
                found = count_placed(numbers, counted, variable.edges, own, len(names))
                placed |= {
                    (variable.name, region.name, name): (int(all_events), *map(int, outside))
                    for name, all_events, outside in zip(names, events_of, found, strict=True)
                    if all_events
                }
        for number, shift in enumerate(shifts):
            weight = _weights_of(events, rows, weights[shift], shift)
            for power in (0, 1):
                limbs = split(weight if power == 0 else weight**2)
                for variable, cell in zip(inside, cells, strict=True):
                    total = totals[variable.name][:, power, :, filled[variable.name].index(region.name), number]
                    sums = sum_by_bin(cell, limbs, len(names) * _cells(variable))
                    total[:] = np.reshape(sums, total.shape)
    hists = {
        variable.name: new_histogram(
            variable.name,
            variable.edges,
            variable.overflow,
            (names, filled[variable.name], shifts),
            sums=totals[variable.name][0],
        )
        for variable in variables
    }
    counts = Counts()
    if NOMINAL in weights:
        counts = Counts(count_shared(inside_of, labels, names), placed)
        if simulated:
            anywhere = np.any(list(inside_of.values()), axis=0) if inside_of else np.zeros(len(events), np.bool_)
            unassigned = count_unassigned(anywhere, labels < 0, weights[NOMINAL])
            counts = replace(counts, unassigned={simulated: unassigned})
    return Histograms(hists, {name: total[1] for name, total in totals.items()}, counts)


def _labelled(processes: NDArray[np.str_] | Labels) -> tuple[list[str], NDArray[np.intp]]:
    """Ascending names and (n,) indices; negative ones are of no process."""
    if isinstance(processes, tuple):
        given, labels = list(processes[0]), np.asarray(processes[1], dtype=np.intp)
        names = sorted(set(given))
        # the last one serves the negative ones
        places = np.array([*(names.index(name) for name in given), -1])
        return names, places[np.maximum(labels, -1)]
    found, labels = np.unique(processes, return_inverse=True)
    return [str(name) for name in found], np.asarray(labels, dtype=np.intp)


def _check_regions(variables: Sequence[Variable], regions: Sequence[Region]) -> None:
    known = [region.name for region in regions]
    for variable in variables:
        if unknown := [name for name in variable.regions if name not in known]:
            raise StudyError(
                f"the variable {variable.name!r} is to be filled in {unknown[0]!r}, which is no region",
                cure=f"use some of: {', '.join(known)}",
            )


def _cells(variable: Variable) -> int:
    """Number of bins with flow bins."""
    return len(variable.edges) - 1 + 2 * variable.overflow


def _numbers_of(events: ak.Array, rows: NDArray[np.intp], variable: Variable) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Each row's value, and whether it has one."""
    name = variable.field or variable.name
    numbers = values(events, name)[rows]
    present = presence(events, name)
    counted = np.ones(len(rows), dtype=np.bool_) if present is None else present[rows]
    wrong = rows[~np.isfinite(numbers) & counted]
    check_numbers(events, wrong, f"the variable {variable.name!r}" + (f" ({name})" if name != variable.name else ""))
    return numbers, counted


def _cells_of(
    numbers: NDArray[Any], counted: NDArray[np.bool_], labels: NDArray[np.intp], variable: Variable, processes: int
) -> NDArray[np.intp]:
    """Each row's bin among those of all processes; one beyond the last for rows that are not counted."""
    bins = _cells(variable)
    place = np.searchsorted(np.asarray(variable.edges), numbers, side="right")
    if not variable.overflow:
        place = place - 1
        counted = counted & (place >= 0) & (place < bins)
    return np.where(counted, labels * bins + place, processes * bins)


def _weights_of(events: ak.Array, rows: NDArray[np.intp], weight: NDArray[Any], shift: str) -> NDArray[np.float64]:
    chosen = np.asarray(weight, dtype=np.float64)[rows]
    check_numbers(events, rows[~np.isfinite(chosen)], f"the weight {shift!r}")
    return chosen
