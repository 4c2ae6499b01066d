"""Files of events on real servers, one kind a parameter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import uproot

# whatever keeps files keeps events
from tests.analysis.provenance.remote.conftest import pytest_itemcollected, server

__all__ = ["pytest_itemcollected", "server"]

Write = Callable[..., Path]


@pytest.fixture
def clustered(tmp_path: Path) -> Write:
    """Write a ROOT file of columns x0 to x9 of random numbers, some thousand events a cluster."""

    def write(name: str, seed: int = 1, clusters: int = 5, events: int = 2_000) -> Path:
        random = np.random.default_rng(seed)
        path = tmp_path / name
        with uproot.recreate(path, compression=None) as content:
            tree = content.mktree("Events", {f"x{i}": "float32" for i in range(10)})
            for _ in range(clusters):
                tree.extend({f"x{i}": random.random(events, dtype=np.float32) for i in range(10)})
        return path

    return write
