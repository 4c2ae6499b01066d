"""The statistical model: simulated processes, W bosons and jets from high transverse mass, multijet events from data.

Multijet events are as good as any background that is estimated from data: what events of same charge tell, in each bin
(one free factor a bin, common to both charges), times the ratio of opposite to same charge, which events with muons
that are not isolated tell in the same fit. W bosons with jets get one free factor for each charge combination from
events with a high transverse mass and no jet of a bottom quark, where there is little else, in bins of the number of
jets, so that the fit sees how well that is simulated. Top quarks get one from such events with such a jet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.inference.building import channel, free, sample, shape, shift, statistics, workspace
from analysis.studies.htautau.measurement_settings import ChannelSettings

if TYPE_CHECKING:
    from analysis.histograms.histograms import Histograms
    from analysis.plotting.figure_settings import Shown
    from analysis.studies.htautau.measurement_settings import ModelSettings

__all__ = ["HIGH_MT", "MULTIJET", "TOP", "W_SAME_SIGN", "build", "compared", "display"]

MULTIJET = "multijet"
"""Name of the sample that is estimated from data."""

_DATA, _NOMINAL = "data", "nominal"
# in place of a variable
_COUNTED = ""
_RATIO, _OUTSIDE = "multijet_charge_ratio", "multijet_not_isolated"
_W, W_SAME_SIGN = "w_norm", "w_norm_same_sign"
TOP = "tt_norm"
"""Name of the factor of top quarks."""

_TOP, _B_TAGGING, _HEAVY = "top", "b_tagging", "w_heavy_flavour"
# opposite charge first
HIGH_MT = ("high_mt", "high_mt_same_sign")
"""Regions that W bosons are normalised in."""
_NOT_ISOLATED = ("not_isolated", "not_isolated_same_sign")
# a bin's factor starts at one and goes up to ten: so far it must reach what the data of either charge say
_LEAST, _SHARE = 1.0, 0.1

Array = NDArray[np.float64]


def build(
    histograms: Histograms, settings: ModelSettings, ratios: Mapping[tuple[str, str], Array] | None = None
) -> dict[str, dict[str, Any]]:
    """All workspaces of the study.

    Args:
        histograms: scaled to the luminosity of the data.
        settings: channels and uncertainties.
        ratios: by variable and region, factors of the bins of W bosons and jets, under all shifts alike; for studies of
            what another simulation of them would change.

    Returns:
        HistFactory workspaces by name.
    """
    model = _Model(histograms, settings, ratios)
    return {name: model.workspace(channels) for name, channels in settings.workspaces}


def display(
    histograms: Histograms, settings: ModelSettings, shown: Sequence[ChannelSettings], w_same_sign: float, top: float
) -> dict[str, Any]:
    """Variables that need not be fitted, with the same parameters as those that are, for figures.

    Args:
        histograms: scaled to the luminosity of the data.
        settings: uncertainties.
        shown: variables and their regions.
        w_same_sign: factor of W bosons and jets with same charge, which multijet events are estimated without.
        top: factor of top quarks, likewise.

    Returns:
        A HistFactory workspace with a channel, of opposite charge alone, for each.
    """
    model = _Model(histograms, settings)
    channels = [model.displayed(one, {settings.w_process: w_same_sign, settings.top_process: top}) for one in shown]
    observations = {one.name: model.observed(one.variable, one.region) for one in shown}
    return workspace(channels, observations, settings.strengths[0][1], model.bounds(channels))


def compared(histograms: Histograms, settings: ModelSettings, shown: Shown) -> dict[str, Any]:
    """A distribution with the model's parameters and what the control regions tell of its free factors.

    Args:
        histograms: scaled to the luminosity of the data.
        settings: uncertainties.
        shown: the distribution; if it is of a signal region, the variable's next region is that of same charge.

    Returns:
        A HistFactory workspace, the distribution first; control regions are counted in it.
    """
    model, variable = _Model(histograms, settings), shown.variable
    if shown.region in (*HIGH_MT, _TOP):
        return model.controlled(shown.name, variable.name, shown.region)
    place = variable.regions.index(shown.region)
    one = ChannelSettings(shown.name, variable.name, shown.region, variable.regions[place + 1])
    return model.workspace((one,), counted=True)


class _Model:
    def __init__(
        self,
        histograms: Histograms,
        settings: ModelSettings,
        ratios: Mapping[tuple[str, str], Array] | None = None,
    ) -> None:
        self.histograms, self.settings, self.ratios = histograms, settings, ratios or {}
        self.processes = [name for name in histograms.processes if name != _DATA]

    def content(self, variable: str, process: str, region: str, shifted: str = _NOMINAL) -> tuple[Array, Array]:
        """Content and variances of a variable's bins; of events that are only counted, one bin."""
        filled = variable or self.settings.counted
        values, variances = self.histograms.content(filled, process, region, shifted)
        if process == self.settings.w_process and (filled, region) in self.ratios:
            ratio = self.ratios[filled, region]
            values, variances = ratio * values, ratio**2 * variances
        if variable == _COUNTED:
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
                if region not in (*HIGH_MT, _TOP):
                    modifiers.append(_normalisation("w_extrapolation", self.settings.w_extrapolation))
                if region == _TOP:
                    modifiers.append(_normalisation(_HEAVY, self.settings.w_heavy_flavour))
            if process == self.settings.top_process:
                modifiers.append(free(TOP))
                if region == _TOP:
                    modifiers.append(_normalisation(_B_TAGGING, self.settings.b_tagging))
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
        most = np.maximum(observed, self.observed(one.variable, one.region))
        multijet = np.maximum(observed - self.expected(one.variable, one.same_sign), np.maximum(_LEAST, _SHARE * most))
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

    def workspace(self, channels: Iterable[ChannelSettings], *, counted: bool = False) -> dict[str, Any]:
        """Signal channels and control regions together; the latter in bins, or counted."""
        pairs = [both for one in channels for both in self.pair(one)]
        pairs += [self.control(region, _COUNTED if counted else self.settings.control) for region in HIGH_MT]
        pairs.append(self.control(_TOP, _COUNTED))
        pairs += self.not_isolated()
        built = [one for one, _ in pairs]
        observations = {one["name"]: observed for one, observed in pairs}
        return workspace(built, observations, self.settings.strengths[0][1], self.parameters(built))

    def controlled(self, name: str, variable: str, region: str) -> dict[str, Any]:
        """A distribution of a control region, with the other ones counted."""
        samples = self.simulated(name, variable, region, _W if region != HIGH_MT[1] else W_SAME_SIGN)
        pairs = [(channel(name, samples), self.observed(variable, region))]
        pairs += [self.control(other, _COUNTED) for other in (*HIGH_MT, _TOP) if other != region]
        built = [one for one, _ in pairs]
        observations = {one["name"]: observed for one, observed in pairs}
        return workspace(built, observations, self.settings.strengths[0][1], self.parameters(built))

    def control(self, region: str, variable: str) -> tuple[dict[str, Any], Array]:
        """A control region of W bosons or top quarks."""
        factor = W_SAME_SIGN if region == HIGH_MT[1] else _W
        return channel(region, self.simulated(region, variable, region, factor)), self.observed(variable, region)

    def not_isolated(self) -> list[tuple[dict[str, Any], Array]]:
        """The regions that tell the ratio of the charges of multijet events."""
        found = []
        outside = {region: self.observed(_COUNTED, region) for region in _NOT_ISOLATED}
        multijet = {region: outside[region] - self.expected(_COUNTED, region) for region in _NOT_ISOLATED}
        same = _NOT_ISOLATED[1]
        for region, factor, factors in (
            (_NOT_ISOLATED[0], _W, [_OUTSIDE, _RATIO]),
            (_NOT_ISOLATED[1], W_SAME_SIGN, [_OUTSIDE]),
        ):
            estimated = sample(MULTIJET, multijet[same], [free(name) for name in factors])
            samples = [*self.simulated(region, _COUNTED, region, factor), estimated]
            found.append((channel(region, samples), outside[region]))
        return found

    def parameters(self, channels: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Bounds of strengths, and start values of the factors that control regions tell."""
        listed = list(channels)
        starts: dict[str, float] = {}
        for region, factor, process in (
            (_TOP, TOP, self.settings.top_process),
            (HIGH_MT[0], _W, self.settings.w_process),
            (HIGH_MT[1], W_SAME_SIGN, self.settings.w_process),
        ):
            excess = self.observed(_COUNTED, region).sum() - self.expected(_COUNTED, region).sum()
            starts[factor] = 1.0 + excess / self.content(_COUNTED, process, region)[0].sum()
        outside = [self.observed(_COUNTED, one).sum() - self.expected(_COUNTED, one).sum() for one in _NOT_ISOLATED]
        starts[_RATIO] = outside[0] / outside[1]
        used = _names(listed)
        return [
            *self.bounds(listed),
            *({"name": name, "inits": [float(start)]} for name, start in starts.items() if name in used),
        ]

    def bounds(self, channels: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Strengths may be negative: less than the background is what one sees half of the time without a signal."""
        used = _names(channels)
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


def _names(channels: Iterable[dict[str, Any]]) -> set[str]:
    """Names of the parameters of channels."""
    return {m["name"] for one in channels for s in one["samples"] for m in s["modifiers"]}


def _normalisation(name: str, relative: float) -> dict[str, Any]:
    return {"name": name, "type": "normsys", "data": {"hi": 1.0 + relative, "lo": 1.0 - relative}}
