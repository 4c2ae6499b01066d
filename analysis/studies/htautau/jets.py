"""Jets that are no other object: those that a selected lepton made are removed.

The public skim keeps all jets above 30 GeV, and a hadronic tau decay is one, too: in 79 % of the simulated Z -> tau tau
events with jets the first one lies at the tau.
"""

from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import vector
from numpy.typing import NDArray

from analysis.events.columns import Column, presence, values, with_columns

__all__ = ["without_overlap"]

Present = NDArray[np.bool_]


def without_overlap(events: ak.Array, distance: float) -> ak.Array:
    """Remove the jets that lie at the muon or at the hadronic tau decay.

    Files tell the two jets of highest pt, and how many there are. If the first one goes, the second takes its place.
    What follows is unknown: with three jets or more the second jet (or the first) may then be missing although
    ``njets`` says that there is one. Quantities of two jets are missing where one is.

    ``njets`` goes down by what was removed. Of up to two jets that is exact. Of more, one may lie at the tau without
    anybody knowing: if neither of the two told ones does, ``njets`` is that of all jets, perhaps one too many.

    Args:
        events: as in the files, a record array of length n.
        distance: in eta and phi, below which a jet is the lepton.

    Returns:
        Events with the same fields and types.
    """
    there = {jet: _presence(events, f"jpt_{jet}") for jet in _JETS}
    removed = {jet: there[jet] & _is_lepton(events, jet, distance) for jet in _JETS}
    kept = {jet: there[jet] & ~removed[jet] for jet in _JETS}
    moves = removed["1"] & kept["2"]
    first, second = kept["1"] | moves, kept["2"] & ~moves
    columns: dict[str, Column] = {}
    for name in _OF_A_JET:
        one, other = values(events, f"{name}_1"), values(events, f"{name}_2")
        columns[f"{name}_1"] = (np.where(moves, other, one), first)
        columns[f"{name}_2"] = (other, second)
    # neither of the two was removed where both are there
    columns |= {name: (values(events, name), first & second) for name in _OF_TWO_JETS}
    njets = values(events, "njets")
    columns["njets"] = (njets - sum(removed.values())).astype(njets.dtype)
    return with_columns(events, columns)


def _presence(events: ak.Array, name: str) -> Present:
    there = presence(events, name)
    return np.ones(len(events), dtype=np.bool_) if there is None else there


def _is_lepton(events: ak.Array, jet: str, distance: float) -> Present:
    """Whether a jet lies at one of the leptons; meaningless where there is no such jet."""
    direction = _direction(events, "jpt_", "jeta_", "jphi_", jet)
    near = [direction.deltaR(_direction(events, "pt_", "eta_", "phi_", leg)) < distance for leg in ("1", "2")]
    return np.asarray(near[0] | near[1])


def _direction(events: ak.Array, pt: str, eta: str, phi: str, which: str) -> Any:
    names = {"pt": pt, "eta": eta, "phi": phi}
    return vector.zip({name: values(events, f"{field}{which}").astype(np.float64) for name, field in names.items()})


_JETS = ("1", "2")
_OF_A_JET = ("jpt", "jeta", "jphi", "jm", "jbtag")
_OF_TWO_JETS = ("mjj", "ptjj", "jdeta")
