from __future__ import annotations

import awkward as ak
import numpy as np
import pytest
from correctionlib import schemav2

from analysis.calibration import Calibration, load_corrections
from analysis.errors import StudyError
from analysis.studies.airshower.reconstruction.events import reconstruct
from analysis.studies.airshower.study import study

DATASET = study.dataset("proton")


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


EVENTS = ak.Array(
    {
        "identity": np.array([4, 7, 9], np.uint64),
        "good": [True, False, True],
        "zenith": [0.0, 0.0, np.pi / 3.0],
        "s1000": [10.0, 0.0, 10.0],
    }
)


def test_sizes_and_energies(scale):
    found = reconstruct(EVENTS, scale, DATASET)
    assert found.fields == [*EVENTS.fields, "s38", "energy"]
    np.testing.assert_allclose(found["s38"], [10.0, 0.0, 20.0])
    np.testing.assert_allclose(found["energy"], [1e19, 0.0, 4e19])


def test_no_events(scale):
    found = reconstruct(EVENTS[:0], scale, DATASET)
    assert len(found) == 0
    assert found.fields == [*EVENTS.fields, "s38", "energy"]


def test_without_a_scale_there_is_no_energy():
    with pytest.raises(StudyError, match=r"'proton' need a scale"):
        reconstruct(EVENTS, None, DATASET)
