"""Geometric variational inference of the Faraday sky, by ``nifty.re`` (Frank et al., Entropy 23 (2021) 853).

The record of an inference is samples of its posterior, not a mean: everything else is computed from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.studies.faraday.checkpoints import Checkpoints
from analysis.studies.faraday.folds import folds_of
from analysis.studies.faraday.model import Profile, likelihood_of, observe, told
from analysis.studies.faraday.profile import latitude_profile
from analysis.studies.faraday.settings import InferenceSettings

__all__ = ["USED", "infer", "infer_fold", "infer_sky"]

Sources = Mapping[str, NDArray]

#: what an inference takes of sources
USED = ("longitude", "latitude", "rm", "uncertainty", "catalogue")


def infer_sky(
    sources: Sources, settings: InferenceSettings, checkpoints: Checkpoints | None = None
) -> dict[str, NDArray]:
    """Infer the sky of all sources; see :func:`infer`."""
    used = {name: sources[name] for name in USED}
    profile = latitude_profile(used["latitude"], used["rm"])
    return infer(used, profile, settings, checkpoints)


def infer_fold(
    sources: Sources, settings: InferenceSettings, fold: int, checkpoints: Checkpoints | None = None
) -> dict[str, NDArray]:
    """Infer the sky of all sources but those of a fold, which neither profile nor field see; see :func:`infer`."""
    kept = folds_of(sources, settings.folds) != fold
    used = {name: sources[name][kept] for name in USED}
    profile = latitude_profile(used["latitude"], used["rm"])
    return infer(used, profile, settings, checkpoints)


def infer(
    sources: Sources, profile: Profile, settings: InferenceSettings, checkpoints: Checkpoints | None = None
) -> dict[str, NDArray]:
    """Draw samples of the posterior of the sky and of what scatters about it.

    Each iteration draws pairs of mirrored samples about the present mean and moves the mean to where the
    Kullback-Leibler divergence that they estimate is least. Samples are those of the linearised posterior at first, and
    follow its curvature in the last ``settings.geometric`` iterations and at the end. An iteration is decided by
    the mean before it and a random key: an inference that was killed goes on to the same bits.

    Args:
        sources: what :data:`USED` names, shape (n,).
        profile: latitude profile.
        settings: of model and inference.
        checkpoints: keep the state after each iteration; ``None`` for none.

    Returns:
        One row a sample: ``coefficients`` ((samples, (lmax + 1)^2), float32), ``spectrum`` (C_l,
        (samples, lmax + 1)), ``scatter``, ``unresolved``, ``growth`` and ``isolation`` ((samples,)), ``by_catalogue``
        ((samples, catalogues)); the ``profile``, two rows: sines of latitudes, and rad/m2; and the
        ``degrees_of_freedom`` of the deviates, shape (1,). Samples 2k and 2k + 1 are mirror images in latent space.
    """
    import jax

    # positions and curvatures of 10^4 parameters, to a relative precision that float32 has not
    with jax.enable_x64(True), _compiling(settings):
        return _infer(sources, profile, settings, checkpoints)


@contextmanager
def _compiling(settings: InferenceSettings) -> Iterator[None]:
    """Compile as the settings say, within."""
    import jax

    name = "jax_disable_most_optimizations"
    before = jax.config.read(name)
    jax.config.update(name, before or settings.quick)
    try:
        yield
    finally:
        jax.config.update(name, before)


def _infer(
    sources: Sources, profile: Profile, settings: InferenceSettings, checkpoints: Checkpoints | None
) -> dict[str, NDArray]:
    import jax
    import nifty.re as jft
    from nifty.re.logger import logger

    # it tells of each minimisation that it ended at its largest number of steps
    logger.setLevel("CRITICAL")
    number = len(sources["rm"])
    likelihood = likelihood_of(observe(dict(sources), profile, settings), settings)
    inference = jft.OptimizeVI(likelihood, settings.iterations, linear_minimizer_jit=False)
    draw = {
        "draw_linear_kwargs": {
            "cg_name": None,
            "cg_kwargs": {"absdelta": settings.precision * number, "maxiter": settings.steps},
        },
        "nonlinearly_update_kwargs": {
            "minimize_kwargs": {"name": None, "xtol": 1e-2, "maxiter": 3, "cg_kwargs": {"name": None, "maxiter": 20}}
        },
    }
    move = {
        "minimize_kwargs": {
            "name": None,
            "xtol": 1e-4,
            "maxiter": settings.moves,
            "cg_kwargs": {"name": None, "maxiter": settings.steps},
        }
    }

    def mode(iteration: int) -> str:
        return "linear_resample" if iteration < settings.iterations - settings.geometric else "nonlinear_resample"

    begin, key = jax.random.split(jax.random.key(settings.seed))
    state = checkpoints.load() if checkpoints else None
    if state is None:
        position, done = _start(likelihood, begin), 0
    else:
        position = {
            name.removeprefix("mean "): jax.numpy.asarray(values)
            for name, values in state.items()
            if name != "iterations"
        }
        done = int(state["iterations"])
    for iteration in range(done, settings.iterations):
        vi = inference.init_state(
            jax.random.fold_in(key, iteration),
            n_samples=settings.samples,
            sample_mode=mode(iteration),
            kl_kwargs=move,
            **draw,
        )
        samples = jft.Samples(pos=jft.Vector(position), samples=None, keys=None)
        samples, _ = inference.update(samples, vi)
        position = dict(samples.pos.tree)
        if checkpoints:
            kept = {f"mean {name}": np.asarray(values) for name, values in position.items()}
            checkpoints.save({**kept, "iterations": np.array(iteration + 1)})
    samples, _ = inference.draw_samples(
        jft.Samples(pos=jft.Vector(position), samples=None, keys=None),
        key=jax.random.fold_in(key, settings.iterations),
        sample_mode="nonlinear_resample",
        n_samples=settings.final_samples,
        point_estimates=(),
        **draw,
    )
    found = [jax.tree.map(np.asarray, told(one.tree, settings)) for one in samples]
    result = {name: np.stack([one[name] for one in found]) for name in found[0]}
    result["coefficients"] = result["coefficients"].astype(np.float32)
    # what follows reads them here: nobody else may choose
    freedom = np.array([settings.degrees_of_freedom])
    return {**result, "profile": np.stack(profile), "degrees_of_freedom": freedom}


def _start(likelihood: Any, key: Any) -> dict[str, Any]:
    """Draw the latent mean to begin with: near that of the prior, as a field of exactly 0 has no gradient of its
    size.
    """
    import jax

    domain = likelihood.domain
    keys = jax.random.split(key, len(domain))
    return {
        name: 0.1 * jax.random.normal(one, domain[name].shape, jax.numpy.float64)
        for one, name in zip(keys, sorted(domain), strict=True)
    }
