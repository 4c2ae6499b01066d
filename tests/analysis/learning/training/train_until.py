"""A training in a process of its own that kills itself: ``train_until.py FOLDER EVENT NUMBER KIND``.

EVENT is what kills it, the NUMBER-th time that it happens in this process: ``epoch`` (a network has been told of, its
checkpoint is there), ``end`` (a network has come to its end), ``open`` (a checkpoint's temporary file is opened),
``os.rename`` (it is about to get its name), ``window`` or ``validation`` (events of one are about to be read), or
``never``. KIND is ``resident`` or ``stream``, or ``adversarial`` for two networks that are trained against each other.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax

from analysis.learning.data.folded_inputs import FoldedInputs
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.loss_settings import Wasserstein
from analysis.learning.networks.adversarial_settings import AdversarialSettings
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.train import train
from analysis.step import Step

NETWORK = Step("analysis.learning.networks.dense:build", DenseSettings(hidden=(16,), dropout=0.1, segments=2))
SETTINGS = TrainingSettings(folds=3, epochs=8, batch_size=64, learning_rate=1e-2, patience=2, shuffled_events=192)
GENERATOR = Step("analysis.learning.networks.adversarial:build", AdversarialSettings(hidden=(8,), critic=(8,)))
ADVERSARIAL = replace(
    SETTINGS,
    epochs=4,
    patience=4,
    batch_size=63,
    loss=Wasserstein(critic_steps=2),
    validation="sliced_wasserstein",
    averaging=0.9,
)


def main(folder: Path, event: str, number: int, kind: str) -> None:
    """Train on the inputs in the folder, and die or save the networks there."""
    seen = 0

    def happens(name: str) -> None:
        nonlocal seen
        if name == event:
            seen += 1
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)

    def watch(name: str, arguments: tuple[Any, ...]) -> None:
        if name in ("open", "os.rename") and ".part" in str(arguments[0]):
            happens(name)

    def report(entry: dict[str, Any]) -> None:
        print(json.dumps(entry), flush=True)
        happens("epoch")
        if entry["epoch"] == entry["epochs"] or all(network["stopped"] for network in entry["networks"]):
            happens("end")

    def before(name: str, read: Callable[..., Any]) -> Callable[..., Any]:
        def reading(*arguments: Any) -> Any:
            happens(name)
            return read(*arguments)

        return reading

    sys.addaudithook(watch)
    FoldedInputs.window = before("window", FoldedInputs.window)  # type: ignore[method-assign]
    FoldedInputs.validation_window = before("validation", FoldedInputs.validation_window)  # type: ignore[method-assign]
    network, settings = (GENERATOR, ADVERSARIAL) if kind == "adversarial" else (NETWORK, SETTINGS)
    # two networks compile for longer than they are trained here
    jax.config.update("jax_disable_most_optimizations", kind == "adversarial")
    trained = train(
        TrainingInputs.load(folder / "inputs.safetensors"),
        network,
        settings,
        checkpoints=folder / "checkpoints",
        report=report,
        checkpoint_seconds=0,
        memory=0 if kind == "stream" else None,
    )
    trained.save(folder / "parameters.safetensors", folder / "network.json")
    trained.save_history(folder / "history.jsonl")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4])
