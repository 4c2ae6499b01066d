"""Training of a dynamic graph network against PyTorch: 100 particles, 16 neighbours, as in ParticleNet.

A step is forward pass, backward pass and Adam, in float32, on a batch of 64 events of 30 to 100 particles each; three
layers to an edge convolution.

    python benchmarks/learning/edgeconv.py --cores 1
"""

from __future__ import annotations

from typing import Any

import numpy as np
from harness import Case, Peer, import_torch, main
from network_peer import jax_peer, layer, torch_peer

EVENTS, PLACES, FEATURES, NEIGHBOURS, HEAD, STEPS = 64, 100, 8, 16, 64, 4
LITE, LARGE = (32, 64), (64, 128)


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    there = np.arange(PLACES) < random.integers(30, PLACES + 1, (EVENTS, 1))
    particles = random.normal(size=(EVENTS, PLACES, FEATURES)) * there[..., None]
    return particles.astype(np.float32), there, random.integers(0, 2, EVENTS)


def parameters(widths: tuple[int, ...]) -> dict[str, Any]:
    random, convolutions = np.random.default_rng(1), {}
    for number, (before, width) in enumerate(zip((FEATURES, *widths), widths, strict=False)):
        edge = {0: layer(random, 2 * before, width), 1: layer(random, width, width), 2: layer(random, width, width)}
        convolutions[number] = {"edge": edge, "shortcut": layer(random, before, width)}
    trunk = {"hidden": {0: layer(random, widths[-1] + 1, HEAD)}, "output": layer(random, HEAD, 2)}
    return {"convolutions": {"convolutions": convolutions}, "trunk": trunk}


def ours(widths: tuple[int, ...]) -> Peer:
    from flax import nnx

    from analysis.learning.networks.graph import GraphSettings, build

    particles, there, labels = data()
    settings = GraphSettings(
        hidden=(HEAD,), activation="relu", segments=0, neighbours=NEIGHBOURS, widths=widths, layers=3
    )

    def network(rngs: nnx.Rngs) -> nnx.Module:
        return build({"particles": particles.shape[1:]}, 2, rngs, settings)

    return jax_peer(network, parameters(widths), {"particles": particles}, {"particles": there}, labels, STEPS)


def theirs(widths: tuple[int, ...], cores: int) -> Peer:
    torch = import_torch(cores)
    relu = torch.nn.functional.relu

    def linear(given: dict[str, np.ndarray]) -> Any:
        made = torch.nn.Linear(*given["kernel"].shape)
        made.weight.data, made.bias.data = torch.tensor(given["kernel"].T.copy()), torch.tensor(given["bias"])
        return made

    class EdgeConvolution(torch.nn.Module):
        def __init__(self, given: dict[str, Any]) -> None:
            super().__init__()
            self.edge = torch.nn.ModuleList([linear(given["edge"][number]) for number in range(3)])
            self.shortcut = linear(given["shortcut"])

        def forward(self, particles: Any, known: Any, places: Any) -> Any:
            batch, number, _ = particles.shape
            with torch.no_grad():
                square = (places * places).sum(-1)
                distance = square[:, :, None] + square[:, None, :] - 2 * torch.bmm(places, places.transpose(1, 2))
                impossible = ~(known[:, :, None] & known[:, None, :]) | torch.eye(number, dtype=torch.bool)
                nearest, found = torch.topk(distance.masked_fill(impossible, torch.inf), NEIGHBOURS, largest=False)
                exists = nearest < torch.inf
                found = (found + number * torch.arange(batch)[:, None, None]).reshape(-1)
            other = particles.reshape(batch * number, -1)[found].view(batch, number, NEIGHBOURS, -1)
            own = particles[:, :, None].expand_as(other)
            hidden = torch.cat([own, other - own], dim=-1)
            for one in self.edge:
                hidden = relu(one(hidden))
            mean = (hidden * exists[..., None]).sum(2) / exists.sum(2, keepdim=True).clamp(min=1)
            return relu(self.shortcut(particles) + mean) * known[..., None]

    class Network(torch.nn.Module):
        def __init__(self, given: dict[str, Any]) -> None:
            super().__init__()
            convolutions = given["convolutions"]["convolutions"]
            self.convolutions = torch.nn.ModuleList([EdgeConvolution(convolutions[n]) for n in sorted(convolutions)])
            self.hidden, self.output = linear(given["trunk"]["hidden"][0]), linear(given["trunk"]["output"])

        def forward(self, particles: Any, known: Any) -> Any:
            places = particles[..., :2]
            for convolution in self.convolutions:
                particles = convolution(particles, known, places)
                places = particles
            number = known.sum(1, keepdim=True)
            learned = torch.cat([particles.sum(1) / number, torch.log1p(number)], dim=1)
            return self.output(relu(self.hidden(learned)))

    particles, there, labels = data()
    return torch_peer(torch, Network(parameters(widths)), (torch.tensor(particles), torch.tensor(there)), labels)


def our_lite(cores: int) -> Peer:
    return ours(LITE)


def our_large(cores: int) -> Peer:
    return ours(LARGE)


def their_lite(cores: int) -> Peer:
    return theirs(LITE, cores)


def their_large(cores: int) -> Peer:
    return theirs(LARGE, cores)


if __name__ == "__main__":
    main(
        __doc__,
        [
            Case("EdgeConv 32, 64", EVENTS, STEPS, {"erumflow": our_lite, "torch": their_lite}, 1e-4),
            Case("EdgeConv 64, 128", EVENTS, STEPS, {"erumflow": our_large, "torch": their_large}, 1e-4),
        ],
    )
