"""The generative model of rotation measures: a latitude profile times a correlated field, and what scatters about it.

The Faraday depth of the Galaxy is phi(n) = p(b) s(n) (Oppermann et al., A&A 542 (2012) A93), where s is a Gaussian
field on the sphere whose angular power spectrum is inferred with it (Arras et al., Nature Astronomy 6 (2022) 259). A
measurement is phi at its place plus a deviate of Student's t distribution whose squared scale is uncertainty^2 +
(1 + d)^2h (sigma_c^2 + (u p (p / 100)^g)^2). All but the uncertainty and d are inferred: sigma_c is the scatter of the
sources themselves and of what a catalogue's uncertainties leave out, one for each catalogue c about a common median; u
is that of the Galaxy on scales that the map does not have, and g lets it grow with p in another way than phi; with the
power h, both grow with the separation d of the nearest other source in degrees, as sources that have none near are of
another kind: bright ones, observed long ago.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.studies.faraday.harmonics import grid_interpolation, legendre, modes, synthesise
from analysis.studies.faraday.profile import at_latitude
from analysis.studies.faraday.settings import InferenceSettings
from analysis.studies.faraday.sphere import directions, nearest

__all__ = ["Profile", "classes", "likelihood_of", "observe", "scale_of", "spectrum_of", "told"]

Profile = tuple[NDArray, NDArray]

# uncertainty in rad/m2 of sources that say nothing
_NOTHING = 1e12


def observe(sources: dict[str, NDArray], profile: Profile, settings: InferenceSettings) -> dict[str, NDArray]:
    """Say where and how well rotation measures are measured, as :func:`likelihood_of` takes it.

    Args:
        sources: ``longitude``, ``latitude``, ``rm``, ``uncertainty`` and ``catalogue``, shape (n,).
        profile: latitude profile.
        settings: of the model.

    Returns:
        ``points`` of the grid around each source and their ``weights``, shape (4, n), the profile ``scale`` there,
        ``rm`` and ``uncertainty`` in rad/m2, the number of the ``catalogue``, and the
        ``separation`` of the nearest other source in degrees, shape (n,).
    """
    points, weights = grid_interpolation(settings.rings, sources["longitude"], sources["latitude"])
    scale = at_latitude(profile, sources["latitude"])
    places = directions(sources["longitude"], sources["latitude"])
    return {
        "points": points.astype(np.int32),
        "weights": weights,
        "scale": scale,
        "rm": np.asarray(sources["rm"], dtype=np.float64),
        "uncertainty": np.asarray(sources["uncertainty"], dtype=np.float64),
        "catalogue": np.asarray(sources["catalogue"], dtype=np.int32),
        # the nearest one of all is the source itself
        "separation": nearest(places, places, 2)[0][:, 1],
    }


@cache
def _parts(settings: InferenceSettings) -> dict[str, Any]:
    """Parts of the model that all inferences with the same settings share."""
    import jax.numpy as jnp
    import nifty.re as jft
    from nifty.re.correlated_field import NonParametricAmplitude, make_grid

    lmax = settings.lmax
    degree, index = modes(lmax)
    # of nifty's grid, only the multipoles matter
    spectrum = NonParametricAmplitude(
        make_grid((lmax // 2,), None, "spherical"),
        jft.LogNormalPrior(*settings.fluctuations),
        jft.NormalPrior(*settings.slope),
        jft.LogNormalPrior(*settings.flexibility),
        prefix="spectrum ",
        kind="power",
    )
    return {
        "spectrum": spectrum,
        "scatter": jft.LogNormalPrior(*settings.scatter, name="scatter"),
        "unresolved": jft.LogNormalPrior(*settings.unresolved, name="unresolved"),
        "growth": jft.NormalPrior(*settings.growth, name="growth"),
        "isolation": jft.NormalPrior(*settings.isolation, name="isolation"),
        "table": jnp.asarray(legendre(lmax, settings.rings)),
        "index": jnp.asarray(index),
        "degree": jnp.asarray(degree),
    }


def spectrum_of(latent: Any, settings: InferenceSettings) -> Any:
    """Compute the angular power spectrum C_l of the dimensionless field, shape (lmax + 1,)."""
    import jax.numpy as jnp

    # of the kind "power", the amplitude is sqrt(4 pi C_l)
    root = _parts(settings)["spectrum"](latent) / jnp.sqrt(4.0 * jnp.pi)
    return root.at[0].set(settings.offset * jnp.sqrt(4.0 * jnp.pi)) ** 2


def told(latent: Any, settings: InferenceSettings) -> dict[str, Any]:
    """Compute what latent parameters mean.

    Returns:
        ``coefficients`` of the dimensionless field (:func:`analysis.studies.faraday.harmonics.modes`), its ``spectrum``
        C_l, median ``scatter`` in rad/m2, that ``by_catalogue``, ``unresolved`` u, ``growth`` g and ``isolation`` h.
    """
    import jax.numpy as jnp

    parts, spectrum = _parts(settings), spectrum_of(latent, settings)
    scatter = parts["scatter"](latent)
    return {
        "coefficients": jnp.sqrt(spectrum)[parts["degree"]] * latent["modes"],
        "spectrum": spectrum,
        "scatter": scatter,
        "by_catalogue": scatter * jnp.exp(settings.spread * latent["catalogues"]),
        "unresolved": parts["unresolved"](latent),
        "growth": parts["growth"](latent),
        "isolation": parts["isolation"](latent),
    }


def scale_of(found: Any, profile: Any, uncertainty: Any, catalogue: Any, separation: Any) -> Any:
    """Compute the scale of the deviates of measurements in rad/m2, shape (n,).

    Args:
        found: as :func:`told` says it.
        profile: latitude profile at each source in rad/m2, shape (n,).
        uncertainty: in rad/m2, shape (n,).
        catalogue: number of each one's catalogue, shape (n,).
        separation: of the nearest other source in degrees, shape (n,).
    """
    within = found["unresolved"] * profile * (profile / 100.0) ** found["growth"]
    own = found["by_catalogue"][catalogue] ** 2 + within**2
    return (uncertainty**2 + own * (1.0 + separation) ** (2.0 * found["isolation"])) ** 0.5


def likelihood_of(observed: dict[str, NDArray], settings: InferenceSettings) -> Any:
    """Build the likelihood of the latent parameters, of ``nifty.re``.

    Likelihoods with the same settings and about as many sources are one program for JAX, which is compiled once: arrays
    are its arguments, and sources are padded with some that say nothing.

    Args:
        observed: as :func:`observe` says it, of the sources that are used.
        settings: of the model.
    """
    import jax

    # which sources there are is not a matter of the model
    settings, number = replace(settings, folds=0), len(observed["rm"])
    missing = -number % settings.together
    padded = {name: np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, missing)]) for name, values in observed.items()}
    padded["uncertainty"][number:] = _NOTHING
    padded["scale"][number:] = 1.0
    # what is not an array is compared by identity where it has no other equality
    structure = _structure(settings, number + missing)
    return jax.tree.unflatten(structure, jax.tree.leaves(_likelihood(padded, settings)))


@cache
def _structure(settings: InferenceSettings, number: int) -> Any:
    import jax

    nothing: dict[str, NDArray] = {name: np.zeros(number) for name in ("rm", "scale", "uncertainty", "separation")}
    nothing |= {name: np.zeros((4, number), dtype=kind) for name, kind in (("points", np.int32), ("weights", float))}
    nothing["catalogue"] = np.zeros(number, dtype=np.int32)
    return jax.tree.structure(_likelihood(nothing, settings))


def _likelihood(observed: dict[str, NDArray], settings: InferenceSettings) -> Any:
    import jax
    import jax.numpy as jnp

    parts, kinds = _parts(settings), classes()
    domain = parts["spectrum"].domain | parts["scatter"].domain | parts["unresolved"].domain
    domain |= parts["growth"].domain | parts["isolation"].domain
    domain |= {
        "modes": jax.ShapeDtypeStruct((len(parts["degree"]),), jnp.float64),
        "catalogues": jax.ShapeDtypeStruct((settings.catalogues,), jnp.float64),
    }
    given = {name: jnp.asarray(observed[name]) for name in sorted(observed) if name != "rm"}
    forward = kinds["Forward"](settings, {"table": parts["table"], "index": parts["index"], **given}, domain)
    return kinds["HeavyTailed"](jnp.asarray(observed["rm"]), settings.degrees_of_freedom).amend(forward)


@cache
def classes() -> dict[str, Any]:
    """The classes of the model, by name; ``nifty.re`` is not imported before they are needed."""
    from dataclasses import field

    import jax
    import jax.numpy as jnp
    import nifty.re as jft

    class HeavyTailed(jft.VariableCovarianceStudentT):
        """Student's t likelihood of mean and scale with the coordinates that geometric variational inference needs.

        Its Fisher metric in both is that of a hyperbolic plane, which no coordinates make flat; these do so for each of
        both while the other is fixed, as ``nifty.re`` does it for a normal distribution of unknown variance.
        """

        def transformation(self, primals: Any) -> Any:
            """Coordinates of residuals and scales."""
            mean, scale = primals
            of_mean = ((self.dof + 1.0) / (self.dof + 3.0)) ** 0.5
            of_scale = (2.0 * self.dof / (self.dof + 3.0)) ** 0.5
            return of_mean * (mean - self.data) / scale, of_scale * jnp.log(scale)

    class Forward(jft.Model):
        """From latent parameters to the Faraday depth at each source and the scale of the deviates, in rad/m2."""

        given: Any = field(metadata={"static": False})

        def __init__(self, settings: InferenceSettings, given: dict[str, Any], domain: dict[str, Any]) -> None:
            self.settings, self.given = settings, given
            shape = jft.ShapeWithDtype.from_leave(given["scale"])
            super().__init__(domain=domain, target=(shape, shape), white_init=True)

        def __call__(self, latent: Any) -> tuple[Any, Any]:
            """Predict measurements."""
            return in_one_piece(self, latent) if self.settings.quick else self.predict(latent)

        def predict(self, latent: Any) -> tuple[Any, Any]:
            """Predict measurements, operation by operation where nobody compiles them together."""
            given, found = self.given, told(latent, self.settings)
            values = synthesise(found["coefficients"], given["table"], given["index"]).reshape(-1)
            depth = given["scale"] * jnp.sum(given["weights"] * values[given["points"]], axis=0)
            names = ("scale", "uncertainty", "catalogue", "separation")
            return depth, scale_of(found, *(given[name] for name in names))

    in_one_piece = jax.jit(Forward.predict)
    return {"HeavyTailed": HeavyTailed, "Forward": Forward}
