"""Fixtures that all tests share."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

from analysis.learning.training.processor import divide_processor
from analysis.settings import folders_in
from tests.services.selection import LATER, asked_for

# as in commands
divide_processor()

REPOSITORY = Path(__file__).resolve().parent.parent

# stores of tests are empty, but programs need not be compiled in each of them anew
COMPILED = REPOSITORY / ".cache" / "compiled"
COMPILED.mkdir(mode=0o700, parents=True, exist_ok=True)
os.environ.setdefault("ERUMFLOW_COMPILED", str(COMPILED))
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(COMPILED / "all"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")

pytest_plugins = ["tests.services.fixtures"]


def in_ci() -> bool:
    """Whether the tests run for continuous integration, where nothing may be left out silently."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


@pytest.fixture
def generator() -> np.random.Generator:
    """Random numbers that are the same in each test, whatever ran before it."""
    return np.random.default_rng(3)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In continuous integration, a test that skips itself has failed: the machine has to have what tests need."""
    report = yield
    # it runs services by name, later
    if report.skipped and not hasattr(report, "wasxfail") and in_ci() and LATER not in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} skipped in continuous integration: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same of files and folders that skip themselves, for want of a package."""
    report = yield
    if report.skipped and in_ci():
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} skipped in continuous integration: {report.longrepr}"
    return report


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """More than there are processors: many tests wait for commands that they have started, and servers' for servers."""
    processors = len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1))
    return processors + (2 if asked_for(config) else 1)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Nothing that is collected becomes garbage before the end, so it is not looked through for some."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that wait longest first, then those of whole commands; the short ones fill the gaps that they leave."""
    waits = {item.path for item in items if item.get_closest_marker("network")}
    long = {item.path for item in items if item.get_closest_marker("long") or item.get_closest_marker("services")}
    items.sort(
        key=lambda item: (item.path not in waits, not item.nodeid.startswith("tests/tasks/"), item.path not in long)
    )


@pytest.fixture(scope="session")
def repository() -> Path:
    """The project's folder."""
    return REPOSITORY


@pytest.fixture(scope="session")
def mirror() -> Path:
    """The folder of real data: ``$ERUMFLOW_MIRROR``, else ``../shared/data`` beside the project, else a download."""
    if named := os.environ.get("ERUMFLOW_MIRROR"):
        # of several, the first one has what tests read
        folder = folders_in(named)[0]
        if not folder.is_dir():
            pytest.skip(f"ERUMFLOW_MIRROR names {folder}, which is no folder")
        return folder
    beside = REPOSITORY.parent / "shared" / "data"
    return beside if beside.is_dir() else downloaded(REPOSITORY / ".cache" / "mirror")


def downloaded(folder: Path) -> Path:
    """Fetch the public files that tests need into a mirror folder, once."""
    from analysis.errors import DataError
    from analysis.readers.fetching import fetch
    from analysis.readers.opening import Access
    from analysis.studies.htautau.study import study

    for dataset in (*study.simulated, *study.measured(study.campaigns[0].name), study.dataset("DoubleMuParked")):
        for file in dataset.files:
            copy = folder / file.mirror
            if not copy.is_file():
                copy.parent.mkdir(parents=True, exist_ok=True)
                try:
                    fetch(file, copy, access=Access())
                except DataError as error:
                    pytest.skip(f"no mirror of the public data, and no network: {error}")
    return folder


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty store of records that commands and functions of this test use."""
    folder = tmp_path / "store"
    folder.mkdir()
    monkeypatch.setenv("ERUMFLOW_STORE", str(folder))
    return folder
