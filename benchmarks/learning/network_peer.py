"""One network here and in PyTorch, as peers that train: Adam, cross entropy, the same batch again and again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from engine_peer import Trainer
from harness import Peer

__all__ = ["jax_peer", "layer", "torch_peer"]

EPOCHS, LEARNING_RATE = 1_000_000, 1e-4


def layer(random: np.random.Generator, inputs: int, outputs: int) -> dict[str, np.ndarray]:
    """Kernel (inputs, outputs) and bias."""
    kernel = random.normal(0.0, (2 / inputs) ** 0.5, (inputs, outputs))
    return {"kernel": kernel.astype(np.float32), "bias": random.normal(0.0, 0.1, outputs).astype(np.float32)}


def jax_peer(
    network: Callable[[Any], Any],
    parameters: Mapping[str, Any],
    values: Mapping[str, np.ndarray],
    present: Mapping[str, np.ndarray],
    labels: np.ndarray,
    steps: int,
) -> Peer:
    """A network of this project with given parameters (nested mappings), trained by its engine: epochs of some steps.

    Args:
        network: ``f(rngs) -> nnx.Module`` with two outputs.
        parameters: initial ones.
        values: (EVENTS, ...) by block.
        present: (EVENTS, ...) by block.
        labels: (EVENTS,).
        steps: of an epoch; the same events in each, in another order.
    """
    import jax
    import jax.numpy as jnp
    import optax
    from flax import nnx

    from analysis.learning.data.device_inputs import DeviceInputs
    from analysis.learning.optimizer_settings import Adam, Constant
    from analysis.learning.settings import TrainingSettings

    events = len(labels)
    settings = TrainingSettings(
        epochs=EPOCHS,
        patience=EPOCHS,
        batch_size=events,
        learning_rate=LEARNING_RATE,
        optimizer=Adam(),
        schedule=Constant(warmup=0.0),
        gradient_clip=0.0,
    )

    def build(rngs: nnx.Rngs) -> nnx.Module:
        made = network(rngs)
        _, initial, _ = nnx.split(made, nnx.Param, ...)  # type: ignore[misc, unused-ignore]
        nnx.replace_by_pure_dict(initial, jax.tree.map(jnp.asarray, parameters))
        nnx.update(made, initial)
        return made

    given = DeviceInputs(
        shared=values,
        own={},
        present=present,
        label=labels.astype(np.int32),
        target=np.zeros((events, 0), np.float32),
        scale=np.zeros((1, 0, 2), np.float32),
    )
    rows = np.tile(np.arange(events, dtype=np.int32), (steps, 1))
    trainer = Trainer(build, settings, given, rows, validated=rows[0, :2])

    def numbers() -> np.ndarray:
        state = trainer.state
        own = jax.tree.map(lambda leaf: leaf[0], (state.params, state.statistics, state.random))
        alone = jax.tree.map(jnp.asarray, given._replace(scale=given.scale[0]))

        def loss(params: Any) -> Any:
            losses, _ = trainer.engine.forward.training_losses(params, own[1:], alone, jnp.arange(events))
            return jnp.mean(losses), losses

        (mean, losses), gradient = jax.jit(jax.value_and_grad(loss, has_aux=True))(own[0])
        return np.concatenate([losses, [mean, optax.tree.norm(gradient)]])

    return Peer(trainer.run, numbers)


def torch_peer(torch: Any, network: Any, inputs: tuple[Any, ...], labels: np.ndarray) -> Peer:
    """A PyTorch module, trained eagerly."""
    wanted = torch.as_tensor(labels, dtype=torch.int64)
    optimizer, criterion = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE), torch.nn.CrossEntropyLoss()

    def run(steps: int) -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            criterion(network(*inputs), wanted).backward()
            optimizer.step()

    def numbers() -> np.ndarray:
        losses = torch.nn.functional.cross_entropy(network(*inputs), wanted, reduction="none")
        loss = losses.mean()
        loss.backward()
        norm = sum(float((p.grad**2).sum()) for p in network.parameters() if p.grad is not None) ** 0.5
        optimizer.zero_grad()
        return np.concatenate([losses.detach().numpy(), [loss.item(), norm]])

    return Peer(run, numbers)
