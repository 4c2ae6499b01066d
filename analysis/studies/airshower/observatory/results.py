"""The simulated observatory as results of the study: its composition, and the closure test of many observatories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.inference.rounding import measured_text
from analysis.results import Axis, Column, Number, Table
from analysis.studies.airshower.observatory.depth_scale import saved_depth_scale
from analysis.studies.airshower.observatory.measurement import SAMPLES, measured
from analysis.studies.airshower.observatory.response import saved_response
from analysis.studies.airshower.observatory.showers import of_dataset

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis.calibration import SavedCalibration
    from analysis.learning.application.scores import Scores
    from analysis.studies.airshower.observatory.settings import ObservatoryMeasurement

__all__ = ["NOTE", "measure"]

Array = NDArray[np.float64]

NOTE = "simulation"
_TITLES = {"surface": "all surface events, networks", "hybrid": "hybrid events, telescopes"}
_METHOD = {
    "surface": "mean X_max of networks, calibrated on hybrid events; simulated observatory",
    "hybrid": "mean X_max of telescopes; simulated observatory",
}


def measure(
    reconstructed: dict[str, ak.Array],
    scores: dict[str, Scores],
    depth_scale: SavedCalibration,
    response: Mapping[str, Any],
    systematics: Mapping[str, Any],
    settings: ObservatoryMeasurement,
) -> dict[str, Any]:
    """Measure a simulated observatory as if it were data, with all surface events and with its hybrid events.

    Args:
        reconstructed: by data set, with ``identity``, ``good``, ``energy``, ``zenith`` and ``fd_xmax``.
        scores: of the same events.
        depth_scale: calibration of the networks' X_max.
        response: of the networks to simulated showers, by primary.
        systematics: uncertainties of the networks' X_max; their sum after the calibration counts for surface events.
        settings: of the measurement.

    Returns:
        ``samples``, as :func:`~analysis.studies.airshower.observatory.measurement.measured` finds them, with
        ``numbers``, ``tables`` and ``headline``.

    Raises:
        DataError: the data set is not there, or an energy bin has too few events.
    """
    some = of_dataset(reconstructed, scores, settings.dataset, settings.prediction)
    scale = saved_depth_scale(depth_scale.measurements)
    known = saved_response(response["response"], settings.primaries, settings.model)
    samples = measured(some, scale, known, settings)
    _add_systematic(samples["surface"], float(systematics["sum"]["after"]))
    numbers = _numbers(samples)
    return {
        "samples": samples,
        "numbers": [one.as_json() for one in numbers],
        "tables": [_table(samples).as_json()],
        "headline": {one.title.replace(r"$\langle\ln A\rangle$", "<ln A>"): _text(one) for one in numbers},
    }


def _add_systematic(found: dict[str, Any], depth: float) -> None:
    """Add a systematic uncertainty of X_max, in g/cm2, to those of <X_max> and <ln A> of a sample."""
    found["systematic"] = {"depth": depth, "log_mass": round(depth / found["combined"]["slope"], 6)}
    for name, by in (("mean", depth), ("log_mass", found["systematic"]["log_mass"])):
        found[name]["syst"] = [[round(float(np.hypot(one, by)), 5) for one in pair] for pair in found[name]["syst"]]


def _numbers(samples: Mapping[str, Any]) -> list[Number]:
    numbers = []
    for sample in SAMPLES:
        whole = samples[sample]["combined"]
        other = samples[sample].get("systematic", {"log_mass": 0.0})["log_mass"]
        syst = round(float(np.hypot(whole["calibration"], other)), 6)
        numbers.append(
            Number(
                f"observatory_log_mass_{sample}",
                rf"$\langle\ln A\rangle$ of the simulated observatory, {_TITLES[sample]}",
                whole["value"],
                (whole["stat"], whole["stat"]),
                # of telescopes none is simulated
                (syst, syst) if syst else None,
                "",
                _METHOD[sample],
                NOTE,
            )
        )
    return numbers


def _text(one: Number) -> str:
    assert one.stat is not None
    parts = [("stat", one.stat), *([("syst", one.syst)] if one.syst else [])]
    return measured_text(one.value, *parts) + " (simulation)"


def _table(samples: Mapping[str, Any]) -> Table:
    columns = []
    for sample in SAMPLES:
        found = samples[sample]
        qualifiers = {"sample": _TITLES[sample], "data": NOTE}
        columns.append(Column("events", "", tuple(found["events"]), {}, qualifiers))
        for name, title, unit in (
            ("mean", r"$\langle X_{max}\rangle$", "g/cm2"),
            ("width", r"$\sigma(X_{max})$", "g/cm2"),
            ("log_mass", r"$\langle\ln A\rangle$", ""),
        ):
            errors = {part: tuple((low, high) for low, high in found[name][part]) for part in ("stat", "syst")}
            columns.append(Column(title, unit, tuple(found[name]["value"]), errors, qualifiers))
    energy = samples["surface"]["energy"]
    axis = Axis(r"$\lg(E/\mathrm{eV})$", "", tuple(zip(energy["low"], energy["high"], strict=True)))
    return Table(
        "observatory", "Simulated observatory: all surface events beside hybrid events", (axis,), tuple(columns)
    )
