"""The calibration of all photomultipliers, from what the stations measure of background muons every minute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from correctionlib import schemav2
from numpy.typing import NDArray

from analysis.calibration import Calibration
from analysis.errors import DataError
from analysis.studies.airshower.calibration.gains import gain_ratio
from analysis.studies.airshower.calibration.humps import HumpFits, fit_humps, hump_model
from analysis.studies.airshower.calibration.intervals import Intervals, combine
from analysis.studies.airshower.calibration.masks import REASONS, reasons

if TYPE_CHECKING:
    from analysis.studies.airshower.calibration.derivation_settings import DerivationSettings

__all__ = ["derive"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Constant:
    """One constant of s stations' p photomultipliers in i intervals; 0 where a photomultiplier is not used.

    Args:
        title: what it is.
        unit: of it.
        values: (s, p, i).
        uncertainties: statistical, (s, p, i).
    """

    title: str
    unit: str
    values: Array
    uncertainties: Array


def derive(raw: dict[str, ak.Array], settings: DerivationSettings) -> Calibration:
    """The charge and the pulse height of a vertical equivalent muon (VEM), the ratio of the gains, and masks.

    X. Bertou et al., NIM A 568 (2006) 839: background muons from all directions make a hump in the histograms of a
    photomultiplier's charges and pulse heights; it is at a known multiple of what a vertical muon through the middle of
    the station gives (``settings.monitoring``). The gain ratio is measured with large pulses that both gains see.

    Args:
        raw: minutes, by data-set name; all data sets are taken together.
        settings: of the derivation.

    Returns:
        Corrections ``vem_charge``, ``vem_peak`` (ADC counts of the high gain), ``gain_ratio`` (high over low) and
        ``working`` (1 or 0; where 0, the others are 0, too), each of station, photomultiplier and time (s since the
        begin of data taking); a time outside of the monitored period is an error. The curves have the same as arrays
        of (stations, photomultipliers, intervals), with statistical uncertainties, and one photomultiplier's
        histograms with their fits.

    Raises:
        DataError: there are no minutes, some are missing, or no photomultiplier works.
    """
    intervals = combine(ak.concatenate(list(raw.values())), settings)
    shape = intervals.charge.shape[:3]
    monitoring = settings.monitoring
    fits = {
        "charge": fit_humps(
            intervals.charge.reshape(-1, monitoring.charge_bins), monitoring.charge_width, settings.hump
        ),
        "peak": fit_humps(intervals.peak.reshape(-1, monitoring.peak_bins), monitoring.peak_width, settings.hump),
    }
    reason = reasons(fits, shape, settings.mask)
    working = reason == 0
    if not working.any():
        raise DataError(
            "no photomultiplier has a muon hump in its histograms",
            cure="give the derivation the MonitoringSettings that the data were made with, or longer intervals",
        )
    ratio, ratio_uncertainty = gain_ratio(intervals.sums)
    constants = {
        "vem_charge": _unit("charge of a vertical equivalent muon", fits["charge"], monitoring.charge_hump, working),
        "vem_peak": _unit("pulse height of a vertical equivalent muon", fits["peak"], monitoring.peak_hump, working),
        "gain_ratio": _Constant(
            "high over low gain", "", np.where(working, ratio, 0.0), np.where(working, ratio_uncertainty, 0.0)
        ),
        "working": _Constant("whether the photomultiplier is used", "", working.astype(np.float64), 0.0 * working),
    }
    return Calibration(
        corrections=schemav2.CorrectionSet(
            schema_version=2,
            description="Constants of photomultipliers, derived from histograms of background muons",
            corrections=[_correction(name, constant, intervals.edges) for name, constant in constants.items()],
        ),
        measurements=_measurements(constants, fits, reason, intervals, settings),
        curves=_curves(constants, fits, intervals, settings),
    )


def _unit(title: str, fits: HumpFits, hump: float, working: NDArray[np.bool_]) -> _Constant:
    values, uncertainties = (array.reshape(working.shape) / hump for array in (fits.position, fits.uncertainty))
    return _Constant(title, "ADC counts", np.where(working, values, 0.0), np.where(working, uncertainties, 0.0))


def _correction(name: str, constant: _Constant, times: Array) -> schemav2.Correction:
    stations, tubes, _ = constant.values.shape
    return schemav2.Correction(
        name=name,
        description=constant.title,
        version=1,
        inputs=[
            schemav2.Variable(name="station", type="int", description="number of the station"),
            schemav2.Variable(name="photomultiplier", type="int", description="number within the station"),
            schemav2.Variable(name="time", type="real", description="s since the begin of data taking"),
        ],
        output=schemav2.Variable(name=name, type="real", description=constant.unit or "no unit"),
        data=schemav2.MultiBinning(
            nodetype="multibinning",
            inputs=["station", "photomultiplier", "time"],
            # listed one by one: with equal steps, correctionlib takes some whole numbers for their predecessors
            edges=[np.arange(stations + 1.0).tolist(), np.arange(tubes + 1.0).tolist(), times.tolist()],
            # seven digits, which is more than is known
            content=[float(f"{value:.7g}") for value in constant.values.ravel()],
            flow="error",
        ),
    )


def _measurements(
    constants: dict[str, _Constant],
    fits: dict[str, HumpFits],
    reason: NDArray[np.int8],
    intervals: Intervals,
    settings: DerivationSettings,
) -> dict[str, Any]:
    working = reason == 0
    summaries = {name: _summary(constants[name], working) for name in ("vem_charge", "vem_peak", "gain_ratio")}
    bad = [
        {
            "station": int(station),
            "photomultiplier": int(tube),
            "share_of_time": float((~working[station, tube]).mean()),
            "reason": REASONS[int(reason[station, tube].max())],
        }
        for station, tube in np.argwhere((~working).any(axis=2))
    ]
    always = int((~working).all(axis=2).sum())
    tubes = working.shape[0] * working.shape[1]
    return {
        "method": {
            "vem_charge": f"maximum of the muon hump in the charge histograms / {settings.monitoring.charge_hump:g}",
            "vem_peak": f"maximum of the muon hump in the peak histograms / {settings.monitoring.peak_hump:g}",
            "gain_ratio": "large pulses seen by both gains: sum of the high gain / sum of the low gain",
            "fit": "binned maximum likelihood, Novosibirsk function and exponential background",
            "reference": "X. Bertou et al., NIM A 568 (2006) 839",
        },
        "interval": {"length": settings.interval, "unit": "s", "number": len(intervals.edges) - 1},
        "validity": {"begin": float(intervals.edges[0]), "end": float(intervals.edges[-1]), "unit": "s"},
        "constants": summaries,
        "fits": {name: _goodness(fit, working) for name, fit in fits.items()},
        "photomultipliers": tubes,
        "masked": bad,
        "headline": {
            "VEM charge": _text(summaries["vem_charge"]),
            "VEM peak": _text(summaries["vem_peak"]),
            "gain ratio": _text(summaries["gain_ratio"]),
            "photomultipliers masked": f"{always} of {tubes}",
        },
    }


def _summary(constant: _Constant, working: NDArray[np.bool_]) -> dict[str, Any]:
    """Mean, spread between photomultipliers, change with time and statistical uncertainty."""
    used = working.any(axis=2)
    number = np.maximum(working.sum(axis=2), 1)
    mean = (constant.values.sum(axis=2) / number)[used]
    in_time = np.where(working, constant.values - (constant.values.sum(axis=2) / number)[..., np.newaxis], 0.0)
    relative = constant.uncertainties[working] / constant.values[working]
    return {
        "mean": float(mean.mean()),
        "spread_between_photomultipliers": float(mean.std()),
        "spread_in_time": float(np.sqrt((in_time[working] ** 2).mean())),
        "typical_relative_uncertainty": float(np.median(relative)),
        "unit": constant.unit,
    }


def _text(summary: dict[str, Any]) -> str:
    mean, spread = summary["mean"], summary["spread_between_photomultipliers"]
    known = f"each known to {100.0 * summary['typical_relative_uncertainty']:.2g} %"
    return f"{mean:.1f} {summary['unit']}".rstrip() + f", spread {spread:.2g}, {known}"


def _goodness(fit: HumpFits, working: NDArray[np.bool_]) -> dict[str, float]:
    used = fit.good & working.ravel()
    return {
        "chi2_per_ndf": float(fit.chi2[used].sum() / fit.ndf[used].sum()),
        "relative_width": float(np.median(fit.width[used] / fit.position[used])),
    }


def _curves(
    constants: dict[str, _Constant], fits: dict[str, HumpFits], intervals: Intervals, settings: DerivationSettings
) -> dict[str, NDArray[Any]]:
    curves: dict[str, NDArray[Any]] = {"times": intervals.edges}
    for name, constant in constants.items():
        curves[name] = constant.values
        if name != "working":
            curves[f"{name}_uncertainty"] = constant.uncertainties
    # the first that works, in its first interval
    station, tube, interval = np.argwhere(constants["working"].values > 0)[0]
    curves["example"] = np.array([station, tube, interval])
    place = np.ravel_multi_index((station, tube, interval), constants["working"].values.shape)
    widths = {"charge": settings.monitoring.charge_width, "peak": settings.monitoring.peak_width}
    for name, fit in fits.items():
        counts = getattr(intervals, name)[station, tube, interval]
        edges = widths[name] * np.arange(len(counts) + 1.0)
        hump, falling = hump_model((edges[1:] + edges[:-1])[np.newaxis] / 2.0, fit.parameters[[place]])
        curves |= {
            f"example_{name}_edges": edges,
            f"example_{name}_counts": counts.astype(np.float64),
            f"example_{name}_hump": hump[0],
            f"example_{name}_falling": falling[0],
            f"example_{name}_window": fit.window[place],
            f"example_{name}_position": np.array([fit.position[place], fit.uncertainty[place]]),
            f"example_{name}_goodness": np.array([fit.chi2[place], fit.ndf[place]], np.float64),
        }
    return curves
