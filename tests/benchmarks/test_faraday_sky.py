from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import pytest

from tests.benchmarks.conftest import rows

# importing it would begin JAX's threads in all of pytest's workers
pytestmark = pytest.mark.skipif(find_spec("nifty") is None, reason="needs the extra faraday")
pytest.importorskip("ducc0")


@pytest.mark.release
def test_each_resolution_is_inferred_and_transforms_agree(benchmark_here: Callable[..., str]) -> None:
    printed = benchmark_here(
        "faraday_sky.py", *("--nside", "4", "--sources", "2000", "--iterations", "1", "--rounds", "1")
    )
    assert [row[0] for row in rows(printed)] == ["nside, 2,000 sources", "4", "one transform, ms", "4"]
