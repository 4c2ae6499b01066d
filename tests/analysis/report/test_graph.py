"""The drawing of the graph."""

from __future__ import annotations

import itertools
import re

import pytest

from analysis.report.graph import Box, Drawing, draw_records, draw_steps
from tests.analysis.report.example import node, records


def overlap(first: Box, second: Box) -> bool:
    return (
        abs(first.x - second.x) < (first.width + second.width) / 2
        and abs(first.y - second.y) < (first.height + second.height) / 2
    )


@pytest.mark.parametrize("draw", [draw_steps, draw_records])
def test_boxes_are_inside_and_apart(draw) -> None:
    drawing: Drawing = draw(records())
    for box in drawing.boxes:
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= drawing.width
        assert box.y + box.height <= drawing.height
    assert not any(overlap(*pair) for pair in itertools.combinations(drawing.boxes, 2))


def test_one_box_a_step() -> None:
    nodes = records(("DYJetsToLL", "TTbar"), chunks=3)
    drawing = draw_steps(nodes)
    boxes = {box.title: box for box in drawing.boxes}
    assert next(iter(boxes)) == "FetchData"
    assert set(boxes) == {one.family for one in nodes}
    assert boxes["CalibrateEvents"].subtitle == "6 records · 3.0 s"
    assert boxes["TrainModel"].subtitle == "dense · 0.50 s"
    assert boxes["CalibrateEvents"].members == 2
    assert boxes["TrainModel"].members == 1
    assert {(curve.source, curve.target) for curve in drawing.curves} >= {
        ("FetchData", "CalibrateEvents"),
        ("PrepareTraining", "ScoreEvents"),
        ("TrainModel", "ScoreEvents"),
    }
    # downwards
    assert all(boxes[curve.source].y < boxes[curve.target].y for curve in drawing.curves)
    assert [kind.name for kind in drawing.kinds] == [
        *("data", "calibration", "reconstruction", "learning", "inference", "result")
    ]


def test_one_box_a_key() -> None:
    nodes = records(("DYJetsToLL", "TTbar"), chunks=3)
    drawing = draw_records(nodes)
    boxes = {box.name: box for box in drawing.boxes}
    assert set(boxes) == {one.place for one in nodes}
    assert len(drawing.curves) == sum(len(one.inputs) for one in nodes)
    assert all(boxes[curve.source].x < boxes[curve.target].x for curve in drawing.curves)
    calibrated = next(box for box in drawing.boxes if box.subtitle.startswith("CalibrateEvents"))
    assert calibrated.subtitle == "CalibrateEvents · 3 records"
    assert calibrated.members == 3


def test_a_shift_stands_in_the_second_line() -> None:
    raw = node("FetchData", "TTbar")
    boxes = draw_records([raw, node("CalibrateEvents", "TTbar.tau_energy_up", raw, chunks=2)]).boxes
    assert [(box.title, box.subtitle) for box in boxes] == [
        ("TTbar", "FetchData"),
        ("TTbar", "CalibrateEvents · tau_energy_up · 2 records"),
    ]


def test_curves_begin_and_end_at_their_boxes() -> None:
    drawing = draw_steps(records())
    boxes = {box.name: box for box in drawing.boxes}
    for curve in drawing.curves:
        numbers = [float(number) for number in re.findall(r"-?\d+\.\d+", curve.path)]
        source, target = boxes[curve.source], boxes[curve.target]
        assert numbers[:2] == pytest.approx([source.x + source.width / 2, source.y + source.height], abs=0.2)
        assert numbers[-2:] == pytest.approx([target.x + target.width / 2, target.y], abs=0.2)


def test_the_order_of_records_does_not_matter() -> None:
    nodes = records()
    assert draw_records(nodes) == draw_records(nodes[::-1])
    assert draw_steps(nodes) == draw_steps(nodes[::-1])


def test_a_record_whose_input_is_not_there() -> None:
    raw = node("FetchData", "TTbar")
    with pytest.raises(KeyError, match="FetchData"):
        draw_records([node("CalibrateEvents", "TTbar", raw)])


def test_no_records() -> None:
    assert draw_steps(()).boxes == draw_records(()).boxes == ()
