"""A broken line through published numbers: how the depth of air showers grows with their energy."""

import analysis.study as s
from analysis.inference.curve_settings import FitParameter, TableFit

MOMENTS = s.PackageFile(
    package="astrotools",
    version="1.5.0",
    path="data/xmax/xmaxMoments17.txt",
    sha256="5fdb8c06711fdbab4ea3ec74ee4f8a0b22c45b9fd6759c69e31eaca64d581648",
    size=2900,
)
# the table itself states no licence
CITED = "J. Bellido for the Pierre Auger Collaboration, PoS(ICRC2017)506"
XMAX = s.Publication("xmax", "Depth of shower maximum", (MOMENTS,), doi="10.22323/1.301.0506", citation=CITED)
LINE = TableFit(
    s.Step("published.steps:broken_line"),
    (
        FitParameter("depth", 750.0, title="depth at the break", unit="g/cm2"),
        FitParameter("lg_energy", 18.3, 17.5, 19.0, title="lg(E/eV) of the break"),
        FitParameter("below", 80.0, title="rate below the break", unit="g/cm2"),
        FitParameter("above", 30.0, title="rate above the break", unit="g/cm2"),
    ),
    title=r"$\langle X_\mathrm{max} \rangle$",
    unit="g/cm2",
    x_title="lg(E/eV)",
    name="elongation",
)

study = s.Study(
    "published",
    title="How the depth of air showers grows with energy",
    measures="Rates of elongation, per decade of energy",
    experiment="Pierre Auger Observatory",
    stages=(
        s.Publications("tables", publications=(XMAX,)),
        s.Result("elongation", s.Step("published.steps:fit", LINE)),
        s.Figures("figures", s.Step("analysis.plotting.curves:draw"), of={"fit": "elongation"}, names=("elongation",)),
    ),
)
