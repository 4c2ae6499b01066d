"""Training of a convolutional network against PyTorch: images of 32 x 32 pixels with three channels.

Three convolutions of 3 x 3 pixels, each with ReLU and maximum pooling, a mean over the pixels, one hidden layer.
A step is forward pass, backward pass and Adam, in float32, on a batch of 128 images.

PyTorch comes twice: as it is by default (channels before pixels in memory), and with ``channels_last``.

    python benchmarks/learning/convolution.py --cores 1
"""

from __future__ import annotations

from typing import Any

import numpy as np
from harness import Case, Peer, import_torch, main
from network_peer import jax_peer, layer, torch_peer

EVENTS, PIXELS, COLOURS, CHANNELS, HEAD, STEPS = 128, 32, 3, (32, 64, 128), 64, 5


def data() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    images = random.normal(size=(EVENTS, PIXELS, PIXELS, COLOURS))
    return images.astype(np.float32), random.integers(0, 2, EVENTS)


def parameters() -> dict[str, Any]:
    random, convolutions = np.random.default_rng(1), {}
    for number, (before, after) in enumerate(zip((COLOURS, *CHANNELS), CHANNELS, strict=False)):
        made = layer(random, 9 * before, after)
        convolutions[number] = {**made, "kernel": made["kernel"].reshape(3, 3, before, after)}
    trunk = {"hidden": {0: layer(random, CHANNELS[-1], HEAD)}, "output": layer(random, HEAD, 2)}
    return {"convolutions": convolutions, "trunk": trunk}


def ours(cores: int) -> Peer:
    from flax import nnx

    from analysis.learning.networks.convolutional import ConvolutionalSettings, build

    images, labels = data()
    settings = ConvolutionalSettings(hidden=(HEAD,), activation="relu", segments=0, channels=CHANNELS)
    there = np.ones(images.shape[:3], bool)

    def network(rngs: nnx.Rngs) -> nnx.Module:
        return build({"image": images.shape[1:]}, 2, rngs, settings)

    return jax_peer(network, parameters(), {"image": images}, {"image": there}, labels, STEPS)


def theirs(cores: int, channels_last: bool = False) -> Peer:
    torch = import_torch(cores)
    relu, pool = torch.nn.functional.relu, torch.nn.functional.max_pool2d

    def fill(made: Any, kernel: np.ndarray, bias: np.ndarray) -> Any:
        made.weight.data, made.bias.data = torch.tensor(kernel.copy()), torch.tensor(bias)
        return made

    class Network(torch.nn.Module):
        def __init__(self, given: dict[str, Any]) -> None:
            super().__init__()
            self.convolutions = torch.nn.ModuleList(
                [
                    fill(
                        torch.nn.Conv2d(*one["kernel"].shape[2:], 3, padding=1),
                        one["kernel"].transpose(3, 2, 0, 1),
                        one["bias"],
                    )
                    for _, one in sorted(given["convolutions"].items())
                ]
            )
            self.hidden, self.output = (
                fill(torch.nn.Linear(*one["kernel"].shape), one["kernel"].T, one["bias"])
                for one in (given["trunk"]["hidden"][0], given["trunk"]["output"])
            )

        def forward(self, images: Any) -> Any:
            for convolution in self.convolutions:
                images = pool(relu(convolution(images)), 2)
            return self.output(relu(self.hidden(images.mean((2, 3)))))

    images, labels = data()
    network, given = Network(parameters()), torch.tensor(images).permute(0, 3, 1, 2).contiguous()
    if channels_last:
        network = network.to(memory_format=torch.channels_last)
        given = given.to(memory_format=torch.channels_last)
    return torch_peer(torch, network, (given,), labels)


def theirs_channels_last(cores: int) -> Peer:
    return theirs(cores, channels_last=True)


if __name__ == "__main__":
    peers = {"erumflow": ours, "torch": theirs, "torch channels_last": theirs_channels_last}
    main(__doc__, [Case("CNN 32 x 32", EVENTS, STEPS, peers, 1e-4)])
