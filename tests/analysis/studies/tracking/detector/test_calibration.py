from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import DataError
from analysis.studies.tracking.detector.settings import BeamSpotSettings
from analysis.studies.tracking.simulation.settings import BeamSettings
from tests.analysis.studies.tracking.conftest import Collisions


def test_the_beam_spot_is_found(collisions: Collisions) -> None:
    true = BeamSettings()
    numbers = {one["name"]: one for one in collisions.beam_spot["numbers"]}
    for name in ("x", "y", "z"):
        found = numbers[f"beam_{name}"]
        assert abs(found["value"] - getattr(true, name)) < 4 * found["stat"][0]
    assert numbers["beam_x"]["stat"][0] < 0.003
    assert collisions.beam_spot["length"] == pytest.approx(true.length, rel=0.15)


def test_no_tracks_are_too_few(collisions: Collisions) -> None:
    from analysis.studies.tracking.detector.beam_spot import derive

    with pytest.raises(DataError, match="too few for a beam spot"):
        derive({"beam": collisions.raw[:1]}, collisions.detector, BeamSpotSettings(pt=4.9))


def test_layers_are_four_cylinders_and_seven_disks_at_each_end(collisions: Collisions) -> None:
    layers = collisions.layers["layers"]
    assert [one["disk"] for one in layers] == [False] * 4 + [True] * 14
    assert [one["position"] for one in layers[:4]] == pytest.approx([33, 72.5, 116.3, 172.2], abs=1.0)
    disks = sorted(abs(one["position"] + collisions.beam_spot["z"]) for one in layers[4:])
    assert disks[::2] == pytest.approx([600, 700, 820, 960, 1100, 1300, 1500], abs=1.5)
    # from the innermost cylinder to the next one, and to the first disk of either end
    assert set(layers[0]["starts"]) == {1, 4, 5}
    assert layers[1]["forward"][0] == 2
    assert np.isin([4, 5], [*layers[2]["forward"], *layers[2]["backward"]]).all()
