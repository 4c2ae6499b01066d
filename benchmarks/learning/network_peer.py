"""One network here and in PyTorch, as peers that train: Adam, cross entropy, the same batch again and again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from harness import Peer

__all__ = ["jax_peer", "layer", "torch_peer"]

LEARNING_RATE = 1e-4


def layer(random: np.random.Generator, inputs: int, outputs: int) -> dict[str, np.ndarray]:
    """Kernel (inputs, outputs) and bias."""
    kernel = random.normal(0.0, (2 / inputs) ** 0.5, (inputs, outputs))
    return {"kernel": kernel.astype(np.float32), "bias": random.normal(0.0, 0.1, outputs).astype(np.float32)}


def jax_peer(
    network: Any,
    parameters: Mapping[str, Any],
    values: Mapping[str, np.ndarray],
    present: Mapping[str, np.ndarray],
    labels: np.ndarray,
) -> Peer:
    """A network of this project with given parameters (nested mappings), trained by one compiled, donated step."""
    import jax
    import jax.numpy as jnp
    import optax
    from flax import nnx

    graph, initial, rest = nnx.split(network, nnx.Param, ...)  # type: ignore[misc, unused-ignore]
    nnx.replace_by_pure_dict(initial, jax.tree.map(jnp.asarray, parameters))
    # arguments of what is compiled, never constants in it
    batch = jax.tree.map(jnp.asarray, (values, present, labels))
    optimizer = optax.adam(LEARNING_RATE)

    def outputs(params: Any, batch: Any) -> Any:
        return nnx.merge(graph, params, rest)(*batch[:2])

    def loss(params: Any, batch: Any) -> Any:
        return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(outputs(params, batch), batch[2]))

    def step(params: Any, state: Any, batch: Any) -> Any:
        updates, state = optimizer.update(jax.grad(loss)(params, batch), state, params)
        return optax.apply_updates(params, updates), state

    compiled = jax.jit(step, donate_argnums=(0, 1))
    held = [jax.tree.map(jnp.copy, initial), optimizer.init(initial)]

    def run(steps: int) -> None:
        for _ in range(steps):
            held[:] = compiled(*held, batch)
        jax.block_until_ready(held)

    def numbers() -> np.ndarray:
        norm = optax.tree.norm(jax.jit(jax.grad(loss))(initial, batch))
        return np.concatenate([np.ravel(jax.jit(outputs)(initial, batch)), [loss(initial, batch), norm]])

    return Peer(run, numbers)


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
        found = network(*inputs)
        loss = criterion(found, wanted)
        loss.backward()
        norm = sum(float((p.grad**2).sum()) for p in network.parameters() if p.grad is not None) ** 0.5
        optimizer.zero_grad()
        return np.concatenate([found.detach().numpy().ravel(), [loss.item(), norm]])

    return Peer(run, numbers)
