"""Coordinates of events that are refined: momenta of the legs at their visible mass, missing momentum, first jet.

Two legs with transverse momenta p1, p2 and small masses have the visible mass m^2 = 2 p1 p2 A with the opening
A = cosh(deta) - cos(dphi). If p1 and p2 change at the same mass, A changes with them; what is left is how the opening
is divided between deta and dphi, which :func:`coordinates` tells by an angle.
"""

from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.events.columns import Column, presence, values, with_columns
from analysis.studies.htautau.calibration import transverse_mass

__all__ = ["NAMES", "conditions", "coordinates", "moved"]

Array = NDArray[np.float64]

NAMES = ("pt_1", "pt_2", "opening", "met_along", "met_across", "jpt_1")
"""Of the coordinates; ``opening`` is the angle, ``met`` along the muon and across it, towards the tau."""

# units in which the coordinates are of order one: GeV, but for the angle
_PT = np.array([40.0, 30.0, 50.0])
_WIDTH = np.array([0.45, 0.4, 0.25, 30.0, 30.0, 0.5])


def coordinates(events: ak.Array) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Compute what is refined of n events.

    Returns:
        (n, 6) numbers of order one, 0 where they are missing, and (n, 6), whether they are there: a jet need not be.
    """
    number = _numbers(events)
    jet = _presence(events, "jpt_1")
    opening, least = _opening(number["eta_2"] - number["eta_1"], number["phi_2"] - number["phi_1"])
    along, across = _frame(number)
    found = np.stack(
        [
            np.log(number["pt_1"] / _PT[0]),
            np.log(number["pt_2"] / _PT[1]),
            _angle(opening[0], opening[1], least),
            number["pt_met"] * along,
            number["pt_met"] * across,
            np.where(jet, np.log(np.where(jet, number["jpt_1"], _PT[2]) / _PT[2]), 0.0),
        ],
        axis=1,
    )
    there = np.ones(found.shape, np.bool_)
    there[:, 5] = jet
    return (found / _WIDTH).astype(np.float32), there


def conditions(events: ak.Array) -> NDArray[np.float32]:
    """Compute what the refiner sees and does not change, (n, 2): visible mass, and the muon's eta towards the tau."""
    number = _numbers(events)
    towards = number["eta_1"] * _sign(number["eta_2"] - number["eta_1"])
    return np.stack([values(events, "m_vis"), towards], axis=1).astype(np.float32)


def moved(events: ak.Array, change: Array) -> ak.Array:
    """Change n events by what is added to their coordinates, and all fields that follow; the visible mass stays.

    Muon and jets keep their directions, the tau moves. The missing momentum is that of the coordinates, whatever the
    legs do.

    Args:
        events: as they are calibrated.
        change: (n, 6).

    Returns:
        Events with the same fields and types.
    """
    number, jet = _numbers(events), _presence(events, "jpt_1")
    before, _ = coordinates(events)
    after = (before + change) * _WIDTH
    opening, _ = _opening(number["eta_2"] - number["eta_1"], number["phi_2"] - number["phi_1"])
    pt_1, pt_2 = number["pt_1"], number["pt_2"]
    new = {
        "pt_1": pt_1 * np.exp(change[:, 0] * _WIDTH[0]),
        "pt_2": pt_2 * np.exp(change[:, 1] * _WIDTH[1]),
        "pt_met": np.hypot(after[:, 3], after[:, 4]),
    }
    total = opening.sum(axis=0) * pt_1 * pt_2 / (new["pt_1"] * new["pt_2"])
    deta, dphi = _divided(total, after[:, 2])
    away = number["phi_2"] - number["phi_1"]
    sign = _sign(np.sin(away))
    new["eta_2"] = number["eta_1"] + _sign(number["eta_2"] - number["eta_1"]) * deta
    new["phi_2"] = _wrapped(number["phi_1"] + sign * dphi)
    new["phi_met"] = _wrapped(number["phi_1"] + np.arctan2(sign * after[:, 4], after[:, 3]))
    for leg in ("1", "2"):
        phi = new.get(f"phi_{leg}", number[f"phi_{leg}"])
        new[f"mt_{leg}"] = transverse_mass(new[f"pt_{leg}"], phi, new["pt_met"], new["phi_met"])
    new["pt_vis"] = _length((new["pt_1"], number["phi_1"]), (new["pt_2"], new["phi_2"]))
    columns: dict[str, Column] = {name: one.astype(values(events, name).dtype) for name, one in new.items()}
    return with_columns(events, columns | _jets(events, np.exp(change[:, 5] * _WIDTH[5]), jet))


def _jets(events: ak.Array, factor: Array, jet: NDArray[np.bool_]) -> dict[str, Column]:
    """The first jet with another momentum, and what follows of two jets."""
    number = {name: values(events, name).astype(np.float64) for name in ("jpt_1", "jpt_2", "jphi_1", "jphi_2", "mjj")}
    pt = factor * number["jpt_1"]
    together = _length((pt, number["jphi_1"]), (number["jpt_2"], number["jphi_2"]))
    # masses of jets are small
    mass = np.sqrt(factor) * number["mjj"]
    changed = {
        "jpt_1": (pt, jet),
        "mjj": (mass, _presence(events, "mjj")),
        "ptjj": (together, _presence(events, "ptjj")),
    }
    return {
        name: (np.where(there, one, 0.0).astype(values(events, name).dtype), there)
        for name, (one, there) in changed.items()
    }


def _numbers(events: ak.Array) -> dict[str, Array]:
    names = ("pt_1", "eta_1", "phi_1", "pt_2", "eta_2", "phi_2", "pt_met", "phi_met", "jpt_1")
    return {name: values(events, name).astype(np.float64) for name in names}


def _presence(events: ak.Array, name: str) -> NDArray[np.bool_]:
    there = presence(events, name)
    return np.ones(len(events), np.bool_) if there is None else there


def _frame(number: dict[str, Array]) -> tuple[Array, Array]:
    """Cosine and sine of the missing momentum's angle to the muon; the tau is on the positive side."""
    angle = number["phi_met"] - number["phi_1"]
    return np.cos(angle), np.sin(angle) * _sign(np.sin(number["phi_2"] - number["phi_1"]))


def _opening(deta: Array, dphi: Array) -> tuple[Array, Array]:
    """The parts of A that deta and dphi have, (2, n), and the least part of A that deta can have."""
    parts = np.stack([2.0 * np.sinh(deta / 2.0) ** 2, 2.0 * np.sin(dphi / 2.0) ** 2])
    return parts, _least(parts.sum(axis=0))


def _least(total: Array) -> Array:
    # dphi has 2 at most
    return np.maximum(total - 2.0, 0.0)


def _angle(of_eta: Array, of_phi: Array, least: Array) -> Array:
    """From 0, where dphi has as much of the opening as it can, to 1, where it has nothing."""
    share = (of_eta - least) / np.maximum(of_eta + of_phi - least, 1e-12)
    return np.arcsin(np.sqrt(np.clip(share, 0.0, 1.0))) * (2.0 / np.pi)


def _divided(total: Array, angle: Array) -> tuple[Array, Array]:
    """The distances deta and dphi of an opening; an angle beyond 0 or 1 comes back from there."""
    least = _least(total)
    share = np.sin(angle * np.pi / 2.0) ** 2
    of_eta = least + share * (total - least)
    of_phi = np.clip(total - of_eta, 0.0, 2.0)
    return 2.0 * np.arcsinh(np.sqrt(of_eta / 2.0)), 2.0 * np.arcsin(np.sqrt(of_phi / 2.0))


def _length(one: tuple[Array, Array], other: tuple[Array, Array]) -> Array:
    """Length of the sum of two vectors, given by length and azimuth."""
    x, y = (one[0] * part(one[1]) + other[0] * part(other[1]) for part in (np.cos, np.sin))
    return np.hypot(x, y)


def _sign(number: Array) -> Array:
    return np.where(number < 0.0, -1.0, 1.0)


def _wrapped(phi: Array) -> Any:
    return (phi + np.pi) % (2.0 * np.pi) - np.pi
