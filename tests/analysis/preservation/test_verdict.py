"""The verdict, from the files of two runs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import PreservationError
from analysis.preservation import archive, expectations
from analysis.preservation.rerunning import checked
from analysis.preservation.tables import preserved_tables
from analysis.preservation.verdict import Verdict, judge

from .rerunnable import RESULTS, made


@pytest.fixture
def judged(tmp_path: Path) -> Callable[[Callable[[Path], None]], Verdict]:
    """Judge a rerun whose store is what the author's was, but for a change."""
    capsule = made(tmp_path)
    folder = tmp_path / "to"
    archive.unpack(capsule, folder)
    store = tmp_path / "store"
    shutil.copytree(folder / "records", store)
    results = {"numbers": [{"name": "mean", "title": "mean", "value": 5.0, "stat": [0.5, 0.5], "syst": None}]}
    (store / RESULTS / "results.json").write_text(json.dumps(results))

    def judged(change: Callable[[Path], None]) -> Verdict:
        change(tmp_path)
        return judge(folder, checked(capsule), store)

    return judged


def edit(file: Path, change: Callable[[Any], Any]) -> None:
    file.write_text(json.dumps(change(json.loads(file.read_text()))))


def test_the_same_run(judged: Callable) -> None:
    verdict = judged(lambda folder: None)
    assert verdict.agrees
    assert verdict.bit_for_bit
    assert verdict.trace is None
    assert json.loads(verdict.as_json())["rows"][0]["verdict"] == "same bits"
    assert verdict.as_text().endswith("every record has the preserved content, to the last bit\n1 number: all agree")


def test_unknown_processors_promise_no_bits(judged: Callable) -> None:
    def forget(folder: Path) -> None:
        for file in folder.glob("*/**/FitMeasurement/*/manifest.json"):
            edit(file, lambda one: {**one, "host": {**one["host"], "features": ""}})

    verdict = judged(forget)
    assert verdict.agrees
    assert not verdict.bit_for_bit
    assert verdict.conditions == []
    assert "too little is known about the hardware" in verdict.as_text()


def test_a_number_that_did_not_come_out(judged: Callable) -> None:
    verdict = judged(lambda folder: edit(folder / "store" / RESULTS / "results.json", lambda one: {"numbers": []}))
    assert not verdict.agrees
    assert verdict.as_text().endswith("mean: it did not come out\n1 of 1 number DIFFER")


def test_tables_are_compared_too(judged: Callable) -> None:
    table: dict[str, Any] = {
        "name": "yields",
        "title": "Events",
        "axes": [{"title": "Region", "unit": "", "values": ["near", "peak"]}],
        "columns": [{"title": "data", "unit": "", "values": [22.0, 10.0], "errors": {}, "qualifiers": {}}],
    }

    def add(folder: Path) -> None:
        edit(folder / "store" / RESULTS / "results.json", lambda one: {**one, "tables": [table]})
        keep = {"tables": preserved_tables([table])}
        edit(folder / "to" / expectations.FILE, lambda one: {**one, **keep})

    verdict = judged(add)
    assert verdict.agrees
    assert verdict.as_text().splitlines()[2].split() == [
        "yields",
        "2",
        "values",
        "2",
        "values",
        "0",
        "0",
        "same",
        "bits",
    ]
    assert "compared are, of numbers, value and uncertainties; of tables every value and unc" in verdict.as_text()
    assert verdict.as_text().endswith("1 number and 1 table: all agree")
    assert [one["preserved"] for one in json.loads(verdict.as_json())["tables"][0]["values"]] == [22.0, 10.0]
    table["columns"][0]["values"] = [22.0, 11.0]
    verdict = judged(
        lambda folder: edit(folder / "store" / RESULTS / "results.json", lambda one: {**one, "tables": [table]})
    )
    assert not verdict.agrees
    assert verdict.as_text().endswith(
        "yields: data, peak: 10 and 11 (preserved and rerun)\n1 of 1 number and 1 table DIFFER"
    )


def test_a_capsule_of_before_says_nothing_of_tables(judged: Callable) -> None:
    def add(folder: Path) -> None:
        edit(folder / "store" / RESULTS / "results.json", lambda one: {**one, "tables": [{"name": "yields"}]})

    verdict = judged(add)
    assert verdict.agrees
    assert verdict.tables == []
    assert verdict.as_text().endswith("1 number: all agree")
    assert "compared are, of numbers, value and uncertainties\n" in verdict.as_text()


def test_nothing_expected_is_no_agreement(judged: Callable) -> None:
    def forget(folder: Path) -> None:
        (folder / "to" / expectations.FILE).write_text(expectations.as_json([]))
        edit(folder / "store" / RESULTS / "results.json", lambda one: {"numbers": []})

    assert not judged(forget).agrees


def test_results_under_another_key_are_of_another_analysis(judged: Callable) -> None:
    def rename(folder: Path) -> None:
        place = RESULTS.replace("0" * 12, "1" * 12)
        (folder / "store" / RESULTS).rename(folder / "store" / place)
        record = {"study": "tiny", "family": "CollectResults", "place": place, "label": "", "key": "1" * 12}
        edit(folder / "store" / place / "manifest.json", lambda one: {**one, "record": record})

    verdict = judged(rename)
    # the number itself is the same
    assert all(row.agrees for row in verdict.rows)
    assert not verdict.agrees
    assert "NOT the preserved analysis: CollectResults/default is made of other code" in verdict.as_text()


def test_records_before_those_inside_are_not_asked_for(tmp_path: Path) -> None:
    capsule = made(tmp_path)
    archive.unpack(capsule, tmp_path / "to")
    store = tmp_path / "to" / "store"
    shutil.copytree(tmp_path / "to" / "records", store)
    shutil.rmtree(store / "tiny" / "FetchData")
    (store / RESULTS / "results.json").write_bytes(
        b'{"numbers": [{"name": "mean", "value": 5.0, "stat": [0.5, 0.5], "syst": null}]}'
    )
    description = checked(capsule)
    verdict = judge(tmp_path / "to", description, store)
    assert verdict.trace is not None
    assert verdict.trace.causes == ("the rerun has no such record",)
    inside = {**description.members, "store/tiny/FitMeasurement/default-000000000000/manifest.json": ""}
    verdict = judge(tmp_path / "to", replace(description, members=inside), store)
    assert verdict.trace is None
    assert verdict.bit_for_bit


@pytest.mark.parametrize("text", ["", "[]", "{}"])
def test_results_that_are_none_are_refused(judged: Callable, text: str) -> None:
    with pytest.raises(PreservationError, match=r"results\.json cannot be read"):
        judged(lambda folder: (folder / "store" / RESULTS / "results.json").write_text(text))


@pytest.mark.parametrize("numbers", [[{"name": "mean"}], ["mean"], [{"name": "mean", "value": "x", "stat": None}], 3])
def test_numbers_that_are_none_are_refused(judged: Callable, numbers: Any) -> None:
    with pytest.raises(PreservationError, match="the results cannot be compared"):
        judged(lambda folder: edit(folder / "store" / RESULTS / "results.json", lambda one: {"numbers": numbers}))


def test_no_results_ask_for_another_run(judged: Callable) -> None:
    with pytest.raises(PreservationError, match=r"has no tiny/CollectResults/default-\*/results\.json"):
        judged(lambda folder: shutil.rmtree(folder / "store" / RESULTS))


@pytest.mark.parametrize("of", ["FetchData/data", "FitMeasurement/default", "CollectResults/default"])
def test_keys_around_what_was_pinned_may_be_others(tmp_path: Path, of: str) -> None:
    folder, store = tmp_path / "to", tmp_path / "store"
    capsule = made(tmp_path)
    archive.unpack(capsule, folder)
    shutil.copytree(folder / "records", store)
    results = {"numbers": [{"name": "mean", "title": "mean", "value": 5.0, "stat": [0.5, 0.5], "syst": None}]}
    (store / RESULTS / "results.json").write_text(json.dumps(results))
    # made by other code
    edit(store / f"tiny/{of}-000000000000" / "manifest.json", lambda one: with_key(one, "1" * 12))
    (store / f"tiny/{of}-000000000000").rename(store / f"tiny/{of}-{'1' * 12}")
    description = checked(capsule)
    assert not judge(folder, description, store).agrees
    pinned = replace(description, frozen=("Fit is pinned",), pinned=("tiny/FitMeasurement/default-000000000000",))
    found = judge(folder, pinned, store)
    assert found.agrees
    assert found.other_graph == ""
    assert "rest on records that the preserved code did not make:\n  Fit is pinned\n" in found.as_text()
    assert json.loads(found.as_json())["frozen"] == ["Fit is pinned"]


def with_key(manifest: dict[str, Any], key: str) -> dict[str, Any]:
    place = f"{manifest['record']['place'].rpartition('-')[0]}-{key}"
    return {**manifest, "record": {**manifest["record"], "key": key, "place": place}}


def test_a_pin_excuses_no_other_key(tmp_path: Path) -> None:
    folder, store = tmp_path / "to", tmp_path / "store"
    capsule = made(tmp_path)
    archive.unpack(capsule, folder)
    shutil.copytree(folder / "records", store)
    results = {"numbers": [{"name": "mean", "title": "mean", "value": 5.0, "stat": [0.5, 0.5], "syst": None}]}
    (store / RESULTS / "results.json").write_text(json.dumps(results))
    edit(store / "tiny/FetchData/data-000000000000" / "manifest.json", lambda one: with_key(one, "1" * 12))
    (store / "tiny/FetchData/data-000000000000").rename(store / f"tiny/FetchData/data-{'1' * 12}")
    found = judge(folder, replace(checked(capsule), pinned=("tiny/Other/x-000000000000",)), store)
    assert found.other_graph == "FetchData/data"
