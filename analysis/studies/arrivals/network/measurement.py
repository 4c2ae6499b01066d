"""The measured sky, judged by the networks once everything was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.results import Axis, Column, Number, Table
from analysis.studies.arrivals.datasets import FIELDS, MASSES, REFERENCE
from analysis.studies.arrivals.network.calibration import Calibration, Measured
from analysis.studies.arrivals.network.scoring import SkyNetworks, added
from analysis.studies.arrivals.statistics import Tail, chance, significances

if TYPE_CHECKING:
    from analysis.studies.arrivals.network.settings import MeasurementSettings

__all__ = ["HISTORY", "measure"]

HISTORY = (
    "a preceding version of this analysis had scored the measured sky while it was being built; features and settings "
    "of this one were chosen on simulated skies alone, but for one change: a first run with a twentieth of the skies "
    "had scored the measured one when the statistic became the likelihood ratio at one fraction, as isotropic skies "
    "asked for"
)

Array = NDArray[np.float64]


def measure(
    measured: Mapping[str, Array],
    observatory: Mapping[str, Array],
    hypotheses: Mapping[str, Array],
    network: Sequence[Mapping[str, NDArray[Any]]],
    scores: Mapping[str, Array],
    settings: MeasurementSettings,
) -> dict[str, Any]:
    """Measure the fraction of events from starburst galaxies on the measured sky.

    Args:
        measured: events with ``directions``, in the order of falling energy.
        observatory: energies and zenith ranges.
        hypotheses: maps of the catalogues.
        network: trained networks.
        scores: of simulated skies by data set.
        settings: of the measurement.

    Returns:
        ``numbers``, ``tables``, ``headline``; ``sky``, what the networks say of single events; ``calibration``.
    """
    directions = measured["directions"]
    networks = SkyNetworks(observatory, hypotheses, network)
    statistic, fitted = networks.judge(directions)
    isotropic = scores[f"{REFERENCE}.ts"][:, 0]
    nominal = settings.nominal
    found = _fraction(scores, nominal, 0, fitted[0], settings.level)
    p_value = chance(statistic[0], isotropic)
    extrapolated = float(Tail.of(isotropic).p_values(statistic[:1])[0])
    shifts = _shifts(scores, found.value, fitted, settings)
    low = float(np.sqrt(sum(min(one, 0.0) ** 2 for _, one in shifts)))
    high = float(np.sqrt(sum(max(one, 0.0) ** 2 for _, one in shifts)))
    numbers = [
        Number(
            "ts_network",
            "TS of the measured sky, graph network",
            float(statistic[0]),
            None,
            None,
            "",
            "graph network",
            HISTORY,
        ),
        Number(
            "p_network",
            "p-value of the measured sky, graph network",
            p_value.value,
            p_value.error,
            None,
            "",
            "isotropic skies that the network never saw",
            f"{p_value.note}; {HISTORY}",
        ),
        Number(
            "p_network_tail",
            "the same from an exponential tail of the isotropic skies",
            extrapolated,
            None,
            None,
            "",
            "exponential tail above the quantile of 90 %",
        ),
        Number(
            "significance_network",
            "significance of the measured sky, graph network",
            float(significances(np.array([p_value.value]))[0]),
            None,
            None,
            "sigma",
            "from the p-value, one-sided",
        ),
        Number(
            "fraction_network",
            "fraction of events above 40 EeV from starburst galaxies, graph network",
            100.0 * found.value,
            (100.0 * (found.value - found.low), 100.0 * (found.high - found.value)),
            (100.0 * low, 100.0 * high),
            "%",
            "calibrated on simulated skies with half of the coherent field",
            "the systematic uncertainty is that of field, nuclei and network; " + HISTORY,
        ),
    ]
    return {
        "numbers": numbers,
        "tables": [_table(found, shifts)],
        "headline": {
            "p-value, graph network": f"{p_value.value:.2g} ({p_value.note})",
            "fraction from starburst galaxies": f"{100 * found.value:.1f} −{100 * (found.value - found.low):.1f} "
            f"+{100 * (found.high - found.value):.1f} (stat) −{100 * low:.1f} +{100 * high:.1f} (syst) %",
        },
        "ts": statistic.tolist(),
        "fitted": fitted.tolist(),
        "sky": _attribution(networks, directions, observatory["energy"]),
        "calibration": {
            name: {
                key: np.round(value, 6).tolist()
                for key, value in vars(_calibration(scores, name, 0, settings.level)).items()
            }
            for name in (*(one for one, _, _ in FIELDS), *MASSES)
        },
    }


def _calibration(scores: Mapping[str, Array], name: str, place: int, level: float) -> Calibration:
    return Calibration.of(
        scores[f"{name}.fraction"],
        scores[f"{name}.fitted"][:, place],
        scores[f"{REFERENCE}.fitted"][:, place],
        level,
    )


def _fraction(scores: Mapping[str, Array], name: str, place: int, fitted: float, level: float) -> Measured:
    return _calibration(scores, name, place, level).measure(fitted)


def _shifts(
    scores: Mapping[str, Array], nominal: float, fitted: Array, settings: MeasurementSettings
) -> list[tuple[str, float]]:
    """Shifts of the fraction by the field, by the nuclei, and by each network alone."""
    words = {
        **{name: f"coherent field: {text}" for name, _, text in FIELDS},
        **dict(zip(MASSES, ("lighter nuclei", "heavier nuclei"), strict=True)),
    }
    others = [name for name in words if name != settings.nominal]
    found = [(words[name], _fraction(scores, name, 0, fitted[0], settings.level).value - nominal) for name in others]
    for place in range(1, len(fitted)):
        alone = _fraction(scores, settings.nominal, place, fitted[place], settings.level).value
        found.append((f"network {place} alone", alone - nominal))
    return found


def _attribution(networks: SkyNetworks, directions: Array, energy: Array) -> dict[str, Any]:
    """Contributions of the events to TS."""
    adds = added(networks.log_ratios(directions).mean(axis=0))
    number = len(adds)
    return {
        "direction": np.round(directions[:number], 6).tolist(),
        "energy": energy[:number].tolist(),
        "adds": np.round(adds, 6).tolist(),
    }


def _table(found: Measured, shifts: list[tuple[str, float]]) -> Table:
    return Table(
        "fraction_shifts",
        "What the measured fraction of events from starburst galaxies depends on",
        (Axis("Changed", "", tuple(name for name, _ in shifts)),),
        (
            Column("Shift of the fraction", "%", tuple(100.0 * one for _, one in shifts), {}, {}),
            Column("Fraction", "%", tuple(100.0 * (found.value + one) for _, one in shifts), {}, {}),
        ),
    )
