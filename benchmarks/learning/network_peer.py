"""One network here and in PyTorch, as peers that train: Adam, cross entropy, the same batch again and again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from engine_peer import Trainer
from harness import Peer

__all__ = ["LEARNING_RATE", "jax_peer", "layer", "torch_peer", "with_parameters"]

EPOCHS, LEARNING_RATE = 1_000_000, 1e-4


def layer(random: np.random.Generator, inputs: int, outputs: int) -> dict[str, np.ndarray]:
    """Kernel (inputs, outputs) and bias."""
    kernel = random.normal(0.0, (2 / inputs) ** 0.5, (inputs, outputs))
    return {"kernel": kernel.astype(np.float32), "bias": random.normal(0.0, 0.1, outputs).astype(np.float32)}


def with_parameters(network: Callable[[Any], Any], parameters: Mapping[str, Any]) -> Callable[[Any], Any]:
    """``f(rngs) -> nnx.Module`` with given parameters (nested mappings)."""
    import jax
    import jax.numpy as jnp
    from flax import nnx

    def build(rngs: nnx.Rngs) -> nnx.Module:
        made = network(rngs)
        _, initial, _ = nnx.split(made, nnx.Param, ...)  # type: ignore[misc, unused-ignore]
        nnx.replace_by_pure_dict(initial, jax.tree.map(jnp.asarray, parameters))
        nnx.update(made, initial)
        return made

    return build


def jax_peer(
    network: Callable[[Any], Any],
    parameters: Mapping[str, Any],
    values: Mapping[str, np.ndarray],
    present: Mapping[str, np.ndarray],
    labels: np.ndarray,
    steps: int,
    target: np.ndarray | None = None,
    **changes: Any,
) -> Peer:
    """A network of this project with given parameters (nested mappings), trained by its engine: epochs of some steps.

    Args:
        network: ``f(rngs) -> nnx.Module``.
        parameters: initial ones.
        values: (EVENTS, ...) by block.
        present: (EVENTS, ...) by block.
        labels: (EVENTS,).
        steps: of an epoch; the same events in each, in another order.
        target: (EVENTS, t), of mean 0 and width 1; none by default.
        changes: of the training's settings.
    """
    import jax
    import jax.numpy as jnp
    import optax

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
        **changes,
    )
    target = np.zeros((events, 0), np.float32) if target is None else target
    given = DeviceInputs(
        shared=values,
        own={},
        present=present,
        label=labels.astype(np.int32),
        target=target,
        scale=np.tile(np.float32([0, 1]), (1, target.shape[1], 1)),
    )
    rows = np.tile(np.arange(events, dtype=np.int32), (steps, 1))
    trainer = Trainer(with_parameters(network, parameters), settings, given, rows, validated=rows[0, :2])

    def numbers() -> np.ndarray:
        state = trainer.state
        own = jax.tree.map(lambda leaf: leaf[0], (state.params, state.statistics, state.random))
        alone = jax.tree.map(jnp.asarray, given._replace(scale=given.scale[0]))

        def of_turn(turn: Any) -> list[Any]:
            def loss(params: Any, alone: Any) -> Any:
                every = {**own[0], turn.network: params} if turn.network else params
                losses, _ = trainer.engine.forward.training_losses(
                    every, own[1:], alone, jnp.arange(events), network=turn.network
                )
                return jnp.mean(losses), losses

            trained = own[0][turn.network] if turn.network else own[0]
            (mean, losses), gradient = jax.jit(jax.value_and_grad(loss, has_aux=True))(trained, alone)
            return [losses, [mean, optax.tree.norm(gradient)]]

        return np.concatenate([part for turn in trainer.engine.steps.turns for part in of_turn(turn)])

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
