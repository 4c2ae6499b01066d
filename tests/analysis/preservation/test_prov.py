"""Where every record comes from."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from analysis.errors import PreservationError
from analysis.preservation.prov import provenance
from tests.analysis.preservation.small_capsule import CONTENTS, EVENTS, GRID, INPUTS, MANIFESTS, RESULTS, TABLE


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return json.loads(provenance(CONTENTS))


def said(document: dict[str, Any], kind: str, **ends: str) -> list[dict[str, Any]]:
    """Statements of one kind with these ends."""
    return [one for one in document[kind].values() if all(one[f"prov:{end}"] == name for end, name in ends.items())]


def name(family: str) -> str:
    return next(one["record"]["place"] for one in MANIFESTS.values() if one["record"]["family"] == family)


def test_every_record_is_made_once_by_its_software(document: dict[str, Any]) -> None:
    for manifest in MANIFESTS.values():
        record = manifest["record"]
        place = "/".join(part for part in (record["place"], record["label"]) if part)
        (generation,) = said(document, "wasGeneratedBy", entity=f"record:{place}")
        assert generation == {
            "prov:entity": f"record:{place}",
            "prov:activity": f"making:{place}",
            "prov:time": manifest["made"]["end"],
        }
        (association,) = said(document, "wasAssociatedWith", activity=f"making:{place}")
        agent = document["agent"][association["prov:agent"]]
        assert agent["package:jax"] == manifest["software"]["packages"]["jax"]
        (member,) = said(document, "hadMember", collection=f"record:{place}")
        file = document["entity"][member["prov:entity"]]
        assert file["erumflow:sha256"] == manifest["payload"]["parquet"]["sha256"]
        assert document["entity"][f"record:{place}"]["prov:location"] in MANIFESTS
    # two sets of packages, both on behalf of the authors
    assert {one["prov:delegate"] for one in said(document, "actedOnBehalfOf", responsible="author:1")} == {
        "software:1",
        "software:2",
    }


def test_what_a_making_took_and_was_told(document: dict[str, Any]) -> None:
    making = document["activity"][f"making:{name('TrainModel')}"]
    assert making["prov:startTime"] == "2026-11-22T15:00:05.250+00:00"
    assert making["prov:endTime"] == "2026-11-22T15:00:06.500+00:00"
    assert making["seed:training"] == "1"
    assert making["parameter:statistics"] == "default"
    assert (making["erumflow:seconds"], making["erumflow:cpu_seconds"]) == ("1.25", "0.75")
    assert making["erumflow:peak_memory_bytes"] == "3000000000"


def test_results_go_back_to_what_came_from_outside(document: dict[str, Any]) -> None:
    came_from: dict[str, set[str]] = {}
    for one in document["wasDerivedFrom"].values():
        came_from.setdefault(one["prov:generatedEntity"], set()).add(one["prov:usedEntity"])
    seen, waiting = set(), [f"record:{RESULTS['place']}"]
    while waiting:
        one = waiting.pop()
        seen.add(one)
        waiting += came_from.get(one, set()) - seen
    assert {f"input:{EVENTS}", f"input:{TABLE}"} <= seen
    assert len(seen) == len(MANIFESTS) + len(INPUTS)
    # only what fetched a file came from it
    assert came_from[f"record:{name('FetchPublications')}"] == {f"input:{TABLE}"}


def test_what_has_no_digest_comes_from_where_it_was_read(document: dict[str, Any]) -> None:
    record = f"record:{name('selected')}"
    used = [one["prov:usedEntity"] for one in said(document, "wasDerivedFrom", generatedEntity=record)]
    by_label = {document["entity"][one]["prov:label"]: document["entity"][one] for one in used}
    assert by_label.pop("Run") == {
        "prov:label": "Run",
        "prov:location": "root://eos.example.org//eos/run.root",
        "erumflow:checksum": GRID,
        "erumflow:bytes": "7",
    }
    # what only its author has is nowhere that others could look
    notes = {"prov:label": "Notes", "erumflow:checksum": INPUTS[4].checksum, "erumflow:bytes": "9000000"}
    assert by_label.pop("Notes") == notes
    # the record that it used as well
    assert [label.partition(",")[0] for label in by_label] == ["FetchData"]


def test_a_record_that_is_used_in_two_roles_is_one_source(document: dict[str, Any]) -> None:
    making, table = f"making:{RESULTS['place']}", f"record:{name('FetchPublications')}"
    assert {one["prov:role"] for one in said(document, "used", activity=making, entity=table)} == {"table", "check"}
    assert len(said(document, "wasDerivedFrom", activity=making, usedEntity=table)) == 1


def test_every_name_is_declared(document: dict[str, Any]) -> None:
    declared = {name for kind in ("entity", "activity", "agent") for name in document[kind]}
    prefixes = {*document["prefix"], "prov"}
    for kind, statements in document.items():
        if kind == "prefix":
            continue
        for statement in statements.values():
            assert {attribute.partition(":")[0] for attribute in statement} <= prefixes
            if kind not in ("entity", "activity", "agent"):
                ends = {v for k, v in statement.items() if k not in ("prov:role", "prov:time")}
                assert ends <= declared


def test_names_are_addresses_even_if_the_project_has_none() -> None:
    for url in (CONTENTS.url, ""):
        prefixes = json.loads(provenance(replace(CONTENTS, url=url)))["prefix"]
        assert all(address.startswith("https://") for address in prefixes.values())
        assert len(set(prefixes.values())) == len(prefixes)


def test_the_same_contents_are_the_same_bytes_without_secrets() -> None:
    text = provenance(CONTENTS)
    assert text == provenance(CONTENTS)
    assert text.isascii()
    assert not re.search(rb"/(home|root|tmp)/", text)


def test_a_record_that_is_not_there_is_an_error() -> None:
    (gone,) = (file for file, one in MANIFESTS.items() if one["record"]["family"] == "TrainModel")
    fewer = {file: one for file, one in MANIFESTS.items() if file != gone}
    with pytest.raises(PreservationError, match=r"TrainModel/dense-[0-9a-f]{12} is not among"):
        provenance(replace(CONTENTS, manifests=fewer))
