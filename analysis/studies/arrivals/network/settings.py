"""Settings of the network and of its training; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from analysis.studies.arrivals.settings import CATALOGUES
from analysis.validated import check_types, require

__all__ = ["NETWORKS", "MeasurementSettings", "NetworkSettings", "SensitivitySettings", "settings_of"]

NETWORKS = 2
"""So many are trained, with different initial parameters and orders of the skies; their logits are averaged."""


@dataclass(frozen=True)
class NetworkSettings:
    """Shape and training of the graph network; all of it was chosen on simulated skies alone.

    Args:
        energy: EeV; events above it are the nodes.
        radii: the catalogue's density is seen with these equivalent top-hat radii, degrees.
        catalogue: whose density it is.
        width: of all layers.
        layers: of an edge convolution.
        neighbours: of an event.
        dynamic: whether the second edge convolution joins neighbours in what the first one has learned, rather than on
            the sphere.
        batch_size: skies in a step.
        passes: over all skies.
        least_steps: so many steps are made at least, by more passes if there are few skies.
        learning_rate: the highest one, of a one-cycle schedule.
        gradient_clip: largest norm of a gradient.
        seed: of the initial parameters and the order.
    """

    energy: float = 40.0
    radii: tuple[float, ...] = (9.0, 15.0, 25.0, 38.0)
    catalogue: str = "starburst"
    width: int = 24
    layers: int = 2
    neighbours: int = 8
    dynamic: bool = False
    batch_size: int = 4
    passes: int = 2
    least_steps: int = 120
    learning_rate: float = 3e-3
    gradient_clip: float = 1.0
    seed: int = 1

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("width", "layers", "neighbours", "batch_size", "passes", "least_steps"):
            require(self, name, getattr(self, name) >= 1, "at least 1")
        require(self, "learning_rate", self.learning_rate > 0, "greater than 0")
        require(self, "catalogue", self.catalogue in CATALOGUES, f"one of {', '.join(CATALOGUES)}")

    def numbers(self) -> dict[str, list[float]]:
        """All settings as numbers by name, for whoever uses the networks later."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        values["catalogue"] = CATALOGUES.index(self.catalogue)
        return {name: [float(one) for one in _listed(value)] for name, value in values.items()}


def settings_of(network: Mapping[str, Any]) -> NetworkSettings:
    """The settings that a network was trained with; see :meth:`NetworkSettings.numbers`.

    Args:
        network: arrays of a network, with ``settings.<name>`` among them.
    """
    found: dict[str, Any] = {}
    for one in fields(NetworkSettings):
        numbers = [float(value) for value in network[f"settings.{one.name}"]]
        kind = type(getattr(NetworkSettings(), one.name))
        found[one.name] = tuple(numbers) if kind is tuple else numbers[0] if kind is str else kind(numbers[0])
    return NetworkSettings(**{**found, "catalogue": CATALOGUES[int(found["catalogue"])]})


def _listed(value: Any) -> Any:
    return value if isinstance(value, tuple) else (value,)


@dataclass(frozen=True)
class SensitivitySettings:
    """Settings of the comparison of sensitivities.

    Args:
        significance: standard deviations that the median sky is to have.
        replicas: resampled sets of skies, for uncertainties.
        seed: of these.
    """

    significance: float = 3.0
    replicas: int = 200
    seed: int = 11


@dataclass(frozen=True)
class MeasurementSettings:
    """Settings of the measurement of the fraction.

    Args:
        nominal: data set that the fraction is calibrated with.
        level: of the interval.
    """

    nominal: str = "half_field"
    level: float = 0.68
