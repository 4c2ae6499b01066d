"""Jets that are no leptons, measured muons on the scale of the reference masses, and all that is computed from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import vector
from numpy.typing import NDArray

from analysis.events.columns import presence, values, with_columns
from analysis.studies.htautau.jets import without_overlap

if TYPE_CHECKING:
    from correctionlib import CorrectionSet

    from analysis.calibration import SavedCalibration
    from analysis.studies.htautau.settings import CalibrationSettings
    from analysis.study import Dataset

__all__ = ["calibrate", "transverse_mass"]


def calibrate(
    raw: ak.Array, calibration: SavedCalibration | CorrectionSet, dataset: Dataset, settings: CalibrationSettings
) -> ak.Array:
    """Remove jets that are leptons, and apply the muon momentum scale to measured events.

    Momenta of simulated events change by systematic shifts alone. The muon's pt is multiplied by the scale, in
    simulated events by what the scale's uncertainty makes of it (measured data stay what they are); the tau's momentum
    and mass by its energy scale. The missing transverse momentum balances both. What is left of the event, neither of
    the two nor one of the jets that the files tell, can be scaled too, and the missing transverse momentum with it.
    Transverse masses, the visible mass and the visible pt are computed again, the isolation (a sum of momenta divided
    by the muon's pt) is divided by the scale.

    Args:
        raw: from the files, a record array of length n; momenta and masses in GeV, angles in rad.
        calibration: as derived from the dimuon resonances.
        dataset: where the events are from.
        settings: which correction to apply, and the shift.

    Returns:
        Events with the same fields and types.

    Raises:
        DataError: there is no such correction.
    """
    muon_scale, tau_scale, rest_scale = calibration[settings.correction], 1.0, 1.0
    measured = dataset.kind == "measured"
    events = without_overlap(raw, settings.overlap)
    if not measured and not settings.shifted:
        return events
    stored = {name: values(events, name) for name in _USED}
    number = {name: column.astype(np.float64) for name, column in stored.items()}
    nominal = muon_scale.evaluate(number["pt_1"], number["eta_1"], "nominal")
    if measured:
        scale = nominal
    else:
        scale = muon_scale.evaluate(number["pt_1"], number["eta_1"], settings.systematic) / nominal
        tau_scale, rest_scale = settings.tau_energy, settings.unclustered_energy

    muon_before, tau_before = _transverse(number, "1"), _transverse(number, "2")
    number["pt_1"], number["iso_1"] = scale * number["pt_1"], number["iso_1"] / scale
    number["pt_2"], number["m_2"] = tau_scale * number["pt_2"], tau_scale * number["m_2"]
    # sums of Cartesian components; between polar ones vector would go back and forth
    muon, tau = (
        vector.zip({name: number[f"{field}_{leg}"] for name, field in _MOMENTUM.items()}).to_pxpypzenergy()
        for leg in ("1", "2")
    )
    met = vector.zip({"pt": number["pt_met"], "phi": number["phi_met"]}).to_pxpy()
    if rest_scale != 1.0:
        met = met + (rest_scale - 1.0) * (met + muon_before + tau_before + _jets(events))
    met = met + muon_before - muon.to_pxpy() + tau_before - tau.to_pxpy()
    number["pt_met"], number["phi_met"] = np.asarray(met.pt), np.asarray(met.phi)
    for leg in ("1", "2"):
        number[f"mt_{leg}"] = transverse_mass(
            number[f"pt_{leg}"], number[f"phi_{leg}"], number["pt_met"], number["phi_met"]
        )
    visible = muon + tau
    number["m_vis"], number["pt_vis"] = np.asarray(visible.mass), np.asarray(visible.pt)
    return with_columns(events, {name: number[name].astype(stored[name].dtype) for name in _CHANGED})


def transverse_mass(
    pt: NDArray[Any], phi: NDArray[Any], pt_met: NDArray[Any], phi_met: NDArray[Any]
) -> NDArray[np.float64]:
    """Transverse mass of a lepton and the missing transverse momentum, lepton mass neglected, in GeV.

    sqrt(2 pt pt_met (1 - cos dphi)) (UA1, Phys. Lett. B 122 (1983) 103), written so that small angles keep their
    digits.

    Args:
        pt: of the lepton in GeV, shape (n,).
        phi: of the lepton in rad, shape (n,).
        pt_met: in GeV, shape (n,).
        phi_met: in rad, shape (n,).

    Examples:
        >>> float(transverse_mass(np.array(40.0), np.array(0.0), np.array(40.0), np.array(np.pi)))
        80.0
    """
    return 2.0 * np.sqrt(pt * pt_met) * np.abs(np.sin((phi - phi_met) / 2.0))


def _transverse(number: dict[str, NDArray[np.float64]], leg: str) -> Any:
    return vector.zip({"pt": number[f"pt_{leg}"], "phi": number[f"phi_{leg}"]}).to_pxpy()


def _jets(events: ak.Array) -> Any:
    """Transverse momentum of the jets together; none where there is none."""
    total = vector.zip({"px": np.zeros(len(events)), "py": np.zeros(len(events))})
    for jet in ("1", "2"):
        there = presence(events, f"jpt_{jet}")
        pt, phi = (values(events, f"j{name}_{jet}").astype(np.float64) for name in ("pt", "phi"))
        if there is not None:
            pt, phi = np.where(there, pt, 0.0), np.where(there, phi, 0.0)
        total = total + vector.zip({"pt": pt, "phi": phi}).to_pxpy()
    return total


_MOMENTUM = {"pt": "pt", "eta": "eta", "phi": "phi", "mass": "m"}
_CHANGED = ("pt_1", "iso_1", "mt_1", "pt_2", "m_2", "mt_2", "pt_met", "phi_met", "m_vis", "pt_vis")
_USED = (*_CHANGED, "eta_1", "phi_1", "m_1", "eta_2", "phi_2")
