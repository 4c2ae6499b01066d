"""How a capsule is cited."""

from __future__ import annotations

from dataclasses import replace

import yaml

from analysis.citation import Citation
from analysis.preservation.citation import citation
from tests.analysis.preservation.small_capsule import CONTENTS, GRID, INPUTS


def test_it_says_whose_and_of_when_the_results_are() -> None:
    text = citation(CONTENTS)
    assert text.isascii()
    found = yaml.safe_load(text)
    assert found["cff-version"] == "1.2.0"
    assert found["title"] == CONTENTS.title
    assert found["authors"] == [{"name": "The erumflow authors"}]
    assert found["license"] == "BSD-3-Clause"
    assert found["date-released"] == "2026-11-22"
    assert found["repository-code"] == CONTENTS.url
    assert found["commit"] == CONTENTS.commit
    assert "commit" not in yaml.safe_load(citation(replace(CONTENTS, commit="")))
    assert "repository-code" not in citation(replace(CONTENTS, url=""))


def test_everything_from_outside_is_a_reference() -> None:
    events, table, run, beam, notes = yaml.safe_load(citation(CONTENTS))["references"]
    assert events["authors"] == [{"name": "S. Müller"}]
    assert events["notes"] == INPUTS[0].citation
    assert (events["doi"], events["license"]) == ("10.7483/OPENDATA.CMS.GV20.PR5T", "CC0-1.0")
    assert events["url"] == INPUTS[0].address
    assert f"sha256:{INPUTS[0].sha256}" in {one["value"] for one in events["identifiers"]}
    # what is not known is not made up
    assert not {"doi", "license", "notes", "url"} & table.keys()
    assert table["identifiers"][0] == {"type": "other", "value": INPUTS[1].address, "description": "table.txt"}
    assert [one["value"] for one in run["identifiers"]] == [INPUTS[2].address, GRID]
    assert [one["value"] for one in beam["identifiers"]] == ["source/more/tiny/beam.csv", f"sha256:{INPUTS[3].sha256}"]
    # what only its author has is nowhere
    assert [one["value"] for one in notes["identifiers"]] == [INPUTS[4].checksum]
    unknown = replace(INPUTS[4], checksum="")
    (alone,) = yaml.safe_load(citation(replace(CONTENTS, inputs=(unknown,))))["references"]
    assert "identifiers" not in alone


def test_files_that_are_cited_alike_are_one_reference() -> None:
    second = replace(INPUTS[0], name="more.root", address="https://example.org/more.root", sha256="f" * 64)
    (one,) = yaml.safe_load(citation(replace(CONTENTS, inputs=(INPUTS[0], second))))["references"]
    assert [entry["value"] for entry in one["identifiers"] if entry["type"] == "url"] == [
        INPUTS[0].address,
        second.address,
    ]
    assert "references" not in yaml.safe_load(citation(replace(CONTENTS, inputs=())))


def test_a_study_from_outside_is_its_authors_own() -> None:
    project = Citation("erumflow", ("The erumflow authors",), licence="BSD-3-Clause", version="0.1.0")
    own = replace(
        CONTENTS, project=project, authors=("A. Physicist", "B. Other"), licence="MIT", doi="10.1/own", version=""
    )
    found = yaml.safe_load(citation(own))
    assert found["authors"] == [{"name": "A. Physicist"}, {"name": "B. Other"}]
    assert (found["license"], found["doi"]) == ("MIT", "10.1/own")
    assert "version" not in found
    software = found["references"][0]
    assert (software["type"], software["title"], software["license"]) == ("software", "erumflow", "BSD-3-Clause")


def test_nothing_is_claimed_for_a_study_that_states_nothing() -> None:
    project = Citation("erumflow", ("The erumflow authors",), licence="BSD-3-Clause", version="0.1.0")
    found = yaml.safe_load(citation(replace(CONTENTS, project=project, authors=(), licence="", version="")))
    assert found["authors"] == [{"name": "not stated"}]
    assert not {"license", "version", "doi"} & found.keys()
