"""From muons to pairs of them."""

from dataclasses import replace

import awkward as ak
import vector

from analysis.inference.unbinned import fit_events
from analysis.results import Axis, Column, Table


def pairs(raw):
    """Select events with exactly two muons, of opposite charge: their invariant mass, in GeV."""
    two = raw[(ak.num(raw.Muon_pt) == 2)]
    two = two[ak.sum(two.Muon_charge, axis=1) == 0]
    muons = vector.zip({name: two[f"Muon_{name}"] for name in ("pt", "eta", "phi", "mass")})
    return ak.zip({"identity": two.identity, "mass": (muons[:, 0] + muons[:, 1]).mass})


def vary(pairs, settings, widths):
    """Fit in windows of several half widths around 3.1 GeV."""
    windows = [(3.1 - width, 3.1 + width) for width in widths]
    fits = [fit_events(pairs, replace(settings, window=window))["numbers"][0] for window in windows]
    mass = Column("Mass", "GeV", [fit["value"] for fit in fits], {"stat": [fit["stat"] for fit in fits]}, {})
    return {"tables": [Table("windows", "Mass by window of the fit", (Axis("Window", "GeV", windows),), (mass,))]}
