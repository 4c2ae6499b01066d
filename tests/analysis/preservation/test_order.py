"""Records in the order of the graph."""

from __future__ import annotations

import json
from typing import Any

import pytest

from analysis.errors import PreservationError
from analysis.preservation.order import frontier, ordered, read_manifest, step_name


def manifest(family: str, *needs: str, label: str = "") -> dict[str, Any]:
    return {
        "record": {"family": family, "place": f"s/{family}/x-y-0123", "label": label, "key": "0123"},
        "payload": {"a": {"size": 1, "sha256": "0"}},
        "inputs": [{"role": "r", "place": f"s/{need}/x-y-0123", "labels": [""]} for need in needs],
        "parts": {},
        "seeds": {},
        "made": {"end": "", "device": "cpu"},
        "host": {"machine": "", "processor": ""},
        "software": {"python": "", "packages": {}, "lock_sha256": None},
    }


def families(*manifests: dict[str, Any]) -> str:
    return "".join(one["record"]["family"] for one in ordered(manifests))


def test_names_have_no_key() -> None:
    assert step_name(manifest("Fit", label="events_0-5")["record"]) == "Fit/x-y/events_0-5"
    assert step_name(manifest("Fit")["record"]) == "Fit/x-y"


def test_each_comes_after_what_it_is_made_of() -> None:
    graph = [manifest("A", "C", "D"), manifest("B", "A"), manifest("C", "D"), manifest("D"), manifest("E")]
    assert families(*graph) == families(*reversed(graph)) == "DCABE"
    # a chain far deeper than Python's stack
    chain = [manifest(f"T{i}", *([f"T{i - 1}"] if i else [])) for i in range(3000)]
    assert ordered(reversed(chain)) == chain


def test_branches_of_one_place() -> None:
    branches = [manifest("A", label=label) for label in ("b", "a")]
    used = {**manifest("B"), "inputs": [{"place": "s/A/x-y-0123", "labels": ["a", "b"]}]}
    assert [one["record"]["label"] for one in ordered([used, *branches])] == ["a", "b", ""]


def test_a_rerun_begins_with_what_is_not_after_a_task() -> None:
    # raw - prepared - trained - scored - result, with a calibration and another result beside them
    graph = ordered(
        [
            manifest("Raw"),
            manifest("Calibration"),
            manifest("Prepared", "Raw", "Calibration"),
            manifest("Trained", "Prepared"),
            manifest("Scored", "Trained", "Prepared"),
            manifest("Result", "Scored", "Calibration"),
            manifest("Other", "Raw"),
        ]
    )
    results = [one for one in graph if one["record"]["family"] in ("Result", "Other")]

    def begin(family: str) -> set[str]:
        return {one["record"]["family"] for one in frontier(graph, family, results)}

    assert begin("Prepared") == {"Prepared", "Calibration", "Other"}
    assert begin("Trained") == {"Trained", "Prepared", "Calibration", "Other"}
    assert begin("Raw") == {"Raw", "Calibration"}
    assert begin("Result") == {"Result", "Other"}
    with pytest.raises(PreservationError, match="no record is made by 'Nothing'") as caught:
        begin("Nothing")
    assert "Calibration, Other, Prepared" in caught.value.cure


def test_what_is_no_graph_is_refused() -> None:
    with pytest.raises(PreservationError, match="depends on itself"):
        families(manifest("A", "B"), manifest("B", "A"))
    with pytest.raises(PreservationError, match="s/B/x-y-0123/ is not among those"):
        families(manifest("A", "B"))


def test_a_manifest_is_read() -> None:
    assert read_manifest(json.dumps(manifest("A")).encode(), "m") == manifest("A")


@pytest.mark.parametrize("part", ["record", "payload", "inputs", "parts", "seeds", "made", "host", "software"])
@pytest.mark.parametrize("instead", [None, [{}], "text", 3])
def test_what_is_no_manifest_is_refused(part: str, instead: Any) -> None:
    with pytest.raises(PreservationError, match=r"m\.json is no manifest"):
        read_manifest(json.dumps({**manifest("A"), part: instead}).encode(), "m.json")


@pytest.mark.parametrize(
    "change",
    [
        {"record": {**manifest("A")["record"], "place": 3}},
        {"payload": {"a": {"size": 1}}},
        {"payload": {"a": 1}},
        {"inputs": [{"place": "x"}]},
        {"inputs": [{"place": "x", "labels": [1]}]},
        {"parts": {"code": "x"}},
        {"software": {"python": "", "packages": [], "lock_sha256": None}},
        {"host": {}},
    ],
)
def test_what_lies_deeper_is_looked_at(change: dict[str, Any]) -> None:
    with pytest.raises(PreservationError, match=r"m\.json is no manifest"):
        read_manifest(json.dumps({**manifest("A"), **change}).encode(), "m.json")


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"\xff", b"{}", b"[" * 100_000, b'{"x":' * 100_000], ids=lambda text: repr(text[:5])
)
def test_other_files_are_refused(text: bytes) -> None:
    with pytest.raises(PreservationError, match="is no manifest"):
        read_manifest(text, "m")
