from __future__ import annotations

import awkward as ak
import numpy as np
import pytest
from correctionlib import schemav2

from analysis.calibration import Calibration, load_corrections
from analysis.errors import DataError
from analysis.studies.airshower.reconstruction.events import reconstruct

FIELDS = ["identity", "time", "good", "zenith", "s1000", "s38", "energy"]


def formula(name: str, variable: str, expression: str) -> schemav2.Correction:
    return schemav2.Correction(
        name=name,
        version=1,
        inputs=[schemav2.Variable(name=variable, type="real")],
        output=schemav2.Variable(name=name, type="real"),
        data=schemav2.Formula(nodetype="formula", expression=expression, parser="TFormula", variables=[variable]),
    )


@pytest.fixture
def scale(tmp_path):
    corrections = [formula("attenuation", "zenith", "cos(x)"), formula("energy", "s38", "1e17*x*x")]
    content = schemav2.CorrectionSet(schema_version=2, corrections=corrections)
    Calibration(content, {}, {}).save_corrections(tmp_path / "scale.json")
    return load_corrections(tmp_path / "scale.json")


IDENTITY = np.array([4, 7, 9], np.uint64)
CALIBRATED = ak.Array({"identity": IDENTITY, "time": [1.0, 2.0, 3.0]})
FITTED = ak.Array(
    {
        "identity": IDENTITY,
        "good": [True, False, True],
        "zenith": [0.0, 0.0, np.pi / 3.0],
        "s1000": [10.0, 0.0, 10.0],
    }
)


def test_sizes_and_energies(scale):
    found = reconstruct(CALIBRATED, FITTED, scale)
    assert found.fields == FIELDS
    np.testing.assert_allclose(found["s38"], [10.0, 0.0, 20.0])
    np.testing.assert_allclose(found["energy"], [1e19, 0.0, 4e19])


def test_no_events(scale):
    found = reconstruct(CALIBRATED[:0], FITTED[:0], scale)
    assert len(found) == 0
    assert found.fields == FIELDS


def test_fits_of_other_events_are_refused(scale):
    with pytest.raises(DataError, match="of other events"):
        reconstruct(CALIBRATED, FITTED[::-1], scale)
