"""Training of generators of showers against PyTorch: a WGAN with gradient penalty, and a flow of splines.

Showers are 250 numbers given 3 conditions. A step of the WGAN is five updates of the critic and one of the generator,
each with events of its own; a step of the flow is one update by the likelihood. Both with Adam, in float32. PyTorch is
eager, with its fused Adam; it computes no derivatives that nobody asks for. Random numbers are drawn in each update;
before anything is timed, both compute losses and gradients with the same ones.

The other cases draw showers with the same networks from given random numbers, as this project does where it applies a
network: milliseconds a shower are 1000 over events/s.

    python benchmarks/learning/generators.py --cores 1
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
from harness import Case, Peer, import_torch, main
from network_peer import LEARNING_RATE, jax_peer, layer, with_parameters

CONDITIONS, TARGETS, NOISE, CRITIC_STEPS, PENALTY = 3, 250, 64, 5, 10.0
WIDTHS, COUPLINGS, BINS, REACH = {"adversarial": (128, 128), "flow": (64, 64)}, 6, 8, 5.0
EVENTS, STEPS, DRAWN = {"adversarial": 6 * 256, "flow": 256}, 4, 256


def data(kind: str) -> dict[str, np.ndarray]:
    """Conditions and random numbers by block, targets, shares of true targets between true and generated ones."""
    random, events = np.random.default_rng(0), EVENTS[kind]
    sizes = {"event": CONDITIONS, "noise": NOISE if kind == "adversarial" else TARGETS, "target": TARGETS}
    made = {name: random.normal(size=(events, size)).astype(np.float32) for name, size in sizes.items()}
    return {**made, "share": random.uniform(size=(events, 1)).astype(np.float32)}


def dense(random: np.random.Generator, kind: str, features: int, learned: int, outputs: int) -> dict[str, Any]:
    """Parameters of a fully connected network; its first layer also sees which features are missing: none is."""
    widths = (2 * features + learned, *WIDTHS[kind])
    layers = {number: layer(random, widths[number], width) for number, width in enumerate(WIDTHS[kind])}
    return {"hidden": layers, "output": layer(random, widths[-1], outputs)}


def parameters(kind: str) -> dict[str, Any]:
    random = np.random.default_rng(1)
    if kind == "adversarial":
        generator = dense(random, kind, CONDITIONS + NOISE, 0, TARGETS)
        return {"generator": generator, "critic": dense(random, kind, CONDITIONS, TARGETS, 1)}
    half, own = TARGETS // 2, 3 * BINS - 1
    networks = {n: dense(random, kind, CONDITIONS, half, half * own) for n in range(COUPLINGS)}
    for made in networks.values():
        # near the identity, where couplings begin: steep splines of steep splines amplify roundings
        made["output"] = {name: array / 10 for name, array in made["output"].items()}
    return {"networks": networks}


def network(kind: str) -> Any:
    """``f(rngs) -> nnx.Module``."""
    from analysis.learning.networks import adversarial, flow

    shapes = {"event": (CONDITIONS,), "noise": (NOISE if kind == "adversarial" else TARGETS,)}
    if kind == "adversarial":
        shape = adversarial.AdversarialSettings(hidden=WIDTHS[kind], critic=WIDTHS[kind])
        return lambda rngs: adversarial.build(shapes, TARGETS, rngs, shape)
    settings = flow.FlowSettings(layers=COUPLINGS, hidden=WIDTHS[kind], bins=BINS, reach=REACH, noise="noise")
    return lambda rngs: flow.build(shapes, TARGETS, rngs, settings)


def ours(kind: str, cores: int) -> Peer:
    from analysis.learning.loss_settings import Likelihood, Wasserstein
    from analysis.learning.networks.noise import Noise

    given, losses = data(kind), {"adversarial": Wasserstein(CRITIC_STEPS, PENALTY), "flow": Likelihood(drawn=True)}
    blocks = {name: given[name] for name in ("event", "noise")}
    inputs = (blocks, {name: np.ones(block.shape, bool) for name, block in blocks.items()})
    learned = {"target": given["target"], "loss": losses[kind], "validation": "sliced_wasserstein"}
    labels = np.zeros(EVENTS[kind], np.int32)
    peer = jax_peer(network(kind), parameters(kind), *inputs, labels, STEPS, **learned)

    def numbers() -> np.ndarray:
        drawn = {"uniform": lambda *_: given["share"], "normal": lambda *_: given["noise"]}
        with patch.multiple(Noise, **drawn):
            return np.asarray(peer.numbers())

    return Peer(peer.run, numbers)


def our_showers(kind: str, cores: int) -> Peer:
    import jax
    import jax.numpy as jnp
    from flax import nnx

    given = data(kind)
    model = with_parameters(network(kind), parameters(kind))(nnx.Rngs(params=0, dropout=0))
    model.eval()
    graph, state = nnx.split(model)

    @jax.jit
    def draw(state: Any, event: Any, noise: Any) -> Any:
        blocks = {"event": event, "noise": noise}
        present = {name: jnp.ones(block.shape, bool) for name, block in blocks.items()}
        return nnx.merge(graph, state)(blocks, present)

    blocks = [jax.device_put(given[name][:DRAWN]) for name in ("event", "noise")]

    def run(steps: int) -> None:
        for _ in range(steps):
            jax.block_until_ready(draw(state, *blocks))

    return Peer(run, lambda: np.asarray(draw(state, *blocks)))


class Torch:
    """Both networks in PyTorch, with the same parameters."""

    def __init__(self, kind: str, cores: int) -> None:
        self.torch = torch = import_torch(cores)
        self.given = {name: torch.tensor(array) for name, array in data(kind).items()}
        made = parameters(kind)

        def stack(given: dict[str, Any], features: int) -> Any:
            layers = [*(given["hidden"][number] for number in sorted(given["hidden"])), given["output"]]
            first = layers[0]["kernel"]
            layers[0] = {**layers[0], "kernel": np.concatenate([first[:features], first[2 * features :]])}
            modules = []
            for one in layers:
                linear = torch.nn.Linear(*one["kernel"].shape)
                linear.weight.data, linear.bias.data = torch.tensor(one["kernel"].T.copy()), torch.tensor(one["bias"])
                modules += [linear, torch.nn.SiLU()]
            return torch.nn.Sequential(*modules[:-1])

        if kind == "adversarial":
            self.generator = stack(made["generator"], CONDITIONS + NOISE)
            self.critic = stack(made["critic"], CONDITIONS)
        else:
            self.couplings = torch.nn.ModuleList([stack(made["networks"][n], CONDITIONS) for n in range(COUPLINGS)])

    def optimizer(self, network: Any) -> Any:
        return self.torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, fused=True)

    def generate(self, event: Any, noise: Any) -> Any:
        return self.generator(self.torch.cat([event, noise], 1))

    def criticise(self, event: Any, targets: Any) -> Any:
        return self.critic(self.torch.cat([event, targets], 1))[:, 0]

    def critic_losses(self, event: Any, true: Any, noise: Any, share: Any) -> Any:
        torch = self.torch
        with torch.no_grad():
            generated = self.generate(event, noise)
            between = share * true + (1 - share) * generated
        between.requires_grad_()
        (slope,) = torch.autograd.grad(self.criticise(event, between).sum(), between, create_graph=True)
        penalty = PENALTY * (slope.norm(dim=1) - 1) ** 2
        return self.criticise(event, generated) - self.criticise(event, true) + penalty

    def generator_losses(self, event: Any, noise: Any) -> Any:
        return -self.criticise(event, self.generate(event, noise))

    def coupling(self, number: int, event: Any, values: Any, inverse: bool) -> tuple[Any, Any]:
        torch = self.torch
        # halves that stay and that change take turns
        kept, changed = values.split(TARGETS // 2, 1)[:: 1 if number % 2 == 0 else -1]
        outputs = self.couplings[number](torch.cat([event, kept], 1)).view(len(event), TARGETS // 2, 3 * BINS - 1)
        changed, logarithm = spline(torch, changed, outputs, inverse)
        return torch.cat([kept, changed] if number % 2 == 0 else [changed, kept], 1), logarithm

    def flow_losses(self, event: Any, target: Any) -> Any:
        total = 0.0
        for number in range(COUPLINGS):
            target, logarithm = self.coupling(number, event, target, False)
            total = total + logarithm.sum(1)
        return 0.5 * (target**2).sum(1) + 0.5 * TARGETS * math.log(2 * math.pi) - total

    def draw(self, event: Any, normal: Any) -> Any:
        for number in reversed(range(COUPLINGS)):
            normal, _ = self.coupling(number, event, normal, True)
        return normal


def spline(torch: Any, values: Any, outputs: Any, inverse: bool) -> tuple[Any, Any]:
    """Rational-quadratic splines, or their inverses, and the logarithms of the derivatives of the former."""
    least, functional = 1e-3, torch.nn.functional

    def knots(shares: Any) -> Any:
        widths = least + (1 - least * BINS) * functional.softmax(shares, -1)
        inner = 2 * REACH * widths.cumsum(-1)[..., :-1] - REACH
        return functional.pad(functional.pad(inner, (1, 0), value=-REACH), (0, 1), value=REACH)

    x, y = knots(outputs[..., :BINS]), knots(outputs[..., BINS : 2 * BINS])
    slopes = least + functional.softplus(outputs[..., 2 * BINS :] + math.log(math.expm1(1 - least)))
    slopes = functional.pad(slopes, (1, 1), value=1.0)
    inside = (values > -REACH) & (values < REACH)
    inner = values.where(inside, torch.zeros(()))[..., None]
    place = torch.searchsorted((y if inverse else x)[..., 1:-1].detach().contiguous(), inner.detach(), right=True)
    x0, y0, s0 = (one.gather(-1, place)[..., 0] for one in (x, y, slopes))
    x1, y1, s1 = (one.gather(-1, place + 1)[..., 0] for one in (x, y, slopes))
    width, height, inner = x1 - x0, y1 - y0, inner[..., 0]
    mean = height / width
    if inverse:
        above = inner - y0
        bend = above * (s1 + s0 - 2 * mean)
        a, b, c = height * (mean - s0) + bend, height * s0 - bend, -mean * above
        part = -2 * c / (b + (b**2 - 4 * a * c).clamp(min=0).sqrt())
        return torch.where(inside, x0 + width * part, values), None
    part = (inner - x0) / width
    rest = part * (1 - part)
    curve = mean + (s1 + s0 - 2 * mean) * rest
    found = y0 + height * (mean * part**2 + s0 * rest) / curve
    derivative = mean**2 * (s1 * part**2 + 2 * mean * rest + s0 * (1 - part) ** 2) / curve**2
    return torch.where(inside, found, values), torch.where(inside, derivative.log(), torch.zeros(()))


def described(losses: Any, parameters: Sequence[Any]) -> np.ndarray:
    """Losses of events, their mean, and the norm of its gradient."""
    mean = losses.mean()
    mean.backward()
    norm = sum(float((parameter.grad**2).sum()) for parameter in parameters) ** 0.5
    for parameter in parameters:
        parameter.grad = None
    return np.concatenate([losses.detach().numpy(), [mean.item(), norm]])


def their_wgan(cores: int) -> Peer:
    their = Torch("adversarial", cores)
    torch, given = their.torch, their.given
    optimizers = {name: their.optimizer(getattr(their, name)) for name in ("critic", "generator")}

    def turn(name: str, losses: Any) -> None:
        optimizers[name].zero_grad()
        losses.mean().backward()
        optimizers[name].step()

    def run(steps: int) -> None:
        for _ in range(steps):
            *critics, last = torch.randperm(EVENTS["adversarial"]).view(CRITIC_STEPS + 1, -1)
            for rows in critics:
                noise, share = torch.randn(len(rows), NOISE), torch.rand(len(rows), 1)
                turn("critic", their.critic_losses(given["event"][rows], given["target"][rows], noise, share))
            their.critic.requires_grad_(False)
            turn("generator", their.generator_losses(given["event"][last], torch.randn(len(last), NOISE)))
            their.critic.requires_grad_(True)

    def numbers() -> np.ndarray:
        critic = their.critic_losses(*(given[name] for name in ("event", "target", "noise", "share")))
        found = described(critic, list(their.critic.parameters()))
        generator = their.generator_losses(given["event"], given["noise"])
        return np.concatenate([found, described(generator, list(their.generator.parameters()))])

    return Peer(run, numbers)


def their_flow(cores: int) -> Peer:
    their = Torch("flow", cores)
    optimizer, given = their.optimizer(their.couplings), their.given

    def run(steps: int) -> None:
        for _ in range(steps):
            rows = their.torch.randperm(EVENTS["flow"])
            optimizer.zero_grad()
            their.flow_losses(given["event"][rows], given["target"][rows]).mean().backward()
            optimizer.step()

    def numbers() -> np.ndarray:
        return described(their.flow_losses(given["event"], given["target"]), list(their.couplings.parameters()))

    return Peer(run, numbers)


def their_showers(kind: str, cores: int) -> Peer:
    their = Torch(kind, cores)
    draw = their.generate if kind == "adversarial" else their.draw
    blocks = [their.given[name][:DRAWN] for name in ("event", "noise")]

    def run(steps: int) -> Any:
        with their.torch.inference_mode():
            return [draw(*blocks) for _ in range(steps)][-1]

    return Peer(run, lambda: run(1).numpy())


our_wgan, our_flow = partial(ours, "adversarial"), partial(ours, "flow")
our_generated, our_drawn = partial(our_showers, "adversarial"), partial(our_showers, "flow")
their_generated, their_drawn = partial(their_showers, "adversarial"), partial(their_showers, "flow")
CASES = [
    Case("WGAN-GP", EVENTS["adversarial"], STEPS, {"erumflow": our_wgan, "torch": their_wgan}, 1e-4),
    Case("flow", EVENTS["flow"], STEPS, {"erumflow": our_flow, "torch": their_flow}, 1e-4),
    Case("WGAN-GP, showers", DRAWN, 20, {"erumflow": our_generated, "torch": their_generated}, 1e-4),
    Case("flow, showers", DRAWN, STEPS, {"erumflow": our_drawn, "torch": their_drawn}, 1e-4),
]

if __name__ == "__main__":
    main(__doc__, CASES)
