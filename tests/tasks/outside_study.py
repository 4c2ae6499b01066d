"""A small complete study that lives outside: two packages that are used together, and files, one in neither."""

from __future__ import annotations

from pathlib import Path

__all__ = ["FILES", "write_study"]

FILES = {
    "dice/study.py": '''
"""The mean of a die."""

from analysis.citation import Citation
from analysis.study import Dataset, Events, Result, Step, Study

FILES = {"table": "table.json", "offset": "../../offset.txt"}
study = Study(
    "dice",
    title="The mean of a die",
    measures="The mean of a die.",
    datasets=(
        Dataset(
            "throws",
            title="Throws",
            kind="simulated",
            generate=Step("dice.physics:generate"),
            simulate=Step("dice.physics:simulate"),
            generated=100,
        ),
    ),
    stages=(Events("rolled", Step("dice.physics:roll")), Result("mean", Step("dice.physics:mean", files=FILES))),
    citation=Citation("The mean of a die", ("A. Physicist",), licence="MIT"),
)
''',
    "dice/physics.py": '''
"""Throws of a die."""

import json

import awkward as ak
import numpy as np

from analysis.results import Number
from dicetools.rolls import SIDES
from dicetools.words import Title


def generate(identity, settings):
    return ak.Array({"identity": identity})


def simulate(truth, settings):
    return truth


def roll(raw):
    return ak.Array({"identity": raw.identity, "number": np.asarray(raw.identity) % SIDES + 1})


def mean(rolled, files, title: Title = "mean"):
    scale, offset = json.loads(files["table"].read_text())["scale"], float(files["offset"].read_text())
    value = offset + scale * float(np.mean(rolled["throws"].number))
    return {"numbers": [Number("mean", title, value, stat=(0.5, 0.5), syst=None, unit="", method="mean")]}
''',
    "dice/table.json": '{"scale": 2.0}\n',
    # in none of its packages
    "../offset.txt": "1.0\n",
    "dicetools/__init__.py": "",
    "dicetools/rolls.py": "SIDES = 6\n",
    # for annotations only: in no fingerprint, and needed all the same
    "dicetools/words.py": "Title = str\n",
}


def write_study(folder: Path) -> Path:
    """Write the study's packages into a folder, which ``[studies] path`` is to name."""
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.lstrip("\n"))
    return folder
