"""What outside validators say: of a good capsule nothing, and of one with a fault that very fault."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from analysis.preservation.citation import CITATION
from analysis.preservation.crate import METADATA
from analysis.preservation.prov import PROVENANCE
from analysis.preservation.recipes import REANA, Recipe, reana
from tests.analysis.preservation.small_capsule import INPUTS, RECIPE
from tests.validators.validation import (
    HERE,
    Complaint,
    check_citation,
    check_provenance,
    check_reana,
    complaints_about_crate,
    known_complaints,
)

services = pytest.mark.services


def order(complaint: Complaint) -> tuple[str, str]:
    return complaint.entity, complaint.message


@services
def test_the_crate_is_a_provenance_run_crate(capsule_folder: Path, tmp_path: Path) -> None:
    found = complaints_about_crate(capsule_folder, tmp_path)
    assert sorted(found, key=order) == sorted(known_complaints(INPUTS), key=order)


@services
def test_a_missing_file_and_a_missing_part_of_the_crate_are_seen(capsule_folder: Path, tmp_path: Path) -> None:
    (capsule_folder / "results" / "results.json").unlink()
    crate = json.loads((capsule_folder / METADATA).read_text())
    run = next(entity for entity in crate["@graph"] if entity["@id"] == "#run")
    del run["instrument"]
    (capsule_folder / METADATA).write_text(json.dumps(crate))
    wrong = [one for one in complaints_about_crate(capsule_folder, tmp_path) if one.severity == "REQUIRED"]
    assert any("results/results.json" in one.message for one in wrong)
    assert any("instrument" in one.message for one in wrong)


@services
def test_the_citation_is_valid(capsule_folder: Path) -> None:
    check_citation(capsule_folder)
    file = capsule_folder / CITATION
    file.write_text(file.read_text().replace("CC0-1.0", "any licence"))
    with pytest.raises(AssertionError, match="any licence"):
        check_citation(capsule_folder)


@services
@pytest.mark.parametrize("brought", [False, True])
def test_reana_takes_its_workflow(capsule_folder: Path, brought: bool) -> None:
    # a parameter with a dollar, which is REANA's own sign
    arguments = (*RECIPE.arguments, "--campaign", "$x y")
    recipe = Recipe("tiny", "3.11.7", arguments, RECIPE.place, {"n": "1"}, data=brought, store=brought)
    (capsule_folder / REANA).write_text(reana(recipe))
    check_reana(capsule_folder)


@services
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("type: serial", "type: parallel", "parallel"),
        ("outputs:", "results:", "additional_properties"),
        ("--study tiny", "--study $tiny", "tiny"),
    ],
)
def test_reana_refuses_faults(capsule_folder: Path, old: str, new: str, message: str) -> None:
    file = capsule_folder / REANA
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(AssertionError, match=message):
        check_reana(capsule_folder)


@services
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"record:tiny/', '"unknown:tiny/', "identifier"),
        ('"prov:startTime": "2026-', '"prov:startTime": "yesterday ', "yesterday"),
        ('"used": {', '"misused": {', "misused"),
    ],
)
def test_provenance_survives_reading_and_writing(capsule_folder: Path, old: str, new: str, message: str) -> None:
    check_provenance(capsule_folder)
    file = capsule_folder / PROVENANCE
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(AssertionError, match=message):
        check_provenance(capsule_folder)


@pytest.mark.parametrize("lock", sorted(HERE.glob("*.lock")), ids=lambda lock: lock.stem)
def test_locks_have_a_hash_for_everything_and_an_address_for_nothing(lock: Path) -> None:
    text = lock.read_text()
    entries = re.findall(
        r"^[a-z0-9-]+==\S+(?: ; .*?)? \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", text, re.MULTILINE
    )
    assert "".join(entries) == text
    # versions that install.sh names are those of the lock
    wanted = re.search(rf"^#     {lock.stem} +(\S+==\S+)", (HERE / "install.sh").read_text(), re.MULTILINE)
    assert wanted is not None
    assert f"\n{wanted[1]} " in f"\n{text}"
