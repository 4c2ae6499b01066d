"""Seeds that algorithms of ACTS find in space points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import acts
import acts.examples
import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.studies.tracking.acts_events import QUIET, Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis.studies.tracking.peers.settings import SeederSettings

__all__ = ["algorithms", "container_of", "find", "seeds_of"]

_COLUMNS = acts.SpacePointColumns
_ALGORITHMS = {
    "grid": acts.examples.GridTripletSeedingAlgorithm,
    "orthogonal": acts.examples.OrthogonalTripletSeedingAlgorithm,
}


def find(space_points: ak.Array, layers: Mapping[str, Any], settings: SeederSettings) -> ak.Array:
    """Find the seeds of events with each seeder.

    Args:
        space_points: events with ``points``.
        layers: that these are on.
        settings: of all seeders.

    Returns:
        Records with ``identity`` and a field for each seeder: lists of seeds, each of which is a list of numbers of
        space points.
    """
    disk = np.array([one["disk"] for one in layers["layers"]])
    seeders = algorithms(settings)
    found: dict[str, list[NDArray[np.int32]]] = {name: [] for name in seeders}
    for event in space_points:
        for name, algorithm in seeders.items():
            found[name].append(seeds_of(container_of(event.points, disk, settings.resolution), algorithm))
    lists = {
        name: ak.unflatten(
            ak.from_regular(ak.from_numpy(np.concatenate(some), regulararray=True)), [len(one) for one in some]
        )
        for name, some in found.items()
    }
    return ak.zip({"identity": space_points.identity, **lists}, depth_limit=1)


def algorithms(settings: SeederSettings) -> dict[str, Any]:
    """The seeders, by name."""
    unit = acts.UnitConstants
    ends = {
        f"deltaR{end}{place}": distance * unit.mm
        for end, distance in zip(("Min", "Max"), settings.distance, strict=True)
        for place in ("", "Top", "Bottom")
    }
    common = {
        "bFieldInZ": settings.field * unit.T,
        "minPt": settings.pt * unit.GeV,
        "impactMax": settings.impact * unit.mm,
        "rMax": settings.radius * unit.mm,
        "zMin": -2000.0 * unit.mm,
        "zMax": 2000.0 * unit.mm,
        "collisionRegionMin": -settings.reach * unit.mm,
        "collisionRegionMax": settings.reach * unit.mm,
        "sigmaScattering": settings.scattering,
        "radLengthPerSeed": settings.radiation,
        "maxSeedsPerSpM": settings.seeds,
    }
    return {
        name: kind(level=QUIET, inputSpacePoints="points", outputSeeds="seeds", **ends, **common)
        for name, kind in _ALGORITHMS.items()
    }


def container_of(points: Any, disk: NDArray[np.bool_], resolution: float) -> Any:
    """Space points of an event as ACTS takes them.

    Args:
        points: with ``x``, ``y``, ``z`` and ``layer``.
        disk: whether each layer is a disk, whose coordinate along z is exact, as r is in the barrel.
        resolution: of the other one, mm.
    """
    x, y, z = (np.asarray(points[name], np.float32) for name in ("x", "y", "z"))
    on_disk = disk[np.asarray(points.layer)]
    container = acts.SpacePointContainer(
        _COLUMNS.SourceLinks
        | _COLUMNS.X
        | _COLUMNS.Y
        | _COLUMNS.Z
        | _COLUMNS.R
        | _COLUMNS.VarianceR
        | _COLUMNS.VarianceZ
    )
    container.reserve(len(x))
    for _ in range(len(x)):
        container.createSpacePoint()
    variance = resolution**2
    for name, values in (
        ("x", x),
        ("y", y),
        ("z", z),
        ("r", np.hypot(x, y)),
        ("varianceR", np.where(on_disk, variance, 0.0)),
        ("varianceZ", np.where(on_disk, 0.0, variance)),
    ):
        getattr(container, name)[:] = values
    return container


def seeds_of(container: Any, algorithm: Any) -> NDArray[np.int32]:
    """Numbers of the space points of each seed, (n, 3); the container is used up."""
    event = Event()
    event.put("points", container)
    event.run(algorithm)
    seeds = [one.spacePointIndices for one in event.get("seeds", acts.SeedContainer)]
    return np.array(seeds, np.int32).reshape(-1, 3)
