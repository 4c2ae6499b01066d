from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from analysis.studies.htautau.datasets import COLLISIONS, DIMUON, SIMULATION
from analysis.study import Dataset

ALL = (*SIMULATION, *COLLISIONS, DIMUON)


@pytest.mark.parametrize("dataset", [d for d in ALL if d.name != "Run2012C"], ids=lambda dataset: dataset.name)
def test_the_mirror_holds_what_the_catalogue_says(mirror: Path, dataset: Dataset) -> None:
    for file in dataset.files:
        content = (mirror / file.mirror).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file.sha256
        assert len(content) == file.size


def test_every_file_has_a_fixed_public_address() -> None:
    for dataset in ALL:
        for file in dataset.files:
            assert file.url.startswith("https://raw.githubusercontent.com/")
            assert file.url.endswith(f"/{file.name}")
            assert len(file.url.split("/")[5]) == 40
            assert len(file.sha256) == 64
        assert dataset.licence == "CC0-1.0"
        assert dataset.doi.startswith("10.7483/OPENDATA.CMS.")
    assert len({dataset.name for dataset in ALL}) == len(ALL) == 10


def test_the_unmirrored_period() -> None:
    dataset = COLLISIONS[1]
    assert dataset.name == "Run2012C"
    assert dataset.events == 21_172
    assert dataset.luminosity == 7.055
    assert dataset.files[0].sha256 == "3f85a6892341620d3d1109a0b43bc50a5472a42784186f4175c78d14dd8b0da3"
