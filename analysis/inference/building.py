"""Building blocks of HistFactory workspaces: channels and samples from histograms, with their uncertainties.

The format is that of pyhf's JSON schema (L. Heinrich, M. Feickert, G. Stark, K. Cranmer, JOSS 6 (2021) 2823), which
follows HistFactory (CERN-OPEN-2012-016).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DataError

__all__ = ["channel", "free", "normalisation", "sample", "shape", "shift", "statistics", "workspace"]

Modifier = dict[str, Any]
# a relative change below this is none, nor is a difference between bins a shape
_NEGLIGIBLE = 1e-4
_FLAT = 1e-3


def free(name: str) -> Modifier:
    """A factor of a sample that nothing but the data tells."""
    return {"name": name, "type": "normfactor", "data": None}


def shape(name: str) -> Modifier:
    """A factor of a sample in each bin that nothing but the data tells."""
    return {"name": name, "type": "shapefactor", "data": None}


def statistics(name: str, variances: ArrayLike) -> Modifier:
    """Build the modifier of the simulation's statistical uncertainty, one factor a bin for all samples of a channel.

    Args:
        name: of the channel's factors.
        variances: of the sample's bins, (n,).
    """
    return {"name": name, "type": "staterror", "data": [float(v) for v in np.sqrt(np.asarray(variances, np.float64))]}


def normalisation(name: str, down: float, up: float) -> Modifier:
    """A log-normal uncertainty of a sample's number of events.

    Args:
        name: of the uncertainty; samples that it moves together have it in common.
        down: relative standard deviation downwards, positive and less than 1.
        up: the same upwards.
    """
    return {"name": name, "type": "normsys", "data": {"hi": 1.0 + up, "lo": 1.0 - down}}


def shift(name: str, nominal: ArrayLike, up: ArrayLike, down: ArrayLike) -> Modifier | None:
    """Build the modifier of a systematic uncertainty on a sample: a factor if all bins change alike, else a shape.

    The two directions are averaged: what differs between them is, with as few events as are simulated, mostly chance,
    and a bin that both move the same way would give the likelihood a second minimum.

    Args:
        name: of the uncertainty; samples that it moves together have it in common.
        nominal: content of the bins, (n,).
        up: the same, shifted upwards by one standard deviation.
        down: the same, shifted downwards.

    Returns:
        A ``normsys`` or ``histosys`` modifier; ``None`` where nothing changes.
    """
    centre, high, low = (np.asarray(content, np.float64) for content in (nominal, up, down))
    total = centre.sum()
    if total <= 0.0:
        return None
    # no bin may be emptied
    change = np.clip((high - low) / 2.0, -np.abs(centre), np.abs(centre))
    if np.abs(change).max() < _NEGLIGIBLE * total:
        return None
    relative = float(change.sum() / total)
    if np.abs(change - relative * centre).max() < _FLAT * np.abs(change).max() and abs(relative) < 1.0:
        return {"name": name, "type": "normsys", "data": {"hi": 1.0 + relative, "lo": 1.0 - relative}}
    data = {"hi_data": [float(v) for v in centre + change], "lo_data": [float(v) for v in centre - change]}
    return {"name": name, "type": "histosys", "data": data}


def sample(name: str, content: ArrayLike, modifiers: Iterable[Modifier | None]) -> dict[str, Any]:
    """A process in a channel.

    Args:
        name: of the process.
        content: expected events in each bin, (n,).
        modifiers: what may change them; ``None`` is left out.
    """
    return {
        "name": name,
        "data": [float(v) for v in np.asarray(content, np.float64)],
        "modifiers": [modifier for modifier in modifiers if modifier is not None],
    }


def channel(name: str, samples: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A region with its binning.

    Statistical uncertainties are left out of bins whose samples sum to nothing or less, as where weights are negative:
    a factor of nothing says nothing, and fits refuse it.

    Raises:
        DataError: there is no sample in it.
    """
    listed = list(samples)
    if not listed:
        raise DataError(f"nothing is expected in the channel {name!r}", cure="leave it out, or look at its selection")
    totals: dict[str, NDArray[np.float64]] = {}
    for one, modifier in _statistical(listed):
        totals[modifier["name"]] = totals.get(modifier["name"], 0.0) + np.asarray(one["data"], np.float64)
    for _, modifier in _statistical(listed):
        some = totals[modifier["name"]] > 0.0
        modifier["data"] = [size if good else 0.0 for size, good in zip(modifier["data"], some, strict=True)]
    return {"name": name, "samples": listed}


def _statistical(samples: Iterable[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], Modifier]]:
    """Samples with their statistical modifiers."""
    for one in samples:
        yield from ((one, modifier) for modifier in one["modifiers"] if modifier["type"] == "staterror")


def workspace(
    channels: Sequence[dict[str, Any]],
    observations: Mapping[str, ArrayLike],
    interest: str,
    parameters: Iterable[dict[str, Any]] = (),
) -> dict[str, Any]:
    """All channels with what was observed in them.

    Args:
        channels: of :func:`channel`.
        observations: events in each bin, by name of the channel.
        interest: name of the parameter of interest.
        parameters: bounds, starts and the like of parameters, as in the schema.

    Raises:
        DataError: a channel's observation does not have the channel's bins.
    """
    observed = []
    for one in channels:
        counts: NDArray[np.float64] = np.asarray(observations[one["name"]], np.float64)
        if len(counts) != len(one["samples"][0]["data"]):
            raise DataError(
                f"the channel {one['name']!r} has {len(one['samples'][0]['data'])} bins, and {len(counts)} observations"
            )
        observed.append({"name": one["name"], "data": [float(count) for count in counts]})
    measurement = {"name": "measurement", "config": {"poi": interest, "parameters": list(parameters)}}
    return {
        "channels": list(channels),
        "observations": observed,
        "measurements": [measurement],
        "version": "1.0.0",
    }
