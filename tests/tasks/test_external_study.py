"""A study from outside needs no change in the project: a module, and a line in the configuration."""

from __future__ import annotations

import pytest

from tests.tasks.project import Project, made

MODULE = '''
"""A study of Z boson decays."""

from dataclasses import replace

from analysis.studies.htautau.study import study as htautau
from analysis.study import Step

MINE = replace(htautau.stage("calibrated"), step=Step("zmine_calibration:calibrate"))

study = replace(
    htautau,
    name="zmine",
    stages=tuple(MINE if stage.name == "calibrated" else stage for stage in htautau.stages),
    shifts=(),
)
'''

STEP = '''
"""A calibration that changes nothing."""


def calibrate(raw, calibration):
    return raw
'''


@pytest.mark.long
def test_a_module_named_in_the_configuration(rerun: Project):
    (rerun.folder / "zmine.py").write_text(MODULE)
    (rerun.folder / "zmine_calibration.py").write_text(STEP)
    (rerun.folder / "law_user.cfg").write_text("[studies]\ndefault: htautau\nmodules: zmine\n")
    arguments = ("run", "ReconstructEvents", "--study", "zmine", "--datasets", "Run2012B")
    assert set(made(rerun.law(*arguments))) == {
        "FetchData",
        "DeriveCalibration",
        "CalibrateEvents",
        "ReconstructEvents",
    }
    assert (rerun.store / "zmine" / "ReconstructEvents").is_dir()
    assert made(rerun.law(*arguments)) == []

    rerun.replace("zmine_calibration.py", "return raw", "return raw[:]")
    output = rerun.law(*arguments)
    assert made(output) == ["CalibrateEvents", "ReconstructEvents"]
    assert "code zmine_calibration changed" in output
    assert "use one of: airshower, htautau, zmine" in rerun.law("run", "TrainModel", "--study", "unknown", fails=True)
