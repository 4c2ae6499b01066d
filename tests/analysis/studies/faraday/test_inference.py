"""Inferences of synthetic skies whose truth is known."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.studies.faraday.checkpoints import Checkpoints
from analysis.studies.faraday.folds import folds_of
from analysis.studies.faraday.harmonics import modes
from analysis.studies.faraday.inference import infer, infer_fold
from analysis.studies.faraday.prediction import depths, predictive
from analysis.studies.faraday.settings import InferenceSettings
from analysis.studies.faraday.spectrum import slopes
from analysis.studies.faraday.sphere import directions, nearest
from tests.analysis.studies.faraday.synthetic import PROFILE, measurements, sky

# compiles for some time
# importing it would begin JAX's threads in all of pytest's workers
pytestmark = [pytest.mark.long, pytest.mark.skipif(find_spec("nifty") is None, reason="needs the extra faraday")]

# the synthetic skies have nothing on smaller scales
SETTINGS = InferenceSettings(
    nside=8,
    catalogues=3,
    degrees_of_freedom=3.0,
    unresolved=(0.01, 0.01),
    iterations=4,
    final_samples=10,
)
SLOPE = -2.0


class Killed(Exception):
    """The end of a process."""


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    return sky(SETTINGS.lmax, SLOPE, 1)


@pytest.fixture(scope="module")
def sources(truth: dict[str, Any]) -> dict[str, Any]:
    return measurements(truth, 1500, 8.0, 2)


@pytest.fixture(scope="module")
def samples(sources: dict[str, Any]) -> dict[str, Any]:
    return infer(sources, PROFILE, SETTINGS)


def test_the_sky_is_within_its_posterior(truth: dict[str, Any], samples: dict[str, Any]):
    random = np.random.default_rng(3)
    longitude, latitude = random.uniform(0, 360, 1000), np.degrees(np.arcsin(random.uniform(-1, 1, 1000)))
    found, true = depths(samples, longitude, latitude), depths(truth, longitude, latitude)[0]
    pulls = (true - found.mean(axis=0)) / found.std(axis=0, ddof=1)
    assert np.mean(np.abs(pulls) < 1) == pytest.approx(0.68, abs=0.1)
    assert np.mean(np.abs(pulls) < 2) == pytest.approx(0.95, abs=0.06)
    assert np.std(true - found.mean(axis=0)) < 0.25 * np.std(true)


def spectra(sky: dict[str, Any]) -> NDArray:
    """Average the squared coefficients of each multipole, shape (samples, lmax + 1)."""
    degree, _ = modes(SETTINGS.lmax)
    squares = [np.bincount(degree, one**2) / np.maximum(np.bincount(degree), 1) for one in sky["coefficients"]]
    return np.stack(squares)


def test_slopes_and_scatters_are_within_theirs(truth: dict[str, Any], samples: dict[str, Any]):
    # of this very sky: six such skies are found 0.14 steeper than they are, each within 0.07
    assert slopes(spectra(samples)).mean() == pytest.approx(slopes(spectra(truth))[0], abs=0.3)
    # of the law that it was drawn from, about which skies scatter by 0.2
    assert slopes(samples["spectrum"]).mean() == pytest.approx(SLOPE, abs=0.6)
    # the smallest one is no more than the uncertainties themselves
    own = samples["by_catalogue"].mean(axis=0)
    assert own == pytest.approx([4.0, 8.0, 16.0], rel=0.35)


def test_sources_that_were_left_out_are_covered(
    truth: dict[str, Any], samples: dict[str, Any], sources: dict[str, Any]
):
    others = measurements(truth, 2000, 8.0, 5)
    known = directions(sources["longitude"], sources["latitude"])
    separation = nearest(known, directions(others["longitude"], others["latitude"]), 1)[0][:, 0]
    probability = predictive(samples, others, separation).cumulative(others["rm"])
    for level in (0.68, 0.95):
        assert np.mean(np.abs(probability - 0.5) < level / 2) == pytest.approx(level, abs=0.03)


def test_killed_halfway_it_goes_on_to_the_same_bits(tmp_path: Path, sources: dict[str, Any], samples: dict[str, Any]):
    written = []

    def note(file: Path) -> None:
        written.append(file.stat().st_size)
        if len(written) == 2:
            raise Killed

    with pytest.raises(Killed):
        infer(sources, PROFILE, SETTINGS, Checkpoints(tmp_path, note))
    state = Checkpoints(tmp_path).load()
    assert state is not None
    assert int(state["iterations"]) == 2
    again = infer(sources, PROFILE, SETTINGS, Checkpoints(tmp_path, note))
    assert len(written) == 4
    assert {name: one.tobytes() for name, one in again.items()} == {n: one.tobytes() for n, one in samples.items()}


def test_a_fold_knows_nothing_of_its_sources(sources: dict[str, Any], samples: dict[str, Any]):
    settings = replace(SETTINGS, folds=2, iterations=1, final_samples=1)
    changed = {**sources, "rm": np.where(folds_of(sources, 2) == 1, 1e4, sources["rm"])}
    one, other = infer_fold(sources, settings, 1), infer_fold(changed, settings, 1)
    assert {name: values.tobytes() for name, values in one.items()} == {n: v.tobytes() for n, v in other.items()}
    assert one["coefficients"].shape == (2, (SETTINGS.lmax + 1) ** 2)


def test_a_damaged_checkpoint_is_told(tmp_path: Path):
    Checkpoints(tmp_path).save({"iterations": np.array(1)})
    (tmp_path / "state.safetensors").write_bytes(b"x" * 20)
    with pytest.raises(DataError, match=r"checkpoint .*state\.safetensors is damaged"):
        Checkpoints(tmp_path).load()
    assert Checkpoints(tmp_path / "other").load() is None


def test_an_inference_says_its_degrees_of_freedom_and_leaves_options_of_jax_alone(sources: dict[str, Any]):
    import jax

    few = replace(SETTINGS, nside=4, iterations=1, geometric=0, final_samples=1, moves=2, steps=5, quick=True)
    assert infer(sources, PROFILE, few)["degrees_of_freedom"].tolist() == [3.0]
    assert jax.config.read("jax_disable_most_optimizations") is False
