from __future__ import annotations

import importlib
from pathlib import Path

import pyhf
import pytest


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::RuntimeWarning")
def test_all_peers_find_the_same_minimum(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The benchmark stops where one does not."""
    monkeypatch.syspath_prepend(repository / "benchmarks")
    benchmark = importlib.import_module("inference")
    try:
        measured = benchmark.compare(benchmark.make_workspace(50, gammas=False), rounds=1, toys=4, peers=True)
    finally:
        pyhf.set_backend("numpy")
    assert measured["parameters"] == 50
    assert measured["converged"] == 1.0
