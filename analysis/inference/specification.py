"""A HistFactory workspace, validated and in the order of pyhf: channels, samples and modifiers sorted by name.

The format is that of pyhf's schema 1.0.0 (L. Heinrich et al., JOSS 6 (2021) 2823; ATL-PHYS-PUB-2019-029).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import StudyError
from analysis.inference.schema import check_schema

__all__ = ["Block", "Effect", "Specification", "read_workspace"]


@dataclass(frozen=True)
class Block:
    """A sample in a channel.

    Args:
        channel: index of the channel.
        sample: index of the sample.
        bins: the channel's bins among those of all channels.
    """

    channel: int
    sample: int
    bins: slice


@dataclass(frozen=True)
class Effect:
    """A modifier of a sample in a channel.

    Args:
        type: such as ``"normsys"``.
        name: of the modifier, which is the name of its parameter.
        block: what it modifies.
        data: as in the workspace.
        where: for people: channel, sample and modifier.
    """

    type: str
    name: str
    block: Block
    data: Any
    where: str


@dataclass(frozen=True)
class Specification:
    """A workspace with c channels, n bins in all and s samples.

    Args:
        channels: the names, sorted, with their bins.
        samples: the names, sorted.
        nominal: expected events, (s, n); 0 where a channel lacks a sample.
        observed: events, (n,).
        effects: by channel, sample, modifier name and type.
        poi: name of the parameter of interest; ``None`` if there is none.
        configured: the measurement's settings of parameters, by name.
    """

    channels: Mapping[str, slice]
    samples: tuple[str, ...]
    nominal: NDArray[np.float64]
    observed: NDArray[np.float64]
    effects: tuple[Effect, ...]
    poi: str | None
    configured: Mapping[str, Mapping[str, Any]]

    @property
    def channel_of_bin(self) -> NDArray[np.int32]:
        """Index of the channel, (n,)."""
        sizes = [bins.stop - bins.start for bins in self.channels.values()]
        return np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)


def read_workspace(
    workspace: Mapping[str, Any], measurement: str | None = None, channels: Sequence[str] | None = None
) -> Specification:
    """Validate a workspace and put it in order.

    Args:
        workspace: as read from JSON.
        measurement: name of the one that is wanted; the first one by default.
        channels: names of the channels that are kept; all of them by default.

    Raises:
        StudyError: the workspace does not follow the schema or contradicts itself, or has no such measurement or
            channel. The message names channel, sample and modifier.
    """
    check_schema(workspace)
    kept = _by_name(workspace["channels"], "channel")
    observations = _by_name(workspace["observations"], "observation")
    chosen = _measurement(workspace["measurements"], measurement)
    if channels is not None:
        for name in channels:
            _known(kept, name, "channel")
        kept = {name: channel for name, channel in kept.items() if name in channels}
        if not kept:
            raise StudyError("no channel of the workspace is kept", cure="keep one at least")
    begin, bins = 0, {}
    for name in sorted(kept):
        size = len(kept[name]["samples"][0]["data"])
        bins[name] = slice(begin, begin + size)
        begin += size
    samples = tuple(sorted({sample["name"] for channel in kept.values() for sample in channel["samples"]}))
    nominal, observed, effects = np.zeros((len(samples), begin)), np.zeros(begin), []
    for c, name in enumerate(bins):
        where = f"channel {name!r}"
        if name not in observations:
            raise StudyError(f"the {where} has no observation", cure="add it to the workspace's observations")
        observed[bins[name]] = _values(observations[name]["data"], bins[name], f"the observation of the {where}")
        if (observed[bins[name]] < 0).any():
            raise StudyError(f"the observation of the {where} is negative", cure="give numbers of events")
        found = _by_name(kept[name]["samples"], f"sample of the {where}")
        for s, sample in enumerate(samples):
            if sample in found:
                block = Block(c, s, bins[name])
                here = f"sample {sample!r} of the {where}"
                nominal[s, bins[name]] = _values(found[sample]["data"], bins[name], f"the {here}")
                effects += _effects(found[sample]["modifiers"], block, here)
    if not effects:
        raise StudyError("the workspace has no modifier, so nothing can be fitted", cure="add a normfactor")
    configured = _by_name(chosen["config"]["parameters"], "parameter of the measurement")
    poi = chosen["config"]["poi"] or None
    if poi is not None and poi not in {effect.name for effect in effects}:
        if channels is None:
            raise StudyError(
                f"the parameter of interest {poi!r} belongs to no modifier",
                cure="give the measurement's poi the name of a normfactor",
            )
        poi = None
    return Specification(bins, samples, nominal, observed, tuple(effects), poi, configured)


def _by_name(items: Sequence[Mapping[str, Any]], what: str) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for item in items:
        if item["name"] in found:
            raise StudyError(f"the {what} {item['name']!r} is there twice", cure="give each its own name")
        found[item["name"]] = item
    return found


def _known(items: Mapping[str, Any], name: str, what: str) -> Any:
    if name not in items:
        raise StudyError(f"the workspace has no {what} {name!r}", cure=f"use one of: {', '.join(items)}")
    return items[name]


def _measurement(measurements: Sequence[Mapping[str, Any]], name: str | None) -> Mapping[str, Any]:
    return measurements[0] if name is None else _known(_by_name(measurements, "measurement"), name, "measurement")


def _values(data: Sequence[float], bins: slice, where: str) -> NDArray[np.float64]:
    values = np.asarray(data, dtype=np.float64)
    if values.shape != (bins.stop - bins.start,):
        raise StudyError(
            f"{where} has {values.size} bins, the channel's first sample has {bins.stop - bins.start}",
            cure="give all of a channel's histograms the same bins",
        )
    if not np.isfinite(values).all():
        raise StudyError(f"{where} has a value that is not finite", cure="look at the histogram it comes from")
    return values


def _effects(modifiers: Sequence[Mapping[str, Any]], block: Block, here: str) -> list[Effect]:
    found = {}
    for modifier in sorted(modifiers, key=lambda m: (m["name"], m["type"])):
        kind, name, data = modifier["type"], modifier["name"], modifier["data"]
        where = f"the {kind} {name!r} of the {here}"
        if (kind, name) in found:
            raise StudyError(f"{where} is there twice", cure="give each its own name")
        if kind == "histosys":
            data = {key: _values(data[key], block.bins, where) for key in ("lo_data", "hi_data")}
        elif kind in ("staterror", "shapesys"):
            data = _values(data, block.bins, where)
            if (data < 0).any():
                raise StudyError(f"{where} has a negative uncertainty", cure="give standard deviations")
        elif kind == "normsys" and not all(math.isfinite(data[key]) and data[key] > 0 for key in ("lo", "hi")):
            raise StudyError(
                f"{where} has the factors {data['lo']} and {data['hi']}",
                cure="both have to be positive: they are interpolated exponentially",
            )
        found[kind, name] = Effect(kind, name, block, data, where)
    return list(found.values())
