"""Places of the modules of the pixel detector."""

from __future__ import annotations

import acts
import numpy as np
from numpy.typing import NDArray

from analysis.studies.tracking.acts_events import components, detector

__all__ = ["describe"]


def describe() -> dict[str, NDArray[np.generic]]:
    """Describe the modules, in the order of their identifiers.

    Returns:
        ``identifier`` (n,); ``group`` (n,), a number for each layer of modules as the detector's makers count them;
        ``centre``, ``u``, ``v`` (n, 3): the middle in mm, and unit vectors along the coordinates of clusters.
    """
    context, facing = acts.GeometryContext.dangerouslyDefaultConstruct(), acts.Vector3(0.0, 0.0, 1.0)
    surfaces = {one.value: (one, surface) for one, surface in detector().geoIdSurfaceMap().items() if one.sensitive}
    identifier = np.array(sorted(surfaces), np.uint64)
    corners = np.array(
        [
            [
                components(surfaces[one][1].localToGlobal(context, acts.Vector2(*local), facing))
                for local in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))
            ]
            for one in identifier.tolist()
        ]
    )
    group = np.array([1000 * surfaces[one][0].volume + surfaces[one][0].layer for one in identifier.tolist()])
    centre = corners[:, 0]
    return {
        "identifier": identifier,
        "group": group.astype(np.int32),
        "centre": centre,
        "u": corners[:, 1] - centre,
        "v": corners[:, 2] - centre,
    }
