"""H to ZZ to four leptons in CMS Open Data of 2012: from public files to the signal strength."""

from dataclasses import dataclass

import analysis.study as s
from analysis.histograms.weight_settings import Weights, WeightUncertainty
from analysis.inference.histfactory_settings import Channel, Model
from analysis.inference.measurement_settings import FitSettings, Interest
from analysis.plotting.figure_settings import FitFigures, StackFigures


@dataclass(frozen=True)
class Selection:
    """Lowest masses of both Z candidates, in GeV, and a factor of all momenta."""

    z1: float = 40.0
    z2: float = 12.0
    scale: float = 1.0


FILES = s.catalogue("files.yaml")
SCHEMA = FILES.schema("run", "Higgs_mass", "Z1_mass", "Z2_mass", "Higgs_pt")
READ = {"schema": SCHEMA, "licence": "CC0-1.0", "doi": "10.7483/OPENDATA.CMS.TXT4.4RRP"}
HIGGS_FILES, ZZ_FILES = FILES.matching("SMHiggsToZZTo4L*"), FILES.matching("ZZTo2e2mu*")
MUON_FILES, ELECTRON_FILES = FILES.matching("*DoubleMuParked*"), FILES.matching("*DoubleElectron*")
HIGGS, ZZ = s.Process("higgs", r"$H \to ZZ^* \to 4\ell$", ("higgs",)), s.Process("zz", r"$ZZ \to 4\ell$", ("zz",))
M4L = s.Variable("m4l", r"$m_{4\ell}$", "GeV", tuple(range(105, 147, 2)), overflow=False)
Z1 = s.Variable("m_z1", "$m_{Z1}$", "GeV", tuple(range(40, 125, 5)))
Z2 = s.Variable("m_z2", "$m_{Z2}$", "GeV", tuple(range(10, 70, 5)))
PT = s.Variable("pt", r"$p_T^{4\ell}$", "GeV", tuple(range(0, 160, 10)))
NEAR = s.Region("near", r"$105 < m_{4\ell} < 145$ GeV", (s.Cut("m4l", ">", 105.0), s.Cut("m4l", "<", 145.0)))
PEAK = s.Region("peak", r"$121 < m_{4\ell} < 131$ GeV", (s.Cut("m4l", ">", 121.0), s.Cut("m4l", "<", 131.0)))
UNCERTAINTIES = (
    WeightUncertainty("luminosity", "Luminosity", 0.026),
    WeightUncertainty("leptons", "Lepton efficiencies", 0.08),
    WeightUncertainty("theory_higgs", "Cross section, H", 0.10, ("higgs",)),
    WeightUncertainty("theory_zz", "Cross section, ZZ", 0.10, ("zz",)),
)
MODEL = Model("m4l", (Channel("near", "m4l"),), strength={"higgs": "mu"}, title=r"$m_{4\ell}$")
FIT = FitSettings((Interest("mu", "mu", "signal strength", significance=True),))
STACKS = StackFigures((M4L, Z1, Z2, PT), (NEAR,), (HIGGS, ZZ), MODEL)
FITS = FitFigures(FIT, {"m4l": MODEL.title}, stacks=StackFigures((M4L,), (NEAR,), (HIGGS, ZZ), MODEL))
FILLED = {"variables": STACKS.variables, "regions": (NEAR, PEAK), "weights": Weights(UNCERTAINTIES)}

study = s.Study(
    "h4l",
    title=r"$H \to ZZ^* \to 4\ell$ at 8 TeV with CMS Open Data",
    measures="Strength of the Higgs boson, relative to the Standard Model",
    experiment="CMS Open Data",
    energy=8.0,
    citation=s.Citation("H to ZZ to four leptons", ("The erumflow authors",), licence="BSD-3-Clause"),
    datasets=(
        s.Dataset("higgs", "H", "simulated", HIGGS_FILES, **READ, cross_section=0.0065, generated=299_973),
        # only two electrons with two muons: all channels have 2.04 times as many events between 121 and 131 GeV
        s.Dataset("zz", "ZZ", "simulated", ZZ_FILES, **READ, cross_section=0.24948 * 2.04, generated=1_497_445),
        s.Dataset("muons", "2 muons", "measured", MUON_FILES, **READ, luminosity=11.58),
        s.Dataset("electrons", "2 e", "measured", ELECTRON_FILES, **READ, luminosity=11.58),
    ),
    identity=s.EventIdentity(("run", "Higgs_mass", "Z1_mass", "Z2_mass")),
    campaigns=(s.Campaign("2012BC", ("muons", "electrons"), 11.58),),
    processes=(HIGGS, ZZ),
    shifts=(s.Shift("momentum", "Lepton momenta", "candidates", up={"scale": 1.003}, down={"scale": 0.997}),),
    stages=(
        s.Events("candidates", s.Step("h4l.steps:candidates", Selection()), selects=True),
        s.Histograms("histograms", events="candidates", **FILLED),
        s.Result("yields", s.Step("h4l.steps:yields"), per="campaign"),
        s.Figures("distributions", s.Step("analysis.plotting.stacks:draw_distributions", STACKS), per="campaign"),
        s.Workspaces("workspaces", s.Step("analysis.inference.histfactory:build", MODEL)),
        s.Fit("fit", s.Step("analysis.inference.measurement:measure", FIT)),
        s.Figures("fits", s.Step("analysis.plotting.fits:draw_fits", FITS), per="campaign", title="Fit"),
    ),
)
