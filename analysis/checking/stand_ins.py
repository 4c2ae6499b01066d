"""What is not there, or says nothing, when a study is checked: values are made up, fits of few events left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.chapters import Fit
from analysis.events.identity import fold_of
from analysis.wiring import upstream

if TYPE_CHECKING:
    from analysis.chapters import Training
    from analysis.learning.data.inputs import TrainingInputs
    from analysis.stages import Stage
    from analysis.study import Study

__all__ = ["is_fit_of_few", "made_up_scores", "scores_of"]

# prime, so that numbers of one event have nothing to do with each other
_STEPS = 9973


def made_up_scores(training: Training, inputs: TrainingInputs) -> Any:
    """Make scores up as untrained networks would: between 0 and 1, the same for an event always.

    Args:
        training: says what networks predict.
        inputs: of n events.

    Returns:
        :class:`analysis.learning.application.scores.Scores` of the same events; those of classes add up to 1.
    """
    from analysis.learning.application.scores import Scores
    from analysis.learning.losses.by_name import loss_of

    names = loss_of(training.chosen.training.loss).names(inputs.layout)
    drawn = [fold_of(inputs.identity ^ np.uint64(number), _STEPS) + 1 for number in range(1, len(names) + 1)]
    numbers = np.stack(drawn, axis=1).astype(np.float32) / np.float32(_STEPS)
    if names == inputs.classes:
        numbers = numbers / numbers.sum(axis=1, keepdims=True)
    return Scores(inputs.identity, numbers, names)


def scores_of(networks: Any, training: Training, inputs: TrainingInputs) -> Any:
    """Return the networks' scores of events; made up where there are no networks yet."""
    if networks is None:
        return made_up_scores(training, inputs)
    from analysis.learning.application.scores import score

    return score(networks, inputs)


def is_fit_of_few(study: Study, stage: Stage) -> bool:
    """Whether a stage is this project's own fit to single events: of the first events, it says nothing."""
    standard = stage.step is not None and re.match(r"analysis\.(?!studies\.)", stage.step.module)
    return bool(isinstance(stage, Fit) and standard) and any(
        study.stage(name).per == "chunk" for name in upstream(study, stage.name)
    )
