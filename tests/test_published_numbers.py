"""Numbers in README and docs: those of the default settings.

``docs/results`` keeps them; ``tests/tasks/test_results.py`` makes them and compares.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from analysis.errors import DataError
from analysis.results import Axis, Column, Number, Table
from analysis.studies.airshower.study import study as airshower
from analysis.studies.arrivals.study import study as arrivals
from analysis.studies.calorimeter.study import study as calorimeter
from analysis.studies.faraday.study import study as faraday
from analysis.studies.htautau.study import study as htautau
from analysis.studies.tracking.study import study as tracking
from analysis.studies.transfer.study import study as transfer
from analysis.studies.trigger.study import study as trigger

ROOT = Path(__file__).parents[1]
STUDIES = {
    "airshower": airshower,
    "arrivals": arrivals,
    "calorimeter": calorimeter,
    "faraday": faraday,
    "htautau": htautau,
    "tracking": tracking,
    "transfer": transfer,
    "trigger": trigger,
}


@pytest.fixture(scope="module")
def fill() -> ModuleType:
    specification = importlib.util.spec_from_file_location("fill", ROOT / "docs" / "fill.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_pages_say_what_the_results_say(fill: ModuleType):
    pages = fill.pages()
    assert {page.name for page in pages} >= {"README.md", "htautau.md", "airshower.md"}
    wrong = [page.name for page in pages if fill.filled(page.read_text()) != page.read_text()]
    assert wrong == [], "python docs/fill.py fills them in"


def test_results_are_those_of_the_default_settings(fill: ModuleType):
    for study, campaign in fill.asked():
        found = json.loads(fill.results_file(study, campaign).read_text())
        definition = STUDIES[study]
        default = definition.campaigns[0].name if definition.campaigns else ""
        assert (found["study"], found["campaign"], found["data"]) == (study, campaign or default, "observed")


RESULTS: dict[str, Any] = {
    "study": "mine",
    "campaign": "A",
    "data": "observed",
    "numbers": [
        {**Number("mu", "strength", -1.2345, (0.2, 0.31), (0.4, 0.4), "", "fit").as_json(), "key": "0", "record": "r"},
        {**Number("p", "p-value", 0.01234, None, None, "", "fit").as_json(), "key": "0", "record": "r"},
    ],
    "tables": [
        Table(
            "limits",
            "t",
            (Axis("Parameter", "", ("mu", "nu")), Axis("lg E", "", ((18.0, 18.5), (18.5, 19.0)))),
            (Column("Limit", "", (4.56, None), {}, {}), Column("Best", "", (1.0, 2.0), {"fit": ((0.1, 0.2),) * 2}, {})),
        ).as_json(),
        Table("others", "t", (Axis("a", "", ("x",)),), (Column("c", "", (1.0,), {}, {}),)).as_json(),
    ],
}


@pytest.fixture
def pages(tmp_path: Path, fill: ModuleType) -> Path:
    """A README, docs and results."""
    (tmp_path / "docs").mkdir()
    marked = "{limits: mu, 18 to 18.5: Limit: .2g}"
    (tmp_path / "README.md").write_text(
        f"# A\n\n<!-- results of mine\n{marked}\n-->\nold\n<!-- end of results -->\nb\n"
    )
    (tmp_path / "docs" / "plain.md").write_text("nothing\n")
    printed = {"TrainModel": {"epochs": "17 of 18"}}
    fill.take(RESULTS, fill.asked(tmp_path)["mine", ""], fill.results_file("mine", root=tmp_path), printed)
    return tmp_path


def test_tables_that_pages_name_and_all_numbers_are_kept(pages: Path, fill: ModuleType):
    assert [page.name for page in fill.pages(pages)] == ["README.md"]
    kept = json.loads((pages / "docs" / "results" / "mine.json").read_text())
    assert [one["name"] for one in kept["tables"]] == ["limits"]
    assert [one["name"] for one in kept["numbers"]] == ["mu", "p"]
    # what changes with every edit is not
    assert not {"key", "record", "method"} & set(kept["numbers"][0])


def test_what_is_marked_is_filled_in_and_stays_when_filled_again(pages: Path, fill: ModuleType):
    once = fill.filled((pages / "README.md").read_text(), pages)
    assert once.endswith("-->\n4.6\n<!-- end of results -->\nb\n")
    assert fill.filled(once, pages) == once


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        ("{mu}", "−1.23 −0.20 +0.31 (stat) ± 0.40 (syst)"),
        ("{mu: bare}", "−1.23 −0.20 +0.31 ± 0.40"),
        ("{mu: total}", "−1.23 −0.45 +0.51"),
        ("{mu: value}", "−1.23"),
        ("{mu: .1f}", "−1.2"),
        ("{p}", "0.01234"),
        ("{p: .1g}", "0.01"),
        ("{limits: nu, 18.5 to 19: Best: bare}", "2.00 −0.10 +0.20"),
        ("{#numbers} and {#tables}, {#limits}", "2 and 2, 8"),
        ("{> TrainModel: epochs}", "17 of 18"),
    ],
)
def test_forms(pages: Path, fill: ModuleType, marked: str, text: str):
    page = f"<!-- results of mine\n{marked}\n-->\n<!-- end of results -->\n"
    assert fill.filled(page, pages) == f"<!-- results of mine\n{marked}\n-->\n{text}\n<!-- end of results -->\n"


@pytest.mark.parametrize(
    ("study", "marked", "said"),
    [
        ("mine", "{mi}", "the results of mine have no 'mi'; there is mu"),
        ("mine", "{limits: mu: Limit: .2g}", "the results of mine have no 'mu'; there is mu, 18 to 18.5"),
        ("mine", "{others: x: c: .2g}", "the results of mine have no 'others'"),
        ("mine", "{limits: nu, 18.5 to 19: Limit: .2g}", "has no 'Limit' of 'nu, 18.5 to 19'"),
        ("mine", "{> TrainModel: epoch}", "the results of mine have no 'epoch'; there is epochs"),
        ("yours", "{mu}", "there are no results .*yours.json"),
    ],
)
def test_what_is_not_there_is_told(pages: Path, fill: ModuleType, study: str, marked: str, said: str):
    with pytest.raises(DataError, match=said):
        fill.filled(f"<!-- results of {study}\n{marked}\n-->\n<!-- end of results -->\n", pages)
