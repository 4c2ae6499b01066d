"""The capsule that published networks came from."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from analysis.errors import PreservationError
from analysis.exchange.capsules import capsule_with
from analysis.exchange.description import Capsule
from analysis.preservation import archive

RECORD = "tau/TrainModel/dense-0123456789ab"


def test_it_has_to_make_the_record(tmp_path: Path) -> None:
    file = tmp_path / "tau.capsule.zip"
    archive.write(file, {f"records/{RECORD}/manifest.json": b"{}"})
    assert capsule_with(RECORD, file) == Capsule("tau.capsule.zip", hashlib.sha256(file.read_bytes()).hexdigest())
    with pytest.raises(PreservationError, match="does not make the record"):
        capsule_with("tau/TrainModel/dense-9", file)
    with pytest.raises(PreservationError, match="there is no file"):
        capsule_with(RECORD, tmp_path / "another.zip")
