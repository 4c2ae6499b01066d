"""Real events and the calibration derived from them, made once for all tests of the study."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import awkward as ak
import pytest

from analysis.calibration import Calibration, SavedCalibration
from analysis.formats import corrections
from analysis.readers.chunks import read_chunk
from analysis.studies.htautau.dimuon import derive
from analysis.studies.htautau.jets import without_overlap
from analysis.studies.htautau.pileup import derive as derive_pileup
from analysis.studies.htautau.reconstruction import reconstruct
from analysis.studies.htautau.study import study
from analysis.study import Dataset


@pytest.fixture(scope="session")
def read(mirror: Path) -> Callable[..., ak.Array]:
    """Events of a data set of the study, by name and range."""

    def _read(name: str, start: int = 0, stop: int | None = None) -> ak.Array:
        dataset = study.dataset(name)
        paths = [mirror / file.mirror for file in dataset.files]
        return read_chunk(paths, dataset, start, dataset.events if stop is None else stop)

    return _read


@pytest.fixture(scope="session")
def dimuons(read: Callable[..., ak.Array]) -> ak.Array:
    return read("DoubleMuParked")


@pytest.fixture(scope="session")
def calibration(dimuons: ak.Array) -> Calibration:
    return derive({"DoubleMuParked": dimuons}, study.stage("calibration").step.settings)


@pytest.fixture(scope="session")
def saved(calibration: Calibration, tmp_path_factory: pytest.TempPathFactory) -> SavedCalibration:
    """The calibration as later stages get it."""
    folder, stage = tmp_path_factory.mktemp("calibration"), study.stage("calibration")
    corrections.save(calibration, folder.joinpath, stage)
    return corrections.load(folder.joinpath, stage)


@pytest.fixture(scope="session")
def reconstructed(read: Callable[..., ak.Array]) -> Callable[[Dataset], ak.Array]:
    """All events of a data set, as they were measured and simulated but for jets that are leptons."""
    settings, overlap = study.stage("reconstructed").step.settings, study.stage("calibrated").step.settings.overlap
    return lambda dataset: reconstruct(
        without_overlap(read(dataset.name), overlap), dataset, dataset.weight_per_fb, settings
    )


@pytest.fixture(scope="session")
def pileup(reconstructed: Callable[[Dataset], ak.Array], tmp_path_factory: pytest.TempPathFactory) -> SavedCalibration:
    """The weights of the pile-up, from all measured and simulated events."""
    folder, stage = tmp_path_factory.mktemp("pileup"), study.stage("pileup")
    events = {dataset.name: reconstructed(dataset) for dataset in (*study.simulated, *study.measured(""))}
    corrections.save(derive_pileup(events, stage.step.settings), folder.joinpath, stage)
    return corrections.load(folder.joinpath, stage)
