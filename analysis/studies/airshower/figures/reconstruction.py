"""Figures of the reconstruction: single events, how well all of them are found, and where the energy comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np

from analysis.errors import DataError
from analysis.events.columns import values
from analysis.studies.airshower.figures.footprint import draw_footprint
from analysis.studies.airshower.figures.resolutions import draw_angular_resolution, draw_energy_resolution
from analysis.studies.airshower.figures.scale import draw_attenuation, draw_energy_scale
from analysis.studies.airshower.figures.traces import draw_traces

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.calibration import Calibration, SavedCalibration
    from analysis.plotting.style import FigureLabel
    from analysis.studies.airshower.reconstruction.settings import FitSettings

__all__ = ["choose_event", "choose_station", "draw"]

# an event to look at: inclined, with many stations and not too many
_STATIONS, _ZENITH = 14, np.radians(40.0)
# a signal that both gains show well, in VEM
_SIGNAL = 60.0


def draw(
    reconstructed: dict[str, ak.Array],
    raw: dict[str, ak.Array],
    truth: dict[str, ak.Array],
    resolution: Mapping[str, Any],
    scale: Calibration | SavedCalibration,
    label: FigureLabel,
    settings: FitSettings,
) -> dict[str, Figure]:
    """Draw one event and the resolutions.

    ``traces``: a station of the event; ``footprint``: its stations with the fit, its lateral distribution and its
    front; ``angular_resolution``, ``energy_resolution``: against energy and zenith angle, by data set;
    ``attenuation``: sizes of equal intensity; ``energy_scale``: sizes and fluorescence energies.

    Args:
        reconstructed: events by data set; the one that is drawn is of the first data set.
        raw: among them the same events.
        truth: likewise.
        resolution: from :func:`analysis.studies.airshower.reconstruction.resolution.evaluate`.
        scale: from :func:`analysis.studies.airshower.reconstruction.scale.derive`.
        label: above the figures.
        settings: of the fit.

    Returns:
        The figures by name.

    Raises:
        DataError: no event is well reconstructed, or it is not in all tiers.
    """
    shown = next(iter(reconstructed))
    event = reconstructed[shown][choose_event(reconstructed[shown])]
    recorded, true = (tier[shown][_row_of(tier[shown], event)] for tier in (raw, truth))
    station = choose_station(event["stations"])
    place = int(np.flatnonzero(ak.to_numpy(recorded["stations"]["station"]) == int(station["station"]))[0])
    return {
        "traces": draw_traces(recorded["stations"][place], station, label),
        "footprint": draw_footprint(event, true, label, settings),
        "angular_resolution": draw_angular_resolution(resolution, label),
        "energy_resolution": draw_energy_resolution(resolution, label),
        "attenuation": draw_attenuation(scale, label),
        "energy_scale": draw_energy_scale(scale, label),
    }


def choose_event(reconstructed: ak.Array) -> int:
    """The well reconstructed event that is best to look at; of equal ones the first.

    Raises:
        DataError: no event is well reconstructed.
    """
    good = np.asarray(reconstructed["good"], np.bool_)
    if not good.any():
        raise DataError("no event is well reconstructed", cure="simulate more events, or look at the fit's settings")
    distance = (np.asarray(reconstructed["n_stations"]) - _STATIONS) ** 2 / 10.0
    distance = distance + ((np.asarray(reconstructed["zenith"]) - _ZENITH) / 0.1) ** 2
    return int(np.argmin(np.where(good, distance, np.inf)))


def choose_station(stations: ak.Array) -> ak.Record:
    """The station of an event whose traces are best to look at."""
    signal = np.maximum(ak.to_numpy(stations["signal"]).astype(np.float64), 1e-3)
    penalty = np.where(ak.to_numpy(stations["saturated"]), 10.0, 0.0)
    return stations[int(np.argmin(np.abs(np.log(signal / _SIGNAL)) + penalty))]


def _row_of(records: ak.Array, event: ak.Record) -> int:
    found = np.flatnonzero(values(records, "identity") == np.uint64(event["identity"]))
    if len(found) == 0:
        raise DataError(
            f"the event of identity {event['identity']} is not in all tiers", cure="run the tasks that make them again"
        )
    return int(found[0])
