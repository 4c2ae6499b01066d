"""The public data as the study's stages hand them on."""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest

from analysis.readers.data_file import DataFile
from analysis.studies.arrivals.datasets import GALAXIES
from analysis.studies.arrivals.settings import ScanSettings, SkySettings
from analysis.studies.arrivals.simulation import plans
from analysis.studies.arrivals.simulation.skies import Sky, SkySimulation, plans_of
from analysis.studies.arrivals.sky import events, observatory, reading
from analysis.studies.arrivals.sources import reading as catalogues
from analysis.studies.arrivals.sources.hypotheses import prepare

pytest.importorskip("healpy")

TABLES = (("tables_SBG_23.h5", 23), ("tables_swift_BAT_213.h5", 213), ("tables_2FHL_250Mpc.h5", 17))
Arrays = dict[str, Any]


@pytest.fixture(scope="session")
def folder(mirror: Path) -> Path:
    return mirror / "auger_uhecr"


@pytest.fixture(scope="session")
def measured(folder: Path) -> Arrays:
    (path,) = folder.glob("AugerApJS2022*.dat")
    with DataFile.local(path) as file:
        raw = ak.zip(reading.read(file, 0, 2635))
    return observatory.measure({"auger": events.directions(raw)})


@pytest.fixture(scope="session")
def sources(folder: Path) -> ak.Array:
    with DataFile.local(folder / "sourcedata.h5") as file:
        columns = catalogues.read(file, 0, 253)
    losses: list[dict[str, Any]] = []
    for name, number in TABLES:
        with DataFile.local(folder / name) as file:
            losses.append(catalogues.read_losses(file, 0, number))
    for name in losses[0]:
        columns[name] = ak.from_regular(ak.Array(np.concatenate([one[name] for one in losses])))
    return ak.zip(columns, depth_limit=1)


@pytest.fixture(scope="session")
def array(measured: Arrays) -> Arrays:
    """What simulations know of the measured events."""
    return observatory.describe(measured)


@pytest.fixture(scope="session")
def galaxies() -> dict[str, dict[str, Path]]:
    """The larger catalogue, as it lies in its package."""
    (file,) = GALAXIES.files
    (found,) = (one for one in distribution(file.package).files or () if str(one) == f"{file.package}/{file.path}")
    return {GALAXIES.name: {file.name: Path(str(found.locate()))}}


@pytest.fixture(scope="session")
def hypotheses(array: Arrays, sources: ak.Array, galaxies: dict[str, dict[str, Path]]) -> Arrays:
    return prepare(array, {"candidates": sources}, galaxies, ScanSettings())


@pytest.fixture(scope="session")
def simulation(array: Arrays, hypotheses: Arrays) -> SkySimulation:
    return SkySimulation(array, hypotheses)


def planned(number: int, settings: SkySettings, first: int = 1) -> ak.Array:
    """Plans of skies with the identities ``first`` and so on."""
    return plans.describe(plans.generate(np.arange(first, first + number, dtype=np.uint64), settings), settings)


def drawn(simulation: SkySimulation, number: int, settings: SkySettings, first: int = 1) -> list[Sky]:
    return [simulation.draw(plan) for plan in plans_of(planned(number, settings, first))]
