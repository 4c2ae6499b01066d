"""A capsule whose study is one script: everything around it is real, and a rerun takes a second."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from analysis.preservation import archive, expectations, sources
from analysis.preservation.description import FILE, Description
from analysis.preservation.order import read_manifest
from analysis.provenance import environment

__all__ = ["DATA", "RESULTS", "edited", "made"]

REPOSITORY = Path(__file__).resolve().parents[3]
DATA = b"1.5 2.5 3.5\n"
RESULTS = "tiny/CollectResults/default-000000000000"

SETUP = """\
[ -x "$ERUMFLOW_PYTHON" ] || { echo "no Python for the environment" >&2; return 1; }
[ ! -e "$HOME/no-registry" ] || { echo "no package registry" >&2; return 1; }
_base="$(CDPATH= cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)"
mkdir -p "$_base/.venv"
printf '#!/bin/sh\\nexec "$ERUMFLOW_PYTHON" -I "%s/study.txt" "$@"\\n' "$_base" >"$_base/.venv/law"
chmod +x "$_base/.venv/law"
export PATH="$_base/.venv:$PATH"
"""

# two steps: the mean of the data, times a constant; as law would leave it in the store
STUDY = '''\
import hashlib, json, os, pathlib, sys

CONSTANT = 2.0
PACKAGES = {"numpy": "2.2.0", "law": "0.1.21"}
HOST = json.loads("""HOST_OF_TESTS""")
store = pathlib.Path(os.environ["ERUMFLOW_STORE"], "tiny")
(store.parent / "seen.json").write_text(json.dumps({"environment": dict(os.environ), "arguments": sys.argv[1:]}))


def record(family, series, payload, second, inputs=(), **parts):
    place = store / family / (series + "-000000000000")
    place.mkdir(parents=True, exist_ok=True)
    for name, content in payload.items():
        (place / name).write_bytes(content)
    digests = {n: {"size": len(c), "sha256": hashlib.sha256(c).hexdigest()} for n, c in payload.items()}
    name = "/".join(place.parts[-3:])
    manifest = {
        "format": 1,
        "record": {"study": "tiny", "family": family, "place": name, "label": "", "key": "000000000000"},
        "payload": digests, "inputs": list(inputs), "parts": parts, "parameters": {}, "seeds": {},
        "made": {"end": "2026-01-01T00:00:0%d" % second, "device": "cpu"}, "host": HOST,
        "software": {"python": "%d.%d.%d" % sys.version_info[:3], "packages": PACKAGES, "lock_sha256": "00"},
    }
    (place / "manifest.json").write_text(json.dumps(manifest))
    return {"role": family, "place": name, "key": "000000000000", "labels": [""]}


named = os.environ["ERUMFLOW_MIRROR"]
folders = [named[7:]] if named.startswith("file://") else named.split(":")
copies = [pathlib.Path(folder, "tiny", "events.txt") for folder in folders]
data = next(copy for copy in copies if copy.exists()).read_bytes()
fetched = record("FetchData", "data", {"events.txt": data}, 1)
if pathlib.Path(os.environ["HOME"], "interrupt").exists():
    sys.exit("the power is off")
numbers = [float(word) for word in data.split()]
mean = sum(numbers) / len(numbers) * CONSTANT
code = {"study:CONSTANT": hashlib.sha256(repr(CONSTANT).encode()).hexdigest()[:16]}
fit = json.dumps({"mean": mean, "by": PACKAGES["numpy"]}).encode()
fitted = record("FitMeasurement", "default", {"fit.json": fit, "times.txt": os.urandom(8)}, 2, [fetched], code=code)
number = {"name": "mean", "title": "mean", "unit": "m", "value": mean, "stat": [0.5, 0.5], "syst": None}
results = json.dumps({"numbers": [number]}).encode()
record("CollectResults", "default", {"results.json": results}, 3, [fitted])
'''


def made(folder: Path, *, address: str = "http://127.0.0.1:9/events.txt", data: bool = True) -> Path:
    """Run the study and preserve it.

    Args:
        folder: for the capsule, ``tiny.capsule.zip``.
        address: of its input.
        data: whether the input lies in the capsule.
    """
    host = {name: environment.host()[name] for name in ("machine", "processor", "features", "libc")}
    study = STUDY.replace("HOST_OF_TESTS", json.dumps(host))
    work = folder / "author"
    (work / "data" / "tiny").mkdir(parents=True)
    (work / "data" / "tiny" / "events.txt").write_bytes(DATA)
    (work / "study.py").write_text(study)
    places = {"ERUMFLOW_STORE": str(work / "store"), "ERUMFLOW_MIRROR": str(work / "data"), "HOME": str(work)}
    (work / "store").mkdir()
    subprocess.run([sys.executable, "-I", str(work / "study.py")], check=True, env=os.environ | places)
    results = json.loads((work / "store" / RESULTS / "results.json").read_text())
    package = REPOSITORY / "analysis"
    modules = [
        package / "__init__.py",
        *(package / f"{name}.py" for name in ("errors", "printable", "settings", "variables")),
        *sorted((package / "preservation").glob("*.py")),
        *(package / "provenance" / f"{name}.py" for name in ("__init__", "names", "plain_files", "permissions")),
    ]
    source = {f"source/analysis/{path.relative_to(package).as_posix()}": path.read_bytes() for path in modules}
    manifests = sorted((work / "store").rglob("manifest.json"))
    one = {"name": "events.txt", "title": "Events", "address": address, "sha256": hashlib.sha256(DATA).hexdigest()}
    inputs = {"format": 1, "inputs": [{**one, "size": len(DATA), "doi": "10.1/tiny", "mirror": "tiny/events.txt"}]}
    members: dict[str, bytes] = {
        **source,
        "__main__.py": (package / "preservation" / "launcher.py").read_bytes(),
        "ro-crate-metadata.json": json.dumps({"@graph": [{"@id": "./", "@type": "Dataset", "hasPart": []}]}).encode(),
        "source/setup.sh": SETUP.encode(),
        "source/study.txt": study.encode(),
        expectations.FILE: expectations.as_json(expectations.expectations(results["numbers"])).encode(),
        sources.FILE: json.dumps(inputs).encode(),
        **{f"records/{path.relative_to(work / 'store').as_posix()}": path.read_bytes() for path in manifests},
        **({"data/tiny/events.txt": DATA} if data else {}),
    }
    description = Description(
        study="tiny",
        title="A mean",
        arguments=("run", "CollectResults", "--study", "tiny"),
        results=RESULTS,
        python=environment.software()["python"],
        lock="requirements.lock",
        members={},
        varying={"FitMeasurement": ("times.txt",)},
    )
    shutil.rmtree(work)
    capsule = folder / "tiny.capsule.zip"
    _write(capsule, members, description)
    return capsule


def edited(capsule: Path, name: str, change: Callable[[Any], Any], *, honest: bool = True) -> None:
    """Change a member of a capsule.

    Args:
        capsule: changed in place.
        name: of the member.
        change: takes its content (of a manifest: as read) and returns the new one.
        honest: whether the capsule says so.
    """
    members = {one: archive.read(capsule, one) for one in archive.digests(capsule)}
    description = Description.from_json(members.pop(FILE))
    before = members[name]
    if name.endswith("manifest.json"):
        members[name] = json.dumps(change(read_manifest(before, name))).encode()
    else:
        members[name] = change(before)
    assert members[name] != before
    _write(capsule, members, description, None if honest else description.members)


def _write(capsule: Path, members: dict[str, bytes], description: Description, said: Any = None) -> None:
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    text = replace(description, members=said or digests).as_json()
    archive.write(capsule, {**members, FILE: text.encode()})
