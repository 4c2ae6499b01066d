"""Statistical models of the measured depths of shower maximum, one HistFactory workspace an interaction model."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.errors import StudyError
from analysis.studies.airshower.published.depth import (
    read_acceptance,
    read_distributions,
    read_moments,
    read_resolution,
    read_scale,
)
from analysis.studies.airshower.published.templates import template

if TYPE_CHECKING:
    from pathlib import Path

    from analysis.studies.airshower.composition.settings import CompositionSettings
    from analysis.studies.airshower.published.depth import Acceptance, Distributions, Resolution, Scale

__all__ = ["NUISANCES", "ChannelBins", "build", "channel_bins"]

Array = NDArray[np.float64]

NUISANCES = ("xmax_scale", "xmax_resolution", "xmax_acceptance")
"""Nuisance parameters, each with a normal constraint of mean 0 and width 1.

``xmax_scale``: at +1, depths are deeper than they were measured by the published upward uncertainty; at -1 shallower
by the downward one. ``xmax_resolution``: at +1, the resolution is worse by its uncertainty. ``xmax_acceptance``: at +1,
the range of full acceptance and its tails are wider by their uncertainties.
"""

_CHANNEL = re.compile(r"lgE_(\d+\.\d+)_(\d+\.\d+)_Xmax_(\d+)_(\d+)")


class ChannelBins(NamedTuple):
    """Bins of a channel, as its name states them.

    Attributes:
        energy: log10(E/eV) at the edges of the energy bin.
        depth: first and last edge of the histogram of X_max, in g/cm2.
    """

    energy: tuple[float, float]
    depth: tuple[int, int]


class _Measured(NamedTuple):
    distributions: Distributions
    energy: Array
    acceptance: Acceptance
    resolution: Resolution
    scale: Scale


def build(publications: Mapping[str, Mapping[str, Path]], settings: CompositionSettings) -> dict[str, dict[str, Any]]:
    """Build the statistical models of the measured distributions of X_max (PRD 90 (2014) 122006, section III).

    A channel is an energy bin; it has the measured histogram and one sample for each primary: the template of all of
    the bin's events being that primary, times a ``normfactor``, the primary's fraction. The fractions add up to one
    where the likelihood is largest. The systematic uncertainties :data:`NUISANCES` of PRD 90 (2014) 122005 are
    ``histosys`` modifiers with one name in all channels. A fit of a single channel is that of one energy bin.

    Args:
        publications: their files, by publication and file name.
        settings: models and primaries.

    Returns:
        Workspaces by interaction model, valid against pyhf's schema.

    Raises:
        StudyError: the publication is not there, or an interaction model is not known.
        DataError: a file is missing or damaged.
    """
    if settings.publication not in publications:
        raise StudyError(
            f"the composition is to be fitted to {settings.publication!r}, which is not among the study's publications",
            cure="use one of: " + ", ".join(publications),
        )
    measured = _read(publications[settings.publication])
    return {model: _workspace(measured, model, settings) for model in settings.models}


def channel_bins(name: str) -> ChannelBins:
    """The bins that a channel's name tells of.

    Raises:
        StudyError: it is not the name of a channel of these workspaces.

    Examples:
        >>> channel_bins("lgE_17.8_17.9_Xmax_500_1100")
        ChannelBins(energy=(17.8, 17.9), depth=(500, 1100))
    """
    match = _CHANNEL.fullmatch(name)
    if match is None:
        raise StudyError(
            f"the channel {name!r} is none of a composition",
            cure="a channel is named like lgE_17.8_17.9_Xmax_500_1100, after its bin of energy and range of depth",
        )
    low, high, first, last = match.groups()
    return ChannelBins((float(low), float(high)), (int(first), int(last)))


def _read(files: Mapping[str, Path]) -> _Measured:
    return _Measured(
        read_distributions(files),
        read_moments(files, "xmaxMoments.txt").log10_energy,
        read_acceptance(files),
        read_resolution(files),
        read_scale(files),
    )


def _workspace(measured: _Measured, model: str, settings: CompositionSettings) -> dict[str, Any]:
    # primaries x (nominal, then down and up for each nuisance parameter) x energy bins x depth bins
    shares = np.stack([_variations(measured, mass_number, model) for _, mass_number in settings.primaries])
    distributions = measured.distributions
    channels, observations, parameters = [], [], []
    for index, counts in enumerate(distributions.counts):
        events = counts.sum() * shares[:, :, index]
        seen = np.flatnonzero((counts > 0) | (events[:, 0] >= settings.least_expected).any(axis=0))
        kept = slice(seen[0], seen[-1] + 1)
        low, high = distributions.energy_edges[index : index + 2]
        first, last = distributions.depth_edges[[seen[0], seen[-1] + 1]]
        energy = f"lgE_{low:.1f}_{high:.1f}"
        name = f"{energy}_Xmax_{first:.0f}_{last:.0f}"
        samples = []
        for (primary, _), expected in zip(settings.primaries, events[:, :, kept], strict=True):
            samples.append(_sample(primary, f"{primary}_{energy}", expected))
            parameters.append(
                {"name": f"{primary}_{energy}", "inits": [1.0 / len(settings.primaries)], "bounds": [[0.0, 2.0]]}
            )
        channels.append({"name": name, "samples": samples})
        observations.append({"name": name, "data": [float(n) for n in counts[kept]]})
    config = {"poi": parameters[0]["name"], "parameters": parameters}
    return {
        "channels": channels,
        "observations": observations,
        "measurements": [{"name": "composition", "config": config}],
        "version": "1.0.0",
    }


def _sample(primary: str, fraction: str, expected: Array) -> dict[str, Any]:
    """One sample of a channel; expected: (1 + 2 nuisance parameters, depth bins) events."""
    modifiers: list[dict[str, Any]] = [{"name": fraction, "type": "normfactor", "data": None}]
    for index, nuisance in enumerate(NUISANCES):
        down, up = expected[1 + 2 * index : 3 + 2 * index].tolist()
        modifiers.append({"name": nuisance, "type": "histosys", "data": {"lo_data": down, "hi_data": up}})
    return {"name": primary, "data": expected[0].tolist(), "modifiers": modifiers}


def _variations(measured: _Measured, mass_number: int, model: str) -> Array:
    """(7, b, d) shares of events: nominal, then down and up for each of :data:`NUISANCES`."""
    distributions, energy, acceptance, resolution, scale = measured
    edges = distributions.depth_edges[:, np.newaxis]
    down, up = scale.systematic
    detectors = [
        (edges, acceptance, resolution),
        # what is really shallower by as much is below the edge that was measured
        (edges - down, acceptance, resolution),
        (edges + up, acceptance, resolution),
        (edges, acceptance, _other_resolution(resolution, -1.0)),
        (edges, acceptance, _other_resolution(resolution, +1.0)),
        (edges, _other_acceptance(acceptance, -1.0), resolution),
        (edges, _other_acceptance(acceptance, +1.0), resolution),
    ]
    return np.stack([template(at, energy, mass_number, model, a, r) for at, a, r in detectors])


def _other_resolution(resolution: Resolution, shift: float) -> Resolution:
    return dataclasses.replace(resolution, sigma=resolution.sigma + shift * resolution.sigma_uncertainty)


def _other_acceptance(acceptance: Acceptance, shift: float) -> Acceptance:
    sides = np.array([[-1.0], [1.0]])
    return dataclasses.replace(
        acceptance,
        limits=acceptance.limits + shift * sides * acceptance.limits_uncertainty,
        tails=acceptance.tails + shift * acceptance.tails_uncertainty,
    )
