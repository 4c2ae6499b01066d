from __future__ import annotations

import pytest

from analysis.provenance.keys import describe
from analysis.studies.refinement.settings import CAPTIONS, DATA, METHODS, REFERENCE, SIMULATION
from analysis.studies.refinement.study import study
from analysis.study import Scores, Training
from analysis.wiring import check_graph, upstream, wiring

STEPS = {stage.name: stage.step for stage in study.stages if stage.step}
STEPS |= {network.name: network.build for stage in study.stages_of(Training) for network in stage.networks}


@pytest.mark.parametrize("name", STEPS)
def test_every_step_exists_and_has_a_key(name: str) -> None:
    assert callable(STEPS[name].load())
    assert describe(STEPS[name])["code"]


def test_nothing_before_the_comparison_knows_the_truth_of_data() -> None:
    check_graph(study)
    assert [dataset.name for dataset in study.datasets if dataset.hidden] == [DATA]
    knowing = [stage.name for stage in study.stages if "truth" in wiring(study, stage).reserved]
    # inputs get none of a hidden data set
    assert knowing == ["inputs", "comparison"]
    assert "comparison" not in upstream(study, "refined_depths")


def test_networks_differ_by_what_they_learn_from_alone() -> None:
    trainings = {stage.name: stage for stage in study.stages_of(Training)}
    assert set(trainings) == {"refiner", *METHODS}
    learned = {name: set(trainings[name].datasets) for name in METHODS}
    both = {SIMULATION, DATA}
    assert learned == {"unrefined": {SIMULATION}, "refined": {SIMULATION}, "reversed": both, "ideal": {REFERENCE}}
    assert len({trainings[name].networks for name in ("unrefined", "refined", "ideal")}) == 1
    assert trainings["refined"].inputs == "refined_inputs"
    assert {stage.training for stage in study.stages_of(Scores)} == set(trainings)
    # scores of one training are features of the next: an event has no part in both with the same folds alone
    assert len({training.chosen.training.folds for training in trainings.values()}) == 1


def test_the_simulation_differs_from_data_in_its_detector_alone() -> None:
    simulation, data, reference = (study.dataset(name) for name in (SIMULATION, DATA, REFERENCE))
    assert data.simulate == reference.simulate != simulation.simulate
    assert simulation.generate == data.generate == reference.generate
    assert simulation.simulate is not None
    assert data.simulate is not None
    before, after = simulation.simulate.settings, data.simulate.settings
    assert (before.signals, before.times, before.triggers) == (after.signals, after.times, after.triggers)
    assert (after.detector.decay, after.detector.noise) == (45.0, 1.2)
    assert study.stage("refinement_figures").names == tuple(name for name, *_ in CAPTIONS)
