from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.benchmarks.conftest import rows


@pytest.mark.release
def test_tools_of_the_lock_make_all_results(benchmark: Callable[..., str]) -> None:
    """The benchmark stops where one does not, or where a status is wrong."""
    options = ["--numbers", "3,5", "--rounds", "1", "--tools", "erumflow,law,luigi", "--status"]
    printed = benchmark("graph/records.py", *options)
    found = [(name, number) for name, number, *_ in rows(printed)[1:]]
    names = ["erumflow, full manifests", "plain law", "plain luigi", "erumflow, `--print-status`", "erumflow, again"]
    assert found == [(name, number) for number in "35" for name in names]
    assert "memory of a branch" in printed


@pytest.mark.services
def test_peers_in_environments_of_their_own_make_all_results(benchmark: Callable[..., str]) -> None:
    options = ["--numbers", "3", "--rounds", "1", "--tools", "b2luigi,snakemake"]
    assert [row[0] for row in rows(benchmark("graph/records.py", *options))[1:]] == ["b2luigi", "snakemake"]
