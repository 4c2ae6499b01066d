"""Closure: what the hidden truth says of the simulated observatory, and of many drawn from one pool of showers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.results import Number
from analysis.studies.airshower.composition.log_mass import log_masses
from analysis.studies.airshower.observatory.depth_scale import saved_depth_scale
from analysis.studies.airshower.observatory.measurement import SAMPLES
from analysis.studies.airshower.observatory.pool import Recovered, draw_observatories, recover
from analysis.studies.airshower.observatory.response import saved_response
from analysis.studies.airshower.observatory.results import NOTE
from analysis.studies.airshower.observatory.settings import DepthScaleSettings
from analysis.studies.airshower.observatory.showers import Showers, of_dataset

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis.calibration import SavedCalibration
    from analysis.learning.application.scores import Scores
    from analysis.studies.airshower.observatory.settings import ClosureSettings

__all__ = ["check"]

Array = NDArray[np.float64]


def check(
    reconstructed: dict[str, ak.Array],
    scores: dict[str, Scores],
    truth: dict[str, ak.Array],
    depth_scale: SavedCalibration,
    response: Mapping[str, Any],
    settings: ClosureSettings,
) -> dict[str, Any]:
    """Compare measured with hidden composition, and measure what all surface events gain over hybrid ones.

    The only place where the truth of the simulated observatory is looked at.

    Args:
        reconstructed: by data set, with ``identity``, ``good``, ``energy``, ``zenith`` and ``fd_xmax``; the observatory
            and the pool.
        scores: of the same events.
        truth: of the same events.
        depth_scale: calibration of the networks' X_max of the observatory.
        response: of the networks, by primary.
        settings: of the observatories that are drawn.

    Returns:
        ``bias`` of the observatory's X_max in bins of energy before and after the calibration, ``hidden`` <ln A>,
        ``observatories`` (pulls, uncertainties, drawn fractions), ``numbers`` and ``headline``.

    Raises:
        DataError: a data set is not there, or an energy bin has too few events.
    """
    measurement = settings.measurement
    own, masses, depth = _known(reconstructed, scores, truth, measurement.dataset, measurement.prediction)
    scale = saved_depth_scale(depth_scale.measurements)
    pool, pool_masses, _ = _known(reconstructed, scores, truth, settings.pool, measurement.prediction)
    drawn = list(draw_observatories(pool, pool_masses, measurement.primaries, settings))
    known = saved_response(response["response"], measurement.primaries, measurement.model)
    found = recover(drawn, known, settings.scale, measurement)
    logarithms = log_masses([name for name, _ in measurement.primaries], dict(measurement.primaries))
    inside = own.energy >= measurement.energies[0]
    hidden = float(np.mean(np.log(masses[inside])))
    numbers = _numbers(found)
    return {
        "bias": _bias(own, depth, scale.corrected(own), settings.scale),
        "hidden": {"log_mass": round(hidden, 6)},
        "observatories": {
            "drawn_log_mass": _rounded([one.shares @ logarithms for one in drawn]),
            "drawn_fractions": _rounded([one.shares for one in drawn]),
            "pulls": {sample: _rounded(found.pulls[place]) for place, sample in enumerate(SAMPLES)},
        },
        "numbers": [one.as_json() for one in numbers],
        "headline": {
            "hidden <ln A> of the simulated observatory": f"{hidden:.2f} (simulation)",
            **{one.title.replace(r"$\langle\ln A\rangle$", "<ln A>"): _text(one) for one in numbers},
        },
    }


def _known(
    reconstructed: dict[str, ak.Array],
    scores: dict[str, Scores],
    truth: dict[str, ak.Array],
    dataset: str,
    prediction: str,
) -> tuple[Showers, NDArray[np.int64], Array]:
    """Showers of a data set with their true mass numbers and depths."""
    some = of_dataset(reconstructed, scores, dataset, prediction)
    good = np.asarray(reconstructed[dataset]["good"], np.bool_)
    masses = np.asarray(truth[dataset]["mass_number"], np.int64)[good]
    return some, masses, np.asarray(truth[dataset]["xmax"], np.float64)[good]


def _bias(some: Showers, true: Array, corrected: Array, settings: DepthScaleSettings) -> dict[str, Any]:
    """Mean error of X_max in bins of energy, before and after the calibration."""
    rows = []
    for low, high in zip(settings.edges, settings.edges[1:], strict=False):
        inside = (some.energy >= low) & (some.energy < high)
        if (number := int(inside.sum())) > 1:
            error = (some.depth - true)[inside]
            uncertainty = error.std(ddof=1) / np.sqrt(number)
            rows.append((some.energy[inside].mean(), error.mean(), (corrected - true)[inside].mean(), uncertainty))
    columns = np.array(rows).reshape(-1, 4).T
    return {name: _rounded(one) for name, one in zip(("energy", "before", "after", "error"), columns, strict=True)}


def _numbers(found: Recovered) -> list[Number]:
    surface, hybrid = (SAMPLES.index(name) for name in ("surface", "hybrid"))
    number = found.pulls.shape[1]

    def of(values: Array) -> tuple[float, float]:
        """Mean over observatories and standard deviation: what one observatory's may differ by."""
        return round(float(values.mean()), 6), round(float(values.std(ddof=1)), 6)

    pulls, words = found.pulls[surface], f"{number} simulated observatories of hidden mixtures"
    # what a mean and a width of so many pulls fluctuate by; those of an observatory share a calibration
    error = round(float(pulls.mean(axis=1).std(ddof=1) / np.sqrt(number)), 6)
    width, width_error = float(pulls.std(ddof=1)), float(pulls.std(ddof=1) / np.sqrt(2.0 * pulls.size))
    gains = (
        (
            "observatory_gain",
            r"gain in the uncertainty of $\langle\ln A\rangle$ in an energy bin, all surface events over hybrid ones",
            of((found.totals[hybrid] / found.totals[surface]).mean(axis=1)),
        ),
        (
            "observatory_gain_stat",
            r"the same gain if the simulation were trusted and nothing calibrated on hybrid events",
            of((found.trusted[hybrid] / found.trusted[surface]).mean(axis=1)),
        ),
        (
            "observatory_gain_all",
            r"the same gain for all energies together",
            of(np.array([h.total / s.total for s, h in zip(found.whole[surface], found.whole[hybrid], strict=True)])),
        ),
        ("observatory_pull_mean", r"mean pull of $\langle\ln A\rangle$, surface events", (float(pulls.mean()), error)),
        (
            "observatory_pull_width",
            r"width of the pulls of $\langle\ln A\rangle$, surface events",
            (width, width_error),
        ),
    )
    return [
        Number(name, title, round(value, 6), (round(spread, 6),) * 2, None, "", words, NOTE)
        for name, title, (value, spread) in gains
    ]


def _text(one: Number) -> str:
    assert one.stat is not None
    return f"{one.value:.2f} ± {one.stat[0]:.2f} (simulation)"


def _rounded(values: Any) -> Any:
    return (np.round(np.asarray(values, np.float64), 5) + 0.0).tolist()
