from __future__ import annotations

import json
from pathlib import Path

import awkward as ak
import correctionlib
import numpy as np
import pytest
from safetensors.numpy import save

from analysis.errors import DataError
from analysis.studies.airshower.calibration.derivation_settings import DerivationSettings
from analysis.studies.airshower.calibration.derive import derive
from analysis.studies.airshower.simulation.detector import Photomultipliers
from tests.analysis.studies.airshower.calibration.monitored import MINUTES, Monitored

CONSTANTS = {"vem_charge": "charge", "vem_peak": "peak", "gain_ratio": "ratio"}


def truth(monitored: Monitored, field: str) -> np.ndarray:
    """Means over the minutes of an interval, (stations, photomultipliers, intervals)."""
    flat = np.asarray(ak.flatten(monitored.truth[field], axis=None), np.float64)
    return flat.reshape(MINUTES // 10, 10, 91, 3).mean(axis=1).transpose(1, 2, 0)


@pytest.mark.parametrize("name", CONSTANTS)
def test_closure(monitored: Monitored, name: str) -> None:
    """Every constant is the true one, within the stated uncertainties."""
    curves = monitored.calibration.curves
    used = curves["working"] > 0
    derived, uncertainty = curves[name][used], curves[f"{name}_uncertainty"][used]
    true = truth(monitored, CONSTANTS[name])[used]
    assert abs((derived / true - 1.0).mean()) < 0.001
    assert np.abs(derived / true - 1.0).max() < 0.015
    pull = (derived - true) / uncertainty
    assert pull.std() == pytest.approx(1.0, abs=0.1)
    assert abs(pull.mean()) < 0.3
    assert np.median(uncertainty / true) < 0.003


def test_exactly_the_bad_photomultipliers_are_masked(monitored: Monitored, tubes: Photomultipliers) -> None:
    masked = monitored.calibration.curves["working"] == 0
    assert tubes.dead.sum() >= 3
    assert tubes.noisy.sum() >= 3
    assert (masked.all(axis=2) == (tubes.dead | tubes.noisy)).all()
    assert (masked.any(axis=2) == masked.all(axis=2)).all()
    reasons = {(bad["station"], bad["photomultiplier"]): bad for bad in monitored.calibration.measurements["masked"]}
    assert set(reasons) == set(map(tuple, np.argwhere(tubes.dead | tubes.noisy).tolist()))
    for place, bad in reasons.items():
        assert bad["share_of_time"] == 1.0
        assert bad["reason"] == "no muon hump" or (
            tubes.noisy[place] and bad["reason"].startswith(("unusual width", "muon hump at an unusual place"))
        )
    for name in CONSTANTS:
        assert not monitored.calibration.curves[name][masked].any()
        assert (monitored.calibration.curves[name][~masked] > 0).all()


def test_corrections_hold_what_was_derived(monitored: Monitored, corrections: correctionlib.CorrectionSet) -> None:
    station, tube, interval = (index.ravel() for index in np.indices((91, 3, MINUTES // 10)))
    for name in (*CONSTANTS, "working"):
        for time in (600.0 * interval, 600.0 * interval + 599.9):
            stored = np.asarray(corrections[name].evaluate(station, tube, time))
            assert stored == pytest.approx(monitored.calibration.curves[name].ravel(), rel=1e-6)


@pytest.mark.parametrize("where", [(0, 0, -1.0), (0, 0, 60.0 * MINUTES), (91, 0, 0.0), (-1, 0, 0.0), (0, 3, 0.0)])
def test_nothing_is_extrapolated(corrections: correctionlib.CorrectionSet, where: tuple[int, int, float]) -> None:
    with pytest.raises(RuntimeError, match="bounds"):
        corrections["vem_charge"].evaluate(*where)


def test_the_same_data_give_the_same_bytes(monitored: Monitored, tmp_path: Path) -> None:
    """Also in another order and in other data sets."""
    shuffled = monitored.raw[np.random.default_rng(1).permutation(MINUTES)]
    again = derive({"one": shuffled[:7], "two": shuffled[7:]}, DerivationSettings())
    for number, calibration in enumerate((monitored.calibration, again)):
        calibration.save_corrections(tmp_path / f"corrections{number}")
        calibration.save_measurements(tmp_path / f"measurements{number}")
        (tmp_path / f"curves{number}").write_bytes(save(dict(calibration.curves)))
    for name in ("corrections", "measurements", "curves"):
        assert (tmp_path / f"{name}0").read_bytes() == (tmp_path / f"{name}1").read_bytes()
    assert (tmp_path / "curves0").stat().st_size < 1_000_000


def test_measurements_say_how_and_how_well(monitored: Monitored) -> None:
    measurements = json.loads(json.dumps(monitored.calibration.measurements))
    assert measurements["headline"]["photomultipliers masked"] == f"{len(measurements['masked'])} of 273"
    assert "1.09" in measurements["method"]["vem_charge"]
    assert measurements["validity"] == {"begin": 0.0, "end": 60.0 * MINUTES, "unit": "s"}
    assert measurements["fits"]["charge"]["chi2_per_ndf"] == pytest.approx(1.0, abs=0.05)
    charge = measurements["constants"]["vem_charge"]
    assert charge["unit"] == "ADC counts"
    assert charge["mean"] == pytest.approx(170.0, rel=0.03)


def test_nothing_works(monitored: Monitored) -> None:
    empty = ak.with_field(monitored.raw, ak.zeros_like(monitored.raw.charge), "charge")
    with pytest.raises(DataError, match="no photomultiplier has a muon hump"):
        derive({"monitoring": empty}, DerivationSettings())
