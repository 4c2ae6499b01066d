"""The mass of the J/psi from pairs of muons in CMS Open Data of 2012: an unbinned fit, without histograms."""

import analysis.study as s
from analysis.inference.curve_settings import Component, FitParameter, UnbinnedFit

MUONS = s.SourceFile(
    "open-data-example.root",
    "https://raw.githubusercontent.com/iris-hep/analysis-grand-challenge/c37bf595519089fb1f20272721c705a20cd34d24/"
    "workshops/agctools2022/foundation/open-data-example.root",
    "d0ae49ec3c92b9fe19df6aace19fcc3c84fe77e830dcb16c4b8b31c0d38124c3",
    3_568_384,
    100_000,
    "cms_dimuon_2012/open-data-example.root",
)
SCHEMA = s.Schema("Events", ("Muon_pt", "Muon_eta", "Muon_phi", "Muon_mass", "Muon_charge"))
PEAK = Component(
    "jpsi",
    "crystal_ball",
    (
        FitParameter("mass", 3.097, 3.0, 3.2, title="mass of the J/ψ", unit="GeV"),
        FitParameter("sigma", 0.03, 0.01, 0.1, title="resolution", unit="GeV"),
        FitParameter("alpha", 1.5, 0.5, 4.0),
        FitParameter("n", 3.0, fixed=True),
    ),
    title="J/ψ → μμ",
)
REST = Component("rest", "exponential", (FitParameter("slope", 1.0, -10.0, 10.0, unit="1/GeV"),), title="Other pairs")
FIT = UnbinnedFit(
    *("mass", (2.8, 3.4), (PEAK, REST)),
    title=r"$m_{\mu\mu}$",
    unit="GeV",
    interest=("mass", "sigma", "n_jpsi"),
    name="jpsi",
)

study = s.Study(
    "dimuon",
    title=r"$J/\psi \to \mu\mu$ with CMS Open Data",
    measures=r"Mass of the $J/\psi$",
    experiment="CMS Open Data",
    energy=8.0,
    datasets=(s.Dataset("muons", "Dimuon triggers", "measured", files=(MUONS,), schema=SCHEMA, licence="CC0-1.0"),),
    stages=(
        s.Events("pairs", s.Step("dimuon.steps:pairs"), selects=True),
        s.Result("fit", s.Step("analysis.inference.unbinned:fit_events", FIT), of={"events": "pairs"}),
        s.Task("windows", task="dimuon.tasks:VaryWindow", takes=("pairs",), holds="results"),
        s.Figures("figures", s.Step("analysis.plotting.curves:draw"), names=("jpsi",)),
    ),
)
