from __future__ import annotations

import subprocess
import sys

from analysis.measurement import Cut
from analysis.studies.htautau import measuring
from analysis.studies.htautau.study import study as htautau
from analysis.studies.htautau_refined.study import REFINEMENT, study
from analysis.wiring import check_graph, upstream


def test_every_stage_gets_what_it_takes() -> None:
    check_graph(study)
    assert "refinement_scores" in upstream(study, "histograms")
    assert "strengths" not in upstream(study, "fit")


def test_the_signal_region_is_not_learned_from() -> None:
    region = study.stage("refinement_inputs").step.settings.region
    signal = next(one for one in measuring.REGIONS if one.name == "signal")
    assert Cut("mt_1", ">", 70.0) in region.cuts
    assert Cut("mt_1", "<", 30.0) in signal.cuts


def test_nominal_events_are_those_of_htautau_and_the_shift_refines() -> None:
    assert study.stage("refined").step.settings.strength == 0.0
    assert study.shifted("refinement_up").stage("refined").step.settings.strength == 1.0
    assert [shift for shift in study.shifts if shift not in htautau.shifts] == [REFINEMENT]
    assert study.stage("strengths").step.settings.model == measuring.MODEL
    sources = study.stage("workspaces").step.settings.sources
    assert sources == (*measuring.MODEL.sources, REFINEMENT.source)
    for name in ("calibrated", "reconstructed", "scores"):
        assert study.stage(name) == htautau.stage(name)


def test_reading_the_study_is_cheap() -> None:
    script = (
        "import sys; import analysis.studies.htautau_refined.study; "
        "print([m for m in ('numpy', 'awkward', 'jax', 'scipy') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
