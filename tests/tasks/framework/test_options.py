"""Short forms of ``--set``."""

from __future__ import annotations

import pytest

from analysis.errors import StudyError
from tasks.measurement import FitMeasurement


def settings(**options: str) -> dict[str, str]:
    return dict(FitMeasurement(study="htautau", **options).set)


def test_how_limits_are_found_is_a_setting_of_each_fit_that_finds_them():
    assert settings() == settings(limits="asymptotic") == {}
    assert settings(limits="toys") == {"fit.limits": "toys"}
    assert settings(limits="toys", data="asimov") == {"fit.data": "asimov", "fit.limits": "toys"}
    task = FitMeasurement(study="htautau", limits="toys")
    assert task.chapter.step is not None
    assert task.chapter.step.settings.limits == "toys"
    # what decides a result is in the key by what it changes
    assert task.limits == ""


def test_a_study_whose_fits_find_no_limits_says_so():
    with pytest.raises(StudyError, match="no fit of the study 'airshower' finds upper limits so"):
        FitMeasurement(study="airshower", limits="toys")
