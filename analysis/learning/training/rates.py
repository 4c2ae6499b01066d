"""Learning rates of single parameters: frozen ones, and those that learn more slowly than the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import optax

from analysis.learning.pretrained_settings import Pretrained, rate_of

__all__ = ["Rates"]


@dataclass(frozen=True)
class Rates:
    """Learning rates of a network's parameters, relative to that of the training.

    Args:
        start: of the training, which names the parameters; ``None`` where all learn alike.
        network: name of the network, of several that are trained against each other.
    """

    start: Pretrained | None
    network: str = ""

    def held(self, params: Any) -> Any:
        """The same parameters, of which frozen ones get no gradient: it is not computed, and no norm has it."""
        return self._mapped(lambda rate, own: own if rate else jax.lax.stop_gradient(own), params)

    def updated(self, params: Any, changes: Any) -> Any:
        """The parameters after a step; every optimizer's changes are proportional to its learning rate."""
        scaled = self._mapped(lambda rate, change: change if rate == 1.0 else rate * change, changes)
        return self.unchanged(params, optax.apply_updates(params, scaled))

    def unchanged(self, params: Any, found: Any) -> Any:
        """What was found, but for frozen parameters, which are as they were to the last bit."""
        return self._mapped(lambda rate, one, own: one if rate else jnp.asarray(own), found, params)

    def _mapped(self, function: Callable[..., Any], tree: Any, *more: Any) -> Any:
        if self.start is None:
            return tree
        before = f"{self.network}." if self.network else ""

        def of(path: Any, *leaves: Any) -> Any:
            return function(
                rate_of(before + jax.tree_util.keystr(path, simple=True, separator="."), self.start), *leaves
            )

        return jax.tree_util.tree_map_with_path(of, tree, *more)
