"""A counting experiment from published numbers, without events and without a network: missing momentum beside one jet.

V. Khachatryan et al. (CMS), Eur. Phys. J. C 75 (2015) 235: missing transverse momentum above 500 GeV.
"""

from dataclasses import dataclass

import analysis.study as s
from analysis.inference.counting_settings import Count, Counting, Expected
from analysis.inference.measurement_settings import FitSettings, Interest
from analysis.plotting.figure_settings import FitFigures


@dataclass(frozen=True)
class Luminosity:
    """In 1/fb."""

    integrated: float = 19.7


# a strength of 1 is one event of new physics
SIGNAL = Expected("signal", 1.0, sources={"luminosity": 0.026})
BACKGROUND = Expected("background", 1040.0, uncertainty=100.0)
COUNTS = Counting((Count("above_500", 934, (SIGNAL, BACKGROUND)),), strength={"signal": "events"})
FIT = FitSettings((Interest("events", "events", "events of new physics", limit=True),))
FIGURES = FitFigures(FIT, {"counts": "above 500 GeV"})

study = s.Study(
    "counting",
    title="One jet and nothing else",
    measures="Events of new physics beside those of the Standard Model",
    experiment="CMS",
    energy=8.0,
    stages=(
        s.Workspaces("workspaces", s.Step("analysis.inference.counting:count", COUNTS)),
        s.Fit("fit", s.Step("analysis.inference.measurement:measure", FIT)),
        s.Result("visible", s.Step("counting.steps:visible", Luminosity()), per="campaign"),
        s.Figures("fits", s.Step("analysis.plotting.fits:draw_fits", FIGURES), per="campaign"),
    ),
)
