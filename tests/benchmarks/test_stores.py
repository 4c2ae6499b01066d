from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.benchmarks.conftest import rows
from tests.services.servers import S3, XRootD


@pytest.mark.services
def test_all_ways_bring_back_what_was_sent(xrootd: XRootD, s3: S3, benchmark: Callable[..., str]) -> None:
    """The benchmark stops where one does not, or does not list all there is."""
    printed = benchmark("stores.py", "--rounds", "1", "--megabytes", "1", "--files", "3", "--listed", "10")
    assert sum(row[0].startswith("uploads of small files") for row in rows(printed)) == 2
