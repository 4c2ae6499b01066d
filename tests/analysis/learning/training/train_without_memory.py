"""A training in a process that gets no more memory: ``train_without_memory.py FOLDER WIDTH GIGABYTES``.

It is a process of its own because its limit must not be that of others, and because a machine that grants memory which
it does not have would otherwise be brought to a halt.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

import jax
import psutil

from analysis.errors import TrainingError
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.train import train
from analysis.step import Step


def main(folder: Path, width: int, gigabytes: float) -> None:
    """Train a wide network on the inputs in the folder and print what comes of it."""
    inputs = TrainingInputs.load(folder / "inputs.safetensors")
    network = Step("analysis.learning.networks.dense:build", DenseSettings(hidden=(width, width)))
    jax.devices()  # its threads are started before the limit
    limit = psutil.Process().memory_info().vms + int(gigabytes * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    try:
        train(inputs, network, TrainingSettings(folds=3, epochs=1, batch_size=64), checkpoints=folder / "checkpoints")
    except TrainingError as error:
        print(json.dumps(str(error)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
