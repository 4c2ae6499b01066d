"""Looking after records."""

from __future__ import annotations

import pytest

from tests.tasks.project import QUICK, Project, made


@pytest.mark.long
def test_a_changed_byte_is_found_and_its_record_made_again(rerun: Project):
    assert "sizes and SHA-256 as their manifests say" in rerun.law("run", "VerifyRecords")

    payload = next((rerun.store / "htautau/PrepareTraining").glob("TTbar-*/*.safetensors"))
    before = payload.read_bytes()
    changed = bytearray(before)
    changed[-1] ^= 1
    payload.write_bytes(changed)
    output = rerun.law("run", "VerifyRecords", fails=True)
    assert "Traceback" not in output
    assert "error: 1 of 31 records is damaged" in output
    assert payload.name in output
    assert not payload.exists()

    assert "verified" in rerun.law("run", "VerifyRecords")
    assert made(rerun.law("run", "PrepareTraining", "--datasets", "TTbar")) == ["PrepareTraining"]
    assert payload.read_bytes() == before
    assert made(rerun.law("run", "TrainModel", *QUICK)) == []
