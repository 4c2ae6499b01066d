"""Trainings in a process that sees several devices: ``train_on_devices.py FOLDER``; prints their histories."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import jax

from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.train import train
from analysis.step import Step
from analysis.validated import override

NETWORK = Step("analysis.learning.networks.dense:build", DenseSettings(hidden=(16,), dropout=0.1, segments=2))
SETTINGS = TrainingSettings(folds=3, epochs=4, batch_size=64, learning_rate=1e-2, shuffled_events=192)


def main(folder: Path) -> None:
    """Train on the inputs in the folder: from memory, from a stream, and with a batch size that 8 does not divide."""
    inputs = TrainingInputs.load(folder / "inputs.safetensors")
    jax.config.update("jax_disable_most_optimizations", True)
    own = folder / str(jax.local_device_count())
    found = {}
    for name, changes, memory in (
        ("resident", {}, None),
        ("stream", {}, 0),
        ("uneven", {"batch_size": "60", "epochs": "1"}, None),
    ):
        trained = train(inputs, NETWORK, override(SETTINGS, changes), checkpoints=own / name, memory=memory, devices=8)
        found[name] = trained.history
    print(json.dumps({"count": jax.local_device_count(), "histories": found}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
