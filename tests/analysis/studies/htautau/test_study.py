from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from analysis.checking.signature import arguments_of
from analysis.errors import StudyError
from analysis.provenance.fingerprint import fingerprint
from analysis.studies.htautau.study import study
from analysis.study import Figures
from analysis.wiring import RESERVED, check_graph, covered, upstream, wiring


def test_every_stage_gets_what_it_takes() -> None:
    check_graph(study)
    for stage in study.stages:
        if stage.step is not None:
            assert callable(stage.step.load())
            assert set(arguments_of(stage.step).required) <= set(wiring(study, stage).stages) | set(RESERVED)
    assert wiring(study, study.stage("fit")).stages == {"workspaces": "workspaces"}
    assert "calibrated" in upstream(study, "measurement_figures")
    assert "DoubleMuParked" not in covered(study, "calibrated")


def test_weights_of_measured_vertices_enter_histograms_alone() -> None:
    """Networks are trained, and score, without them: a new run period leaves networks as they are."""
    assert "pileup" in upstream(study, "histograms")
    assert study.stage("pileup").datasets == ("simulated", "measured")
    for name in ("calibrated", "reconstructed", "inputs", "training", "scores"):
        assert "pileup" not in upstream(study, name)


def test_campaigns() -> None:
    assert [campaign.name for campaign in study.campaigns] == ["2012BC", "2012B", "2012C"]
    assert [dataset.name for dataset in study.measured("2012BC")] == ["Run2012B", "Run2012C"]
    for campaign in study.campaigns:
        assert campaign.luminosity == pytest.approx(sum(d.luminosity or 0.0 for d in study.measured(campaign.name)))
    with pytest.raises(StudyError, match="2013") as caught:
        study.campaign("2013")
    assert "2012BC" in caught.value.cure


def test_data_sets() -> None:
    assert [d.name for d in study.simulated] == [d.name for d in study.datasets if d.kind == "simulated"]
    assert len(study.simulated) == 7
    names = {dataset.name for dataset in study.datasets}
    assert {name for process in study.processes for name in process.datasets} <= names
    assert study.dataset_names(study.stage("calibration").datasets, "2012B") == ("DoubleMuParked",)
    assert study.dataset_names((), "2012B") == (*(d.name for d in study.simulated), "Run2012B")


def test_names_agree() -> None:
    settings, histograms = study.stage("inputs").step.settings, study.stage("histograms")
    assert settings.classes == tuple(process.name for process in study.processes)
    assert study.processes[0].name == "higgs"
    assert study.stage("reconstructed").step.settings.processes is study.processes
    assert histograms.weights.settings.processes == settings.classes
    regions = {region.name for region in histograms.regions}
    assert all(set(variable.regions) <= regions for variable in histograms.variables)
    model = study.stage("workspaces")
    assert model.names == tuple(name for name, _ in model.step.settings.workspaces)
    channels = [channel for _, channels in model.step.settings.workspaces for channel in channels]
    variables = {variable.name: variable for variable in histograms.variables}
    assert all({one.region, one.same_sign} <= set(variables[one.variable].regions) for one in channels)


def test_every_uncertainty_enters_the_model() -> None:
    assert [shift.source for shift in study.shifts] == ["tau_energy", "muon_momentum", "unclustered_energy"]
    sources = (*(shift.source for shift in study.shifts), *study.stage("histograms").weight_shifts)
    assert study.stage("workspaces").step.settings.sources == sources


def test_a_shift_changes_the_calibration_and_nothing_else() -> None:
    changes: dict[str, dict[str, Any]] = {
        "tau_energy_up": {"tau_energy": 1.03},
        "tau_energy_down": {"tau_energy": 0.97},
        "muon_momentum_down": {"systematic": "down"},
        "unclustered_energy_up": {"unclustered_energy": 1.1},
    }
    for name, settings in changes.items():
        shifted, nominal = study.shifted(name), study.stage("calibrated")
        step = replace(nominal.step, settings=replace(nominal.step.settings, **settings))
        assert shifted.stage("calibrated") == replace(nominal, step=step)
        assert replace(shifted, stages=study.stages) == study
        assert sum(one != other for one, other in zip(shifted.stages, study.stages, strict=True)) == 1
    assert study.shifted("") is study
    for other in ("luminosity_up", "tau_energy"):
        with pytest.raises(StudyError, match=f"no shift of the study 'htautau' is called '{other}'"):
            study.shifted(other)


def test_every_figure_has_a_caption() -> None:
    for stage in study.stages_of(Figures):
        assert [name for name, _, _ in stage.captions if name not in stage.names] == []
        assert {name for name, _, _ in stage.captions} == set(stage.names)
        assert len(set(stage.names)) == len(stage.names)


def test_the_network_sees_no_truth() -> None:
    settings = study.stage("inputs").step.settings
    # what a network must not see: truth, weights, running conditions, isolation (control regions are made with it)
    forbidden = {"gen_match", "weight", "run", "npv", "iso_1", "iso_2", "label", "identity", "q_1", "q_2"}
    assert not forbidden & set(settings.features)
    assert len(set(settings.features)) == len(settings.features)


def test_reading_the_study_is_cheap() -> None:
    script = (
        "import sys; import analysis.studies.htautau.study; "
        "print([m for m in ('numpy', 'awkward', 'uproot', 'jax', 'pyarrow', 'scipy') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_applying_a_calibration_is_apart_from_deriving_it() -> None:
    """A number changed in one of the two must not make the other run again."""
    steps = [study.stage(name).step for name in ("calibration", "calibrated", "reconstructed")]
    derivation, application = (set(fingerprint(step.function)) for step in steps[:2])
    assert derivation & application <= {
        f"analysis.errors:{name}" for name in ("ErumflowError", "StudyError", "_rebuild")
    }
    assert any(label.startswith("analysis.studies.htautau.resonance:") for label in derivation)
    assert steps[1].function in application
    for step in steps:
        assert not any(label.startswith("analysis.learning") for label in fingerprint(step.function))
        assert not any(label.startswith("analysis.studies.htautau.study:") for label in fingerprint(step.function))
