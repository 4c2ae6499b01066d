"""How fast fully connected networks train, against PyTorch.

    python benchmarks/learning/mlp.py --cores 1

Classifiers with 30 features and 4 classes that are trained by AdamW with a cosine schedule: three layers of 256 in
batches of 1024, and three of 32 in batches of 128. The events are in memory; every epoch has its own order. This
project's engine trains as in ``TrainModel``, with event weights and with the checks for what is not finite. PyTorch has
its tensors in memory, permutes their indices every epoch and takes the rows of a batch (``x[i]``); or it reads them
through a ``DataLoader`` of a ``TensorDataset``, alone and with two processes. Its AdamW is the fused one, which is the
fastest that it has.
"""

from __future__ import annotations

import os
import warnings
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from engine_peer import Trainer
from harness import Case, Peer, import_torch, main

FEATURES, CLASSES = 30, 4
LEARNING_RATE, WEIGHT_DECAY, EPOCHS = 1e-3, 0.01, 10_000


def events(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Features (n, f) float32 and classes (n,) int64."""
    random = np.random.default_rng(1)
    return random.normal(size=(number, FEATURES)).astype(np.float32), random.integers(0, CLASSES, number)


def layers(widths: tuple[int, ...]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Kernels (inputs, outputs) and biases (outputs,) float32."""
    random = np.random.default_rng(2)
    return [
        (
            (random.normal(size=(before, after)) / np.sqrt(before)).astype(np.float32),
            random.normal(size=after).astype(np.float32),
        )
        for before, after in pairwise((FEATURES, *widths, CLASSES))
    ]


def erumflow(widths: tuple[int, ...], batch: int, steps: int, cores: int) -> Peer:
    import jax.numpy as jnp
    from flax import nnx

    from analysis.learning.data.device_inputs import DeviceInputs
    from analysis.learning.networks.dense import build
    from analysis.learning.networks.dense_settings import DenseSettings
    from analysis.learning.optimizer_settings import AdamW, Cosine
    from analysis.learning.settings import TrainingSettings

    number = batch * steps
    features, labels = events(number)
    shape = DenseSettings(hidden=widths, activation="relu", dropout=0.0, segments=0)
    settings = TrainingSettings(
        epochs=EPOCHS,
        patience=EPOCHS,
        batch_size=batch,
        learning_rate=LEARNING_RATE,
        optimizer=AdamW(weight_decay=WEIGHT_DECAY),
        schedule=Cosine(warmup=0.0, final=0.0),
        gradient_clip=0.0,
        metrics=("accuracy",),
    )

    def network(rngs: nnx.Rngs) -> nnx.Module:
        made = build({"event": (FEATURES,)}, CLASSES, rngs, shape)
        for layer, (kernel, bias) in zip([*made.hidden, made.output], layers(widths), strict=True):
            # the first layer also sees which features are missing: none is
            layer.kernel[...] = layer.kernel[...].at[: len(kernel)].set(kernel)
            layer.bias[...] = jnp.asarray(bias)
        return made

    all_events = DeviceInputs(
        shared={},
        own={"event": features[None]},
        present={"event": np.ones((number, FEATURES), bool)},
        label=labels.astype(np.int32),
        target=np.zeros((number, 0), np.float32),
        scale=np.zeros((1, 0, 2), np.float32),
    )
    rows = np.arange(number, dtype=np.int32).reshape(steps, batch)
    trainer = Trainer(network, settings, all_events, rows, validated=rows[0])
    losses = trainer.engine.event_losses(trainer.state, 0, all_events, rows[0])
    return Peer(trainer.run, lambda: losses)


def torch_peer(widths: tuple[int, ...], batch: int, steps: int, loader: int | None, cores: int) -> Peer:
    """PyTorch with the tensors in memory, or with a DataLoader of so many processes."""
    torch = import_torch(cores)
    warnings.filterwarnings("ignore", "This DataLoader will create", UserWarning)  # more processes than cores
    number = batch * steps
    features, labels = map(torch.from_numpy, events(number))
    modules = []
    for kernel, bias in layers(widths):
        linear = torch.nn.Linear(*kernel.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(kernel.T.copy()))
            linear.bias.copy_(torch.from_numpy(bias))
        modules += [linear, torch.nn.ReLU()]
    network = torch.nn.Sequential(*modules[:-1])
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS * steps)
    entropy = torch.nn.CrossEntropyLoss()

    def in_memory() -> Any:
        for places in torch.randperm(number).split(batch):
            yield features[places], labels[places]

    loaded = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(features, labels), batch, shuffle=True, num_workers=loader or 0,
        persistent_workers=bool(loader),
    )  # fmt: skip

    def run(_: int) -> None:
        for some, truth in in_memory() if loader is None else loaded:
            optimizer.zero_grad()
            entropy(network(some), truth).backward()
            optimizer.step()
            schedule.step()

    def numbers() -> Any:
        with torch.no_grad():
            return torch.nn.functional.cross_entropy(network(features[:batch]), labels[:batch], reduction="none")

    return Peer(run, numbers)


def case(name: str, widths: tuple[int, ...], batch: int, steps: int) -> Case:
    own = partial(erumflow, widths, batch, steps)
    peers = {"erumflow": own}
    for loader, title in ((None, "torch in memory"), (0, "torch DataLoader"), (2, "torch DataLoader, 2 workers")):
        peers[title] = partial(torch_peer, widths, batch, steps, loader)
    return Case(name, batch, steps, peers)


CASES = [case("30-3x256-4, batch 1024", (256,) * 3, 1024, 100), case("30-3x32-4, batch 128", (32,) * 3, 128, 1000)]

if __name__ == "__main__":
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    main(__doc__, CASES)
