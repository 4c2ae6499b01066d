"""Differences of keys, as a user reads them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from analysis.provenance.differences import differences
from analysis.provenance.keys import KeyParts, describe
from analysis.study import Cut, Step

CUTS = [describe(Cut("mt_1", "<", 30.0)), describe(Cut("iso_1", "<", 0.1))]
PARTS = KeyParts(
    "Fit",
    parameters={"toys": "100"},
    code={"analysis.fit": "a1", "tasks.fit:Fit.run": "b1"},
    configuration={
        "cuts": CUTS,
        "step": {"function": "lab.fit:fit", "settings": None, "code": {"lab.fit": "c1", "analysis.fit": "a1"}},
        "names": [f"branch_{i}" for i in range(40)],
        "text": "x" * 100 + "a",
        "flag": 1,
    },
    inputs={"events": "0123456789ab"},
)


def configuration(**changes: Any) -> KeyParts:
    return replace(PARTS, configuration={**PARTS.configuration, **changes})


STEP = PARTS.configuration["step"]
NAMES = PARTS.configuration["names"]
LINES = {
    "nothing": (PARTS, []),
    "family": (replace(PARTS, family="Fits"), ["task: Fit -> Fits"]),
    "parameter": (replace(PARTS, parameters={"toys": "7"}), ["parameter toys: '100' -> '7'"]),
    "new parameter": (
        replace(PARTS, parameters={"toys": "100", "seed": "1"}),
        ["parameter seed: nothing -> '1'"],
    ),
    "code": (replace(PARTS, code={**PARTS.code, "analysis.fit": "a2"}), ["code analysis.fit changed"]),
    "code of a task": (
        replace(PARTS, code={**PARTS.code, "tasks.fit:Fit.run": "b2"}),
        ["code tasks.fit:Fit.run changed"],
    ),
    "code that comes and goes": (
        replace(PARTS, code={"analysis.fit": "a1", "analysis.code.run": "d1"}),
        ["code analysis.code.run is new", "code tasks.fit:Fit.run is not used any more"],
    ),
    "code of a step": (
        configuration(step={**STEP, "code": {"lab.fit": "c2", "analysis.fit": "a1"}}),
        ["code lab.fit changed"],
    ),
    "code of several users, told once": (
        replace(
            configuration(step={**STEP, "code": {"lab.fit": "c1", "analysis.fit": "a2"}}),
            code={**PARTS.code, "analysis.fit": "a2"},
        ),
        ["code analysis.fit changed"],
    ),
    "one value deep inside": (
        configuration(cuts=[describe(Cut("mt_1", "<", 40.0)), CUTS[1]]),
        ["configuration cuts[0].value: 30.0 -> 40.0"],
    ),
    "first of a list removed": (configuration(names=NAMES[1:]), ["configuration names[0]: 'branch_0' -> nothing"]),
    "added in the middle": (
        configuration(names=[*NAMES[:20], "eta", *NAMES[20:]]),
        ["configuration names[20]: nothing -> 'eta'"],
    ),
    "type of a number": (configuration(flag=1.0), ["configuration flag: 1 -> 1.0"]),
    "truth value": (configuration(flag=True), ["configuration flag: 1 -> True"]),
    "end of a long text": (
        configuration(text="x" * 100 + "b"),
        [f"configuration text: ...{'x' * 20}a' -> ...{'x' * 20}b'"],
    ),
    "input": (
        replace(PARTS, inputs={"events": "ba9876543210"}),
        ["input events: other record (0123456789ab -> ba9876543210)"],
    ),
    "new input": (
        replace(PARTS, inputs={**PARTS.inputs, "more": "ba9876543210"}),
        ["input more: nothing -> 'ba9876543210'"],
    ),
}


@pytest.mark.parametrize(("new", "lines"), LINES.values(), ids=LINES)
def test_lines(new: KeyParts, lines: list[str]):
    assert differences(PARTS, new) == lines
    assert bool(lines) == (new.key() != PARTS.key())


def test_causes_come_before_inputs():
    new = replace(PARTS, parameters={}, code={}, configuration={}, inputs={})
    words = [line.split()[0] for line in differences(PARTS, new)]
    assert words == sorted(words, key=["parameter", "code", "configuration", "input"].index)


@dataclass(frozen=True)
class Adam:
    rate: float = 0.1


@dataclass(frozen=True)
class Sgd:
    rate: float = 0.1


def test_another_class_of_settings():
    old, new = (KeyParts("Fit", configuration={"optimizer": describe(kind())}) for kind in (Adam, Sgd))
    assert differences(old, new) == ["configuration optimizer.class.name: 'Adam' -> 'Sgd'"]


def test_code_of_a_class():
    old, new = (
        KeyParts("Fit", configuration={"dataset": {"class": {"name": "D", "code": {"lab:D.weight": value}}}})
        for value in ("a1", "a2")
    )
    assert differences(old, new) == ["code lab:D.weight changed"]


def test_a_file_of_a_step(tmp_path: Path):
    file = tmp_path / "pileup.json"
    file.write_text("21")
    new = {"step": describe(Step("analysis.study:Step", files={"pileup": file}))}
    old = {"step": {**new["step"], "files": {"pileup": "0" * 64}}}
    without = {"step": {**new["step"], "files": {}}}
    before, after, neither = (KeyParts("Fit", configuration=one) for one in (old, new, without))
    assert differences(before, after) == ["file pileup (pileup.json) changed"]
    assert differences(neither, after) == ["file pileup (pileup.json) is new"]
    # what another process had
    assert differences(after, before) == ["file pileup changed"]
    assert differences(after, neither) == ["file pileup is not used any more"]


def test_long_values_stay_short():
    new = configuration(names=[name.upper() for name in NAMES], text="y" * 500)
    assert all(len(line) < 160 for line in differences(PARTS, new))


def test_another_function_of_a_step():
    one, other = describe(Step("analysis.study:Step")), describe(Step("analysis.errors:DataError"))
    lines = differences(KeyParts("Fit", configuration={"s": one}), KeyParts("Fit", configuration={"s": other}))
    assert "configuration s.function: 'analysis.study:Step' -> 'analysis.errors:DataError'" in lines
    assert "code analysis.step:Step is not used any more" in lines
