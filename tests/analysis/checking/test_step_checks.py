from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import awkward as ak
import numpy as np
import pytest

from analysis.checking.events import check_events
from analysis.checking.other_process import OtherProcess
from analysis.checking.step_checks import CHECKS, Finding, check_step, in_words
from analysis.events.identity import identify
from analysis.histograms.weights import check_weights
from analysis.step import Step

GIVEN = ak.Array(
    {
        "x": np.linspace(1.0, 2.0, 10),
        "jets": ak.Array([[1.0], [2.0, 3.0]] * 5),
        "identity": identify("some", 0, 10),
    }
)


@pytest.fixture(scope="module")
def other() -> Iterator[OtherProcess]:
    with OtherProcess() as process:
        yield process


def findings(
    physics: Callable[[str], ModuleType], text: str, other: OtherProcess | None = None, **more: Any
) -> list[Finding]:
    module = physics("from analysis.events.columns import with_columns\n" + text)
    options: dict[str, Any] = {"check": partial(check_events, like=GIVEN), "combine": ak.concatenate, **more}
    step = Step(f"{module.__name__}:candidates")
    return check_step(step, {"events": GIVEN}, stage="candidates", dataset="DoubleMu", other=other, **options)


GOOD = {
    "a copy": 'def candidates(events):\n    return with_columns(events, {"y": np.sqrt(np.asarray(events.x))})\n',
    "lists": 'def candidates(events):\n    return ak.with_field(events, ak.sum(events.jets, axis=1), "y")\n',
    "missing": 'def candidates(events):\n    return ak.with_field(events, ak.firsts(events.jets), "y")\n',
    "seeded": """
def candidates(events):
    draw = [np.random.default_rng(int(number)).normal() for number in events.identity]
    return with_columns(events, {"y": np.array(draw)})
""",
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_a_good_step_has_no_findings(physics: Any, other: OtherProcess, text: str) -> None:
    assert findings(physics, text, other) == []


@pytest.mark.parametrize("text", ["events[events.x > 1.5]", "events[events.x > 5]"])
def test_a_selection_has_no_findings(physics: Any, other: OtherProcess, text: str) -> None:
    check = partial(check_events, like=GIVEN, selects=True)
    assert findings(physics, f"def candidates(events):\n    return {text}\n", other, check=check) == []


FAULTS = {
    "mutation": (
        "def candidates(events):\n    np.asarray(events.x)[:] /= 200\n    return events\n",
        {"inputs": "the step changes its input 'events' in place"},
        5,
    ),
    "mean": (
        'def candidates(events):\n    return ak.with_field(events, events.x / ak.mean(events.x), "y")\n',
        {"halves": "the result depends on which events come together: 'y' differs (by at most"},
        4,
    ),
    "order": (
        'def candidates(events):\n    return with_columns(events, {"y": np.arange(len(events))})\n',
        {"halves": "the result depends on which events come together: 'y' differs"},
        4,
    ),
    "randomness": (
        'def candidates(events):\n    return with_columns(events, {"y": np.random.normal(size=len(events))})\n',
        {"again": "'y' differs", "process": "'y' differs", "halves": "'y' differs"},
        4,
    ),
    "memory": (
        'CALLS = []\ndef candidates(events):\n    CALLS.append(1)\n    return ak.with_field(events, len(CALLS), "y")\n',
        {"again": "another one when the step runs again: 'y' differs", "halves": "'y' differs"},
        5,
    ),
    "hash": (
        'def candidates(events):\n    return ak.with_field(events, hash("muon"), "y")\n',
        {"process": "another one in another process: 'y' differs"},
        4,
    ),
    "lost": ("def candidates(events):\n    return events[events.x > 1.5]\n", {"value": "it loses 5 of 10 events"}, 4),
    "doubled": (
        "def candidates(events):\n    return events[np.repeat(np.arange(len(events)), 2)]\n",
        {"value": "10 of its 10 events come more than once"},
        4,
    ),
    "reordered": (
        "def candidates(events):\n    return events[::-1]\n",
        {"value": "its events are in another order", "halves": "'x' differs"},
        4,
    ),
    "nothing": (
        "def candidates(events):\n    pass\n",
        {"value": "it returns None"},
        4,
    ),
    "other fields": (
        'def candidates(events):\n    return ak.with_field(events, 1, "y") if len(events) > 5 else events\n',
        {"halves": "the result depends on which events come together: 'y' is missing"},
        4,
    ),
    "other types": (
        'def candidates(events):\n    return ak.with_field(events, "a" if len(events) > 5 else 1, "y")\n',
        {"halves": "the result depends on which events come together: 'y' differs"},
        4,
    ),
    "an array": (
        "def candidates(events):\n    return np.asarray(events.x)\n",
        {"value": "it returns a NumPy array of float64, shape (10,), not events"},
        4,
    ),
    "no number": (
        'def candidates(events):\n    return ak.with_field(events, events.x / 0 - events.x / 0, "y")\n',
        {"value": "the field 'y' is nan in the event"},
        4,
    ),
    "an error": ('def candidates(events):\n    return events["z"]\n', {"call": "no field 'z' in record"}, 5),
    "few events": (
        "def candidates(events):\n    assert len(events) > 5\n    return events\n",
        {"halves": "with half of the events, AssertionError"},
        5,
    ),
}


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize(("text", "expected", "line"), FAULTS.values(), ids=FAULTS)
def test_planted_faults_are_found(
    physics: Any, other: OtherProcess, text: str, expected: dict[str, str], line: int
) -> None:
    found = findings(physics, text, other)
    before = GIVEN.to_list()
    for check, problem in expected.items():
        (finding,) = [finding for finding in found if finding.check == check]
        assert problem in finding.problem
        assert finding.cure
        assert (finding.stage, finding.dataset) == ("candidates", "DoubleMu")
        assert finding.file.startswith("outside")
        assert finding.file.endswith("/physics.py")
        assert f"physics.py, line {finding.line})" in str(finding)
        assert "the stage" not in finding.problem
    if len(expected) == 1:
        assert [finding.line for finding in found if finding.check in expected] == [line]
        assert {finding.check for finding in found} == expected.keys() or "value" in expected
    assert {finding.check for finding in found} <= CHECKS.keys()
    assert GIVEN.to_list() == before


def test_an_input_that_cannot_be_protected_is_watched(physics: Any) -> None:
    module = physics("def count(events, counter):\n    counter.number += 1\n    return events\n")

    class Counter:
        number = 0

        def __repr__(self) -> str:
            return f"Counter({self.number})"

    arguments = {"events": GIVEN, "counter": Counter()}
    (finding,) = check_step(Step(f"{module.__name__}:count"), arguments, stage="count")
    assert finding.check == "inputs"
    assert finding.problem == "the step changes its inputs: 'counter' differs"


def test_weights_are_checked_by_their_names(physics: Any) -> None:
    text = 'def candidates(events):\n    return {"nominal": np.ones(len(events)), "id_up": np.ones(len(events))}\n'

    def combine(parts: Any) -> Any:
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    (finding,) = findings(
        physics, text, check=partial(check_weights, expected_shifts=("id_up", "id_down"), n_events=10), combine=combine
    )
    assert finding.problem == "weigh: the weights lack 'id_down'"


def test_all_that_belongs_to_events_is_halved(physics: Any) -> None:
    module = physics(
        """
        def add(events, weights, numbers, table):
            assert len(events) == len(numbers) == len(weights["nominal"])
            assert len(table) == 3
            return {"sum": events.x + numbers + weights["nominal"] + table[0]}
        """
    )
    arguments = {"events": GIVEN, "numbers": np.arange(10.0), "weights": {"nominal": np.ones(10)}, "table": np.ones(3)}

    def combine(parts: Any) -> Any:
        return {"sum": ak.concatenate([part["sum"] for part in parts])}

    step = Step(f"{module.__name__}:add")
    assert check_step(step, arguments, stage="add", combine=combine) == []
    arguments["events"] = GIVEN[:1]
    (finding,) = check_step(step, arguments, stage="add", combine=combine)
    assert finding.check == "call"


def test_a_step_that_does_not_exist_is_a_finding() -> None:
    (finding,) = check_step(Step("no_such_package:f"), {}, stage="nothing")
    assert finding.check == "call"
    assert "'no_such_package' does not exist" in finding.problem
    assert (finding.file, finding.line) == ("no_such_package", 0)


def test_equal_findings_are_told_once() -> None:
    one = Finding("candidates", "lab:f", "higgs", "call", "it fails", "lab.py", 3, "mend it")
    many = [one, replace(one, stage="candidates under scale_up"), replace(one, dataset="zz")]
    other = replace(one, dataset="zz", line=4, cure="")
    assert list(in_words([*many, other])) == [
        "candidates of higgs: it fails (lab.py, line 3)\n  cure: mend it",
        "  ... and 2 more of the same kind (candidates under scale_up of higgs, candidates of zz)",
        # no cure is known
        "candidates of zz: it fails (lab.py, line 4)",
    ]


@pytest.mark.parametrize("reads", ["np.loadtxt({!r})", "float(Path({!r}).read_text())"])
def test_a_file_that_no_key_knows(physics: Any, tmp_path: Path, reads: str) -> None:
    table = tmp_path / "table.txt"
    table.write_text("2.0\n")
    values = reads.format(str(table))
    text = f"def candidates(events):\n    return with_columns(events, {{'y': events.x * {values}}})\n"
    (finding,) = findings(physics, f"from pathlib import Path\n{text}")
    assert finding.check == "files"
    assert str(table) in finding.problem


def test_files_that_are_known(physics: Any, tmp_path: Path) -> None:
    """Those whose paths are arguments, modules, and what belongs to packages of the environment."""
    table = tmp_path / "table.txt"
    table.write_text("2.0\n")
    module = physics(
        """
        def read(path):
            import xmlrpc.client
            open(np.__file__).close()
            return float(np.loadtxt(path))
        """
    )
    assert check_step(Step(f"{module.__name__}:read"), {"path": table}, stage="read") == []
