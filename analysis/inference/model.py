"""A HistFactory likelihood in JAX, of any workspace.

It is not built on evermore 0.4.1, the JAX library of this field: that has neither a reader of workspaces nor
HistFactory's interpolation of factors (its asymmetric exponential is that of the combine tool: another function of the
parameter) nor the gamma constraint of ``shapesys``, so it cannot describe any workspace; its modifiers are objects that
are part of the compiled program, so that each workspace would be compiled anew; and second derivatives by automatic
differentiation cost a pass for each parameter, where those of :mod:`analysis.inference.derivatives` are a few matrix
products.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import StudyError
from analysis.inference import likelihood
from analysis.inference.arrays import Arrays, make_arrays
from analysis.inference.likelihood import Data
from analysis.inference.parameters import Parameter, parameter_sets
from analysis.inference.specification import read_workspace

__all__ = ["Data", "Model", "Parameter", "build_model"]


@dataclass(frozen=True, eq=False)
class Model:
    """The likelihood of p parameters for n bins of all channels, a auxiliary measurements and s samples.

    The methods compute with 64 bit, whatever the process's default; they may be called inside ``jit``, ``vmap`` and
    ``jacfwd``, which have to be called within ``with jax.enable_x64(True):``, for the numbers that go in lose half of
    their bits otherwise. The other functions of the process stay as they are.

    Args:
        parameters: in pyhf's order.
        poi: index of the parameter of interest; ``None`` if there is none.
        channels: their bins, by name.
        samples: names.
        observed: what the workspace says was measured.
        arrays: what the likelihood is computed with.
    """

    parameters: tuple[Parameter, ...]
    poi: int | None
    channels: Mapping[str, slice]
    samples: tuple[str, ...]
    observed: Data
    arrays: Arrays

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of the parameters."""
        return tuple(parameter.name for parameter in self.parameters)

    @cached_property
    def start(self) -> NDArray[np.float64]:
        """Start values of fits, (p,)."""
        return np.array([parameter.start for parameter in self.parameters])

    @cached_property
    def lower(self) -> NDArray[np.float64]:
        """Bounds, (p,)."""
        return np.array([parameter.lower for parameter in self.parameters])

    @cached_property
    def upper(self) -> NDArray[np.float64]:
        """Bounds, (p,)."""
        return np.array([parameter.upper for parameter in self.parameters])

    @cached_property
    def free(self) -> NDArray[np.bool_]:
        """Parameters that are fitted, (p,)."""
        return np.array([not parameter.fixed for parameter in self.parameters])

    def freed(self, names: Sequence[str]) -> Model:
        """The same model with some parameters that are fitted, though the measurement fixes them.

        Args:
            names: of the parameters.
        """
        return replace(
            self, parameters=tuple(p._replace(fixed=p.fixed and p.name not in names) for p in self.parameters)
        )

    def index(self, name: str) -> int:
        """The place of a parameter.

        Raises:
            StudyError: there is none of that name.
        """
        if name not in self.names:
            known = ", ".join(self.names[:20]) + (", ..." if len(self.names) > 20 else "")
            raise StudyError(f"the model has no parameter {name!r}", cure=f"use one of: {known}")
        return self.names.index(name)

    def expected(self, parameters: ArrayLike) -> jax.Array:
        """Expected events, (n,), at parameters (p,)."""
        with jax.enable_x64(True):
            return jnp.sum(self.expected_by_sample(parameters), axis=0)

    def expected_by_sample(self, parameters: ArrayLike) -> jax.Array:
        """Expected events, (s, n), at parameters (p,)."""
        with jax.enable_x64(True):
            return _by_sample(_array(parameters), self.arrays)

    def expected_auxiliary(self, parameters: ArrayLike) -> jax.Array:
        """Expected auxiliary measurements, (a,), at parameters (p,)."""
        with jax.enable_x64(True):
            return _expected_auxiliary(_array(parameters), self.arrays)

    def logpdf(self, parameters: ArrayLike, data: Data | None = None) -> jax.Array:
        """Logarithm of the probability density of data (the observed ones by default), (), as pyhf normalises it."""
        with jax.enable_x64(True):
            return _log_density(_array(parameters), self.arrays, self.observed if data is None else data)

    def asimov(self, parameters: ArrayLike) -> Data:
        """The data that parameters (p,) expect, auxiliary ones included."""
        with jax.enable_x64(True):
            place = _array(parameters)
            # a sum that is zero may be a little less by rounding
            return Data(jnp.maximum(self.expected(place), 0.0), self.expected_auxiliary(place))


def build_model(
    workspace: Mapping[str, Any], measurement: str | None = None, channels: Sequence[str] | None = None
) -> Model:
    """The likelihood of a workspace.

    Args:
        workspace: as read from JSON, of pyhf's schema 1.0.0.
        measurement: name of the one that is wanted; the first one by default.
        channels: names of those that are kept; all of them by default. Without the channels of the parameter of
            interest there is none.

    Raises:
        StudyError: the workspace is not valid; the message names channel, sample and modifier.

    Examples:
        >>> modifiers = [{"name": "mu", "type": "normfactor", "data": None}]
        >>> sample = {"name": "signal", "data": [10.0, 20.0], "modifiers": modifiers}
        >>> model = build_model({
        ...     "channels": [{"name": "region", "samples": [sample]}],
        ...     "observations": [{"name": "region", "data": [12.0, 19.0]}],
        ...     "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
        ...     "version": "1.0.0",
        ... })
        >>> model.names, model.expected([0.5]).tolist()
        (('mu',), [5.0, 10.0])
    """
    specification = read_workspace(workspace, measurement, channels)
    sets = parameter_sets(specification)
    parameters = tuple(parameter for each in sets for parameter in each.parameters)
    names = [parameter.name for parameter in parameters]
    if specification.poi is not None and specification.poi not in names:
        raise StudyError(
            f"the parameter of interest {specification.poi!r} is a vector", cure="choose a parameter that is one number"
        )
    auxiliary = np.concatenate([np.zeros(0), *(each.auxiliary for each in sets)])
    with jax.enable_x64(True):
        # once, not with every call; jnp.asarray would compile a program for each shape
        arrays = jax.device_put(make_arrays(specification, sets))
    return Model(
        parameters=parameters,
        poi=None if specification.poi is None else names.index(specification.poi),
        channels=specification.channels,
        samples=specification.samples,
        observed=Data(specification.observed, auxiliary),
        arrays=arrays,
    )


def _array(parameters: ArrayLike) -> jax.Array:
    return jnp.asarray(parameters, jnp.float64)


_by_sample = jax.jit(likelihood.by_sample)
_expected_auxiliary = jax.jit(likelihood.expected_auxiliary)
_log_density = jax.jit(likelihood.log_density)
