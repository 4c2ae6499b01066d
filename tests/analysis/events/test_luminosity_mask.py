from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest

from analysis.errors import DataError
from analysis.events.luminosity_mask import luminosity_mask

GOLDEN = {"194050": [[275, 319], [113, 273]], "194051": [[1, 12]], "190645": [[10, 110], [111, 111]]}


def test_every_section_around_every_range(tmp_path: Path) -> None:
    path = tmp_path / "golden.json"
    path.write_text(json.dumps(GOLDEN))
    runs, blocks = np.array([1, 190644, 190645, 190646, 194050, 194051, 194052], np.uint32), np.arange(-1, 400)
    run, block = np.repeat(runs, len(blocks)), np.tile(blocks, len(runs))
    expected = [
        any(first <= b <= last for first, last in GOLDEN.get(str(r), [])) for r, b in zip(run, block, strict=True)
    ]
    assert 0 < sum(expected) < len(expected)
    assert luminosity_mask(path, run, block).tolist() == expected
    events = ak.Array({"run": run, "luminosityBlock": block})
    by_number = {int(name): tuple(map(tuple, sections)) for name, sections in GOLDEN.items()}
    assert luminosity_mask(by_number, events.run, events.luminosityBlock).tolist() == expected
    assert luminosity_mask(str(path), events.run[:0], events.luminosityBlock[:0]).tolist() == []


def test_numbers_that_no_run_has_are_not_certified() -> None:
    golden = {"2": [[1, 5]]}
    assert luminosity_mask(golden, [2, -2, 2, 1], [2**32 + 2, 3, -1, 2**32 + 3]).tolist() == [False] * 4


@pytest.mark.parametrize(
    ("golden", "message"),
    [
        ({}, "holds no runs"),
        ([], "holds no runs"),
        ({"194050": [[1, 5], [5, 9]]}, r"the ranges \[1, 5\] and \[5, 9\] of the run 194050 overlap"),
        ({"194050": [[7, 9], [1, 20]]}, r"the ranges \[1, 20\] and \[7, 9\] of the run 194050 overlap"),
        ({"194050": [[9, 7]]}, r"the run 194050 has the range \[9, 7\]"),
        ({"194050": [[-1, 7]]}, r"the run 194050 has the range \[-1, 7\]"),
        ({"194050": [1, 7]}, "the run 194050 has 1, no range"),
        ({"194050": [[1, 7, 9]]}, r"the run 194050 has \[1, 7, 9\], no range"),
        ({"194050": [[1.0, 7]]}, r"the run 194050 has \[1.0, 7\], no range"),
        ({"194050": [["1", 7]]}, r"the run 194050 has \['1', 7\], no range"),
        ({"194050": [[True, 7]]}, r"the run 194050 has \[True, 7\], no range"),
        ({"194050": []}, r"the run 194050 has \[\], no list of ranges"),
        ({"194050": {"1": 7}}, r"the run 194050 has {'1': 7}, no list of ranges"),
        ({"run": [[1, 7]]}, "'run' is no number of a run"),
        ({"-5": [[1, 7]]}, "'-5' is no number of a run"),
        ({"99999999999": [[1, 7]]}, "'99999999999' is no number of a run"),
        ({"5": [[1, 7]], "05": [[8, 9]]}, "the run 5 comes twice"),
    ],
)
def test_a_golden_json_that_is_none(tmp_path: Path, golden: Any, message: str) -> None:
    path = tmp_path / "golden.json"
    path.write_text(json.dumps(golden))
    with pytest.raises(DataError, match=rf"golden\.json:? .*{message}"):
        luminosity_mask(path, [1], [1])
    if isinstance(golden, dict):
        with pytest.raises(DataError, match=message):
            luminosity_mask(golden, [1], [1])


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"the golden JSON .*none\.json cannot be read"):
        luminosity_mask(tmp_path / "none.json", [1], [1])
    path = tmp_path / "golden.json"
    path.write_text('{"5": [[1, 2]], "5": [[3, 4]]}')
    with pytest.raises(DataError, match=r"golden\.json: the run 5 comes twice"):
        luminosity_mask(path, [1], [1])
    path.write_text('{"5": [[1, 2]')
    with pytest.raises(DataError, match=r"golden\.json is no JSON"):
        luminosity_mask(path, [1], [1])


@pytest.mark.parametrize(
    "run",
    [ak.Array([1, None]), ak.Array([[1], [2, 3]]), [1.0, 2.0], [[1], [2]], np.ma.array([1, 2], mask=[False, True])],
)
def test_runs_that_are_no_numbers(run: Any) -> None:
    with pytest.raises(DataError, match=r"run (is|holds)"):
        luminosity_mask(GOLDEN, run, [1, 2])


def test_columns_of_other_events() -> None:
    with pytest.raises(DataError, match="run is there for 1 events, luminosityBlock for 2"):
        luminosity_mask(GOLDEN, [1], [1, 2])
