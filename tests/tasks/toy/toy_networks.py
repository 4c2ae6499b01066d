"""The small study with two trainings: the second networks see what the first ones say."""

from __future__ import annotations

from dataclasses import dataclass, replace

from toy_study import LOW, MADE
from toy_study import study as toy

import analysis.study as s
from analysis.histograms.weight_settings import Weights
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.settings import TrainingSettings


@dataclass(frozen=True)
class Learning:
    flipped: int = -1


NETWORK = s.Network(
    "dense",
    s.Step("analysis.learning.networks.dense:build", DenseSettings(hidden=(8,), dropout=0.0, segments=0)),
    TrainingSettings(folds=3, epochs=3, batch_size=64),
)
SCORES = tuple(s.Variable(name, name, "", (0.0, 0.5, 1.0)) for name in ("score_signal", "next_scores_signal"))

study = replace(
    toy,
    name="toynetworks",
    stages=(
        *MADE[:2],
        s.Inputs("inputs", s.Step("toy_physics:prepare", Learning())),
        s.Training("training", networks=(NETWORK,)),
        s.Scores("scores"),
        s.Inputs("next_inputs", s.Step("toy_physics:prepare_next", Learning())),
        s.Training("next_training", inputs="next_inputs", networks=(NETWORK,)),
        s.Scores("next_scores", training="next_training"),
        s.Result(
            "performance",
            s.Step("analysis.learning.evaluation.classification:evaluate"),
            of={"training": "next_training", "scores": "next_scores", "inputs": "next_inputs"},
            datasets=("simulated",),
        ),
        s.Histograms(
            "histograms",
            events="cleaned",
            scores=("scores", "next_scores"),
            variables=SCORES,
            regions=(LOW,),
            weights=Weights(),
        ),
    ),
)
