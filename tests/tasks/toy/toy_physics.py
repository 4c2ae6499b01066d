"""Functions of a small study: events of one number, which a detector blurs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from matplotlib.figure import Figure

from analysis.events.columns import values, with_columns
from analysis.events.identity import fold_of, identify
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs
from analysis.results import Number

if TYPE_CHECKING:
    from analysis.learning.application.scores import Scores
    from analysis.plotting.style import FigureLabel
    from analysis.study import Dataset


def generate(identity, settings):
    """Draw the true energy of each event from its identity alone."""
    drawn = [np.random.default_rng(int(one)).normal(settings.mean) for one in identity]
    return ak.Array({"identity": identity, "energy": np.array(drawn)})


def simulate(truth, settings):
    """Blur the energy."""
    identity = values(truth, "identity")
    noise = np.array([np.random.default_rng([int(one), 1]).normal() for one in identity])
    return ak.Array({"identity": identity, "pulse": values(truth, "energy") + settings.noise * noise})


def clean(raw: ak.Array, settings: Any) -> ak.Array:
    return with_columns(raw, {"pulse": settings.scale * values(raw, "pulse")})


def select(cleaned: ak.Array, dataset: Dataset, weight_per_fb: float) -> ak.Array:
    selected = with_columns(cleaned, {"weight": np.full(len(cleaned), weight_per_fb)})
    assert dataset.generate is None
    return selected[values(cleaned, "pulse") > -2.0]


def rank(cleaned: ak.Array) -> ak.Array:
    """Number the events of a data set by their pulses: no chunk could."""
    return with_columns(cleaned, {"rank": np.argsort(np.argsort(values(cleaned, "pulse")))})


def third(cleaned: dict[str, ak.Array], fold: int) -> dict[str, Any]:
    inside = {name: int(np.sum(fold_of(values(one, "identity"), 3) == fold)) for name, one in cleaned.items()}
    return {"fold": fold, "events": inside}


def weigh(cleaned: ak.Array, thirds: list[dict[str, Any]], dataset: Dataset) -> ak.Array:
    """Weight events by how many there are in their fold: a stage per chunk that takes one per fold."""
    inside = np.array([one["events"][dataset.name] for one in thirds])
    return with_columns(cleaned, {"weight": 1.0 / inside[fold_of(values(cleaned, "identity"), 3)]})


def leak(cleaned: ak.Array, inputs: TrainingInputs) -> ak.Array:
    return with_columns(cleaned, {"label": inputs.label})


def summarise(
    cleaned: dict[str, ak.Array], ranked: dict[str, ak.Array], thirds: list[dict[str, Any]], truth: dict[str, ak.Array]
) -> dict[str, Any]:
    for name, events in cleaned.items():
        assert np.array_equal(values(ranked[name], "identity"), values(events, "identity"))
        assert sorted(values(ranked[name], "rank")) == list(range(len(events)))
        assert sum(one["events"][name] for one in thirds) == len(events)
    assert [one["fold"] for one in thirds] == [0, 1, 2]
    blurred = {name: values(cleaned[name], "pulse") - values(one, "energy") for name, one in truth.items()}
    noise = {name: float(np.std(one)) for name, one in blurred.items()}
    mean = float(np.mean(values(cleaned["run"], "pulse")))
    error = float(np.std(values(cleaned["run"], "pulse")) / np.sqrt(len(cleaned["run"])))
    number = Number("mean_pulse", "mean pulse", mean, (error, error), None, "", "mean")
    events = {name: len(one) for name, one in cleaned.items()}
    return {
        "events": events,
        "noise": noise,
        "numbers": [number.as_json()],
        "headline": {"mean pulse": f"{mean:.2f}"},
    }


def count(selected: dict[str, ak.Array], luminosity: float) -> dict[str, Any]:
    events = {name: float(np.sum(values(one, "weight"))) for name, one in selected.items()}
    return {"luminosity": luminosity, "events": events}


def draw(cleaned: dict[str, ak.Array], label: FigureLabel) -> dict[str, Figure]:
    figure = Figure()
    figure.subplots().hist([values(one, "pulse") for one in cleaned.values()])
    return {"pulses": figure}


def draw_raw(raw: dict[str, ak.Array], label: FigureLabel) -> dict[str, Figure]:
    figure = Figure()
    figure.subplots().hist([values(one, "pulse") for one in raw.values()])
    return {"raw_pulses": figure}


def prepare(cleaned: ak.Array, truth: ak.Array, dataset: Dataset, weight_per_fb: float, settings: Any):
    """Features of the first networks: the pulse."""
    return _inputs({"pulse": values(cleaned, "pulse")}, cleaned, dataset, weight_per_fb, settings)


def prepare_next(cleaned: ak.Array, scores: Scores, dataset: Dataset, weight_per_fb: float, settings: Any):
    """Features of the second networks: the pulse, and what the first ones say."""
    columns = {"pulse": values(cleaned, "pulse"), "first": scores["signal"]}
    return _inputs(columns, cleaned, dataset, weight_per_fb, settings)


def _inputs(columns, events, dataset, weight_per_fb, settings):
    identity, n = values(events, "identity"), len(events)
    simulated = dataset.kind == "simulated"
    label = np.full(n, int(dataset.name == "signal") if simulated else -1, np.int32)
    if settings.flipped >= 0 and dataset.name == "background":
        # a lie about one event
        lied = identity == identify(dataset.name, settings.flipped, 1)[0]
        label = np.where(lied, 1 - label, label).astype(np.int32)
    table = np.stack(list(columns.values()), axis=1).astype(np.float32)
    return TrainingInputs(
        features={"event": Features(table, np.ones(table.shape, bool), tuple(columns))},
        label=label,
        target=np.zeros((n, 0), np.float32),
        weight=np.full(n, weight_per_fb),
        identity=identity,
        trainable=np.full(n, simulated),
        classes=("background", "signal"),
    )
