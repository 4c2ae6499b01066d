"""An index of published networks: made from folders, searched, written, and read again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.errors import DataError
from analysis.exchange.folder import CARD, ONNX, listed, read
from analysis.exchange.index import FORMAT, Index, find, searched
from analysis.exchange.publishing import publish
from tests.analysis.exchange.small import NUMBERS, material

# what the Hub has of somebody who knows nothing of this project
STRANGER = """---
license: mit
pipeline_tag: tabular-classification
tags: [jets]
datasets: top-tagging
model-index:
- name: jets
  results:
  - task: {type: tabular-classification}
    dataset: {type: top, name: top}
    metrics:
    - {type: auc, value: 0.98}
    - {type: words, value: good}
---
# Jets
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of folders: two versions, a stranger's network, a damaged one, and what is none."""
    folder = tmp_path_factory.mktemp("made")
    publish(material(folder), folder)
    publish(material(folder, numbers=(replace(NUMBERS[0], value=20.0),)), folder)
    (folder / "jets").mkdir()
    (folder / "jets" / ONNX).write_bytes(b"any")
    (folder / "jets" / CARD).write_text(STRANGER)
    (folder / "broken").mkdir()
    (folder / "broken" / "SHA256SUMS").write_text(listed({ONNX: "0" * 64}))
    (folder / "odd").mkdir()
    (folder / "odd" / CARD).write_text("---\n- [\n---\n")
    # a gigabyte, were it written out
    bomb = "\n".join(["a0: &a0 [x, x]", *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10))])
    (folder / "bomb").mkdir()
    (folder / "bomb" / CARD).write_text(f"---\n{bomb}\ntags: [*a9, small]\nlicense: *a9\n---\n")
    (folder / "plain").mkdir()
    (folder / "plain" / CARD).write_text("no front matter")
    return folder


@pytest.fixture
def index(made: Path) -> Index:
    return find([made, made / "nothing here"])


def test_all_is_found_and_problems_are_told(index: Index, made: Path) -> None:
    assert [one.name for one in index.entries] == ["bomb", "depths-1", "depths-2", "jets", "plain"]
    bomb, first, second, jets, plain = index.entries
    assert (bomb.tags, bomb.licence) == (("small",), "")
    assert (first.title, first.task, first.licence) == ("The depth of showers", "tabular-regression", "BSD-3-Clause")
    assert first.datasets == ("depths/measured", "depths/made")
    assert first.size == sum(path.stat().st_size for path in (made / "depths-1").iterdir()) - len(
        (made / "depths-1" / "SHA256SUMS").read_bytes()
    )
    assert first.metrics[0] == {
        "name": "resolution",
        "title": "resolution at 10 EeV",
        "value": 21.5,
        "unit": "g/cm2",
        "stat": [0.5, 0.5],
        "syst": [1.0, 1.5],
        "method": "width of a Gaussian",
        "note": "test",
    }
    assert (second.replaces, second.digest) == ("depths-1", read(made / "depths-2").digest)
    assert (jets.licence, jets.task, jets.datasets) == ("mit", "tabular-classification", ("top-tagging",))
    assert jets.metrics == ({"name": "auc", "title": "", "value": 0.98},)
    assert (plain.title, plain.metrics) == ("", ())
    assert any("model.onnx" in problem for problem in index.problems)
    assert any("no YAML" in problem for problem in index.problems)
    # a folder by itself
    assert [one.name for one in find([made / "depths-1"]).entries] == ["depths-1"]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("", ["bomb", "depths-1", "depths-2", "jets", "plain"]),
        ("TOY-observatory regression", ["depths-1", "depths-2"]),
        ("pulls", ["depths-1"]),
        ("mit", ["jets"]),
        ("jets regression", []),
    ],
)
def test_words_have_to_be_there(index: Index, words: str, names: list[str]) -> None:
    assert [one.name for one in searched(index.entries, words)] == names


def test_an_index_is_read_as_folders_are(index: Index, made: Path, tmp_path: Path) -> None:
    file = made / "index.json"
    index.write(file)
    assert json.loads(file.read_text())["networks"][1]["address"] == "depths-1"
    assert find([file]).entries == index.entries
    # in both: once
    assert find([file, made]).entries == index.entries
    file.unlink()
    index.write(tmp_path / "index.json")
    assert find([tmp_path / "index.json"]).entries[1].address == str(made / "depths-1")
    with pytest.raises(DataError, match="cannot be written"):
        index.write(tmp_path / "no folder" / "index.json")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"format": "another", "networks": []}',
        f'{{"format": "{FORMAT}"}}',
        f'{{"format": "{FORMAT}", "networks": [1]}}',
    ],
)
def test_what_is_no_index_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "index.json").write_text(text)
    with pytest.raises(DataError, match="no index of networks"):
        find([tmp_path / "index.json"])
    with pytest.raises(DataError, match="there is no index"):
        find([tmp_path / "another.json"])
