"""Real events and the calibration derived from them, made once for all tests of the study."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import awkward as ak
import pytest
from correctionlib import CorrectionSet

from analysis.calibration import Calibration, load_corrections
from analysis.events.root import read_chunk
from analysis.studies.htautau.dimuon import derive
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
    return derive({"DoubleMuParked": dimuons}, study.derive_calibration.settings)


@pytest.fixture(scope="session")
def corrections(calibration: Calibration, tmp_path_factory: pytest.TempPathFactory) -> CorrectionSet:
    path = tmp_path_factory.mktemp("calibration") / "corrections.json"
    calibration.save_corrections(path)
    return load_corrections(path)


@pytest.fixture(scope="session")
def reconstructed(read: Callable[..., ak.Array]) -> Callable[[Dataset], ak.Array]:
    """All events of a data set, as they were measured and simulated, without any calibration."""
    return lambda dataset: reconstruct(read(dataset.name), None, dataset, study.reconstruct.settings)
