"""Settings of the scan; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from analysis.studies.trigger.evaluation.settings import EfficiencySettings, RateSettings
from analysis.studies.trigger.network.networks import network, training
from analysis.studies.trigger.synthesis.settings import CircuitSettings
from analysis.validated import check_types, require

__all__ = ["POINTS", "ScanSettings"]

POINTS = tuple((hidden, bits) for hidden in ((16, 16), (32, 32, 32)) for bits in (3, 4, 6))
"""Widths of hidden layers, and bits of weights; one branch each."""


@dataclass(frozen=True)
class ScanSettings:
    """Networks that are compared, and their training, rate and circuits.

    Args:
        kept: share of the weights that are kept.
        epochs: of each training.
        stretches: of the background, that thresholds are chosen with.
        rates: at which rate.
        efficiencies: in which range of signals.
        circuit: of each network.
    """

    kept: float = 0.5
    epochs: int = 30
    stretches: int = 30_000
    rates: RateSettings = field(default_factory=RateSettings)
    efficiencies: EfficiencySettings = field(default_factory=EfficiencySettings)
    circuit: CircuitSettings = field(default_factory=CircuitSettings)

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "kept", 0 < self.kept <= 1, "in (0, 1]")
        for name in ("epochs", "stretches"):
            require(self, name, getattr(self, name) >= 1, "at least 1")

    def point(self, number: int) -> tuple[Any, Any]:
        """Settings of a network and of its training."""
        hidden, bits = POINTS[number]
        return network(hidden, bits, self.kept), training(self.epochs)
