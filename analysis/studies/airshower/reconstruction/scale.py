"""From S(1000) to energy: attenuation and energy scale, derived from events that fluorescence telescopes saw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from correctionlib import schemav2
from numpy.typing import NDArray

from analysis.calibration import Calibration
from analysis.errors import DataError
from analysis.events.joining import joined
from analysis.inference.rounding import measured_text
from analysis.studies.airshower.reconstruction.attenuation import (
    Attenuation,
    constant_intensity_cut,
    relative_attenuation,
)
from analysis.studies.airshower.reconstruction.energy_scale import EnergyScale, fit_energy_scale

if TYPE_CHECKING:
    from analysis.studies.airshower.reconstruction.settings import ScaleSettings

__all__ = ["derive"]

Array = NDArray[np.float64]


def derive(calibrated: dict[str, ak.Array], fitted: dict[str, ak.Array], settings: ScaleSettings) -> Calibration:
    """Derive the corrections ``attenuation`` (of the zenith angle in rad) and ``energy`` (in eV, of S38 in VEM).

    Args:
        calibrated: by data set; of ``settings.dataset``: ``fd_energy`` (in eV; missing where no telescope saw the
            shower).
        fitted: the same events with ``good``, ``zenith``, ``s1000`` and ``s1000_uncertainty``.
        settings: bins, thresholds and resolution.

    Returns:
        The corrections; coefficients with uncertainties and methods; and for figures the sizes of equal intensity and
        the sizes of some events with their fluorescence energies.

    Raises:
        DataError: the data set is not there or has too few events, or the fits are of other events.
    """
    if settings.dataset not in calibrated:
        raise DataError(
            f"the scale is derived from the data set {settings.dataset!r}, which is not among {', '.join(calibrated)}",
            cure="name it in the datasets of the study's stage that derives the scale",
        )
    hybrid = joined(calibrated[settings.dataset], fitted[settings.dataset])
    zenith, size, uncertainty = (_column(hybrid, name) for name in ("zenith", "s1000", "s1000_uncertainty"))
    energy = np.asarray(ak.fill_none(hybrid["fd_energy"], 0.0), np.float64)
    good = np.asarray(hybrid["good"], np.bool_) & (zenith <= np.radians(settings.largest))
    attenuation = constant_intensity_cut(zenith[good], size[good], settings)
    rounded = [_digits(value) for value in attenuation.coefficients]
    relative = relative_attenuation(zenith, np.array(rounded), settings.reference)
    seen = good & (energy > 0.0)
    size_38 = size[seen] / relative[seen]
    scale = fit_energy_scale(
        energy[seen], size_38, uncertainty[seen] / relative[seen], settings.resolution, settings.least_energy
    )
    factor, exponent = _digits(scale.factor), _digits(scale.exponent)
    some = slice(None, settings.shown)
    return Calibration(
        corrections=_corrections(rounded, factor, exponent, settings),
        measurements=_measurements(attenuation, scale, int(good.sum()), settings),
        curves={
            "attenuation_x": attenuation.x,
            "attenuation_size": attenuation.size,
            "attenuation_size_uncertainty": attenuation.size_uncertainty,
            "energy_scale_fluorescence": energy[seen][some],
            "energy_scale_size_38": size_38[some],
            "energy_scale_size_38_uncertainty": (uncertainty[seen] / relative[seen])[some],
        },
    )


def _column(events: ak.Array, name: str) -> Array:
    return np.asarray(events[name], np.float64)


def _told(value: float, uncertainty: float) -> str:
    return measured_text(value, ("", (uncertainty, uncertainty)))


def _digits(value: float, significant: int = 6) -> float:
    """Rounded: the last digits of a minimum depend on the machine."""
    return float(f"{value:.{significant}g}")


def _measurements(attenuation: Attenuation, scale: EnergyScale, events: int, settings: ScaleSettings) -> dict[str, Any]:
    a_error, b_error, fluctuation_error = np.sqrt(np.diag(scale.covariance))
    names = ("a", "b", "c")[: settings.degree]
    errors = np.sqrt(np.diag(attenuation.covariance))
    coefficients = {
        name: {"value": _digits(value), "uncertainty": _digits(error, 3)}
        for name, value, error in zip(names, attenuation.coefficients, errors, strict=True)
    }
    return {
        "attenuation": {
            "method": "constant intensity cut: S(1000) = S38 (1 + a x + b x^2 + c x^3), x = cos^2 zenith - cos^2 of "
            "the reference (PRL 101 (2008) 061101)",
            "reference_zenith": {"value": settings.reference, "unit": "deg"},
            "coefficients": coefficients,
            "covariance": [[_digits(value, 3) for value in row] for row in attenuation.covariance],
            "size_38": {
                "value": _digits(attenuation.size_38[0]),
                "uncertainty": _digits(attenuation.size_38[1], 3),
                "unit": "VEM",
            },
            "events": events,
            "events_per_bin_above": _digits(attenuation.intensity),
            "chi2": _digits(attenuation.chi2, 4),
            "ndf": attenuation.ndf,
        },
        "energy_scale": {
            "method": "likelihood of S38 given the fluorescence energy: E = A (S38 / VEM)^B (Astropart. Phys. 73 "
            "(2016) 44)",
            "A": {
                "value": _digits(scale.factor),
                "uncertainty": _digits(scale.factor * a_error, 3),
                "unit": "eV",
            },
            "B": {"value": _digits(scale.exponent), "uncertainty": _digits(b_error, 3)},
            "fluctuation": {
                "value": _digits(scale.fluctuation, 4),
                "uncertainty": _digits(fluctuation_error, 3),
                "meaning": "relative standard deviation of S38 from shower to shower",
            },
            "covariance_lnA_B_fluctuation": [[_digits(value, 3) for value in row] for row in scale.covariance],
            "spectral_index": {
                "value": _digits(scale.spectral_index[0], 4),
                "uncertainty": _digits(scale.spectral_index[1], 3),
            },
            "fluorescence_resolution": settings.resolution,
            "least_fluorescence_energy": {"value": settings.least_energy, "unit": "eV"},
            "events": scale.events,
        },
        "headline": {
            "attenuation": ", ".join(
                f"{name} = {_told(value['value'], value['uncertainty'])}" for name, value in coefficients.items()
            )
            + f" ({events} events)",
            "energy scale": f"E = ({_told(scale.factor / 1e18, scale.factor * a_error / 1e18)}) EeV "
            f"(S38 / VEM)^({_told(scale.exponent, b_error)}) ({scale.events} events)",
        },
    }


def _corrections(
    coefficients: list[float], factor: float, exponent: float, settings: ScaleSettings
) -> schemav2.CorrectionSet:
    # cos² 38° is written out, so that the file can be read by itself
    reference = _digits(float(np.cos(np.radians(settings.reference)) ** 2), 12)
    terms = "".join(f"+[{k}]*pow(cos(x)*cos(x)-{reference!r},{k + 1})" for k in range(len(coefficients)))

    def correction(name: str, text: str, of: tuple[str, str], expression: str, numbers: list[float], unit: str) -> Any:
        return schemav2.Correction(
            name=name,
            description=text,
            version=1,
            inputs=[schemav2.Variable(name=of[0], type="real", description=of[1])],
            output=schemav2.Variable(name=name, type="real", description=unit),
            data=schemav2.Formula(
                nodetype="formula", expression=expression, parser="TFormula", variables=[of[0]], parameters=numbers
            ),
        )

    return schemav2.CorrectionSet(
        schema_version=2,
        description="Attenuation of S(1000) and energy scale of air showers",
        corrections=[
            correction(
                "attenuation",
                f"S(1000) relative to equal showers at a zenith angle of {settings.reference:g} degrees",
                ("zenith", "zenith angle in rad"),
                f"1{terms}",
                coefficients,
                "factor",
            ),
            correction(
                "energy",
                "Energy of a shower",
                ("s38", "S38 in VEM"),
                "[0]*pow(x,[1])",
                [factor, exponent],
                "energy in eV",
            ),
        ],
    )
