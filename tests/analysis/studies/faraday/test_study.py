from __future__ import annotations

import pytest

from analysis.provenance.keys import describe
from analysis.studies.faraday.catalogues import CATALOGUES
from analysis.studies.faraday.study import study
from analysis.wiring import check_graph, upstream

STEPS = {stage.name: stage.step for stage in study.stages}


@pytest.mark.parametrize("name", STEPS)
def test_every_step_exists_and_has_a_key(name: str):
    step = STEPS[name]
    assert step is not None
    assert callable(step.load())
    assert describe(step)["code"]


def test_every_stage_gets_what_its_function_takes():
    check_graph(study)
    assert upstream(study, "validation") == {"predictions", "folds", "sources"}
    # the sky knows all sources, so it may predict none of them
    assert "sky" not in upstream(study, "predictions")


@pytest.mark.parametrize("name", [choice.name for choice in study.statistics])
def test_all_choices_agree_with_themselves(name: str):
    chosen = study.with_statistics(name)
    folds, sky = chosen.stage("folds").step.settings, chosen.stage("sky").step.settings
    assert folds.folds >= 2
    assert folds.catalogues == sky.catalogues == len(CATALOGUES)
    assert sky.degrees_of_freedom == folds.degrees_of_freedom


def test_all_files_are_of_one_commit_and_known_by_their_digests():
    (dataset,) = study.datasets
    assert len(dataset.files) == 45
    assert all(len(file.sha256) == 64 for file in dataset.files)
    folders = {file.url.rpartition("/")[0] for file in dataset.files}
    assert len(folders) == 1
    assert "CIRADA-Tools/RMTable/f2ae2534" in folders.pop()
