"""Raw events to calibrated ones: what each station measured, in units of the vertical muon."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.events.columns import nested_values
from analysis.studies.airshower.array import positions
from analysis.studies.airshower.calibration.traces import join_gains, signal_start, window, window_sum

if TYPE_CHECKING:
    from correctionlib import CorrectionSet

    from analysis.calibration import SavedCalibration
    from analysis.datasets import Dataset
    from analysis.studies.airshower.calibration.settings import CalibrationSettings

__all__ = ["calibrate"]

# stations at a time: few enough for the processor's cache, and for little memory
_BLOCK = 512

Columns = dict[str, NDArray[Any]]


def calibrate(
    raw: ak.Array, calibration: SavedCalibration | CorrectionSet, dataset: Dataset, settings: CalibrationSettings
) -> ak.Array:
    """Signals and traces of all stations in VEM, averaged over their working photomultipliers.

    X. Bertou et al., NIM A 568 (2006) 839, describe the units: a signal's integral is divided by the charge of a
    vertical equivalent muon (VEM), the samples of a trace by its pulse height (VEM peak).

    Args:
        raw: n events with ``identity``, ``time`` (s), ``fd_energy`` (eV, or missing) and ``stations``, a list
            of ``station`` (number), ``start`` (ns, of the trace), ``trigger`` (bits), ``high`` and ``low`` (3 lists of
            samples in ADC counts).
        calibration: the corrections ``vem_charge``, ``vem_peak``, ``gain_ratio`` and ``working``, each of station,
            photomultiplier and time.
        dataset: where the events are from.
        settings: of the calibration.

    Returns:
        The same events in the same order; ``stations`` is now a list of ``station``, ``x``, ``y`` (m), ``signal``
        (VEM), ``start`` (ns after the event's ``time``, of the signal), ``saturated`` (the low gain is, too: the signal
        is a lower limit), ``photomultipliers`` (how many were used), ``trigger`` and ``trace`` (VEM peak). Stations
        without a working photomultiplier are left out.

    Raises:
        DataError: an event's time or station is not in the calibration, or its traces are of a wrong length.
    """
    recorded = raw["stations"]
    counts = np.asarray(ak.num(recorded, axis=1))
    station = nested_values(recorded["station"])
    time = np.repeat(np.asarray(raw["time"]), counts)
    shape = (len(station), settings.observatory.photomultipliers, settings.observatory.samples)
    high, low = (_traces(recorded[gain], shape, dataset) for gain in ("high", "low"))
    constants = _constants(calibration, station, time, settings, dataset)

    blocks = list(_blocks(high, low, constants, settings))
    found = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    place = positions(settings.observatory).astype(np.float32)[station]
    keep = found["photomultipliers"] > 0
    columns = {
        "station": station,
        "x": place[:, 0],
        "y": place[:, 1],
        "signal": found["signal"],
        "start": nested_values(recorded["start"]) + settings.observatory.sampling * found["start"],
        "saturated": found["saturated"],
        "photomultipliers": found["photomultipliers"],
        "trigger": nested_values(recorded["trigger"]),
        "trace": found["trace"],
    }
    layouts = {name: ak.to_layout(ak.from_numpy(column[keep], regulararray=True)) for name, column in columns.items()}
    kept = np.concatenate([[0], np.cumsum(keep)])[np.concatenate([[0], np.cumsum(counts)])]
    stations = ak.contents.ListOffsetArray(
        ak.index.Index64(kept), ak.contents.RecordArray(list(layouts.values()), list(layouts), length=int(keep.sum()))
    )
    fields = {name: raw[name].layout for name in raw.fields if name != "stations"}
    return ak.Array(ak.contents.RecordArray([*fields.values(), stations], [*fields, "stations"], length=len(raw)))


def _blocks(
    high: NDArray[np.uint16], low: NDArray[np.uint16], constants: Columns, settings: CalibrationSettings
) -> Iterator[Columns]:
    """Blocks of stations one after another; at least one, which may be empty."""
    for begin in range(0, max(len(high), 1), _BLOCK):
        part = slice(begin, begin + _BLOCK)
        yield _signals(high[part], low[part], {name: array[part] for name, array in constants.items()}, settings)


def _signals(
    high: NDArray[np.uint16], low: NDArray[np.uint16], constants: Columns, settings: CalibrationSettings
) -> Columns:
    """Return the measurements of n stations; ``start`` in samples of the trace."""
    maximum = 2**settings.observatory.bits - 1
    counts, saturated = join_gains(
        high, low, constants["gain_ratio"], settings.quiet_samples, settings.baseline_band, maximum
    )
    working = constants["working"] > 0
    used = working.sum(axis=1)
    peak_trace = _mean_trace(counts, constants["vem_peak"], working)
    charge_trace = _mean_trace(counts, constants["vem_charge"], working)
    first, start = signal_start(peak_trace, settings.quiet_samples, settings.threshold)
    return {
        "signal": window_sum(charge_trace, first - settings.signal_before, settings.signal_samples),
        "start": start,
        "saturated": (saturated & working).any(axis=1),
        "photomultipliers": used.astype(np.int8),
        "trace": window(peak_trace, first - settings.trace_before, settings.trace_samples),
    }


def _mean_trace(
    counts: NDArray[np.float32], unit: NDArray[np.float64], working: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Mean over working photomultipliers of traces in that unit (ADC counts), (n, s); zero where none works."""
    number = np.maximum(working.sum(axis=1, keepdims=True), 1)
    weight = np.where(working, 1.0 / np.where(working, unit, 1.0) / number, 0.0).astype(np.float32)
    # one after another, not as a matrix product, whose roundings depend on where a station is in the block
    mean = counts[:, 0] * weight[:, :1]
    for tube in range(1, counts.shape[1]):
        mean += counts[:, tube] * weight[:, tube : tube + 1]
    return mean


def _constants(
    calibration: SavedCalibration | CorrectionSet,
    station: NDArray[np.int32],
    time: NDArray[np.float64],
    settings: CalibrationSettings,
    dataset: Dataset,
) -> Columns:
    """The constants of n stations' photomultipliers, each (n, p).

    Raises:
        DataError: a station or a time is not in the calibration.
    """
    tubes = settings.observatory.photomultipliers
    where = (
        np.repeat(station.astype(np.int64), tubes),
        np.tile(np.arange(tubes), len(station)),
        np.repeat(time.astype(np.float64), tubes),
    )
    try:
        return {
            name: np.asarray(calibration[name].evaluate(*where)).reshape(-1, tubes)
            for name in ("vem_charge", "vem_peak", "gain_ratio", "working")
        }
    except RuntimeError as error:
        raise DataError(
            f"the calibration does not hold for all events of {dataset.name!r}: stations {station.min()} to "
            f"{station.max()}, times {time.min():.0f} s to {time.max():.0f} s ({error})",
            cure="derive it from monitoring data of all stations and of the whole period of data taking",
        ) from error


def _traces(jagged: ak.Array, shape: tuple[int, int, int], dataset: Dataset) -> NDArray[np.uint16]:
    flat = nested_values(jagged)
    if flat.size != shape[0] * shape[1] * shape[2]:
        raise DataError(
            f"stations of {dataset.name!r} have {flat.size} samples instead of {shape[0]} x {shape[1]} x {shape[2]}",
            cure="calibrate with the observatory that the events were recorded with",
        )
    return flat.reshape(shape)
