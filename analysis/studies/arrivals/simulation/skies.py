"""Directions of the events of a simulated sky."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.events.noise import generator
from analysis.studies.arrivals.settings import CATALOGUES, CHARGES
from analysis.studies.arrivals.simulation.plans import DRAWING
from analysis.studies.arrivals.sky.directions import Vectors, around, unit_vectors
from analysis.studies.arrivals.sky.exposure import INCLINED, VERTICAL, declinations, relative_exposure

__all__ = ["Sky", "SkySimulation", "plans_of"]

_RANGES = (VERTICAL, INCLINED)
_ROUNDS = 400


@dataclass(frozen=True)
class Sky:
    """One sky: where its events come from.

    Args:
        directions: unit vectors (n, 3), equatorial; in the order of the measured events.
        source: (n,) number of the source that an event came from, -1 for none; truth.
    """

    directions: Vectors
    source: NDArray[np.int64]


def plans_of(raw: Any) -> list[dict[str, Any]]:
    """Return the plans of skies (:func:`analysis.studies.arrivals.simulation.plans.describe`), one a dictionary."""
    columns = {name: np.asarray(raw[name]) for name in raw.fields}
    names = [f"abundance_{number}" for number in range(len(CHARGES))]
    abundances = np.stack([columns[name] for name in names], axis=1) if names[0] in columns else None
    plans = [{name: values[i] for name, values in columns.items() if name not in names} for i in range(len(raw))]
    for number, plan in enumerate(plans):
        plan["abundances"] = None if abundances is None else abundances[number]
    return plans


class SkySimulation:
    """Draws skies with the energies and zenith ranges of the measured events.

    Isotropic events follow the exposure of their range of zenith angles. An event of a source gets a nucleus, is
    deflected by the coherent field of the halo and by turbulent fields as its rigidity says, and is seen with the
    exposure of its range. Sources are as bright as the hypothesis says at the event's energy.

    Args:
        observatory: arrays of :func:`analysis.studies.arrivals.sky.observatory.describe`.
        hypotheses: arrays of :func:`analysis.studies.arrivals.sources.hypotheses.prepare`.
    """

    def __init__(
        self, observatory: Mapping[str, NDArray[np.float64]], hypotheses: Mapping[str, NDArray[np.float64]]
    ) -> None:
        self.energy = observatory["energy"]
        self.inclined = observatory["inclined"].astype(np.int64)
        self.hypotheses = hypotheses
        self.nside = round(np.sqrt(len(hypotheses["deflections"]) / 12))
        sine = np.linspace(-1.0, 1.0, 2001)
        self._sine = sine
        curves = [relative_exposure(np.arcsin(sine), zenith) for zenith in _RANGES]
        self._acceptance = np.stack([curve / curve.max() for curve in curves])
        grid = np.linspace(0.0, 1.0, 4001)
        self._quantiles = np.stack([declinations(grid, zenith) for zenith in _RANGES])
        self._grid = grid

    def draw(self, plan: Mapping[str, Any]) -> Sky:
        """Draw the sky of a plan: always the same one.

        Args:
            plan: one of :func:`plans_of`.
        """
        random = generator(plan["identity"], DRAWING)
        number = len(self.energy)
        directions = self._isotropic(random)
        source = np.full(number, -1)
        if plan["fraction"] > 0:
            chosen = np.flatnonzero(random.random(number) < plan["fraction"])
            directions[chosen], source[chosen] = self._from_sources(random, plan, chosen)
        return Sky(directions, source)

    def _isotropic(self, random: np.random.Generator) -> Vectors:
        number = len(self.energy)
        longitude, uniform = 2.0 * np.pi * random.random(number), random.random(number)
        sine = np.where(
            self.inclined == 1,
            np.interp(uniform, self._grid, self._quantiles[1]),
            np.interp(uniform, self._grid, self._quantiles[0]),
        )
        return unit_vectors(longitude, np.arcsin(sine))

    def _from_sources(
        self, random: np.random.Generator, plan: Mapping[str, Any], events: NDArray[np.int64]
    ) -> tuple[Vectors, NDArray[np.int64]]:
        """Draw until the exposure of its range of zenith angles accepts each of some events."""
        name = CATALOGUES[int(plan["catalogue"])]
        places, weights = self.hypotheses[f"{name}_directions"], self.hypotheses[f"{name}_weights"]
        row = np.searchsorted(self.hypotheses["thresholds"], self.energy[events], side="right") - 1
        shares = np.cumsum(weights, axis=1)[np.maximum(row, 0)]
        charges = np.asarray(CHARGES, dtype=np.float64)
        edges = np.cumsum(plan["abundances"])
        found, source = np.zeros((len(events), 3)), np.zeros(len(events), dtype=np.int64)
        left = np.arange(len(events))
        for _ in range(_ROUNDS):
            uniform = random.random((6, len(left)))
            which = (uniform[0][:, None] * shares[left, -1:] > shares[left]).sum(axis=1)
            nucleus = np.minimum(np.searchsorted(edges, uniform[1] * edges[-1], side="right"), len(charges) - 1)
            rigidity = self.energy[events[left]] / charges[nucleus]
            arrival = self._deflected(places[which], rigidity, plan, uniform[2], uniform[3])
            accept = self._accepts(arrival, self.inclined[events[left]], uniform[4])
            found[left[accept]], source[left[accept]] = arrival[accept], which[accept]
            left = left[~accept]
            if not len(left):
                return found, source
        raise DataError(
            f"the sources of {name} are out of the observatory's sight: {len(left)} events were not seen in {_ROUNDS} "
            "attempts",
            cure="choose another catalogue, or smaller deflections",
        )

    def _accepts(
        self, arrival: Vectors, inclined: NDArray[np.int64], uniform: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        seen = [np.interp(arrival[:, 2], self._sine, curve) for curve in self._acceptance]
        accepted: NDArray[np.bool_] = uniform < np.where(inclined == 1, seen[1], seen[0])
        return accepted

    def _deflected(
        self,
        places: Vectors,
        rigidity: NDArray[np.float64],
        plan: Mapping[str, Any],
        uniform: NDArray[np.float64],
        turn: NDArray[np.float64],
    ) -> Vectors:
        if plan["radius"] > 0:
            width = np.full(len(places), np.radians(plan["radius"] / 1.59))
        else:
            places = self.arrivals(places, rigidity / plan["field"]) if plan["field"] else places
            width = np.minimum(np.radians(plan["turbulence"]) * 10.0 / rigidity, 1.5)
        return around(places, 1.0 / width**2, uniform, turn)

    def arrivals(self, places: Vectors, rigidity: NDArray[np.float64]) -> Vectors:
        """Find where cosmic rays from some directions arrive, by two steps of a fixed-point iteration.

        Args:
            places: unit vectors (n, 3), where they come from outside of the Galaxy, equatorial.
            rigidity: (n,), EV.
        """
        from healpy import vec2pix

        arrival = places
        for _ in range(2):
            pixel = vec2pix(self.nside, *arrival.T)
            shift = -self.hypotheses["deflections"][pixel] / rigidity[:, None]
            angle = np.linalg.norm(shift, axis=1, keepdims=True)
            across = shift - np.sum(shift * places, axis=1, keepdims=True) * places
            across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
            # beyond 2 rad, an angle says nothing any more
            angle = np.minimum(angle, 2.0)
            arrival = np.cos(angle) * places + np.sin(angle) * across
        return arrival
