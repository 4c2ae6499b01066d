"""Resolution of X_max in the aged detector: published, tuned and newly trained networks on the same showers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.learning.evaluation.spread import in_words, moments
from analysis.results import Axis, Column, Number, Table
from analysis.studies.transfer.settings import METHODS, TEST

if TYPE_CHECKING:
    from analysis.learning.application.scores import Scores
    from analysis.learning.data.inputs import TrainingInputs
    from analysis.studies.transfer.settings import ComparisonSettings

__all__ = ["compare"]

Array = NDArray[np.float64]

_METHOD = "networks against the truth of simulated showers that none of them saw"


def compare(
    published_depths: dict[str, Scores],
    tuned_depths: dict[str, Scores],
    nothing_tenth_depths: dict[str, Scores],
    nothing_all_depths: dict[str, Scores],
    inputs: dict[str, TrainingInputs],
    settings: ComparisonSettings,
) -> dict[str, Any]:
    """Measure bias and resolution of X_max, and how much better tuned networks are.

    Args:
        published_depths: by published networks as they are.
        tuned_depths: by those that were tuned on a tenth of the showers.
        nothing_tenth_depths: by networks from nothing, trained on the same tenth.
        nothing_all_depths: by networks from nothing, trained on all showers.
        inputs: of showers for the test; well reconstructed ones count.
        settings: bootstrap and unit.

    Returns:
        ``numbers``, ``tables`` and ``headline``: bias, resolution and width of the pulls of each, and differences of
        resolutions, whose uncertainty is that of the same showers drawn again.
    """
    judged = inputs[TEST]
    rows, unit = judged.trainable, settings.unit
    scores = (published_depths, tuned_depths, nothing_tenth_depths, nothing_all_depths)
    said = {name: one[TEST].predictions[rows].astype(np.float64) for name, one in zip(METHODS, scores, strict=True)}
    errors = {name: predicted[:, 0] - judged.target[rows, 0] for name, predicted in said.items()}
    found = {name: _moments(error) for name, error in errors.items()}
    pulls = {name: _moments(error / said[name][:, 1])["width"] for name, error in errors.items()}
    gains = {
        "gain_tuned": ("from nothing on the same tenth, minus tuned", "nothing_tenth", "tuned"),
        "gain_adapted": ("published as they are, minus tuned", "published", "tuned"),
        "gain_all": ("from nothing on all showers, minus tuned", "nothing_all", "tuned"),
    }
    differences = {name: _difference(errors[a], errors[b], settings) for name, (_, a, b) in gains.items()}

    def number(name: str, title: str, one: dict[str, float]) -> Number:
        uncertainty = (one["uncertainty"],) * 2
        return Number(name, title, one["value"], uncertainty, None, unit, _METHOD, "simulation")

    numbers = [
        number(f"{quantity}_{name}", f"{quantity} of X_max, {title}", found[name][moment])
        for name, title in METHODS.items()
        for quantity, moment in (("bias", "mean"), ("resolution", "width"))
    ]
    numbers += [
        number(name, f"difference of resolutions: {title}", differences[name]) for name, (title, _, _) in gains.items()
    ]
    columns = (("bias", unit, "mean"), ("resolution", unit, "width"))
    table = Table(
        "transfer",
        f"X_max of {int(rows.sum())} showers in the aged detector",
        (Axis("networks", "", tuple(METHODS.values())),),
        (
            *(_column(title, of, [found[name][moment] for name in METHODS]) for title, of, moment in columns),
            _column("width of the pulls", "", [pulls[name] for name in METHODS]),
        ),
    )
    return {
        "events": int(rows.sum()),
        "headline": {
            title: f"{in_words(found[name]['mean'], '')}, {in_words(found[name]['width'], unit)}"
            for name, title in METHODS.items()
        },
        "numbers": [one.as_json() for one in numbers],
        "tables": [table.as_json()],
    }


def _column(title: str, unit: str, found: list[dict[str, float]]) -> Column:
    errors = {"stat": tuple((one["uncertainty"],) * 2 for one in found)}
    return Column(title, unit, tuple(one["value"] for one in found), errors, {"data": "simulation"})


def _moments(sample: Array) -> dict[str, Any]:
    return moments(sample, np.ones(len(sample)))


def _difference(first: Array, second: Array, settings: ComparisonSettings) -> dict[str, float]:
    """Difference of two widths; errors of the same showers go together, so both are drawn again together."""
    random, number = np.random.default_rng(settings.seed), len(first)
    rows = random.integers(0, number, (settings.samples, number))
    drawn = np.std(first[rows], axis=1, ddof=1) - np.std(second[rows], axis=1, ddof=1)
    return {
        "value": float(np.std(first, ddof=1) - np.std(second, ddof=1)),
        "uncertainty": float(np.std(drawn, ddof=1)),
    }
