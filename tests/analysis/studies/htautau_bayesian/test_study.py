from __future__ import annotations

from analysis.learning.loss_settings import Variational
from analysis.studies.htautau.study import study as htautau
from analysis.studies.htautau_bayesian.study import study
from analysis.wiring import check_graph, covered


def test_every_stage_gets_what_it_takes() -> None:
    check_graph(study)
    assert "Run2012B" in covered(study, "bayesian_scores")
    assert study.stage("reliability").datasets == ("simulated",)


def test_the_networks_are_those_that_htautau_offers() -> None:
    assert study.stage("bayesian").chosen in htautau.stage("training").networks
    assert isinstance(study.stage("bayesian").chosen.training.loss, Variational)
    assert htautau.stage("training").chosen.name == study.stage("training").chosen.name == "dense"
