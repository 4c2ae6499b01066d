"""From muons to pairs of them."""

import awkward as ak
import vector


def pairs(raw):
    """Select events with exactly two muons, of opposite charge: their invariant mass, in GeV."""
    two = raw[(ak.num(raw.Muon_pt) == 2)]
    two = two[ak.sum(two.Muon_charge, axis=1) == 0]
    muons = vector.zip({name: two[f"Muon_{name}"] for name in ("pt", "eta", "phi", "mass")})
    return ak.zip({"identity": two.identity, "mass": (muons[:, 0] + muons[:, 1]).mass})
