import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.text import Text

from analysis.errors import DataError
from analysis.events.identity import identify
from analysis.learning.application.scores import Scores
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.evaluation.regression import summarise
from analysis.learning.regression_settings import BinAxis, FigureAxis, RegressionEvaluation, RegressionFigures
from analysis.plotting.regression import draw
from analysis.plotting.style import FigureLabel, figure_style, save_figure

EVALUATION = RegressionEvaluation(
    unit="g/cm2",
    # nothing is in the last bin of energy
    axes=(BinAxis("energy", (18.0, 19.0, 20.0, 21.0), "log10"), BinAxis("zenith", (0.0, 30.0, 60.0), "degrees")),
    pair=("light", "heavy"),
)
FIGURES = RegressionFigures(
    title="depth",
    unit="g/cm2",
    axes=(FigureAxis("energy", "energy", "lg E", ""), FigureAxis("zenith", "zenith", "Zenith angle", "°")),
    separation="energy",
    estimators=(("network", "Network"), ("rival", "Rival")),
)
LABEL = FigureLabel("Toy Observatory", simulation=True)


def predict(target, noise, seed):
    mean = target + noise * np.random.default_rng(seed).normal(size=len(target))
    return np.stack([mean, np.full(len(target), noise)], axis=1)


@pytest.fixture(scope="module")
def stages():
    """Values of the stages that the figures are drawn from."""
    random = np.random.default_rng(1)
    events = 2000
    label = random.integers(0, 2, events).astype(np.int32)
    target = np.where(label == 0, 800.0, 700.0) + 40.0 * random.normal(size=events)
    inputs = TrainingInputs(
        features={"event": Features(np.zeros((events, 1), np.float32), np.ones((events, 1), bool), ("nothing",))},
        label=label,
        target=target[:, np.newaxis].astype(np.float32),
        weight=np.ones(events),
        identity=identify("figures", 0, events),
        trainable=np.ones(events, bool),
        classes=("light", "heavy"),
        targets=("depth",),
        spectators={
            "energy": 10.0 ** random.uniform(18.0, 20.0, events),
            "zenith": np.radians(random.uniform(0, 60, events)),
        },
    )
    truth = np.stack([target, np.ones(events)], axis=1)
    predictions = {"network": predict(target, 20.0, 2), "rival": predict(target, 60.0, 3)}
    fold = {"training_loss": 1.0, "validation_loss": 1.1, "metrics": {"rmse": 20.0}, "best_epoch": 1, "stopped": False}
    history = [{"epoch": epoch, "loss": "gaussian", "metrics": ["rmse"], "networks": [fold, fold]} for epoch in (1, 2)]
    scores = Scores(inputs.identity, predictions["network"].astype(np.float32), ("mean", "deviation"))
    return {
        # what is drawn comes from numbers alone
        "training": SimpleNamespace(history=tuple(history)),
        "scores": {"toys": scores},
        "inputs": {"toys": inputs},
        "performance": {
            "estimators": {name: summarise(values, inputs, EVALUATION) for name, values in predictions.items()},
            "truth": {"merit_factor": summarise(truth, inputs, EVALUATION)["merit_factor"]},
        },
        "titles": {"light": "protons", "heavy": "iron nuclei"},
    }


@pytest.fixture(scope="module")
def figures(stages):
    with figure_style():
        return draw(**stages, label=LABEL, settings=FIGURES)


def texts(figure):
    return " ".join(text.get_text() for text in figure.findobj(Text))


def test_all_figures_are_drawn_and_labelled(figures):
    assert tuple(figures) == FIGURES.names
    for figure in figures.values():
        assert "Toy" in texts(figure)
        assert "Simulation" in texts(figure)


def test_bias_and_resolution_are_those_of_the_metrics(figures, stages):
    figure = figures["resolution_energy"]
    (bias, rival_bias), (resolution, rival_resolution) = np.reshape(figure.axes, (2, 2))
    for axes, name, what in (
        (bias, "network", "mean"),
        (rival_bias, "rival", "mean"),
        (resolution, "network", "width"),
        (rival_resolution, "rival", "width"),
    ):
        found = stages["performance"]["estimators"][name]["binned"]["energy"]
        for container, group in zip(axes.containers, ("light", "heavy"), strict=True):
            line, _, (bars,) = container.lines
            expected = [entry[what] for entry in found[group] if entry[what] is not None]
            assert line.get_ydata() == pytest.approx([value["value"] for value in expected])
            # nothing in the last bin
            assert len(expected) == 2
            half = [(segment[1, 1] - segment[0, 1]) / 2 for segment in bars.get_segments()]
            assert half == pytest.approx([value["uncertainty"] for value in expected])
    assert bias.get_ylim() == rival_bias.get_ylim()
    assert resolution.get_ylim()[0] == 0.0
    assert resolution.get_ylabel() == "Resolution of depth [g/cm2]"
    assert figures["resolution_zenith"].axes[-1].get_xlabel() == "Zenith angle [°]"
    for word in ("protons", "iron nuclei", "all", "Network", "Rival"):
        assert word in texts(figure)


def test_all_points_lie_in_sight(figures):
    for name in ("resolution_energy", "resolution_zenith", "merit_factor"):
        for axes in figures[name].axes:
            low, high = axes.get_ylim()
            for container in axes.containers:
                values = container.lines[0].get_ydata()
                assert np.all((values > low) & (values < high))


def test_every_event_is_in_the_figure_of_predictions(figures):
    axes = figures["prediction"].axes[0]
    counts = axes.collections[0].get_array()
    assert 0.99 * 2000 < counts.sum() <= 2000
    assert "2000 test events" in texts(figures["prediction"])
    assert "resolution 19.96 ± 0.31 g/cm2" in texts(figures["prediction"])


def test_pulls_are_densities_of_all_classes(figures):
    axes = figures["pulls"].axes[0]
    assert len(axes.containers) == 2
    for container in axes.containers:
        line = container.lines[0]
        step = np.diff(line.get_xdata())[0]
        assert (line.get_ydata() * step).sum() == pytest.approx(1.0, abs=0.01)
    shown = texts(figures["pulls"])
    assert "protons: mean" in shown
    assert "\N{MINUS SIGN}" in shown or "mean 0" in shown


def test_the_merit_factor_of_the_truth_is_the_highest(figures):
    axes = figures["merit_factor"].axes[0]
    best = axes.patches[0].get_data().values
    for container, factor in zip(axes.containers, (1.0, 0.7), strict=True):
        values = container.lines[0].get_ydata()
        assert np.all(values < best[:2] * factor)
    assert axes.get_ylabel().startswith("Merit factor protons")


def test_the_same_numbers_give_the_same_bytes(stages, figures, tmp_path):
    with figure_style():
        again = draw(**stages, label=LABEL, settings=FIGURES)
        for name in ("pulls", "prediction"):
            save_figure(figures[name], tmp_path / "first.pdf")
            save_figure(again[name], tmp_path / "second.pdf")
            assert (tmp_path / "first.pdf").read_bytes() == (tmp_path / "second.pdf").read_bytes()


def test_without_a_separation_there_is_no_such_figure(stages):
    settings = dataclasses.replace(FIGURES, separation="", axes=(), estimators=(("network", "Network"),))
    with figure_style():
        assert (
            tuple(draw(**stages, label=LABEL, settings=settings))
            == settings.names
            == ("history", "prediction", "pulls")
        )


def test_bins_without_any_events_are_left_empty(stages):
    empty = dataclasses.replace(EVALUATION, axes=(BinAxis("energy", (30.0, 31.0), "log10"),))
    found = summarise(stages["scores"]["toys"].predictions, stages["inputs"]["toys"], empty)
    judged = dict.fromkeys(stages["performance"]["estimators"], found)
    performance = {"estimators": judged, "truth": {"merit_factor": judged["network"]["merit_factor"]}}
    settings = dataclasses.replace(FIGURES, axes=FIGURES.axes[:1])
    with figure_style():
        drawn = draw(**{**stages, "performance": performance}, label=LABEL, settings=settings)
    lines = [line for axes in drawn["resolution_energy"].axes for line in axes.lines]
    assert [np.size(line.get_xdata()) for line in lines if line.get_marker() in ("o", "s")] == [0] * 8


def test_a_history_without_epochs_is_refused(stages):
    with figure_style(), pytest.raises(DataError, match="no epoch"):
        draw(**{**stages, "training": SimpleNamespace(history=())}, label=LABEL, settings=FIGURES)


def test_events_that_are_not_trainable_are_left_out(stages):
    inputs = stages["inputs"]["toys"]
    half = dataclasses.replace(inputs, trainable=np.arange(len(inputs)) % 2 == 0)
    settings = dataclasses.replace(FIGURES, separation="", axes=())
    with figure_style():
        drawn = draw(**{**stages, "inputs": {"toys": half}}, label=LABEL, settings=settings)
    assert "1000 test events" in texts(drawn["prediction"])
