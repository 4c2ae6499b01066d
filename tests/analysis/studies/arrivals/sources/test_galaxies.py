from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.errors import DataError
from analysis.studies.arrivals.sources.galaxies import arrival_energies, read_galaxies


def test_all_galaxies_are_read(galaxies: dict[str, dict[str, Path]]):
    directions, distance, flux = read_galaxies(galaxies)
    assert directions.shape == (44, 3)
    assert np.allclose(np.linalg.norm(directions, axis=1), 1.0)
    # M82 is the brightest, at 3.6 Mpc
    brightest = int(flux.argmax())
    assert (flux[brightest], distance[brightest]) == (7.29, 3.61)
    assert np.degrees(np.arcsin(directions[brightest, 2])) == pytest.approx(69.68)


def test_another_file_is_told(tmp_path: Path):
    path = tmp_path / "Lunardini_SBG_catalog.dat"
    path.write_text("names\nM82 only\n")
    with pytest.raises(DataError, match="install astrotools again"):
        read_galaxies({"starburst_galaxies": {path.name: path}})


def test_losses_are_interpolated_in_distance():
    known = np.array([[50.0, 90.0], [40.0, 60.0]])
    found = arrival_energies(np.array([10.0, 15.0, 20.0, 90.0]), np.array([20.0, 10.0]), known[::-1])
    assert found.tolist() == [[50.0, 90.0], [45.0, 75.0], [40.0, 60.0], [40.0, 60.0]]
