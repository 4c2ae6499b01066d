"""Catalogues as strangers get them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.catalogues import read_catalogue
from analysis.preservation.cleaning import cleaned_catalogue

CATALOGUE = """
# of a beam test
format: 1
folder: /lab/me/runs
tree: Events
columns: {x: float64}
files:
- {name: a.root, size: 3, events: 1, checksum: 'adler32:0a', clusters: [0]}
- {name: b.root, url: file:///mnt/b.root, size: 3, events: 1, sha256: '00'}
- {name: c.root, url: 'root://x.org//c.root', size: 3, events: 1, checksum: 'adler32:0c', mirror: lab/c.root}
"""


def test_a_catalogue_names_no_folder_of_a_machine(tmp_path: Path) -> None:
    file = tmp_path / "files.yaml"
    file.write_text(CATALOGUE)
    before = read_catalogue(file)
    text = cleaned_catalogue(file.read_bytes())
    assert b"/lab/me" not in text
    assert b"/mnt" not in text
    file.write_bytes(text)
    after = read_catalogue(file)
    assert [one.decisive for one in after.files] == [one.decisive for one in before.files]
    assert [one.place for one in after.files] == [one.place for one in before.files]
    assert (after.tree, after.columns) == (before.tree, before.columns)
    # beside the catalogue there is nothing, and what is on a server stays where it is
    assert [one.url for one in after.files] == [*(f"{tmp_path}/{name}.root" for name in "ab"), before.files[2].url]


@pytest.mark.parametrize(
    "text",
    [
        CATALOGUE.replace("/lab/me/runs", "runs").replace("file:///mnt/", ""),
        CATALOGUE.replace("format: 1", ""),
        json.dumps({"files": ["/lab/me"], "format": 1}),
        "files: [",
        "folder: /lab/me\n",
    ],
)
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert cleaned_catalogue(text.encode()) == text.encode()
