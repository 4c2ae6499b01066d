r"""The share of chance in results of trained networks: fits of each seed's networks alone.

The result is that of n networks' mean prediction (deep ensembles: B. Lakshminarayanan, A. Pritzel, C. Blundell,
arXiv:1612.01474). Its uncertainty by the choice of seeds is that of a mean of n independent draws, :math:`s / \sqrt{n}`
with the sample standard deviation s of the single seeds' results (Particle Data Group, Phys. Rev. D 110 (2024) 030001,
section 40.2.1); s itself is how far a result with one seed is from that with another one. That the result of the mean
prediction is about the mean of the single results is told beside, not assumed in silence: all are in the table. For a
few seeds, s is known to :math:`1 / \sqrt{2 (n - 1)}` of itself (the same, for normal distributions).

What differs between seeds is mostly which measured and simulated events a category gets, so a part of it is in the
statistical uncertainty already; added in quadrature it overestimates rather than underestimates.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.chapters import SEED
from analysis.errors import FitError
from analysis.inference.conditional import Fitted
from analysis.inference.goodness import goodness
from analysis.inference.model import build_model
from analysis.inference.rounding import rounded
from analysis.results import Axis, Column, Table

__all__ = ["Seeds", "apart", "fit_seeds"]

Workspace = Mapping[str, Any]

# uncertainties between the result of the mean prediction and the mean of single ones, before it is told
FAR = 5.0


@dataclass(frozen=True, eq=False)
class Seeds:
    """Results of p parameters with the networks of each of n seeds alone.

    Args:
        workspace: its name.
        parameters: names.
        values: best ones, (n, p).
        uncertainties: of the fits, (n, p).
        p_values: goodness of each fit, by the chi2 distribution; ``None`` without a degree of freedom.
    """

    workspace: str
    parameters: tuple[str, ...]
    values: NDArray[np.float64]
    uncertainties: NDArray[np.float64]
    p_values: tuple[float | None, ...]

    def deviation(self, name: str) -> float:
        """Sample standard deviation of a parameter's results; with one seed it would not be known."""
        return float(np.std(self.values[:, self.parameters.index(name)], ddof=1))

    def uncertainty(self, name: str) -> float:
        """Uncertainty of the result of the mean prediction."""
        return self.deviation(name) / math.sqrt(len(self.values))

    @property
    def precision(self) -> float:
        """Relative uncertainty of a standard deviation of so few results."""
        return 1.0 / math.sqrt(2.0 * (len(self.values) - 1))

    def as_json(self) -> dict[str, Any]:
        """By parameter: what each seed gives, mean and standard deviation, and the uncertainty of the result."""
        found: dict[str, Any] = {}
        for place, name in enumerate(self.parameters):
            values, own = self.values[:, place], self.uncertainties[:, place]
            found[name] = {
                "values": [rounded(value, unit) for value, unit in zip(values, own, strict=True)],
                "uncertainties": [rounded(unit, unit) for unit in own],
                "mean": rounded(float(values.mean()), float(own.mean())),
                "standard_deviation": rounded(self.deviation(name), float(own.mean())),
                "uncertainty": rounded(self.uncertainty(name), float(own.mean())),
            }
        return {"parameters": found, "p_values": [None if p is None else float(f"{p:.5g}") for p in self.p_values]}

    def told(self, name: str) -> str:
        """Say in a sentence what the uncertainty of a parameter is made of."""
        n, deviation = len(self.values), self.deviation(name)
        return (
            f"training of the networks: ± {self.uncertainty(name):.2g}, the standard deviation {deviation:.2g} of "
            f"{n} seeds (known to {100.0 * self.precision:.0f} %) by √{n}; neither in stat nor in syst"
        )

    def doubt(self, name: str, value: float) -> str:
        """Say that the result of the mean prediction is not about the mean of the seeds' results; empty if it is.

        Further away than five uncertainties: with four seeds, one time in sixty by chance (Student's t).
        """
        mean = float(self.values[:, self.parameters.index(name)].mean())
        if abs(value - mean) <= FAR * self.uncertainty(name):
            return ""
        return f"single seeds give {mean:.3g} in the mean, further away than their training explains"

    def table(self) -> Table:
        """Table of the strengths that each seed's networks give."""
        n = len(self.values)
        columns = [
            Column(
                name,
                "",
                tuple(rounded(value, unit) for value, unit in zip(self.values[:, place], own, strict=True)),
                {"fit": tuple((rounded(unit, unit) or 0.0,) * 2 for unit in own)},
                {},
            )
            for place, name in enumerate(self.parameters)
            for own in (self.uncertainties[:, place],)
        ]
        columns.append(Column("p-value of the fit", "", tuple(rounded(p) for p in self.p_values), {}, {}))
        return Table(
            name=f"seeds_{self.workspace}",
            title=f"Results with the networks of each seed alone ({self.workspace}, observed data)",
            axes=(Axis("Seed", "", tuple(str(seed) for seed in range(1, n + 1))),),
            columns=tuple(columns),
        )


def apart(workspaces: Mapping[str, Workspace]) -> tuple[dict[str, Workspace], dict[str, list[Workspace]]]:
    """Tell workspaces apart from those of single seeds.

    Returns:
        Workspaces by name, and those of the seeds by the same name; only where there are several that differ.

    Examples:
        >>> apart({"mass": {"n": 1}, "mass~1": {"n": 1}, "mass~2": {"n": 2}})
        ({'mass': {'n': 1}}, {'mass': [{'n': 1}, {'n': 2}]})
        >>> apart({"mass": {"n": 1}, "mass~1": {"n": 1}, "mass~2": {"n": 1}})
        ({'mass': {'n': 1}}, {})
    """
    own = {name: workspace for name, workspace in workspaces.items() if SEED not in name}
    by_seed: dict[str, list[Workspace]] = {name: [] for name in own}
    for name, workspace in workspaces.items():
        if SEED in name:
            by_seed[name.partition(SEED)[0]].append(workspace)
    return own, {name: some for name, some in by_seed.items() if any(one != some[0] for one in some[1:])}


def fit_seeds(name: str, workspaces: Sequence[Workspace], parameters: Sequence[str]) -> Seeds:
    """Fit the workspace of each seed.

    Args:
        name: of the workspace.
        workspaces: one a seed, at least two.
        parameters: whose results are compared.

    Raises:
        FitError: a fit did not converge; the message names the seed.
    """
    fits = []
    for seed, workspace in enumerate(workspaces, 1):
        try:
            fits.append(Fitted.of(build_model(workspace)))
        except FitError as error:
            raise FitError(f"workspace {name!r}, networks of seed {seed}: {error.problem}", cure=error.cure) from error
    indices = [[fitted.index(parameter) for parameter in parameters] for fitted in fits]
    return Seeds(
        workspace=name,
        parameters=tuple(parameters),
        values=np.stack([fitted.values[own] for fitted, own in zip(fits, indices, strict=True)]),
        uncertainties=np.stack([fitted.uncertainties[own] for fitted, own in zip(fits, indices, strict=True)]),
        p_values=tuple(goodness(fitted, 0, 0).p_value for fitted in fits),
    )
