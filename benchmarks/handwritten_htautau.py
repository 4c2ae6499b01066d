"""Calibration and reconstruction of the H -> tau tau events as one writes them by hand with uproot and awkward.

No framework: a loop over chunks, one Parquet file of calibrated and one of reconstructed events a chunk, or only the
latter. It is what the study's own code is timed against by calibrate_reconstruct.py, and makes the same columns.
"""

from __future__ import annotations

import sys
from pathlib import Path

import awkward as ak
import correctionlib
import numpy as np
import uproot
import vector

vector.register_awkward()

JETS = [f"{name}_{jet}" for jet in (1, 2) for name in ("jpt", "jeta", "jphi", "jm", "jbtag")]
MISSING = [*JETS, "mjj", "ptjj", "jdeta"]


def momentum(events, suffix):
    return ak.zip(
        {
            name: ak.values_astype(events[f"{short}_{suffix}"], np.float64)
            for name, short in (("pt", "pt"), ("eta", "eta"), ("phi", "phi"), ("mass", "m"))
        },
        with_name="Momentum4D",
    )


def transverse(events, pt, phi):
    return ak.zip(
        {"pt": ak.values_astype(events[pt], np.float64), "phi": ak.values_astype(events[phi], np.float64)},
        with_name="Momentum2D",
    )


def transverse_mass(lepton, met):
    return np.sqrt(2 * lepton.pt * met.pt * (1 - np.cos(lepton.phi - met.phi)))


def remove_leptons(events):
    """Drop jets within 0.5 of the muon or the tau; the second jet takes the place of the first."""
    legs = [ak.zip({"eta": events[f"eta_{leg}"], "phi": events[f"phi_{leg}"]}) for leg in (1, 2)]
    kept = []
    for jet in (1, 2):
        away = True
        for leg in legs:
            dphi = (ak.values_astype(events[f"jphi_{jet}"], np.float64) - leg.phi + np.pi) % (2 * np.pi) - np.pi
            deta = ak.values_astype(events[f"jeta_{jet}"], np.float64) - leg.eta
            away = away & (np.hypot(deta, dphi) >= 0.5)
        kept.append(ak.fill_none(away, False))
        removed = ~ak.is_none(events[f"jpt_{jet}"]) & ~kept[-1]
        events["njets"] = events.njets - ak.values_astype(removed, np.int32)
    for name in ("mjj", "ptjj", "jdeta"):
        events[name] = ak.mask(events[name], kept[0] & kept[1])
    for name in ("jpt", "jeta", "jphi", "jm", "jbtag"):
        one, two = ak.mask(events[f"{name}_1"], kept[0]), ak.mask(events[f"{name}_2"], kept[1])
        events[f"{name}_1"] = ak.where(kept[0], one, two)
        events[f"{name}_2"] = ak.mask(two, kept[0])
    return events


def calibrate(events, correction):
    for name in MISSING:
        events[name] = ak.mask(events[name], events[name] != -999)
    events = remove_leptons(events)
    muon, tau, met = momentum(events, 1), momentum(events, 2), transverse(events, "pt_met", "phi_met")
    scale = correction.evaluate(muon.pt, muon.eta, "nominal")
    corrected = ak.with_field(muon, muon.pt * scale, "pt")
    met = met + muon.to_2D() - corrected.to_2D()
    visible = corrected + tau
    new = {
        "pt_1": corrected.pt,
        "iso_1": events.iso_1 / scale,
        "pt_met": met.pt,
        "phi_met": met.phi,
        "m_vis": visible.mass,
        "pt_vis": visible.pt,
    }
    for name, values in new.items():
        events[name] = ak.values_astype(values, np.float32)
    events["mt_1"] = transverse_mass(corrected, met)
    events["mt_2"] = transverse_mass(tau, met)
    return events


def reconstruct(events):
    muon, tau, met = momentum(events, 1), momentum(events, 2), transverse(events, "pt_met", "phi_met")
    visible = muon + tau
    candidate = visible.to_2D() + met
    bisector = (muon.to_2D().unit() + tau.to_2D().unit()).unit()
    pair_squared = 2 * muon.pt * tau.pt * (1 - np.cos(muon.deltaphi(tau)))
    new = {
        "pt_tt": candidate.pt,
        "mt_tot": np.sqrt(events.mt_1**2 + events.mt_2**2 + pair_squared),
        "d_zeta": met.dot(bisector) - 0.85 * visible.to_2D().dot(bisector),
        "deta_tt": abs(muon.eta - tau.eta),
        "dphi_tt": abs(muon.deltaphi(tau)),
        "dr_tt": muon.deltaR(tau),
        "dphi_1_met": abs(muon.deltaphi(met)),
        "dphi_2_met": abs(tau.deltaphi(met)),
    }
    jets = [
        ak.zip(
            {
                "pt": ak.values_astype(events[f"jpt_{jet}"], np.float64),
                "phi": ak.values_astype(events[f"jphi_{jet}"], np.float64),
                "eta": ak.values_astype(events[f"jeta_{jet}"], np.float64),
            },
            with_name="Momentum3D",
        )
        for jet in (1, 2)
    ]
    deta = jets[0].eta - jets[1].eta
    middle = (jets[0].eta + jets[1].eta) / 2
    new["deta_jj"] = abs(deta)
    new["dphi_jj"] = abs(jets[0].deltaphi(jets[1]))
    new["eta_product_jj"] = jets[0].eta * jets[1].eta
    new["centrality_tt"] = np.exp(-4 / deta**2 * (visible.eta - middle) ** 2)
    new["pt_ttjj"] = (candidate + jets[0].to_2D() + jets[1].to_2D()).pt
    for name, values in new.items():
        events[name] = ak.values_astype(values, np.float32)
    for jet in ("jbtag_1", "jbtag_2"):
        events[jet] = ak.mask(events[jet], events[jet] >= 0)
    tags = [(events[f"jbtag_{jet}"] > 0.679) & (abs(events[f"jeta_{jet}"]) < 2.4) for jet in (1, 2)]
    events["nbtag"] = sum(ak.values_astype(ak.fill_none(tag, False), np.int32) for tag in tags)
    events["prongs_2"] = events.dm_2 // 5 + 1
    events["pi0s_2"] = events.dm_2 % 5
    events["opposite_charge"] = events.q_1 * events.q_2 < 0
    events["label"] = np.full(len(events), -1, dtype=np.int32)
    events["weight"] = np.ones(len(events))
    return events


def main(source: Path, corrections: Path, output: Path, chunk: int, keep_calibrated: bool = True) -> None:
    correction = correctionlib.CorrectionSet.from_file(str(corrections))["muon_scale"]
    start = 0
    for number, events in enumerate(uproot.iterate(f"{source}:Events", step_size=chunk)):
        events["identity"] = np.arange(start, start + len(events), dtype=np.uint64)
        start += len(events)
        events = calibrate(events, correction)
        if keep_calibrated:
            ak.to_parquet(events, output / f"calibrated_{number}.parquet")
            events = ak.from_parquet(output / f"calibrated_{number}.parquet")
        ak.to_parquet(reconstruct(events), output / f"reconstructed_{number}.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
