from __future__ import annotations

from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest

from analysis.readers.data_file import DataFile
from analysis.studies.faraday.catalogues import CATALOGUES
from analysis.studies.faraday.reading import read
from analysis.studies.faraday.settings import SourceSettings
from analysis.studies.faraday.sources import resolve, years
from analysis.studies.faraday.study import study


def table(rows: list[tuple[float, float, float, float, str, bool]]) -> dict[str, Any]:
    names = ("longitude", "latitude", "rm", "uncertainty", "catalogue", "galactic")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    return {"catalogues": ak.Array({**columns, "identity": np.arange(len(rows), dtype=np.uint64) + 7})}


def test_one_measurement_of_each_source():
    minute, second = 1 / 60, 1 / 3600
    found = resolve(
        table(
            [
                (10.0, 0.0, 5.0, 3.0, "A2001", False),
                (10.0, 0.9 * minute, 6.0, 1.0, "B2002", False),  # the same source, better
                (20.0, 0.0, 7.0, 0.1, "A2001", False),
                (20.0, 0.0, 8.0, 0.3, "B2002", False),  # as good, as none counts for less than 0.5; and later
                (30.0, 0.0, 1.0, 1.0, "A2001", False),
                (30.0, 30 * second, 2.0, 1.0, "A2001", False),  # the other lobe
                (30.0, 40 * second, 3.0, 2.0, "A2001", False),  # near that
                (40.0, 0.0, 9.0, 1.0, "B2002", True),
                (50.0, 0.0, 9.0, -1.0, "B2002", False),
            ]
        ),
        SourceSettings(),
    )
    assert found["identity"].tolist() == [8, 10, 11, 12]
    assert found["rm"].tolist() == [6.0, 8.0, 1.0, 2.0]
    assert found["measurements"].tolist() == [2, 2, 1, 2]
    assert found["spread"] == pytest.approx(
        [np.std([5, 6], ddof=1), np.std([7, 8], ddof=1), 0.0, np.std([2, 3], ddof=1)]
    )
    assert found["catalogue"].tolist() == [1, 1, 0, 0]
    assert (found["rows"].tolist(), found["used"].tolist()) == ([5, 4], [2, 2])


def test_the_order_of_rows_decides_nothing_but_the_order_of_sources():
    random = np.random.default_rng(2)
    rows = [
        (random.uniform(0, 0.2), random.uniform(0, 0.2), random.normal(), random.uniform(1, 2), f"C{year}", False)
        for year in random.integers(1990, 2010, 200)
    ]
    one = resolve(table(rows), SourceSettings())
    other = resolve(table(rows[::-1]), SourceSettings())
    assert sorted(one["rm"].tolist()) == sorted(other["rm"].tolist())
    assert 10 < len(one["rm"]) < 200


def test_years_of_all_catalogues():
    found = years(np.array([one.name for one in CATALOGUES]))
    assert (found.min(), found.max()) == (1980, 2024)


def test_the_public_catalogues(mirror: Path):
    """45 files with 15,053 rows, of which 14,981 have an uncertainty; 48 of these are in the Galaxy."""
    (dataset,) = study.datasets
    parts = []
    for file in dataset.files:
        with DataFile.local(mirror / file.place, file.name) as opened:
            parts.append(read(opened, 0, file.events))
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    assert len(columns["rm"]) == dataset.events == 15053
    known = columns["uncertainty"] > 0
    assert (known.sum(), (known & columns["galactic"]).sum()) == (14981, 48)
    raw = ak.Array({**{k: v.tolist() for k, v in columns.items()}, "identity": np.arange(15053, dtype=np.uint64)})
    found = resolve({"catalogues": raw}, study.stage("sources").step.settings)
    assert len(found["rm"]) == 12502
    assert len(found["rows"]) == len(CATALOGUES) == len(dataset.files)
    assert [one.name for one in CATALOGUES] == sorted(file.name.removesuffix(".fits") for file in dataset.files)
    # repeated measurements agree
    assert np.median(found["spread"][found["measurements"] > 1]) < 5.0
