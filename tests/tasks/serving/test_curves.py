"""Curves of trainings: what is drawn of which history."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tasks.serving.curves import HEIGHT, WIDTH, draw


def history(*epochs: list[tuple[float, float]]) -> list[dict[str, Any]]:
    """Entries as a training keeps them: losses of training and validation by network."""
    return [
        {"networks": [{"training_loss": one, "validation_loss": other} for one, other in networks]}
        for networks in epochs
    ]


def points(text: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (point.split(",") for point in text.split())]


def test_a_line_a_network_and_one_for_the_average():
    drawn = draw(history([(0.6, 0.7), (0.8, 0.9)], [(0.4, 0.6), (0.6, 0.8)], [(0.2, 0.5), (0.4, 0.7)]))
    assert drawn is not None
    # averages lie on top
    assert [(line.kind, line.is_average) for line in drawn.lines] == [
        *[("training", False)] * 2,
        *[("validation", False)] * 2,
        ("training", True),
        ("validation", True),
    ]
    first, second, average = (points(drawn.lines[i].points) for i in (0, 1, 4))
    assert [x for x, _ in average] == [58.0, 302.0, 546.0]
    assert [y for _, y in average] == pytest.approx(
        [(a + b) / 2 for (_, a), (_, b) in zip(first, second, strict=True)], abs=0.06
    )
    # a loss that falls does so on the screen
    assert average[0][1] < average[1][1] < average[2][1]
    inside = [point for line in drawn.lines for point in points(line.points)]
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in inside)
    assert [text for _, text in drawn.across] == ["1", "2", "3"]
    assert [text for _, text in drawn.up] == ["0.2", "0.4", "0.6", "0.8"]
    # a tick lies where its number would
    assert {text: y for y, text in drawn.up}["0.6"] == pytest.approx(first[0][1], abs=0.06)
    assert drawn.words == ("Losses after 3 epochs: training loss 0.3, at first 0.7, validation loss 0.6, at first 0.8")


def test_one_epoch_is_a_point_in_the_middle():
    drawn = draw(history([(0.5, 0.5)]))
    assert drawn is not None
    assert [points(line.points)[0][0] for line in drawn.lines] == [302.0, 302.0]


@pytest.mark.parametrize("lost", [math.nan, math.inf])
def test_what_is_no_number_is_left_out(lost: float):
    drawn = draw(history([(0.5, 0.6)], [(lost, 0.5)], [(0.3, 0.4)]))
    assert drawn is not None
    assert [len(points(line.points)) for line in drawn.lines] == [2, 3]
    assert "nan" not in "".join(line.points for line in drawn.lines)


@pytest.mark.parametrize(
    "entries",
    [[], [{}], [{"networks": []}], history([(math.nan, math.nan)]), [{"networks": ["x", {"training_loss": "low"}]}]],
)
def test_without_losses_nothing_is_drawn(entries: list[dict[str, Any]]):
    assert draw(entries) is None


def test_networks_that_all_begin_are_in_all_epochs():
    drawn = draw(history([(0.5, 0.6)], [(0.4, 0.5), (9.0, 9.0)]))
    assert drawn is not None
    assert [line.is_average for line in drawn.lines] == [True, True]
