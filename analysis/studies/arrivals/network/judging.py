"""Test statistics of simulated skies by the networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.studies.arrivals.network.scoring import SkyNetworks
from analysis.studies.arrivals.simulation.skies import SkySimulation, plans_of

__all__ = ["judge_skies"]


def judge_skies(
    raw: ak.Array,
    observatory: Mapping[str, NDArray[np.float64]],
    hypotheses: Mapping[str, NDArray[np.float64]],
    network: Sequence[Mapping[str, NDArray[Any]]],
) -> ak.Array:
    """Judge simulated skies by the networks.

    Args:
        raw: plans of the skies.
        observatory: energies and zenith ranges.
        hypotheses: maps of the catalogues.
        network: trained networks.

    Returns:
        Records with ``identity``, ``fraction`` and ``field`` of the plan; ``ts`` and ``fitted``, a list each: test
        statistic and fraction by the averaged networks first, and by each alone.
    """
    networks, simulation = SkyNetworks(observatory, hypotheses, network), SkySimulation(observatory, hypotheses)
    found = [networks.judge(simulation.draw(plan).directions) for plan in plans_of(raw)]
    columns = {name: raw[name] for name in ("identity", "fraction", "field")}
    lists = {
        name: ak.from_regular(ak.Array(np.stack([one[place] for one in found])))
        for place, name in enumerate(("ts", "fitted"))
    }
    return ak.zip({**columns, **lists}, depth_limit=1)
