from __future__ import annotations

import subprocess
import sys

from analysis.studies.calorimeter.study import study
from analysis.study import Training
from analysis.wiring import check_graph, upstream


def test_the_graph_holds() -> None:
    check_graph(study)


def test_no_network_sees_energies_beyond_those_of_the_training() -> None:
    for name in ("templates", "training", "cells_classifier", "shapes_classifier"):
        assert "extrapolation" not in study.stage(name).datasets
    beyond, seen = (study.dataset(name).generate for name in ("beyond", "showers"))
    assert beyond is not None
    assert seen is not None
    assert beyond.settings.energies[0] >= seen.settings.energies[1]


def test_templates_are_made_of_showers_of_their_own() -> None:
    assert study.dataset_names(study.stage("templates").datasets, "") == ("average",)
    assert study.dataset_names(study.stage("training").datasets, "") == ("showers",)
    assert "templates" in upstream(study, "training")


def test_classifiers_judge_with_the_generators_folds() -> None:
    trainings = study.stages_of(Training)
    assert len(trainings) == 3
    assert len({network.training.folds for stage in trainings for network in stage.networks}) == 1


def test_it_is_read_without_anything_heavy() -> None:
    code = (
        "import sys, analysis.studies.calorimeter.study\n"
        "print(*sorted({'jax', 'matplotlib', 'scipy', 'awkward', 'correctionlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_more_showers_for_more_statistics() -> None:
    large, small = study.with_statistics("large"), study.with_statistics("small")
    assert large.dataset("showers").generated == 10 * (study.dataset("showers").generated or 0)
    assert small.dataset("showers").generated == 900
    # the test beam stays as it is
    assert small.dataset("muons").generated == study.dataset("muons").generated
