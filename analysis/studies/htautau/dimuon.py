"""The muon momentum scale from J/psi and Z decays to muon pairs.

The fitted mass of a resonance, divided by the reference value, is the geometric mean of the momentum scales of its two
muons. Pairs are sorted by the abs(eta) regions of their muons; a least-squares combination of all masses gives one
scale a region. One number for all regions does not describe the data (``one_scale`` in the measurements), a difference
between the soft muons of the J/psi and the hard ones of the Z is not seen (``compatibility``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import vector
from correctionlib import schemav2
from numpy.typing import NDArray
from scipy.special import chdtrc

from analysis.calibration import Calibration
from analysis.errors import DataError
from analysis.studies.htautau.dimuon_summary import headline, numbers
from analysis.studies.htautau.resonance import PeakFit, fit_peak

if TYPE_CHECKING:
    from analysis.studies.htautau.settings import DimuonSettings, PeakSettings

__all__ = ["MuonPairs", "derive", "muon_pairs"]

Array = NDArray[np.float64]

_METHOD = (
    "extended binned maximum likelihood of Breit-Wigner line, final-state radiation and Gaussian resolution over an "
    "exponential background; least-squares combination of all resonances and abs(eta) regions"
)


@dataclass(frozen=True, eq=False)
class MuonPairs:
    """Opposite-charge muon pairs; ``momenta`` holds the two muons' pt, eta, phi, mass, each of shape (n,)."""

    momenta: tuple[dict[str, Array], dict[str, Array]]

    def masses(self, scale: Mapping[str, Any] | None = None) -> Array:
        """Invariant masses in GeV, shape (n,), of muons whose pt is multiplied by a scale of abs(eta) regions."""
        legs = []
        for momentum in self.momenta:
            factor = 1.0 if scale is None else np.asarray(scale["value"])[_region(momentum["eta"], scale["edges"])]
            legs.append(vector.zip({**momentum, "pt": momentum["pt"] * factor}))
        return np.asarray((legs[0] + legs[1]).mass)

    def regions(self, edges: Sequence[float]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The abs(eta) regions of the two muons, the lower one first."""
        first, second = (_region(momentum["eta"], edges) for momentum in self.momenta)
        return np.minimum(first, second), np.maximum(first, second)


def muon_pairs(events: ak.Array, min_pt: float, max_eta: float) -> MuonPairs:
    """All opposite-charge pairs of the muons of each event.

    Args:
        events: with the lists ``Muon_pt``, ``Muon_eta``, ``Muon_phi``, ``Muon_mass``, ``Muon_charge``; GeV, rad.
        min_pt: smallest pt of a muon, in GeV.
        max_eta: largest abs(eta) of a muon.
    """
    muons = ak.zip({name: events[f"Muon_{name}"] for name in ("pt", "eta", "phi", "mass", "charge")})
    muons = muons[(muons.pt > min_pt) & (abs(muons.eta) < max_eta)]
    first, second = ak.unzip(ak.flatten(ak.combinations(muons, 2)))
    opposite = first.charge * second.charge < 0
    legs = tuple(
        {name: ak.to_numpy(leg[name][opposite]).astype(np.float64) for name in ("pt", "eta", "phi", "mass")}
        for leg in (first, second)
    )
    return MuonPairs((legs[0], legs[1]))


def derive(raw: Mapping[str, ak.Array], settings: DimuonSettings) -> Calibration:
    """Derive the muon momentum scale.

    Args:
        raw: dimuon events by name of the data set.
        settings: resonances and selection.

    Returns:
        The correction ``muon_scale`` with inputs pt (GeV), eta and systematic (``"nominal"``, ``"up"``, ``"down"``);
        the fitted masses before and after it; the fitted distributions.

    Raises:
        DataError: there are too few muon pairs, or a fit does not converge.
    """
    parts = [muon_pairs(part, settings.min_pt, settings.eta_edges[-1]) for part in raw.values()]
    pairs = MuonPairs(
        tuple(  # type: ignore[arg-type]
            {name: np.concatenate([part.momenta[leg][name] for part in parts]) for name in parts[0].momenta[leg]}
            for leg in (0, 1)
        )
    )
    scale, categories, covariance = _scale(pairs, settings)
    before, after = pairs.masses(), pairs.masses(scale)
    measurements: dict[str, Any] = {"method": _METHOD, "quantity": r"$m_{\mu\mu}$", "unit": "GeV", "peaks": {}}
    curves: dict[str, Array] = {}
    for peak in settings.peaks:
        fits = {"before": fit_peak(before, peak, tails=True), "after": fit_peak(after, peak, tails=True)}
        symmetric = fit_peak(before, peak, tails=False, radiation=False)
        share = _share(pairs, after, peak, settings.eta_edges)
        variance = peak.shape_uncertainty**2 + peak.mass**2 * float(share @ covariance @ share)
        total = math.sqrt(fits["after"].uncertainty ** 2 + variance)
        measurements["peaks"][peak.name] = {
            "reference": {"mass": peak.mass, "uncertainty": peak.mass_uncertainty},
            **{when: _summary(fit) for when, fit in fits.items()},
            "before_without_radiation": _summary(symmetric),
            "after_total_uncertainty": _digits(total, 3),
            "after_pull": _digits((fits["after"].mass - peak.mass) / total, 3),
        }
        for when, fit in fits.items():
            for name in ("edges", "counts", "expected", "background"):
                curves[f"{peak.name}_{when}_{name}"] = getattr(fit, name)
    measurements["scale"] = scale
    measurements["categories"] = categories
    measurements["headline"] = headline(measurements)
    measurements["numbers"] = [number.as_json() for number in numbers(measurements, _METHOD)]
    return Calibration(_corrections(scale), measurements, curves)


def _scale(pairs: MuonPairs, settings: DimuonSettings) -> tuple[dict[str, Any], list[dict[str, Any]], Array]:
    """The scale of each abs(eta) region, the masses that it was combined from, the covariance of its logarithm."""
    edges = settings.eta_edges
    lower, upper = pairs.regions(edges)
    masses = pairs.masses()
    rows: list[Array] = []
    shifts: list[float] = []
    errors: list[float] = []
    of_peak: list[PeakSettings] = []
    categories: list[dict[str, Any]] = []
    for peak in settings.peaks:
        inside = (masses > peak.window[0]) & (masses < peak.window[1])
        for i, j in combinations_with_replacement(range(len(edges) - 1), 2):
            chosen = masses[(lower == i) & (upper == j) & inside]
            if len(chosen) < settings.min_pairs:
                continue
            fit = fit_peak(chosen, peak, tails=False, what=f"muons in the abs(eta) regions {i} and {j}")
            row = np.zeros(len(edges) - 1)
            row[i] += 0.5
            row[j] += 0.5
            rows.append(row)
            shifts.append(float(np.log(fit.mass / peak.mass)))
            errors.append(fit.uncertainty / fit.mass)
            of_peak.append(peak)
            categories.append({"peak": peak.name, "regions": [i, j], **_summary(fit)})
    design = np.array(rows).reshape(-1, len(edges) - 1)
    if not design.size or np.linalg.matrix_rank(design) < design.shape[1]:
        raise DataError(
            f"the {len(masses)} muon pairs do not determine the scale in all abs(eta) regions {list(edges)}",
            cure="give the calibration more events, or fewer regions",
        )
    statistical = np.diag(np.square(errors))
    # what is not known about a resonance's line moves all of its masses together
    shape = [peak.shape_uncertainty / peak.mass for peak in of_peak]
    same = np.array([[float(a is b) for b in of_peak] for a in of_peak])
    covariance = statistical + same * np.outer(shape, shape)
    measured = np.array(shifts)
    logarithm, of_logarithm, compatibility = _combine(design, measured, covariance)
    _, _, one = _combine(design.sum(axis=1, keepdims=True), measured, covariance)
    error = np.sqrt(np.diag(of_logarithm))
    # a muon measured too low has to be scaled up; digits beyond the uncertainty only depend on the machine
    value = np.exp(-logarithm)
    scale = {
        "edges": list(edges),
        "value": [round(float(v), 6) for v in value],
        "uncertainty": [round(float(v * e), 6) for v, e in zip(value, error, strict=True)],
        "correlation": [[round(float(c), 3) for c in row] for row in of_logarithm / np.outer(error, error)],
        "compatibility": compatibility,
        "one_scale": one,
    }
    return scale, categories, of_logarithm


def _share(pairs: MuonPairs, masses: Array, peak: PeakSettings, edges: Sequence[float]) -> Array:
    """Return the weight of each abs(eta) region's scale in a resonance's mean mass; the sum over the regions is 1."""
    inside = (masses > peak.window[0]) & (masses < peak.window[1])
    legs = [np.bincount(leg[inside], minlength=len(edges) - 1) for leg in pairs.regions(edges)]
    return (legs[0] + legs[1]) / (2.0 * inside.sum())


def _combine(design: Array, measured: Array, covariance: Array) -> tuple[Array, Array, dict[str, Any]]:
    """Generalised least squares: parameters, their covariance, goodness of fit."""
    weight = np.linalg.inv(covariance)
    of_parameters = np.linalg.inv(design.T @ weight @ design).astype(np.float64)
    parameters = of_parameters @ design.T @ weight @ measured
    residual = measured - design @ parameters
    value, ndf = float(residual @ weight @ residual), len(measured) - len(parameters)
    quality = {"chi2": _digits(value, 4), "ndf": ndf, "p_value": _digits(float(chdtrc(ndf, value)), 3)}
    return parameters, of_parameters, quality


def _region(eta: Array, edges: Sequence[float]) -> NDArray[np.intp]:
    return np.digitize(np.abs(eta), edges[1:-1])


def _summary(fit: PeakFit) -> dict[str, Any]:
    return {
        "mass": _digits(fit.mass, 7),
        "uncertainty": _digits(fit.uncertainty, 3),
        "relative_resolution": _digits(fit.resolution, 4),
        "signal": _digits(fit.signal, 5),
        "signal_uncertainty": _digits(fit.signal_uncertainty, 3),
        "pairs": fit.pairs,
        "chi2": _digits(fit.chi2, 5),
        "ndf": fit.ndf,
        "p_value": _digits(fit.p_value, 3),
    }


def _digits(value: float, significant: int) -> float:
    """Rounded: the last digits of a minimum depend on the machine."""
    return float(f"{value:.{significant}g}")


def _corrections(scale: Mapping[str, Any]) -> schemav2.CorrectionSet:
    edges = scale["edges"]
    mirrored = [-edge for edge in reversed(edges[1:])] + list(edges[1:])

    def binning(shift: float) -> schemav2.Binning:
        value = [round(v + shift * u, 6) for v, u in zip(scale["value"], scale["uncertainty"], strict=True)]
        return schemav2.Binning(
            nodetype="binning",
            input="eta",
            edges=mirrored,
            content=[*reversed(value[1:]), *value],
            flow="clamp",
        )

    return schemav2.CorrectionSet(
        schema_version=2,
        description="Muon momentum scale of measured events, from J/psi and Z decays to muon pairs",
        corrections=[
            schemav2.Correction(
                name="muon_scale",
                description="Factor for the pt of measured muons",
                version=1,
                inputs=[
                    schemav2.Variable(name="pt", type="real", description="pt of the muon in GeV"),
                    schemav2.Variable(name="eta", type="real", description="pseudorapidity of the muon"),
                    schemav2.Variable(name="systematic", type="string", description="nominal, up or down"),
                ],
                output=schemav2.Variable(name="scale", type="real", description="factor"),
                data=schemav2.Category(
                    nodetype="category",
                    input="systematic",
                    content=[
                        schemav2.CategoryItem(key=key, value=binning(shift))
                        for key, shift in (("nominal", 0.0), ("up", 1.0), ("down", -1.0))
                    ],
                ),
            )
        ],
    )
