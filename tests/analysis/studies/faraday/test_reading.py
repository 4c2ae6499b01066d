from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from analysis.errors import DataError
from analysis.readers.data_file import DataFile
from analysis.studies.faraday.reading import read


def written(folder: Path, *names: str) -> DataFile:
    values = {"l": [10.0, 20.0, 30.0], "b": [-5.0, 0.0, 5.0], "rm": [1.0, -2.0, 3.5], "rm_err": [0.5, np.nan, 0.0]}
    columns = [fits.Column(name, "D", array=values[name]) for name in names]
    columns.append(fits.Column("type", "8A", array=["", " Pulsar", "AGN"]))
    path = folder / "Somebody2001.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)]).writeto(path)
    return DataFile.local(path, path.name)


def test_rows_of_a_catalogue(tmp_path: Path):
    with written(tmp_path, "l", "b", "rm", "rm_err") as file:
        found = read(file, 1, 3)
        assert found["longitude"].tolist() == [20.0, 30.0]
        assert found["latitude"].tolist() == [0.0, 5.0]
        assert found["rm"].tolist() == [-2.0, 3.5]
        # none, and one that cannot be
        assert found["uncertainty"].tolist() == [-1.0, -1.0]
        assert found["galactic"].tolist() == [True, False]
        assert set(found["catalogue"]) == {"Somebody2001"}
        assert read(file, 0, 1)["uncertainty"].tolist() == [0.5]


def test_a_file_without_a_column(tmp_path: Path):
    with written(tmp_path, "l", "b", "rm_err") as file, pytest.raises(DataError, match=r"Somebody2001.*'rm'") as caught:
        read(file, 0, 3)
    assert "columns l, b, rm, rm_err and type" in caught.value.cure


def test_a_file_that_is_none(tmp_path: Path):
    (tmp_path / "x.fits").write_bytes(b"no table" * 1000)
    with DataFile.local(tmp_path / "x.fits") as file, pytest.raises(DataError, match=r"x\.fits is no catalogue"):
        read(file, 0, 1)
