"""Minimum of a function of bounded parameters, with exact first and second derivatives.

A projected Newton method (D. P. Bertsekas, SIAM J. Control Optim. 20 (1982) 221) whose steps are shortened by damping
(K. Levenberg, Q. Appl. Math. 2 (1944) 164; J. J. Moré, Lect. Notes Math. 630 (1978) 105) where they do not lead down
or where the curvature is not positive.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from analysis.inference.curvature import distance_of, factor_of, scale_of, solve
from analysis.inference.settings import MinimiserSettings

__all__ = ["Minimum", "minimise"]

Objective = Callable[..., jax.Array]
Derivatives = Callable[..., tuple[jax.Array, jax.Array]]

_FIRST_DAMPING = 1e-3
# of a difference of two values of the objective, relative to them
_ROUNDING = 1e-13
# shares of the way into the allowed region, where the objective is not finite at the start
_SHARES = (0.0, 1e-3, 1e-2, 0.1, 0.3, 1.0)
# of a typical step, where the curvature is not positive: leads away from a saddle point
_PUSH = 1e-3


class Minimum(NamedTuple):
    """Result of a minimisation over p parameters.

    Attributes:
        parameters: (p,).
        value: of the objective, ().
        gradient: (p,).
        hessian: second derivatives, (p, p), of all parameters, fixed ones and those at bounds included.
        distance: estimated distance to the minimum in the objective's unit, (): half of g H⁻¹ g over the parameters
            that can move; infinite where the curvature is not positive.
        iterations: expansions of the objective, ().
        converged: ().
        at_bound: parameters that would go on beyond their bounds, (p,).
    """

    parameters: jax.Array
    value: jax.Array
    gradient: jax.Array
    hessian: jax.Array
    distance: jax.Array
    iterations: jax.Array
    converged: jax.Array
    at_bound: jax.Array


def minimise(
    objective: Objective,
    start: jax.Array,
    lower: jax.Array,
    upper: jax.Array,
    free: jax.Array | None = None,
    *arguments: Any,
    settings: MinimiserSettings = MinimiserSettings(),  # noqa: B008 (frozen)
    derivatives: Derivatives | None = None,
) -> Minimum:
    """Minimise an objective within bounds; to be called inside ``jax.jit`` (or ``jax.vmap``), with 64 bit.

    Bounds hold exactly: the objective is never evaluated beyond them. Where it is not a number, a step is not taken.
    The same arguments give the same bits; under ``jax.vmap`` a batch's size may change the last ones, under
    ``jax.lax.map`` it does not.

    Args:
        objective: ``f(parameters (p,), *arguments) -> ()``; differentiable twice.
        start: (p,); moved to the nearest allowed place, and a bit inside if the objective is not finite there.
        lower: bounds (p,); may be infinite.
        upper: in the same way.
        free: bool (p,); the others stay at their start. All of them are free if it is not given.
        *arguments: of the objective; any trees of arrays.
        settings: when to stop.
        derivatives: ``f(parameters, exact, *arguments) -> (gradient (p,), second derivatives (p, p))`` of the
            objective, where there is something better than automatic differentiation. ``exact`` is 1, or 0 where the
            curvature is negative and a similar matrix is wanted that never is.

    Raises:
        TypeError: the parameters have no 64 bit.

    Examples:
        >>> def valley(x, floor):
        ...     return 100.0 * (x[1] - x[0] ** 2) ** 2 + (1.0 - x[0]) ** 2 + floor
        >>> with jax.enable_x64(True):
        ...     found = jax.jit(lambda s: minimise(valley, s, s - 9.0, s + 9.0, None, 5.0))(jnp.array([-1.2, 1.0]))
        ...     print(bool(found.converged), found.parameters.round(6), found.value.round(6))
        True [1. 1.] 5.0
    """
    start, lower, upper = jnp.asarray(start), jnp.asarray(lower), jnp.asarray(upper)
    if start.dtype != jnp.float64:
        raise TypeError("a minimum needs 64 bit: call within `with jax.enable_x64(True):`")
    free = jnp.ones(start.shape, bool) if free is None else jnp.asarray(free)

    def evaluate(place: jax.Array) -> jax.Array:
        value = objective(place, *arguments)
        return jnp.where(jnp.isnan(value), jnp.inf, value)

    expand = derivatives or partial(_differentiate, objective)
    substitute = derivatives is not None

    def keep_going(state: _State) -> jax.Array:
        return ~state.done & (state.iterations < settings.iterations)

    def iterate(state: _State) -> _State:
        gradient, hessian = expand(state.place, jnp.where(state.exact, 1.0, 0.0), *arguments)
        blocked = ((state.place <= lower) & (gradient > 0)) | ((state.place >= upper) & (gradient < 0))
        movable = free & ~blocked
        distance = distance_of(gradient, hessian, movable)
        regular = jnp.all(jnp.isfinite(gradient)) & jnp.all(jnp.isfinite(hessian))
        converged = (distance < settings.tolerance) & jnp.isfinite(state.value) & state.exact
        pattern = jnp.where(jnp.arange(gradient.shape[0]) % 2 == 0, 1.0, -1.0)
        # with a substitute, only where its own step leads nowhere: elsewhere that leads down, along flat valleys too
        saddle = ~state.exact & (distance < settings.tolerance) if substitute else ~jnp.isfinite(distance)
        push = jnp.where(saddle, _PUSH * pattern / scale_of(hessian), 0.0)
        last = state.iterations + 1 >= settings.iterations
        step = _Step(state.place, state.value, state.damping, jnp.zeros((), int), converged | last | ~regular)

        def shorten(step: _Step) -> _Step:
            move, sound = _move(state.place, gradient + push, hessian, movable, lower, upper, step.damping)
            trial = jnp.clip(state.place + move, lower, upper)
            trial = jnp.where(movable, trial, state.place)
            move = trial - state.place
            value = evaluate(trial)
            expected = -(gradient @ move) - 0.5 * (move @ hessian @ move)
            noise = _ROUNDING * (1.0 + jnp.abs(state.value))
            gain = state.value - value
            # close to the minimum the difference of values is noise, and Newton's step is right
            good = sound & ((gain > 1e-4 * expected) | (jnp.abs(expected) < noise)) & (gain > -noise)
            ratio = jnp.where(jnp.abs(expected) < noise, 1.0, gain / expected)
            longer = jnp.where(step.damping < 1e-6, 0.0, 0.1 * step.damping)
            shorter = jnp.maximum(4.0 * step.damping, _FIRST_DAMPING)
            damping = jnp.where(good & (ratio > 0.5), longer, jnp.where(good & (ratio > 0.1), step.damping, shorter))
            return _Step(
                jnp.where(good, trial, step.place), jnp.where(good, value, step.value), damping, step.tries + 1, good
            )

        # with a substitute, Newton's step has one chance, and none where the curvature is not positive
        chances = jnp.where(state.exact, jnp.isfinite(distance), settings.attempts) if substitute else settings.attempts
        step = jax.lax.while_loop(lambda s: ~s.good & (s.tries < chances), shorten, step)
        exact = ~state.exact | step.good if substitute else state.exact
        stuck = ~step.good & exact
        return _State(
            step.place,
            step.value,
            gradient,
            hessian,
            blocked & free,
            step.damping,
            distance,
            state.iterations + 1,
            converged | last | stuck | ~regular,
            converged,
            exact,
        )

    place, value = _allowed(evaluate, start, lower, upper, free)
    size = start.shape[0]
    state = _State(
        place,
        value,
        jnp.zeros(size),
        jnp.zeros((size, size)),
        jnp.zeros(size, bool),
        jnp.zeros(()),
        jnp.full((), jnp.inf),
        jnp.zeros((), int),
        jnp.zeros((), bool),
        jnp.zeros((), bool),
        jnp.ones((), bool),
    )
    end = jax.lax.while_loop(keep_going, iterate, state)
    return Minimum(
        end.place, end.value, end.gradient, end.hessian, end.distance, end.iterations, end.converged, end.at_bound
    )


def _differentiate(
    objective: Objective, place: jax.Array, _: jax.Array, *arguments: Any
) -> tuple[jax.Array, jax.Array]:
    gradient, pushforward = jax.linearize(lambda x: jax.grad(objective)(x, *arguments), place)
    hessian = jax.vmap(pushforward)(jnp.eye(place.shape[0]))
    return gradient, 0.5 * (hessian + hessian.T)


class _State(NamedTuple):
    """Between two iterations; the derivatives are those of the last place that was expanded."""

    place: jax.Array
    value: jax.Array
    gradient: jax.Array
    hessian: jax.Array
    at_bound: jax.Array
    damping: jax.Array
    distance: jax.Array
    iterations: jax.Array
    done: jax.Array
    converged: jax.Array
    exact: jax.Array


class _Step(NamedTuple):
    """Between two attempts at a step."""

    place: jax.Array
    value: jax.Array
    damping: jax.Array
    tries: jax.Array
    good: jax.Array


_Bounded = tuple[jax.Array, jax.Array, jax.Array, jax.Array, jax.Array]


def _allowed(
    evaluate: Callable[[jax.Array], jax.Array], start: jax.Array, lower: jax.Array, upper: jax.Array, free: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """The start, or the first place on the way inside where the objective is finite, and the objective there."""
    start = jnp.where(free, jnp.clip(start, lower, upper), start)
    from_below = jnp.where(jnp.isfinite(lower), jnp.maximum(start, lower + 1.0), start)
    from_above = jnp.where(jnp.isfinite(upper), jnp.minimum(start, upper - 1.0), start)
    middle = jnp.where(
        jnp.isfinite(lower) & jnp.isfinite(upper), 0.5 * (lower + upper), 0.5 * (from_below + from_above)
    )
    way = jnp.where(free, middle - start, 0.0)
    shares = jnp.asarray(_SHARES)

    def further(state: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array, jax.Array]:
        turn, *_ = state
        place = start + shares[turn] * way
        return turn + 1, place, evaluate(place)

    _, place, value = jax.lax.while_loop(
        lambda state: (state[0] < len(_SHARES)) & ~jnp.isfinite(state[2]),
        further,
        (jnp.zeros((), int), start, jnp.full((), jnp.inf)),
    )
    return place, value


def _move(
    place: jax.Array,
    gradient: jax.Array,
    hessian: jax.Array,
    movable: jax.Array,
    lower: jax.Array,
    upper: jax.Array,
    damping: jax.Array,
) -> tuple[jax.Array, jax.Array]:
    """The damped Newton step, and whether the damped curvature is positive.

    Parameters that would leave their bounds go to them, and the others get the step that is best then: without that, a
    parameter at its bound that is correlated with others makes all steps short.
    """
    scale = scale_of(hessian)

    def bounded(state: _Bounded) -> _Bounded:
        _, limited, turn, *_ = state
        inner = movable & jnp.isnan(limited)
        beyond = jnp.where(movable & ~inner, limited, 0.0)
        factor = factor_of(hessian, scale, inner, damping)
        sound = jnp.all(jnp.isfinite(factor))
        move = beyond - solve(factor, scale, inner, gradient + hessian @ beyond)
        leaves = inner & ((place + move < lower) | (place + move > upper))
        limited = jnp.where(leaves, jnp.clip(place + move, lower, upper) - place, limited)
        return move, limited, turn + 1, sound, jnp.any(leaves) & sound

    nothing = jnp.zeros_like(place)
    state = (nothing, jnp.full_like(place, jnp.nan), jnp.zeros((), int), jnp.ones((), bool), jnp.ones((), bool))
    move, limited, _, sound, _ = jax.lax.while_loop(lambda s: s[4] & (s[2] < 8), bounded, state)
    return jnp.where(jnp.isnan(limited), move, limited), sound
