"""Definition of the measurement, its selections and uncertainties: the study's names and numbers of it.

Uncertainties: luminosity of 2012, CMS-PAS-LUM-13-001; 5 % because a tenth of the entries need not have a tenth of it
(docs/htautau.md); energy and identification of hadronic tau decays, CMS, JINST 11 (2016) P01019; cross sections, LHC
Higgs Cross Section Working Group, CERN-2013-004 (Higgs boson, gluon fusion dominates), and M. Czakon, P. Fiedler, A.
Mitov, PRL 110 (2013) 252004 with room for what the simulation gets wrong (top quarks).
The cross sections of the Higgs boson are those of all its decays, the events those of one: its branching ratio to tau
leptons is 6.32 % (CERN-2013-004, for 125 GeV).
What is taken for a tau without being one is simulated badly: 25 %. W bosons from high to low transverse mass, and
multijet events from muons that are not isolated to those that are: the latter by how much the ratio of the charges
changes with the isolation (1.17 +- 0.08 for 0.1 to 0.2 and 1.03 +- 0.05 for 0.2 to 0.5).
"""

from __future__ import annotations

from dataclasses import replace

from analysis.inference.measurement_settings import FitSettings, Interest
from analysis.plotting.figure_settings import FitFigures, Shown, stack_captions
from analysis.studies.htautau.measurement_settings import (
    ChannelSettings,
    FigureSettings,
    ModelSettings,
    StabilitySettings,
    ValidationSettings,
    WeightSettings,
    WeightUncertainty,
)
from analysis.study import Cut, Process, Region, Shift, Variable

__all__ = [
    "CAPTIONS",
    "FIGURES",
    "FIGURE_NAMES",
    "FIT",
    "ISOLATED",
    "MODEL",
    "OPPOSITE",
    "PROCESSES",
    "REGIONS",
    "SHIFTS",
    "STABILITY",
    "VALIDATION",
    "VARIABLES",
    "WEIGHTS",
    "WEIGHT_SHIFTS",
    "WORKSPACES",
]

PROCESSES = (
    Process("higgs", r"$H \to \tau\tau$", ("GluGluToHToTauTau", "VBF_HToTauTau")),
    Process("ztt", r"$Z \to \tau\tau$", ("DYJetsToLL",), (Cut("gen_match", "==", True),)),
    Process("zll", r"$Z \to \ell\ell$", ("DYJetsToLL",), (Cut("gen_match", "==", False),)),
    Process("w", "W + jets", ("W1JetsToLNu", "W2JetsToLNu", "W3JetsToLNu")),
    Process("tt", r"$t\bar{t}$", ("TTbar",)),
)
_NAMES = tuple(process.name for process in PROCESSES)

ISOLATED = Cut("iso_1", "<", 0.1)
OPPOSITE = Cut("opposite_charge", "==", True)
_SAME = Cut("opposite_charge", "==", False)
_LOW_MT, _HIGH_MT = Cut("mt_1", "<", 30.0), Cut("mt_1", ">", 70.0)
_NO_TAG, _TAGGED = Cut("nbtag", "==", 0), Cut("nbtag", ">=", 1)
_NOT_ISOLATED = (Cut("iso_1", ">=", 0.1), Cut("iso_1", "<", 0.5))
# the files begin at 20 GeV: with 3 % more energy than they were stored with, taus are complete from here on
_COMPLETE = Cut("pt_2", ">", 21.0)

_SIGNAL = Region("signal", "signal region", (OPPOSITE, ISOLATED, _LOW_MT, _COMPLETE))
_SAME_SIGN = Region("same_sign", "same charge", (_SAME, ISOLATED, _LOW_MT, _COMPLETE))
_CONTROL = (
    Region("high_mt", r"high $m_T$", (OPPOSITE, ISOLATED, _HIGH_MT, _COMPLETE, _NO_TAG)),
    Region("high_mt_same_sign", r"high $m_T$, same charge", (_SAME, ISOLATED, _HIGH_MT, _COMPLETE, _NO_TAG)),
    Region("top", r"high $m_T$, b tag", (OPPOSITE, ISOLATED, _HIGH_MT, _COMPLETE, _TAGGED)),
    Region("not_isolated", "muon not isolated", (OPPOSITE, *_NOT_ISOLATED, _LOW_MT, _COMPLETE), from_data=True),
    Region(
        "not_isolated_same_sign",
        "muon not isolated, same charge",
        (_SAME, *_NOT_ISOLATED, _LOW_MT, _COMPLETE),
        from_data=True,
    ),
)


def _categories(region: Region) -> tuple[Region, ...]:
    """A region for each process that the networks hold an event for."""
    return tuple(
        replace(region, name=f"{region.name}_{process.name}", cuts=(*region.cuts, Cut("category", "==", index)))
        for index, process in enumerate(PROCESSES)
    )


REGIONS = (_SIGNAL, _SAME_SIGN, *_CONTROL, *_categories(_SIGNAL), *_categories(_SAME_SIGN))

_SHOWN = ("signal", "same_sign", "high_mt", "high_mt_same_sign", "top")


def _even(low: float, high: float, bins: int) -> tuple[float, ...]:
    return tuple(round(low + (high - low) * i / bins, 10) for i in range(bins + 1))


_M_VIS = Variable(
    "m_vis",
    r"$m_{vis}$",
    "GeV",
    (20.0, 40.0, 50.0, 55.0, 60.0, 65.0, 70.0, 75.0, 80.0, 85.0, 90.0, 95.0, 100.0, 110.0, 130.0, 160.0, 200.0),
    regions=("signal", "same_sign", *(region.name for region in _CONTROL)),
)
# where a network is sure of an event depends on what it is sure of
_SCORE_EDGES = {
    "higgs": (0.2, 0.35, 0.45, 0.55, 0.65, 0.75, 1.0),
    "ztt": (0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0),
    "zll": (0.2, 0.4, 0.5, 0.65, 1.0),
    # little of it is at low transverse mass: each bin must have simulated events
    "w": (0.2, 0.4, 1.0),
    "tt": (0.2, 0.5, 0.7, 1.0),
}
_SCORES = tuple(
    Variable(
        f"score_{process.name}",
        f"score {process.title}",
        "",
        _SCORE_EDGES[process.name],
        regions=(f"signal_{process.name}", f"same_sign_{process.name}"),
    )
    for process in PROCESSES
)
VARIABLES = (
    _M_VIS,
    *_SCORES,
    Variable("category", "category of the networks", "", (-0.5, 0.5, 1.5, 2.5, 3.5, 4.5), regions=_SHOWN),
    Variable("pt_1", r"$p_T^{\mu}$", "GeV", _even(17.0, 77.0, 20), regions=_SHOWN),
    Variable("eta_1", r"$\eta^{\mu}$", "", _even(-2.1, 2.1, 21), regions=_SHOWN),
    Variable("pt_2", r"$p_T^{\tau}$", "GeV", _even(21.0, 81.0, 20), regions=_SHOWN),
    Variable("eta_2", r"$\eta^{\tau}$", "", _even(-2.3, 2.3, 23), regions=_SHOWN),
    Variable("pt_met", r"$p_T^{miss}$", "GeV", _even(0.0, 80.0, 20), regions=_SHOWN),
    Variable("pt_tt", r"$p_T^{\tau\tau}$", "GeV", _even(0.0, 120.0, 20), regions=_SHOWN),
    Variable("mt_tot", r"$m_T^{tot}$", "GeV", _even(0.0, 200.0, 20), regions=_SHOWN),
    Variable("njets", "number of jets", "", (-0.5, 0.5, 1.5, 2.5, 3.5, 4.5), regions=_SHOWN),
    Variable("npv", "number of primary vertices", "", _even(0.0, 40.0, 20), regions=_SHOWN),
)

_UNCERTAINTIES = (
    WeightUncertainty("luminosity", "luminosity", 0.026, _NAMES),
    WeightUncertainty("first_entries", "luminosity of the first entries", 0.05, _NAMES),
    WeightUncertainty("tau_identification", "tau identification", 0.06, _NAMES, genuine=True),
    WeightUncertainty("misidentification", "no tau taken for one", 0.25, ("zll", "tt"), genuine=False),
    WeightUncertainty("trigger", "trigger", 0.03, _NAMES),
    WeightUncertainty("cross_section_higgs", r"$\sigma(H) \times B(H \to \tau\tau)$", 0.12, ("higgs",)),
    WeightUncertainty("cross_section_z", r"$\sigma(Z)$", 0.04, ("zll",)),
    WeightUncertainty("w_no_jet", "W + jets, without another jet", 0.15, ("w",), cuts=(Cut("njets", "<", 1),)),
    WeightUncertainty(
        "w_two_jets", "W + jets, two other jets", 0.25, ("w",), cuts=(Cut("njets", ">=", 2), Cut("njets", "<", 3))
    ),
    WeightUncertainty("w_many_jets", "W + jets, three other jets and more", 0.5, ("w",), cuts=(Cut("njets", ">=", 3),)),
    WeightUncertainty("w_tau_pt", r"W + jets, $p_T$ of the jet taken for a tau", 0.004, ("w",), along=("pt_2", 30.0)),
)
WEIGHTS = WeightSettings(_NAMES, (("higgs", 0.0632),), _UNCERTAINTIES)


WEIGHT_SHIFTS = (WEIGHTS.pileup, *(one.source for one in _UNCERTAINTIES))

SHIFTS = (
    Shift("tau_energy", "tau energy scale", "calibrated", up={"tau_energy": 1.03}, down={"tau_energy": 0.97}),
    Shift("muon_momentum", "muon momentum scale", "calibrated", up={"systematic": "up"}, down={"systematic": "down"}),
    Shift(
        "unclustered_energy",
        "unclustered energy",
        "calibrated",
        up={"unclustered_energy": 1.1},
        down={"unclustered_energy": 0.9},
    ),
)

MODEL = ModelSettings(
    workspaces=(
        (
            "scores",
            tuple(
                ChannelSettings(p.name, f"score_{p.name}", f"signal_{p.name}", f"same_sign_{p.name}") for p in PROCESSES
            ),
        ),
        ("m_vis", (ChannelSettings("m_vis", "m_vis", "signal", "same_sign"),)),
    ),
    sources=(*(shift.source for shift in SHIFTS), *WEIGHT_SHIFTS),
    strengths=(("ztt", "mu_ztt"), ("higgs", "mu_higgs")),
    counted="m_vis",
    control="njets",
    w_process="w",
    w_extrapolation=0.1,
    w_heavy_flavour=0.5,
    top_process="tt",
    b_tagging=0.05,
    multijet_extrapolation=0.13,
)

FIT = FitSettings(
    interest=(
        Interest("mu_ztt", "mu_ztt", r"strength of $Z \to \tau\tau$"),
        Interest("mu_higgs", "mu_higgs", r"strength of $H \to \tau\tau$", limit=True, significance=True),
    ),
)

_TITLES = {
    "mu_ztt": r"$\mu(Z \to \tau\tau)$",
    "mu_higgs": r"$\mu(H \to \tau\tau)$",
    **{shift.source: shift.title for shift in SHIFTS},
    **{one.source: one.title for one in _UNCERTAINTIES},
    WEIGHTS.pileup: "pile-up",
    "tt_norm": r"$t\bar{t}$",
    "b_tagging": "b tagging",
    "w_heavy_flavour": "W + jets of bottom quarks",
    "w_norm": "W + jets",
    "w_norm_same_sign": "W + jets, same charge",
    "w_extrapolation": r"W + jets, high to low $m_T$",
    "multijet_charge_ratio": "multijet, charge ratio",
    "multijet_not_isolated": "multijet, not isolated",
    "multijet_extrapolation": "multijet, not isolated to isolated",
}
_REGION_TITLES = {region.name: region.title for region in REGIONS}
FIGURES = FigureSettings(
    fits=FitFigures(FIT, {"scores": "network scores", "m_vis": r"$m_{vis}$ alone"}, _TITLES),
    shown=tuple(Shown(v.name, v, v.regions[0], _REGION_TITLES[v.regions[0]]) for v in VARIABLES),
    model=MODEL,
    fit="scores",
    samples={**{process.name: process.title for process in PROCESSES}, "multijet": "multijet"},
)
CAPTIONS = FIGURES.fits.captions + tuple(
    caption
    for variable in VARIABLES
    for caption in stack_captions((Shown(variable.name, variable, variable.regions[0]),))
)

_CONTROLS = ("high_mt", "high_mt_same_sign", "top")
_COMPARED = tuple(
    Shown(f"{v.name}_{region}", v, region, _REGION_TITLES[region])
    for region in (*_CONTROLS, *(one.name for one in REGIONS if one.name.startswith("signal")))
    for v in VARIABLES
    # networks' categories are what the fit is of
    if region in v.regions and not (region in _CONTROLS and v.name == "category")
)
# the Standard Model's rate of the Higgs boson, which no control region sees; three times the uncertainty of Z's
VALIDATION = ValidationSettings(_COMPARED, MODEL, {"mu_higgs": 0.0, "mu_ztt": 0.12})

_OF_NAME = {v.name: v for v in VARIABLES}
_FITTED = (_M_VIS, *_SCORES, replace(_OF_NAME[MODEL.control], regions=_CONTROLS[:2]))
_FILLED = {region for v in _FITTED for region in v.regions}
STABILITY = StabilitySettings(
    variables=tuple(_OF_NAME[name] for name in ("njets", "npv", "pt_2")),
    strengths=tuple((one.parameter, one.title) for one in FIT.interest),
    workspaces=tuple(name for name, _ in MODEL.workspaces),
    filled=_FITTED,
    regions=tuple(one for one in REGIONS if one.name in _FILLED),
    weights=WEIGHTS,
    model=MODEL,
)

FIGURE_NAMES = tuple(name for name, _, _ in CAPTIONS)
WORKSPACES = tuple(name for name, _ in MODEL.workspaces)
