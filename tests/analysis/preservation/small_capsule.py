"""A made-up study with few records, in the words of real ones, for tests of what a capsule says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from analysis.preservation.citation import CITATION, citation
from analysis.preservation.collecting import manifest_file
from analysis.preservation.contents import Contents
from analysis.preservation.crate import METADATA, metadata
from analysis.preservation.expectations import expectations
from analysis.preservation.inputs import Input
from analysis.preservation.order import ordered
from analysis.preservation.prov import PROVENANCE, provenance
from analysis.preservation.readme import README, Readme, readme
from analysis.preservation.recipes import APPTAINER, DOCKERFILE, REANA, Recipe, apptainer, dockerfile, reana

__all__ = ["ARGUMENTS", "CONTENTS", "GRID", "INPUTS", "NUMBERS", "READER", "RECIPE", "manifest", "written"]

ARGUMENTS = ("run", "CollectResults", "--study", "tiny")
EVENTS = hashlib.sha256(b"events").hexdigest()
TABLE = hashlib.sha256(b"table").hexdigest()
# known by what its server says, and by nothing but its time
GRID, NOTED = "adler32:0a1b2c3d", "modified:1700000000"
BEAM = hashlib.sha256(b"beam").hexdigest()
INPUTS = (
    Input(
        name="events.root",
        title=r"$Z/\gamma^* \to \ell\ell$ [Müller]",
        address="https://example.org/data/events.root",
        sha256=EVENTS,
        size=6,
        licence="CC0-1.0",
        doi="10.7483/OPENDATA.CMS.GV20.PR5T",
        citation="S. Müller, Events of a made-up detector, CERN Open Data Portal (2019)",
        mirror="tiny/events.root",
    ),
    Input(
        name="table.txt",
        title="Moments",
        address="pkg:pypi/tables@1.5.0#data/table.txt",
        sha256=TABLE,
        size=5,
        licence="",
        doi="",
        citation="",
    ),
    Input("run.root", "Run", "root://eos.example.org//eos/run.root", "", 7, mirror="run.root", checksum=GRID),
    Input("beam.csv", "Beam", "source/more/tiny/beam.csv", BEAM, 4, mirror="beam.csv"),
    Input("notes.csv", "Notes", "", "", 9_000_000, mirror="own/notes.csv", checksum=NOTED),
)
NUMBERS = (
    {"name": "mu", "title": "signal strength", "unit": "", "value": 1.25, "stat": (0.5, 0.5), "syst": (0.1, 0.2)},
    {"name": "mass", "title": "m|H", "unit": "GeV", "value": 125.0, "stat": None, "syst": None},
)


def manifest(
    family: str,
    series: str,
    second: int,
    *,
    label: str = "",
    inputs: Sequence[tuple[str, dict[str, Any]]] = (),
    **more: Any,
) -> dict[str, Any]:
    """A manifest as the store has it after cleaning.

    Args:
        family: the task's name.
        series: the record's.
        second: after the hour at which it was made.
        label: of one of several records.
        inputs: role and manifest of records that it was made of.
        more: parts of the manifest that are not the usual ones.
    """
    key = hashlib.sha256(f"{family} {series}".encode()).hexdigest()[:12]
    used: dict[tuple[str, str], dict[str, Any]] = {}
    for role, other in inputs:
        record = other["record"]
        entry = {"role": role, "place": record["place"], "key": record["key"], "labels": []}
        used.setdefault((role, record["place"]), entry)["labels"].append(record["label"])
    place = f"tiny/{family}/{series}-{key}"
    return {
        "format": 1,
        "record": {"study": "tiny", "family": family, "place": place, "label": label, "key": key},
        "payload": {"parquet": {"size": 3, "sha256": hashlib.sha256(f"{place}{label}".encode()).hexdigest()}},
        "inputs": list(used.values()),
        "parts": {
            "family": family,
            "parameters": {},
            "code": {"tasks.data": "0123"},
            "configuration": {},
            "inputs": {},
        },
        "parameters": {"study": "tiny", "statistics": "default"},
        "seeds": {},
        "made": {
            "start": f"2026-11-22T15:00:{second:02}.250+00:00",
            "end": f"2026-11-22T15:00:{second + 1:02}.500+00:00",
            "seconds": 1.25,
            "cpu_seconds": 0.75,
            "peak_memory_bytes": 3 * 10**9,
            "device": "cpu",
        },
        "source": {"commit": None, "dirty": None},
        "host": {"system": "Linux 6.18.44", "machine": "x86_64", "processor": "Any", "cores": 2},
        "software": {
            "python": "3.11.7",
            "implementation": "CPython",
            "packages": {"jax": "0.10.2", "ml_dtypes": "0.6.0", "ruamel.yaml": "1.0"},
            "lock": "requirements.lock",
            "lock_sha256": "e" * 64,
        },
        **more,
    }


def _manifests() -> dict[str, dict[str, Any]]:
    fetched = [
        manifest(
            "FetchData",
            "drell_yan",
            number,
            label=f"events_{number}",
            parts={"family": "FetchData", "configuration": {"file": {"sha256": EVENTS}}},
        )
        for number in range(2)
    ]
    beam = manifest("FetchData", "beam", 1, sources=[BEAM])
    # a record of others, and of files that were read where they are
    found = manifest(
        "selected",
        "run",
        3,
        inputs=[("duplicates", beam)],
        read_in_place={"bytes_read": 9, "size": 9_000_007, "files": 2},
        sources=[f"{GRID} 7", f"{NOTED} 9000000"],
    )
    table = manifest("FetchPublications", "all", 2, parts={"configuration": {"sha256": {"table.txt": TABLE}}})
    events = [("signal", one) for one in fetched]
    # by another version of a package
    trained = manifest("TrainModel", "dense", 5, inputs=events, seeds={"training": 1})
    trained["software"] = {**trained["software"], "packages": {"jax": "0.10.3"}}
    # the same records in two roles
    others = [("network", trained), ("table", table), ("check", table), ("run", found)]
    results = manifest("CollectResults", "default", 9, inputs=[*events, *others])
    return {manifest_file(dict(one)): dict(one) for one in ordered([results, trained, table, *fetched, beam, found])}


MANIFESTS = _manifests()
RESULTS = next(one["record"] for one in MANIFESTS.values() if one["record"]["family"] == "CollectResults")
RECIPE = Recipe("tiny", "3.11.7", ARGUMENTS, RESULTS["place"], {"statistics": "default"})
FILES = {
    "results/results.json": json.dumps({"numbers": NUMBERS}),
    "expectations.json": "{}",
    "inputs.json": "[]",
    "source/tasks/report.py": "",
    "source/setup.sh": "",
    "source/more/tiny/beam.csv": "beam",
    **{name: json.dumps(content) for name, content in MANIFESTS.items()},
    DOCKERFILE: dockerfile(RECIPE),
    APPTAINER: apptainer(RECIPE),
    REANA: reana(RECIPE),
}
CONTENTS = Contents(
    study="tiny",
    title=r"A tiny study of $H \to \tau\tau$ — für alle",
    description="It measures next to nothing.",
    licence="BSD-3-Clause",
    published=max(one["made"]["end"] for one in MANIFESTS.values()),
    workflow="source/tasks/report.py",
    language="0.1.21",
    url="https://example.org/erumflow",
    version="0.1.0",
    commit="0123456789abcdef0123456789abcdef01234567",
    files={},
    results={"results/results.json": "the numbers"},
    manifests=MANIFESTS,
    inputs=INPUTS,
    parameters={"study": "tiny", "statistics": "default"},
    command=RECIPE.command,
    authors=("The erumflow authors",),
)
READER = Readme(
    file="tiny.capsule.zip",
    title=CONTENTS.title,
    description=CONTENTS.description,
    command=RECIPE.command,
    python="3.11.7",
    machine="x86_64",
    published=CONTENTS.published,
    licence="BSD-3-Clause",
    url=CONTENTS.url,
    commit=CONTENTS.commit,
    expected=expectations(NUMBERS),
    inputs=INPUTS,
    members=sorted(FILES),
)


def written(folder: Path) -> Path:
    """The capsule, unpacked, without code and events."""
    files: dict[str, bytes] = {name: content.encode() for name, content in FILES.items()}
    files[README] = readme(READER).encode()
    files[CITATION] = citation(CONTENTS).encode()
    files[PROVENANCE] = provenance(CONTENTS)
    sizes = {name: len(content) for name, content in files.items()}
    files[METADATA] = metadata(replace(CONTENTS, files=sizes))
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder
