"""The statistical model: simulated processes, W bosons and jets from high transverse mass, multijet events from data.

Multijet events are as good as any background that is estimated from data: what events of same charge tell, in each bin
(one free factor a bin, common to both charges), times the ratio of opposite to same charge, which events with muons
that are not isolated tell in the same fit. W bosons with jets get one free factor for each charge combination from
events with a high transverse mass, where there is little else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.inference.building import channel, free, sample, shape, shift, statistics, workspace

if TYPE_CHECKING:
    from analysis.histograms.histograms import Histograms
    from analysis.studies.htautau.measurement_settings import ChannelSettings, ModelSettings

__all__ = ["MULTIJET", "W_SAME_SIGN", "build", "display"]

MULTIJET = "multijet"
"""Name of the sample that is estimated from data."""

_DATA, _NOMINAL = "data", "nominal"
_RATIO, _OUTSIDE = "multijet_charge_ratio", "multijet_not_isolated"
_W, W_SAME_SIGN = "w_norm", "w_norm_same_sign"
# opposite charge first
_HIGH_MT = ("high_mt", "high_mt_same_sign")
_NOT_ISOLATED = ("not_isolated", "not_isolated_same_sign")
# a bin's factor starts at one and must be able to reach what the data say, from next to nothing
_LEAST = 1.0

Array = NDArray[np.float64]


def build(histograms: Histograms, settings: ModelSettings) -> dict[str, dict[str, Any]]:
    """All workspaces of the study.

    Args:
        histograms: scaled to the luminosity of the data.
        settings: channels and uncertainties.

    Returns:
        HistFactory workspaces by name.
    """
    return {name: _Model(histograms, settings).workspace(channels) for name, channels in settings.workspaces}


def display(
    histograms: Histograms, settings: ModelSettings, shown: Sequence[ChannelSettings], w_same_sign: float
) -> dict[str, Any]:
    """Variables that need not be fitted, with the same parameters as those that are, for figures.

    Args:
        histograms: scaled to the luminosity of the data.
        settings: uncertainties.
        shown: variables and their regions.
        w_same_sign: factor of W bosons and jets with same charge, which multijet events are estimated without.

    Returns:
        A HistFactory workspace with a channel, of opposite charge alone, for each.
    """
    model = _Model(histograms, settings)
    channels = [model.displayed(one, {settings.w_process: w_same_sign}) for one in shown]
    observations = {one.name: model.observed(one.variable, one.region) for one in shown}
    return workspace(channels, observations, settings.strengths[0][1], model.bounds(channels))


class _Model:
    def __init__(self, histograms: Histograms, settings: ModelSettings) -> None:
        self.histograms, self.settings = histograms, settings
        self.processes = [name for name in histograms.processes if name != _DATA]

    def content(self, variable: str, process: str, region: str, shifted: str = _NOMINAL) -> tuple[Array, Array]:
        """Content and variances; of events that are only counted, one bin."""
        values, variances = self.histograms.content(variable, process, region, shifted)
        if variable == self.settings.counted and region in (*_HIGH_MT, *_NOT_ISOLATED):
            return values.sum(keepdims=True), variances.sum(keepdims=True)
        return values, variances

    def observed(self, variable: str, region: str) -> Array:
        return self.content(variable, _DATA, region)[0]

    def expected(self, variable: str, region: str, factors: dict[str, float] | None = None) -> Array:
        return np.sum(
            [(factors or {}).get(p, 1.0) * self.content(variable, p, region)[0] for p in self.processes], axis=0
        )

    def simulated(self, name: str, variable: str, region: str, w_factor: str) -> list[dict[str, Any]]:
        """The simulated samples of a channel."""
        samples = []
        strengths = dict(self.settings.strengths)
        for process in self.processes:
            nominal, variances = self.content(variable, process, region)
            if nominal.sum() <= 0.0:
                continue
            modifiers = [statistics(f"stat_{name}", variances)]
            if process in strengths:
                modifiers.append(free(strengths[process]))
            if process == self.settings.w_process:
                modifiers.append(free(w_factor))
                if region not in _HIGH_MT:
                    modifiers.append(_normalisation("w_extrapolation", self.settings.w_extrapolation))
            shifts = (
                shift(
                    source,
                    nominal,
                    *(self.content(variable, process, region, f"{source}_{way}")[0] for way in ("up", "down")),
                )
                for source in self.settings.sources
            )
            samples.append(sample(process, nominal, [*modifiers, *shifts]))
        return samples

    def pair(self, one: ChannelSettings) -> list[tuple[dict[str, Any], Array]]:
        """Both charges of a distribution."""
        observed = self.observed(one.variable, one.same_sign)
        multijet = np.maximum(observed - self.expected(one.variable, one.same_sign), _LEAST)
        factors = shape(f"multijet_{one.name}")
        opposite = [*self.simulated(one.name, one.variable, one.region, _W), self.multijet(multijet, factors)]
        name = f"{one.name}_same_sign"
        same = [
            *self.simulated(name, one.variable, one.same_sign, W_SAME_SIGN),
            sample(MULTIJET, multijet, [factors]),
        ]
        return [
            (channel(one.name, opposite), self.observed(one.variable, one.region)),
            (channel(name, same), observed),
        ]

    def multijet(self, content: Array, uncertainty: dict[str, Any]) -> dict[str, Any]:
        """Multijet events of opposite charge, with what is uncertain about each bin."""
        reach = _normalisation("multijet_extrapolation", self.settings.multijet_extrapolation)
        return sample(MULTIJET, content, [uncertainty, free(_RATIO), reach])

    def workspace(self, channels: Iterable[ChannelSettings]) -> dict[str, Any]:
        """Signal channels and control regions together."""
        counted = self.settings.counted
        pairs = [both for one in channels for both in self.pair(one)]
        starts: dict[str, float] = {}
        for region, factor in zip(_HIGH_MT, (_W, W_SAME_SIGN), strict=True):
            observed = self.observed(counted, region)
            pairs.append((channel(region, self.simulated(region, counted, region, factor)), observed))
            w = self.content(counted, self.settings.w_process, region)[0].sum()
            starts[factor] = 1.0 + (observed.sum() - self.expected(counted, region).sum()) / w
        outside = {region: self.observed(counted, region) for region in _NOT_ISOLATED}
        multijet = {region: outside[region] - self.expected(counted, region) for region in _NOT_ISOLATED}
        same = _NOT_ISOLATED[1]
        for region, factor, factors in (
            (_NOT_ISOLATED[0], _W, [_OUTSIDE, _RATIO]),
            (_NOT_ISOLATED[1], W_SAME_SIGN, [_OUTSIDE]),
        ):
            estimated = sample(MULTIJET, multijet[same], [free(name) for name in factors])
            samples = [*self.simulated(region, counted, region, factor), estimated]
            pairs.append((channel(region, samples), outside[region]))
        starts[_RATIO] = float(multijet[_NOT_ISOLATED[0]].sum() / multijet[same].sum())
        built = [one for one, _ in pairs]
        parameters = [
            *self.bounds(built),
            *({"name": name, "inits": [float(start)]} for name, start in starts.items()),
        ]
        observations = {one["name"]: observed for one, observed in pairs}
        return workspace(built, observations, self.settings.strengths[0][1], parameters)

    def bounds(self, channels: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Strengths may be negative: less than the background is what one sees half of the time without a signal."""
        used = {m["name"] for one in channels for s in one["samples"] for m in s["modifiers"]}
        names = (name for _, name in self.settings.strengths)
        return [{"name": name, "bounds": [[-100.0, 100.0]]} for name in names if name in used]

    def displayed(self, one: ChannelSettings, factors: dict[str, float]) -> dict[str, Any]:
        """Opposite charge alone, with multijet events as the ones of same charge say."""
        observed, variances = self.content(one.variable, _DATA, one.same_sign)
        multijet = np.maximum(observed - self.expected(one.variable, one.same_sign, factors), 0.0)
        # of its own: what was fitted says nothing of these bins
        name = f"display_{one.name}"
        simulated = self.simulated(name, one.variable, one.region, _W)
        return channel(one.name, [*simulated, self.multijet(multijet, statistics(f"stat_{name}", variances))])


def _normalisation(name: str, relative: float) -> dict[str, Any]:
    return {"name": name, "type": "normsys", "data": {"hi": 1.0 + relative, "lo": 1.0 - relative}}
