"""A training in a process of its own that kills itself: ``train_until.py FOLDER EVENT NUMBER``.

EVENT is ``epoch`` (after that epoch), ``open`` (when it opens the temporary file of that checkpoint), ``os.rename``
(when it is about to give it its name), or ``never``.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from analysis.learning.inputs import TrainingInputs
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.settings import TrainingSettings
from analysis.learning.training import train
from analysis.study import Step

NETWORK = Step("analysis.learning.networks.dense:build", DenseSettings(hidden=(16,), dropout=0.1, segments=2))
SETTINGS = TrainingSettings(folds=3, epochs=8, batch_size=64, learning_rate=1e-2, patience=2)


def main(folder: Path, event: str, number: int) -> None:
    """Train on the inputs in the folder, and die or save the networks there."""
    seen = 0

    def watch(name: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        if name == event and ".part" in str(arguments[0]):
            seen += 1
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)

    def report(entry: dict[str, Any]) -> None:
        print(json.dumps(entry), flush=True)
        if event == "epoch" and entry["epoch"] == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    trained = train(
        TrainingInputs.load(folder / "inputs.safetensors"),
        NETWORK,
        SETTINGS,
        checkpoints=folder / "checkpoints",
        report=report,
        checkpoint_seconds=0,
    )
    trained.save(folder / "parameters.safetensors", folder / "network.json")
    trained.save_history(folder / "history.jsonl")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
