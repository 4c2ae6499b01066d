from __future__ import annotations

from pathlib import Path

import awkward as ak
import h5py
import numpy as np
import pytest

from analysis.errors import DataError
from analysis.readers.data_file import DataFile
from analysis.studies.arrivals.sources.reading import read, read_losses


def test_catalogues_come_after_each_other(sources: ak.Array):
    assert np.bincount(np.asarray(sources.catalogue)).tolist() == [23, 213, 17]
    assert sources.source[:2].tolist() == ["NGC253", "M82"]
    # ApJ 853 (2018) L29, Table 1: NGC 253 has 73 % of the flux of M82
    flux = dict(zip(sources.source.tolist(), sources.flux.tolist(), strict=True))
    assert flux["NGC253"] / flux["M82"] == pytest.approx(13.6 / 18.6, abs=0.01)


def test_what_is_no_catalogue_is_told(tmp_path: Path):
    path = tmp_path / "sources.h5"
    path.write_bytes(b"no HDF5 at all")
    with DataFile.local(path) as file, pytest.raises(DataError, match="damaged"):
        read(file, 0, 1)
    with h5py.File(path, "w") as content:
        content["SBG_23/name"] = [b"M82"]
    for function in (read, read_losses):
        with DataFile.local(path) as file, pytest.raises(DataError, match="fetch it again"):
            function(file, 0, 1)
