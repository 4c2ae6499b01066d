"""What a reader wants first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from analysis.report.ordering import technical_stages
from analysis.stages import Result
from analysis.step import Step
from analysis.studies.airshower.study import study as airshower
from analysis.studies.htautau.study import study as htautau
from analysis.study import Study


def ratio_of_rates(fit: Mapping[str, Any]) -> dict[str, Any]:
    return dict(fit)


def test_calibrations_and_checks_are_behind_fits():
    found = technical_stages(htautau)
    assert {"calibration", "performance"} <= found
    assert "fit" not in found
    assert "fit" not in technical_stages(airshower)


def test_what_is_made_of_a_fit_is_not_behind():
    ratio = Result("ratio", Step("tests.analysis.report.test_ordering:ratio_of_rates"), per="campaign")
    study = replace(htautau, stages=(*htautau.stages, ratio))
    assert "ratio" in {stage.name for stage in study.holding("results")}
    assert "ratio" not in technical_stages(study)


def test_without_a_fit_nothing_is_behind():
    assert technical_stages(Study("none", stages=())) == set()
