"""Training of recurrent networks against PyTorch: 256 traces of 100 steps of 8 values, a state of 64.

The last state passes one linear layer. A step is forward pass, backward pass and Adam, in float32. PyTorch's cells have
a second bias, which starts from zero here.

    python benchmarks/learning/recurrence.py --cores 1
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from harness import Case, Peer, import_torch, main
from network_peer import jax_peer, layer, torch_peer

EVENTS, STEPS, FEATURES, WIDTH, BLOCK = 256, 100, 8, 64, 10
GATES = {"lstm": 4, "gru": 3}


def data() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.normal(size=(EVENTS, STEPS, FEATURES)).astype(np.float32), random.integers(0, 2, EVENTS)


def parameters(cell: str) -> dict[str, Any]:
    random, gates = np.random.default_rng(1), GATES[cell] * WIDTH
    made = {"input": layer(random, FEATURES, gates), "recurrent_kernel": layer(random, WIDTH, gates)["kernel"] / 2}
    return {"cells": {0: made}, "trunk": {"output": layer(random, WIDTH, 2)}}


def ours(cell: Literal["lstm", "gru"]) -> Peer:
    from flax import nnx

    from analysis.learning.networks.recurrent import RecurrentSettings, build

    traces, labels = data()
    settings = RecurrentSettings(hidden=(), segments=0, cell=cell, width=WIDTH)

    def network(rngs: nnx.Rngs) -> nnx.Module:
        return build({"trace": traces.shape[1:]}, 2, rngs, settings)

    return jax_peer(network, parameters(cell), {"trace": traces}, {"trace": np.ones(EVENTS, bool)}, labels, BLOCK)


def theirs(cell: Literal["lstm", "gru"], cores: int) -> Peer:
    torch = import_torch(cores)
    given = parameters(cell)
    kernel, made = given["trunk"]["output"], given["cells"][0]

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell]
            self.cell, self.output = kind(FEATURES, WIDTH, batch_first=True), torch.nn.Linear(WIDTH, 2)
            self.cell.weight_ih_l0.data = torch.tensor(made["input"]["kernel"].T.copy())
            self.cell.weight_hh_l0.data = torch.tensor(made["recurrent_kernel"].T.copy())
            self.cell.bias_ih_l0.data = torch.tensor(made["input"]["bias"])
            # not trained: the cells of this project have one bias
            self.cell.bias_hh_l0 = torch.nn.Parameter(torch.zeros(GATES[cell] * WIDTH), requires_grad=False)
            self.output.weight.data, self.output.bias.data = (
                torch.tensor(kernel["kernel"].T.copy()),
                torch.tensor(kernel["bias"]),
            )

        def forward(self, traces: Any) -> Any:
            return self.output(self.cell(traces)[0][:, -1])

    traces, labels = data()
    return torch_peer(torch, Network(), (torch.tensor(traces),), labels)


def our_lstm(cores: int) -> Peer:
    return ours("lstm")


def our_gru(cores: int) -> Peer:
    return ours("gru")


def their_lstm(cores: int) -> Peer:
    return theirs("lstm", cores)


def their_gru(cores: int) -> Peer:
    return theirs("gru", cores)


if __name__ == "__main__":
    main(
        __doc__,
        [
            Case("LSTM 64", EVENTS, BLOCK, {"erumflow": our_lstm, "torch": their_lstm}, 1e-4),
            Case("GRU 64", EVENTS, BLOCK, {"erumflow": our_gru, "torch": their_gru}, 1e-4),
        ],
    )
