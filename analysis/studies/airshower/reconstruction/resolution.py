"""Resolution of reconstructed showers: direction, core and energy against the truth."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.events.joining import joined
from analysis.inference.rounding import measured_text
from analysis.results import Number

if TYPE_CHECKING:
    from analysis.studies.airshower.reconstruction.settings import ResolutionSettings

__all__ = ["angle_between", "bootstrap", "containment", "evaluate"]

Array = NDArray[np.float64]
Statistic = Callable[[Array], float]

_CONTAINED = 0.68


def evaluate(
    reconstructed: dict[str, ak.Array], truth: dict[str, ak.Array], settings: ResolutionSettings
) -> dict[str, Any]:
    """Compare reconstructed with generated showers.

    Args:
        reconstructed: by data set; ``good``, ``zenith``, ``azimuth`` (rad), ``x_core``, ``y_core`` (m) and ``energy``
            (eV).
        truth: of the same events, the same without ``good``.
        settings: bins and bootstrap.

    Returns:
        ``bins`` (edges), and by data set in ``datasets``: ``events``, ``good`` (share of well reconstructed ones among
        those that triggered), and lists over bins of true energy (``by_energy``) and of true zenith angle
        (``by_zenith``, all energies), whose entries have ``events``, ``angle`` (deg; 68 % of the directions are
        nearer to the truth), ``core`` (m, likewise), ``bias`` and ``resolution`` (mean and standard deviation of
        E / E_true - 1), each of them with ``value`` and ``uncertainty`` (bootstrap; B. Efron, Ann. Statist. 7 (1979)
        1), or null where a bin has too few events. ``headline`` has the data set of mixed primaries, at one energy,
        in words, ``numbers`` the same (:class:`analysis.results.Number`).
    """
    datasets = {
        name: _of_dataset(joined(events, truth[name], "true_"), settings) for name, events in reconstructed.items()
    }
    return {
        "bins": {"lg_energy": list(settings.energies), "zenith_deg": list(settings.zeniths)},
        "units": {"angle": "deg", "core": "m", "bias": "", "resolution": ""},
        "datasets": datasets,
        "headline": _headline(datasets, settings),
        "numbers": [number.as_json() for number in _numbers(datasets, settings)],
    }


def angle_between(zenith: Array, azimuth: Array, other_zenith: Array, other_azimuth: Array) -> Array:
    """Angle between two directions, all in rad.

    By half the chord, as an arc cosine loses all digits at small angles.

    Examples:
        >>> angle_between(np.array([0.5]), np.array([1.0]), np.array([0.5]), np.array([1.0]))
        array([0.])
    """
    # haversine formula, with the distance to the pole instead of the latitude
    square = (
        np.sin((zenith - other_zenith) / 2.0) ** 2
        + np.sin(zenith) * np.sin(other_zenith) * np.sin((azimuth - other_azimuth) / 2.0) ** 2
    )
    return 2.0 * np.arcsin(np.sqrt(np.minimum(square, 1.0)))


def containment(deviations: Array) -> float:
    """The value that 68 % of the deviations are below.

    Examples:
        >>> round(containment(np.arange(101.0)), 6)
        68.0
    """
    return float(np.quantile(deviations, _CONTAINED))


def bootstrap(statistic: Statistic, sample: Array, replicas: int, seed: int) -> dict[str, float]:
    """A statistic of a sample, and the standard deviation of it in samples drawn from the sample.

    Args:
        statistic: of (n,) numbers.
        sample: (n,).
        replicas: number of drawn samples.
        seed: of the drawing.

    Returns:
        ``value`` and ``uncertainty``.
    """
    random = np.random.default_rng(seed)
    drawn = [statistic(sample[random.integers(len(sample), size=len(sample))]) for _ in range(replicas)]
    return {"value": _digits(statistic(sample), 5), "uncertainty": _digits(float(np.std(drawn)), 3)}


def _of_dataset(events: ak.Array, settings: ResolutionSettings) -> dict[str, Any]:
    def column(name: str) -> Array:
        return np.asarray(events[name], np.float64)

    good = np.asarray(events["good"], np.bool_)
    true_energy, true_zenith = column("true_energy"), column("true_zenith")
    deviations = {
        "angle": np.degrees(angle_between(column("zenith"), column("azimuth"), true_zenith, column("true_azimuth"))),
        "core": np.hypot(column("x_core") - column("true_x_core"), column("y_core") - column("true_y_core")),
        "energy": column("energy") / true_energy - 1.0,
    }

    def by(values: Array, edges: tuple[float, ...]) -> list[dict[str, Any] | None]:
        inside = (good & (values >= low) & (values < high) for low, high in pairwise(edges))
        return [_of_bin({name: v[chosen] for name, v in deviations.items()}, settings) for chosen in inside]

    return {
        "events": len(good),
        "good": _digits(float(good.mean()), 5) if len(good) else None,
        "by_energy": by(np.log10(true_energy), settings.energies),
        "by_zenith": by(np.degrees(true_zenith), settings.zeniths),
    }


def _of_bin(deviations: dict[str, Array], settings: ResolutionSettings) -> dict[str, Any] | None:
    count = len(deviations["angle"])
    if count < settings.least:
        return None
    statistics: dict[str, tuple[Statistic, str]] = {
        "angle": (containment, "angle"),
        "core": (containment, "core"),
        "bias": (lambda sample: float(np.mean(sample)), "energy"),
        "resolution": (lambda sample: float(np.std(sample)), "energy"),
    }
    return {
        "events": count,
        **{
            name: bootstrap(statistic, deviations[of], settings.replicas, settings.seed)
            for name, (statistic, of) in statistics.items()
        },
    }


def _numbers(datasets: dict[str, dict[str, Any]], settings: ResolutionSettings) -> list[Number]:
    """The resolutions at the energy of the headline; none if there are too few events."""
    _, entry, where = _headline_bin(datasets, settings)
    if entry is None:
        return []
    told = (
        ("angle", "angular_resolution", "angular resolution (68 %)", 1.0, "deg"),
        ("core", "core_resolution", "core resolution (68 %)", 1.0, "m"),
        ("resolution", "energy_resolution", "energy resolution", 100.0, "%"),
        ("bias", "energy_bias", "energy bias", 100.0, "%"),
    )
    numbers = []
    for quantity, name, title, factor, unit in told:
        value, spread = entry[quantity]["value"] * factor, entry[quantity]["uncertainty"] * factor
        method = f"reconstructed against true, {where}"
        numbers.append(Number(name, title, value, (spread, spread), None, unit, method, "simulation"))
    return numbers


def _headline_bin(
    datasets: dict[str, dict[str, Any]], settings: ResolutionSettings
) -> tuple[str, dict[str, Any] | None, str]:
    """Data set, entry (``None`` with too few events) and description of the bin that the headline is about."""
    place = int(np.searchsorted(settings.energies, settings.headline, side="right")) - 1
    name = settings.hybrid if settings.hybrid in datasets else next(iter(datasets), "")
    if not name or not 0 <= place < len(datasets[name]["by_energy"]):
        return name, None, ""
    low, high = settings.energies[place], settings.energies[place + 1]
    return name, datasets[name]["by_energy"][place], f"{name}, {low:g} < lg(E/eV) < {high:g}"


def _headline(datasets: dict[str, dict[str, Any]], settings: ResolutionSettings) -> dict[str, str]:
    name, entry, where = _headline_bin(datasets, settings)
    if not name:
        return {}
    result = datasets[name]
    if entry is None:
        return {name: f"{result['events']} events, too few at lg(E/eV) = {settings.headline:g}"}

    def text(quantity: str, factor: float, unit: str) -> str:
        value, uncertainty = entry[quantity]["value"] * factor, entry[quantity]["uncertainty"] * factor
        return f"({measured_text(value, ('', (uncertainty, uncertainty)))}) {unit}"

    return {
        "angular resolution": f"{text('angle', 1.0, 'deg')} (68 %; {where})",
        "core resolution": f"{text('core', 1.0, 'm')} (68 %; {where})",
        "energy resolution": f"{text('resolution', 100.0, '%')} ({where})",
        "energy bias": f"{text('bias', 100.0, '%')} ({where})",
        "well reconstructed": f"{100.0 * result['good']:.1f} % of {result['events']} events ({name})",
    }


def _digits(value: float, significant: int) -> float:
    """Rounded: the last digits of a sum depend on the machine."""
    return float(f"{value:.{significant}g}")
