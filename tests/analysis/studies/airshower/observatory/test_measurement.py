from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import DataError, StudyError
from analysis.studies.airshower.observatory.depth_scale import fit_depth_scale
from analysis.studies.airshower.observatory.measurement import SAMPLES, histograms, measured
from analysis.studies.airshower.observatory.response import Response
from analysis.studies.airshower.observatory.settings import ObservatoryMeasurement
from analysis.studies.airshower.published import gumbel
from tests.analysis.studies.airshower.observatory.conftest import MASSES, MODEL, made


def test_moments_and_composition_of_a_large_observatory(response: Response, settings: ObservatoryMeasurement) -> None:
    some = made(40_000, 11, hybrid=1 / 7)
    scale = fit_depth_scale(some.showers, (19.0, 1.25), 18.5)
    found = measured(some.showers, scale, response, settings)
    energy = np.array(found["surface"]["energy"]["mean"])
    means = np.array([gumbel.mean(energy, mass, MODEL) for mass in MASSES])
    variances = np.array([gumbel.variance(energy, mass, MODEL) for mass in MASSES])
    width = np.sqrt(variances.mean(axis=0) + means.var(axis=0))
    log_mass = np.log(MASSES).mean()
    for sample in SAMPLES:
        one = found[sample]
        for name, expected, slack in (("mean", means.mean(axis=0), 0.5), ("width", width, 1.5)):
            total = np.hypot(one[name]["stat"], one[name]["syst"])[:, 0]
            assert np.abs(np.array(one[name]["value"]) - expected) == pytest.approx(0.0, abs=3.5 * total.max() + slack)
        total = np.hypot(one["log_mass"]["stat"], one["log_mass"]["syst"]).mean(axis=1)
        # a mixture's mean depth is a straight line in <ln A> to 1 g/cm2
        assert (np.abs(np.array(one["log_mass"]["value"]) - log_mass) < 3.5 * total + 0.05).all()
        assert np.sum([one["fractions"][name]["value"] for name in one["fractions"]], axis=0) == pytest.approx(
            1.0, abs=1e-4
        )
    # templates of surface events have fewer showers than these data
    assert min(found["hybrid"]["p_value"]) > 0.0
    assert found["surface"]["events"][0] > 6 * found["hybrid"]["events"][0]


def test_an_energy_without_hybrid_events_is_told(response: Response) -> None:
    some = made(400, 12, hybrid=0.3)
    scale = fit_depth_scale(some.showers, (19.0, 1.25), 18.5)
    with pytest.raises(DataError, match=r"0 hybrid events lie between lg\(E/eV\) = 20 and 21"):
        histograms(some.showers, scale, response, ObservatoryMeasurement(energies=(20.0, 21.0)))


@pytest.mark.parametrize("wrong", [{"energies": (18.6,)}, {"toys": 1}, {"primaries": (("proton", 1),)}])
def test_settings_that_measure_nothing_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(StudyError, match="is given 1"):
        ObservatoryMeasurement(**wrong)  # type: ignore[arg-type]
