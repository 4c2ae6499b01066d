"""From calibrated objects to what the analysis is done with: pair and jet quantities, classes, weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import vector
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.events.columns import presence, values, with_columns
from analysis.events.labels import label

if TYPE_CHECKING:
    from analysis.studies.htautau.settings import ReconstructionSettings
    from analysis.study import Dataset

__all__ = ["reconstruct"]

Array = NDArray[np.float64]
Present = NDArray[np.bool_]


def reconstruct(
    calibrated: ak.Array, dataset: Dataset, weight_per_fb: float, settings: ReconstructionSettings
) -> ak.Array:
    """Reconstruct events.

    Fields that are added (``1`` is the muon, ``2`` the hadronic tau, ``tt`` both and the missing transverse momentum,
    ``j`` a jet; GeV, rad; float32):

    - ``pt_tt``: pt of the Higgs boson candidate; ``mt_tot``: total transverse mass, sqrt(mt_1^2 + mt_2^2 + mt_12^2)
      (CMS, JHEP 09 (2018) 007); ``d_zeta``: missing minus 0.85 times visible momentum along the bisector of
      the legs (CMS, JHEP 05 (2014) 104).
    - ``deta_tt``, ``dphi_tt``, ``dr_tt``: distances of the legs; ``dphi_1_met``, ``dphi_2_met``: of a leg and the
      missing transverse momentum; all without sign.
    - ``prongs_2``, ``pi0s_2``: charged hadrons and neutral pions of the tau's decay mode, which is
      5 (prongs - 1) + pi0s.
    - ``deta_jj``, ``dphi_jj``: distances of the two jets without sign; ``eta_product_jj``; ``centrality_tt``: 1 if the
      visible pair lies in the middle between the jets in eta, 1/e at a jet (ATLAS, JHEP 04 (2015) 117);
      ``pt_ttjj``: pt of candidate and jets together. Missing without two jets.
    - ``nbtag``: how many of the two jets are tagged as those of bottom quarks (int32).
    - ``opposite_charge``: truth value.
    - ``label``: index of the process, -1 for measured events (int32).

    Changed are ``weight``: expected events per 1/fb (float64), 1 for measured ones; ``jbtag_1``, ``jbtag_2``: missing
    where the b-tagging algorithm gave no answer (a negative discriminator).

    Args:
        calibrated: events, a record array of length n.
        dataset: where they are from.
        weight_per_fb: expected events per generated event and 1/fb.
        settings: processes, and what the stored weights are for.

    Raises:
        DataError: the stored weights are not what cross section, luminosity and number of generated events give.
        StudyError: a simulated event belongs to two processes.
    """
    _check_weight(calibrated, dataset, weight_per_fb, settings)
    columns: dict[str, Any] = {"weight": np.full(len(calibrated), weight_per_fb)}
    columns["opposite_charge"] = values(calibrated, "q_1") != values(calibrated, "q_2")
    decay_mode = values(calibrated, "dm_2")
    columns["prongs_2"], columns["pi0s_2"] = decay_mode // 5 + 1, decay_mode % 5
    for jet in ("jbtag_1", "jbtag_2"):
        discriminator = values(calibrated, jet)
        columns[jet] = (discriminator, _present(calibrated, jet) & (discriminator >= 0.0))
    columns["nbtag"] = _tagged(calibrated, settings)
    muon, tau, met = _momentum(calibrated, "1"), _momentum(calibrated, "2"), _missing_momentum(calibrated)
    # sums of Cartesian components; between polar ones vector would go back and forth
    visible = muon.to_pxpypzenergy() + tau.to_pxpypzenergy()
    candidate = visible.to_pxpy() + met.to_pxpy()
    columns |= _pair(calibrated, muon, tau, met, visible, candidate)
    columns |= _jets(calibrated, visible, candidate)
    columns["label"] = label(calibrated, dataset, settings.processes)
    return with_columns(calibrated, columns)


def _check_weight(events: ak.Array, dataset: Dataset, weight_per_fb: float, settings: ReconstructionSettings) -> None:
    """Compare the stored weights, of the whole sample and the whole luminosity, with what the catalogue says."""
    expected = 1.0
    if dataset.kind == "simulated":
        expected = weight_per_fb * dict(settings.fractions)[dataset.name] * settings.stored_luminosity
    stored = values(events, "weight")
    wrong = np.flatnonzero(np.abs(stored - expected) > np.finfo(np.float32).eps * expected)
    if wrong.size:
        raise DataError(
            f"the data set {dataset.name!r}: the weight stored in {wrong.size} of {len(events)} events is not "
            f"{expected:.8g} but, in the first of them, {stored[wrong[0]]:.8g}",
            cure="correct the cross section, the number of generated events or the luminosity in the catalogue",
        )


def _tagged(events: ak.Array, settings: ReconstructionSettings) -> NDArray[np.int32]:
    tagged = [
        _present(events, f"jbtag_{jet}")
        & (values(events, f"jbtag_{jet}") > settings.b_tag)
        & (np.abs(values(events, f"jeta_{jet}")) < settings.b_tag_eta)
        for jet in ("1", "2")
    ]
    return np.sum(tagged, axis=0, dtype=np.int32)


def _momentum(events: ak.Array, leg: str) -> Any:
    fields = {"pt": f"pt_{leg}", "eta": f"eta_{leg}", "phi": f"phi_{leg}", "mass": f"m_{leg}"}
    return vector.zip({name: values(events, field).astype(np.float64) for name, field in fields.items()})


def _direction(phi: Any) -> Any:
    return vector.zip({"x": np.cos(phi), "y": np.sin(phi)})


def _missing_momentum(events: ak.Array) -> Any:
    return vector.zip({name: values(events, f"{name}_met").astype(np.float64) for name in ("pt", "phi")})


def _pair(
    events: ak.Array, muon: Any, tau: Any, met: Any, visible: Any, candidate: Any
) -> dict[str, NDArray[np.float32]]:
    dphi = muon.deltaphi(tau)
    between_squared = 2.0 * muon.pt * tau.pt * (1.0 - np.cos(dphi))
    mt_1, mt_2 = (values(events, f"mt_{leg}").astype(np.float64) for leg in ("1", "2"))
    # the sum of the legs' unit vectors points along the bisector
    bisector = _direction(muon.phi) + _direction(tau.phi)
    along = (candidate - 1.85 * visible.to_pxpy()).dot(bisector)
    return _float32(
        pt_tt=candidate.pt,
        mt_tot=np.sqrt(mt_1**2 + mt_2**2 + between_squared),
        # back-to-back legs have no bisector; nothing is projected on it then
        d_zeta=along / np.maximum(bisector.rho, 1e-12),
        deta_tt=abs(muon.eta - tau.eta),
        dphi_tt=abs(dphi),
        dr_tt=np.hypot(muon.eta - tau.eta, dphi),
        dphi_1_met=abs(muon.deltaphi(met)),
        dphi_2_met=abs(tau.deltaphi(met)),
    )


def _jets(events: ak.Array, visible: Any, candidate: Any) -> dict[str, tuple[NDArray[np.float32], Present]]:
    two = _present(events, "jpt_2")
    first, second = (
        vector.zip({name: values(events, f"j{name}_{jet}")[two].astype(np.float64) for name in ("pt", "eta", "phi")})
        for jet in ("1", "2")
    )
    deta = first.eta - second.eta
    # 2 / deta^2 in units in which a jet lies at +-1 from the middle gives 1/e there
    position = 2.0 * (visible.eta[two] - (first.eta + second.eta) / 2.0) / np.where(deta == 0.0, np.inf, deta)
    quantities = _float32(
        deta_jj=abs(deta),
        dphi_jj=abs(first.deltaphi(second)),
        eta_product_jj=first.eta * second.eta,
        centrality_tt=np.exp(-(position**2)),
        pt_ttjj=(candidate[two] + first.to_pxpy() + second.to_pxpy()).pt,
    )
    columns = {}
    for name, numbers in quantities.items():
        everywhere = np.zeros(len(events), dtype=np.float32)
        everywhere[two] = numbers
        columns[name] = (everywhere, two)
    return columns


def _present(events: ak.Array, name: str) -> Present:
    there = presence(events, name)
    return np.ones(len(events), dtype=np.bool_) if there is None else there


def _float32(**quantities: Any) -> dict[str, NDArray[np.float32]]:
    return {name: np.asarray(numbers).astype(np.float32) for name, numbers in quantities.items()}
