from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from analysis.errors import StudyError
from analysis.provenance.fingerprint import fingerprint
from analysis.studies.htautau.study import study


def test_steps_exist() -> None:
    for step in (
        study.derive_calibration,
        study.calibrate,
        study.reconstruct,
        study.prepare_training,
        study.networks[0].build,
    ):
        assert callable(step.load())


def test_campaigns() -> None:
    assert [campaign.name for campaign in study.campaigns] == ["2012B", "2012C", "2012BC"]
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
    assert set(study.calibration_datasets) <= names


def test_names_agree() -> None:
    settings = study.prepare_training.settings
    assert settings.classes == tuple(process.name for process in study.processes)
    assert study.processes[0].name == "higgs"
    assert study.reconstruct.settings.processes is study.processes
    assert study.weigh is not None
    assert study.weigh.settings.processes == settings.classes
    regions = {region.name for region in study.regions}
    assert all(set(variable.regions) <= regions for variable in study.variables)


def test_shifts() -> None:
    kinematic = {shift.source for shift in study.shifts if shift.kinematic}
    assert kinematic == {"tau_energy", "muon_momentum", "unclustered_energy"}
    # each source goes both ways, each shift is about simulated events alone
    assert len({(shift.source, shift.direction) for shift in study.shifts}) == len(study.shifts)
    for shift in study.shifts:
        assert shift.name == f"{shift.source}_{shift.direction}"
        assert set(shift.datasets) == ({d.name for d in study.simulated} if shift.kinematic else set())
    assert study.measurement is not None
    assert set(study.measurement.build.settings.sources) == {shift.source for shift in study.shifts}


def test_a_shift_replaces_its_steps_and_nothing_else() -> None:
    shifted = study.shifted("tau_energy_up")
    assert shifted.calibrate.settings.tau_energy == 1.03
    assert replace(shifted, calibrate=study.calibrate) == study
    assert study.shifted("luminosity_up") == study == study.shifted("")
    with pytest.raises(StudyError, match="no shift of the study 'htautau' is called 'tau_energy'"):
        study.shifted("tau_energy")


def test_the_network_sees_no_truth() -> None:
    settings = study.prepare_training.settings
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
    derivation, application = (set(fingerprint(step.module)) for step in (study.derive_calibration, study.calibrate))
    assert derivation & application <= {"analysis.errors"}
    assert "analysis.studies.htautau.resonance" in derivation
    assert study.calibrate.module in application
    for step in (study.calibrate, study.reconstruct, study.derive_calibration):
        assert not any(module.startswith("analysis.learning") for module in fingerprint(step.module))
        assert "analysis.studies.htautau.study" not in fingerprint(step.module)
