"""True and generated events as inputs of a classifier that is to tell them apart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.events.identity import mix
from analysis.learning.data.features import Features

if TYPE_CHECKING:
    from analysis.learning.application.scores import Scores
    from analysis.learning.data.inputs import TrainingInputs
    from analysis.learning.sample_settings import SampleSettings

__all__ = ["CLASSES", "SAMPLE", "compare", "drawn_targets", "shows_generated"]

CLASSES = ("true", "generated")
SAMPLE = "sample"
"""Name of the block with the targets, true or generated."""

# sets this bit apart from identities, folds and random numbers, which are made in the same way
_OTHER = np.uint64(0x8CB92BA72F3D8DD7)


def shows_generated(identity: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Choose half of the events, to show what was generated for them; the others show the truth.

    Args:
        identity: (n,).

    Returns:
        (n,); independent of the events' folds.

    Examples:
        >>> shows_generated(np.arange(6, dtype=np.uint64))
        array([False, False, False, False, False,  True])
    """
    return (mix(identity ^ _OTHER) >> np.uint64(63)).astype(np.bool_)


def compare(inputs: TrainingInputs, scores: Scores, settings: SampleSettings) -> TrainingInputs:
    """Show each event once, with its true targets or with those that a generator drew for it.

    Targets are features, beside those that the generator was given. Identities stay, so folds are those of the
    generator: a classifier judges an event by networks that were neither trained nor stopped by it.

    Args:
        inputs: n events with targets, as the generator learned from them.
        scores: what it drew for the same events.
        settings: whether one half is generated, and what is left out.

    Returns:
        n events of the classes ``true`` and ``generated``, with the block ``sample`` of the targets.

    Raises:
        DataError: events are others, there are no targets or no drawn ones, or a block has the name ``sample``.
    """
    target, label = inputs.target, shows_generated(inputs.identity)
    drawn = drawn_targets(inputs, scores, settings.seed)
    if SAMPLE in inputs.features:
        raise DataError(f"the inputs have a block {SAMPLE!r}, which is that of the targets", cure="rename the block")
    if settings.generated:
        target = np.where(label[:, np.newaxis], drawn, target)
    conditions = {name: block for name, block in inputs.features.items() if name != settings.noise}
    return replace(
        inputs,
        features={**conditions, SAMPLE: Features(target, np.ones(target.shape, np.bool_), inputs.targets)},
        # events that are not learned from have no truth to show
        label=np.where(inputs.label < 0, -1, label).astype(np.int32),
        target=np.zeros((len(inputs), 0), np.float32),
        classes=CLASSES,
        targets=(),
    )


def drawn_targets(inputs: TrainingInputs, scores: Scores, seed: int = 0) -> NDArray[np.float32]:
    """Targets that a generator drew for events, (n, t).

    Args:
        inputs: the n events, with t targets.
        scores: what the generator drew for them.
        seed: number of the generator's seed, from 0; of several, each drew its own.

    Raises:
        DataError: the scores are of other events or of other targets, or there is no such seed.
    """
    if not np.array_equal(inputs.identity, scores.identity):
        raise DataError("the scores are not those of the inputs", cure="run the tasks that make both again")
    if not inputs.targets or scores.names != inputs.targets:
        raise DataError(
            f"the networks predict {', '.join(scores.names)}, and the events have the targets "
            + (", ".join(inputs.targets) or "none"),
            cure="train a network that draws targets: Likelihood(drawn=True) or Wasserstein()",
        )
    if not 0 <= seed < max(len(scores.by_seed), 1):
        raise DataError(
            f"there are {max(len(scores.by_seed), 1)} seeds, and number {seed} is asked for",
            cure="count from 0, or train with more seeds",
        )
    return scores.of_seed(seed).predictions
