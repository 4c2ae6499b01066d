"""What libraries of others read in a folder of published networks, offline."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from analysis.exchange.folder import CARD
from analysis.exchange.publishing import publish
from tests.analysis.exchange.small import NUMBERS, material
from tests.validators.validation import check_data, check_model_card, complaints_about_crate

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    return publish(material(folder), folder).folder.folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """Published networks; each test may change its own."""
    return Path(shutil.copytree(made, tmp_path / "depths-1"))


def test_the_hub_reads_the_card_and_its_results(folder: Path) -> None:
    found = check_model_card(folder)
    assert (found["license"], found["datasets"]) == ("bsd-3-clause", ["depths/measured", "depths/made"])
    assert [(one["type"], one["value"]) for one in found["results"]] == [(one.name, one.value) for one in NUMBERS]
    first = found["results"][0]
    assert (first["stat"], first["syst"], first["unit"]) == ([0.5, 0.5], [1.0, 1.5], "g/cm2")
    assert first["method"] == "width of a Gaussian"
    text = (folder / CARD).read_text()
    (folder / CARD).write_text(text.replace("    metrics:", "    metric:"))
    with pytest.raises(AssertionError, match="metrics"):
        check_model_card(folder)


def test_the_data_are_described_as_croissant_has_it(folder: Path) -> None:
    found = check_data(folder)
    assert found["files"] == {"measured/a.root": "1" * 64, "measured/d.root": "3" * 32}
    assert [row["datasets/events"] for row in found["rows"]["datasets"]] == [198, 100]
    assert [row["features/unit"] for row in found["rows"]["features"]] == ["GeV", "", ""]


def test_the_crate_is_one(folder: Path, tmp_path: Path) -> None:
    # that it sees faults is tested with capsules
    assert complaints_about_crate(folder, tmp_path, "ro-crate-1.1") == []
