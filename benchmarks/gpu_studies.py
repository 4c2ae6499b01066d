"""Trainings of whole studies on one device, beside their first epoch on the processor of the same machine.

    law run PrepareTraining --study htautau                    # and airshower
    python benchmarks/gpu_studies.py FOLDER --export           # where the project is installed
    python benchmarks/gpu_studies.py FOLDER --output trainings.json    # where the device is

The first call reads what networks learn from in the store (``--statistics`` is that of the command before) and writes
one file a study. The second one needs these files and jax, flax, optax, numpy, safetensors with what these bring along,
not law; it trains as ``TrainModel`` does, with the study's network and settings (``--change epochs=2`` for others).
Losses of the first epoch are compared with those of the processor, which a process of its own computes. A GPU may
multiply matrices with fewer digits; then they are computed with all digits, too.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import mean, median
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

STUDIES = ("htautau", "airshower")


def export(folder: Path, study: str, statistics: str) -> None:
    """Write all events that a study's networks learn from into one file."""
    from analysis.learning.data.inputs import concatenate
    from tasks import open_study

    opened = open_study(study, statistics=statistics)
    training = opened.definition.stage("training")
    names = opened.definition.dataset_names(training.datasets, "")
    parts = [opened.value(training.inputs, name) for name in names]
    inputs = concatenate(parts)
    inputs.save(folder / f"{study}.safetensors")
    print(f"{study}: {len(inputs)} events")


def train_study(folder: Path, study: str, changes: dict[str, str], *, first: bool = False) -> list[dict[str, Any]]:
    """The history of a training, or of its first epoch alone."""
    from analysis.learning.data.inputs import TrainingInputs
    from analysis.learning.training.train import train

    definition = importlib.import_module(f"analysis.studies.{study}.study").study
    network = definition.stage("training").chosen.changed({"training": changes})
    inputs = TrainingInputs.load(folder / f"{study}.safetensors")
    with tempfile.TemporaryDirectory() as checkpoints:
        stop = (lambda _: True) if first else None
        trained = train(inputs, network.build, network.training, checkpoints=Path(checkpoints), stop=stop)
    return list(trained.history)


def train_on_processor(folder: Path, study: str, changes: dict[str, str]) -> list[dict[str, Any]]:
    """The first epoch, in a process of its own."""
    arguments = [str(folder), "--studies", study, "--first"]
    arguments += [text for name, value in changes.items() for text in ("--change", f"{name}={value}")]
    command = [sys.executable, str(HERE / "gpu_studies.py"), *arguments]
    done = subprocess.run(command, env={**os.environ, "JAX_PLATFORMS": "cpu"}, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"the training of {study} on the processor has failed; see above")
    return list(json.loads(done.stdout.splitlines()[-1]))


def difference(history: list[dict[str, Any]], reference: list[dict[str, Any]]) -> float:
    """The greatest one of losses of the first epoch, relative to the greatest loss."""
    first, other = (
        [network[name] for network in one[0]["networks"] for name in ("training_loss", "validation_loss")]
        for one in (history, reference)
    )
    return max(abs(a - b) for a, b in zip(first, other, strict=True)) / max(map(abs, other))


def measure(folder: Path, study: str, changes: dict[str, str]) -> dict[str, Any]:
    """One training: its times, what it came to, and how far its first epoch is from that of the processor."""
    import jax

    start = time.perf_counter()
    history = train_study(folder, study, changes)
    seconds, last = time.perf_counter() - start, history[-1]
    reference = train_on_processor(folder, study, changes)
    apart = {"as trained": difference(history, reference)}
    if jax.default_backend() != "cpu":
        with jax.default_matmul_precision("highest"):
            apart["all digits"] = difference(train_study(folder, study, changes, first=True), reference)
    metrics = [{"loss": one["validation_loss"], **one["metrics"]} for one in last["networks"]]
    return {
        "device": last["device"],
        "devices": last["devices"],
        "networks": len(last["networks"]),
        "epochs": len(history),
        "seconds": seconds,
        "compiling": sum(entry.get("compile_seconds", 0.0) for entry in history),
        "epoch": median(entry["seconds"] for entry in history),
        "epoch on the processor": reference[0]["seconds"],
        "validation": {name: mean(one[name] for one in metrics) for name in metrics[0]},
        "first epoch, difference": apart,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with one file a study")
    parser.add_argument("--export", action="store_true", help="write these files from the store; needs the project")
    parser.add_argument("--statistics", default="", help="of the records that are exported; default: the study's")
    parser.add_argument("--studies", default=",".join(STUDIES), help="separated by commas; default: all")
    parser.add_argument("--change", action="append", default=[], help="of a training setting, such as epochs=2")
    parser.add_argument("--output", type=Path, help="file for the table as JSON")
    parser.add_argument("--first", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    studies = options.studies.split(",")
    if options.export:
        options.folder.mkdir(parents=True, exist_ok=True)
        for study in studies:
            export(options.folder, study, options.statistics)
        return
    from analysis.learning.training.processor import divide_processor

    divide_processor()
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    changes = dict(change.split("=", 1) for change in options.change)
    if options.first:
        print(json.dumps(train_study(options.folder, studies[0], changes, first=True)))
        return
    print("| study | device | networks | epochs | s an epoch | on the processor | compiling | in all | validation | |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |", flush=True)
    found = {}
    for study in studies:
        found[study] = one = measure(options.folder, study, changes)
        times = (one["epoch"], one["epoch on the processor"], one["compiling"], one["seconds"])
        cells = [study, f"{one['devices']} x {one['device']}", one["networks"], one["epochs"]]
        cells += [f"{value:.3g}" for value in times]
        cells.append(", ".join(f"{name} {value:.4g}" for name, value in one["validation"].items()))
        apart = ", ".join(f"{name} {value:.2g}" for name, value in one["first epoch, difference"].items())
        cells.append(f"first epoch apart from the processor's: {apart}")
        print(f"| {' | '.join(map(str, cells))} |", flush=True)
    if options.output:
        options.output.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
