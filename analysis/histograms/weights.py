"""Weights of events, nominal and by shift, and what can be wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.errors import StudyError
from analysis.events.columns import presence, values
from analysis.events.selection import passes
from analysis.histograms.processes import NOMINAL

if TYPE_CHECKING:
    import awkward as ak

    from analysis.histograms.weight_settings import Weights, WeightUncertainty

__all__ = ["check_weights", "weigh"]

Array = NDArray[np.float64]


def weigh(
    events: ak.Array,
    labels: NDArray[np.integer],
    process_names: Sequence[str],
    weight: float,
    kind: Literal["measured", "simulated"],
    settings: Weights,
) -> dict[str, Array]:
    """Weigh events: how many of them are expected for 1/fb, nominally and under each shift.

    Args:
        events: a record array of length n.
        labels: (n,) position of each event's process among the names; negative for none.
        process_names: of all processes of the study.
        weight: expected events per generated event for 1/fb (``Dataset.weight_per_fb``).
        kind: of the data set; a measured event counts once, and nothing is uncertain about that.
        settings: factors and uncertainties.

    Returns:
        ``nominal`` and, for simulated events, each ``<source>_up`` and ``<source>_down``; (n,) each.

    Raises:
        StudyError: the settings name an unknown process, or the events lack a field that they name.

    Examples:
        >>> import awkward as ak
        >>> from analysis.histograms.weight_settings import Weights, WeightUncertainty
        >>> table = Weights((WeightUncertainty("luminosity", "luminosity", 0.1),), scale={"higgs": 2.0})
        >>> weigh(ak.Array({"x": [1, 2]}), np.array([0, 1]), ("higgs", "zz"), 10.0, "simulated", table)
        {'nominal': array([20., 10.]), 'luminosity_up': array([22., 11.]), 'luminosity_down': array([18.,  9.])}
    """
    names = list(process_names)
    for one in (*settings.scale, *(name for u in settings.uncertainties for name in u.processes)):
        if one not in names:
            raise StudyError(f"the weights name the process {one!r}", cure=f"use some of: {', '.join(names)}")
    if kind == "measured":
        return {NOMINAL: np.ones(len(events))}
    nominal = np.full(len(events), 1.0 if settings.normalised else weight, dtype=np.float64)
    if settings.column:
        nominal = nominal * _column(events, settings.column)
    for process, factor in settings.scale.items():
        nominal = np.where(labels == names.index(process), factor * nominal, nominal)
    weights = {NOMINAL: nominal}
    for uncertainty in settings.uncertainties:
        touched = passes(events, uncertainty.cuts)
        if uncertainty.processes:
            touched &= np.isin(labels, [names.index(name) for name in uncertainty.processes])
        for shift, factor in zip(uncertainty.shifts, _factors(events, uncertainty), strict=True):
            weights[shift] = nominal * np.where(touched, factor, 1.0)
    return weights


def check_weights(
    weights: Any, expected_shifts: Sequence[str], n_events: int, *, where: str = "weigh"
) -> Mapping[str, Array]:
    """Check what a study's own function says of the weights of simulated events.

    Args:
        weights: what it returned.
        expected_shifts: names of the shifts that are declared to be weights.
        n_events: that it was given.
        where: step and data set, for messages.

    Returns:
        The same weights.

    Raises:
        StudyError: there are no weights by name, ``nominal`` or a declared shift is missing, there is one that nobody
            declared, one lacks its partner, or one is not n finite numbers.

    Examples:
        >>> check_weights({"nominal": np.ones(2), "scale_up": np.ones(2)}, ("scale_up", "scale_down"), 2)
        Traceback (most recent call last):
        ...
        analysis.errors.StudyError: weigh: the weights lack 'scale_down'
          cure: return it, or take the shift out of the study; returned are: nominal, scale_up
    """
    if not isinstance(weights, Mapping):
        raise StudyError(
            f"{where}: the weights are {_kind(weights)}", cure='return a dict: {"nominal": array, "<source>_up": array}'
        )
    returned = ", ".join(map(str, weights)) or "none"
    for name in expected_shifts:
        source, _, way = name.rpartition("_")
        other = {"up": f"{source}_down", "down": f"{source}_up"}.get(way)
        if other is None or other not in expected_shifts:
            raise StudyError(
                f"{where}: the shift {name!r} has no partner{f' {other!r}' if other else ''}",
                cure="declare both directions, <source>_up and <source>_down",
            )
    for name in (NOMINAL, *expected_shifts):
        if name not in weights:
            cure = "return it" if name == NOMINAL else "return it, or take the shift out of the study"
            raise StudyError(f"{where}: the weights lack {name!r}", cure=f"{cure}; returned are: {returned}")
    for name, weight in weights.items():
        if name != NOMINAL and name not in expected_shifts:
            raise StudyError(
                f"{where}: there are weights {name!r}, which no shift of the study is called",
                cure=f"declare it; declared are: {', '.join(expected_shifts) or 'none'}",
            )
        _check(weight, n_events, f"{where}: the weights {name!r}")
    return weights


def _factors(events: ak.Array, uncertainty: WeightUncertainty) -> tuple[Any, Any]:
    """Upwards and downwards."""
    relative = uncertainty.relative
    down, up = relative if isinstance(relative, tuple) else (relative, relative)
    if isinstance(down, str) or isinstance(up, str):
        return _column(events, str(up)), _column(events, str(down))
    return 1.0 + up, 1.0 - down


def _column(events: ak.Array, name: str) -> Array:
    present = presence(events, name)
    if present is not None and not present.all():
        raise StudyError(
            f"the weight {name!r} is missing in {np.count_nonzero(~present)} of {len(events)} events",
            cure="give every event one",
        )
    return values(events, name).astype(np.float64)


def _check(weight: Any, n_events: int, what: str) -> None:
    cure = f"return one floating-point number for each of the {n_events} events"
    if not isinstance(weight, np.ndarray) or weight.dtype.kind not in "fiu":
        raise StudyError(f"{what} are {_kind(weight)}, not an array of numbers", cure=cure)
    if weight.shape != (n_events,):
        raise StudyError(f"{what} have the shape {weight.shape}, not {(n_events,)}", cure=cure)
    finite = np.isfinite(weight)
    if not finite.all():
        event = int(np.argmin(finite))
        raise StudyError(
            f"{what} are {weight[event]} in event {event}, and not finite in {np.count_nonzero(~finite) - 1} more",
            cure="mend what they are computed from, or leave such events out in an earlier step",
        )


def _kind(value: Any) -> str:
    return f"an array of {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__
