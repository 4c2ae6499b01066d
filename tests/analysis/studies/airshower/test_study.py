from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from analysis.provenance.fingerprint import fingerprint
from analysis.provenance.keys import describe
from analysis.studies.airshower.study import study
from analysis.study import Figures, Step, Training
from analysis.wiring import check_graph, upstream, wiring

(TRAINING,) = study.stages_of(Training)
STEPS = {stage.name: stage.step for stage in study.stages if stage.step}
STEPS |= {network.name: network.build for network in TRAINING.networks}
# what comes before the evaluation of the networks, whose figures need its settings
EVENTS = ("calibration", "calibrated", "fitted", "scale", "reconstructed", "resolution", "inputs")


@pytest.mark.parametrize("name", STEPS)
def test_every_step_exists_and_has_a_key(name: str) -> None:
    step = STEPS[name]
    assert callable(step.load())
    assert describe(step)["code"]


def test_every_stage_gets_what_its_function_takes() -> None:
    check_graph(study)
    assert wiring(study, study.stage("reconstructed")).stages.keys() == {"calibrated", "fitted", "scale"}
    assert upstream(study, "fit") == {"workspaces", "publications"}
    # nobody but training, evaluation and figures sees the truth
    knowing = [stage.name for stage in study.stages if "truth" in wiring(study, stage).reserved]
    assert knowing == ["resolution", "inputs", "response", "systematics", "closure", "reconstruction_figures"]


def test_the_hidden_truth_is_known_to_the_closure_test_alone() -> None:
    assert [dataset.name for dataset in study.datasets if dataset.hidden] == ["observatory", "systematics"]
    knowing = [stage.name for stage in study.stages if "truth" in wiring(study, stage).reserved]
    with_it = [name for name in knowing if {"hidden", "observatory"} & set(study.stage(name).datasets)]
    assert with_it == ["inputs", "closure"]  # inputs get none of a hidden data set
    assert "closure" not in upstream(study, "observatory")
    assert study.dataset("observatory") not in study.simulated


def test_each_shift_changes_one_thing_of_the_systematic_set_alone() -> None:
    assert [shift.source for shift in study.shifts] == [
        *("muon_number", "hadronic_model", "light_decay", "em_delay", "muon_depth")
    ]
    for shift in study.shifts:
        for name in shift.names:
            shifted = study.shifted(name)
            changed = [new.name for new, old in zip(shifted.datasets, study.datasets, strict=True) if new != old]
            assert changed == ["systematics"]
            assert shifted.stages == study.stages
    simulate = study.shifted("muon_number_up").dataset("systematics").simulate
    assert simulate is not None
    assert simulate.settings.signals.muon_scale == 1.3
    assert simulate.settings.detector == study.dataset("proton").simulate.settings.detector  # type: ignore[union-attr]
    assert {shift for stage in study.stages for shift in stage.shifts} <= {n for s in study.shifts for n in s.names}


def test_every_figure_has_a_caption() -> None:
    for figures in study.stages_of(Figures):
        assert {name for name, _, _ in figures.captions} <= set(figures.names), figures.name
        assert figures.title


def test_data_sets_are_simulated_by_the_study_and_say_so() -> None:
    assert all(dataset.kind == "simulated" and dataset.generate and dataset.simulate for dataset in study.datasets)
    assert [dataset.name for dataset in study.simulated] == ["proton", "helium", "nitrogen", "iron"]
    for dataset in study.datasets:
        for step in (dataset.generate, dataset.simulate):
            assert isinstance(step, Step)
            assert callable(step.load())


def test_monitoring_covers_all_showers() -> None:
    monitoring = study.dataset("monitoring").generate
    assert monitoring is not None
    period = study.dataset("monitoring").events * monitoring.settings.histograms.interval
    for dataset in study.datasets:
        if dataset.name != "monitoring":
            assert dataset.generate is not None
            assert dataset.generate.settings.period == period
    # whatever the statistics
    assert study.with_statistics("large").dataset("monitoring").events == study.dataset("monitoring").events


def test_all_parts_know_the_same_observatory_and_detector() -> None:
    simulate = study.dataset("proton").simulate
    minutes = study.dataset("monitoring").simulate
    assert simulate is not None
    assert minutes is not None
    assert simulate.settings.detector == minutes.settings.detector
    settings = [STEPS[name].settings for name in ("calibrated", "fitted", "inputs", "reconstruction_figures")]
    assert len({one.observatory for one in (simulate.settings, *settings)}) == 1
    assert STEPS["reconstruction_figures"].settings == STEPS["fitted"].settings


def test_importing_it_loads_no_array_library(repository: Path) -> None:
    code = (
        "import sys, analysis.studies.airshower.study; print(sorted({'numpy', 'awkward', 'jax'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", [*EVENTS, "generate", "simulate"])
def test_no_step_depends_on_the_settings_of_another(name: str) -> None:
    """A step's own settings are in its key by value; the module they stand in holds those of other steps too."""
    step = STEPS.get(name) or getattr(study.dataset("proton"), name)
    assert not [label for label in fingerprint(step.function) if label.partition(":")[0].endswith("settings")]
