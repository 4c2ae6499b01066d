from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import StudyError
from analysis.studies.calorimeter.settings import Block
from analysis.studies.calorimeter.shapes.settings import ShapeSettings, shape_names
from analysis.studies.calorimeter.shapes.variables import hits_of, shapes_of

BLOCK = Block(rows=3, layers=2, width=2.0, length=2 * 0.8904)
SETTINGS = ShapeSettings(block=BLOCK)


def named(cells: np.ndarray, energy: float = 1.0) -> dict[str, float]:
    found = shapes_of(cells.reshape(1, -1).astype(np.float32), np.array([energy]), SETTINGS)
    return dict(zip(shape_names(BLOCK), found[0].tolist(), strict=True))


def test_shapes_of_two_hits() -> None:
    cells = np.zeros((3, 3, 2))
    cells[1, 1, 0], cells[2, 1, 1], cells[0, 0, 0] = 600.0, 300.0, 4.0
    found = named(cells)
    assert found["response"] == pytest.approx(0.9)
    assert found["depth"] == pytest.approx((0.5 * 2 + 1.5) / 3)
    assert found["length"] == pytest.approx(np.sqrt(2) / 3)
    assert found["centre_x"] == pytest.approx(2 / 3)
    assert found["width_x"] == pytest.approx(2 * np.sqrt(2) / 3)
    assert found["centre_y"] == found["width_y"] == 0
    # what is below the threshold is no hit
    assert found["hits"] == pytest.approx(2 / 18)
    assert found["largest"] == pytest.approx(2 / 3)
    assert found["layer_1"] == pytest.approx(2 / 3)
    assert found["layer_2"] == pytest.approx(1 / 3)


def test_a_shower_without_hits_has_finite_shapes() -> None:
    found = named(np.full((3, 3, 2), -1.0))
    assert all(np.isfinite(one) for one in found.values())
    assert found["response"] == found["hits"] == 0


def test_cells_at_the_threshold_are_no_hits() -> None:
    cells = np.array([[4.5, 4.6, -7.0]], np.float32)
    np.testing.assert_allclose(hits_of(cells, SETTINGS), [[0.0, 4.6, 0.0]], rtol=1e-6)


def test_settings_that_are_none() -> None:
    with pytest.raises(StudyError, match="odd"):
        Block(rows=4)
    with pytest.raises(StudyError, match="threshold"):
        ShapeSettings(threshold=0.0)
