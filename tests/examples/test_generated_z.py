"""The six numbers of the example generated_z, and what they stand for."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import vector
from numpy.typing import NDArray
from scipy.special import ndtri


def boostable(four: NDArray[np.float64]) -> Any:
    return vector.array(dict(zip(("E", "px", "py", "pz"), four.T, strict=True)))


@pytest.fixture
def kinematics(repository: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(repository / "examples"))
    from generated_z import kinematics

    return kinematics


@pytest.mark.parametrize("width", [1.0, 4.0])
def test_any_six_numbers_are_a_pair_within_the_limits_and_the_pair_is_them(kinematics: ModuleType, width: float):
    targets = width * np.random.default_rng(1).normal(size=(20_000, 6))
    pt, eta, phi = kinematics.from_targets(targets)
    assert pt.min() >= kinematics.PT - 1e-9
    assert np.abs(eta).max() <= kinematics.ETA + 1e-9
    muons = [kinematics.four_momenta(pt[:, one], eta[:, one], phi[:, one]) for one in (0, 1)]
    mass, pair, *_ = kinematics.coordinates(*muons)
    # the muons' own mass adds a little
    assert mass.min() >= kinematics.MASS[0]
    assert mass.max() <= kinematics.MASS[1] * (1 + 1e-4)
    assert pair.max() <= kinematics.PAIR * (1 + 1e-9)
    for muon in muons:
        assert np.allclose(kinematics.square(muon), kinematics.MUON**2, atol=1e-7)
    # back again, where single steps of double precision are no matter
    inside = np.abs(targets).max(axis=1) < 4.0
    assert np.allclose(kinematics.to_targets(pt, eta, phi)[inside], targets[inside], atol=1e-6)


@pytest.mark.parametrize(("momentum", "jumps"), [(30.0, 0), (45.0, 2), (100.0, 1)])
def test_the_hole_in_the_decay_angle_is_left_out(kinematics: ModuleType, momentum: float, jumps: int):
    """A boosted pair loses a muon that flies backwards, unless it flies along the beam."""
    targets = np.zeros((1000, 6))
    targets[:, 1] = ndtri(momentum / kinematics.PAIR)
    targets[:, 3] = np.linspace(-4.0, 4.0, 1000)
    pt, eta, phi = kinematics.from_targets(targets)
    muons = [kinematics.four_momenta(pt[:, one], eta[:, one], phi[:, one]) for one in (0, 1)]
    _, pair, _, _, cosine, angle = kinematics.coordinates(*muons)
    assert np.allclose(pair, momentum)
    assert np.allclose(angle, 0.0, atol=1e-6)
    assert np.diff(cosine).min() > 0
    assert np.sum(np.diff(cosine) > 0.1) == jumps


def test_angles_are_those_of_two_boosts(kinematics: ModuleType):
    random = np.random.default_rng(2)
    pt, eta, phi = random.uniform(20, 80, (50, 2)), random.uniform(-2, 2, (50, 2)), random.uniform(-3, 3, (50, 2))
    four = [kinematics.four_momenta(pt[:, one], eta[:, one], phi[:, one]) for one in (0, 1)]
    minus, plus = (boostable(one) for one in four)
    pair = minus + plus
    mass, transverse, rapidity, azimuth, cosine, angle = kinematics.coordinates(*four)
    assert np.allclose(mass, pair.mass)
    assert np.allclose(transverse, pair.pt)
    assert np.allclose(rapidity, pair.rapidity)
    assert np.allclose(np.cos(azimuth - pair.phi), 1.0)
    still = minus.boostZ(beta=-pair.pz / pair.E).rotateZ(-pair.phi)
    rest = still.boostX(beta=-pair.pt / np.sqrt(pair.pt**2 + pair.mass**2))
    assert np.allclose(rest.E, mass / 2)
    assert np.allclose(cosine, rest.costheta)
    assert np.allclose(np.cos(angle - rest.phi), 1.0)
